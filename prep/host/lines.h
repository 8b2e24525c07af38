/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text files of settings as lines that know where they stand. */
#ifndef VFIO_PREP_HOST_LINES_H
#define VFIO_PREP_HOST_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct root;

struct lines {
	struct line {
		unsigned int number; /* from 1; of several that are one, the first */
		bool joined;         /* it goes on in the next one of the file */
		char *text;          /* what it says, without the newline */
		char *raw;           /* the first of its lines as it stands in the file */
	} *items;
	size_t count;
};

enum lines_rule {
	LINES_PLAIN,
	/* libkmod, freadline_wrapped(): a backslash at the end joins, and any other one is not there. */
	LINES_OF_MODPROBE,
};

/*
 * Reads a file of at most a megabyte; empty lines count and are not kept. A NUL ends the line that it is in. 0,
 * -ENOMEM, or the errno of reading it (-EFBIG). lines_done releases either way.
 */
int lines_read(const struct root *root, const char *path, enum lines_rule rule, struct lines *ret);
void lines_done(struct lines *lines);

#endif
