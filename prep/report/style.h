/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How text looks: colours on a terminal only, lines that break at 80 columns. */
#ifndef VFIO_PREP_REPORT_STYLE_H
#define VFIO_PREP_REPORT_STYLE_H

#include <stdbool.h>
#include <stdio.h>

#define STYLE_COLUMNS 80 /* no line is longer, where it can be broken */

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

enum ink { INK_PLAIN, INK_BOLD, INK_DIM, INK_GREEN, INK_CYAN, INK_YELLOW, INK_RED, INK_MAGENTA };

struct style {
	FILE *out;
	bool color;
	bool unicode; /* the locale's characters are UTF-8 */
};

/* auto: where out is a terminal that is not "dumb", and NO_COLOR (no-color.org) is not set. */
struct style style_make(FILE *out, enum color_choice choice);

/* Prints text in an ink, padded with blanks to width columns (the ink does not count). */
void style_print(const struct style *style, enum ink ink, int width, const char *text);

/* The columns that so many bytes of text take. */
int style_columns(const char *text, size_t size);

/*
 * Prints text from the present column on, broken at blanks so that no line is over 80 columns, with
 * further lines indented to column. Ends with a newline.
 */
void style_wrap(const struct style *style, int column, const char *text);

#endif
