/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INI text through inih, fed by a line reader of our own: inih splits long lines, cuts long section
 * names, takes an indented line for a continuation, and is silent about an empty section.
 */
#ifndef VFIO_PREP_HOST_INI_H
#define VFIO_PREP_HOST_INI_H

#include <stddef.h>

#define INI_LINE_BYTES 198    /* Debian's inih reads into 200 bytes: with the newline and the NUL */
#define INI_SECTION_BYTES 48  /* inih keeps 50: with the NUL and the byte that strncpy0 leaves */

/* What is called for each line that says something. Text lives until the callback returns. */
struct ini_events {
	/* name is NULL behind a header that has an error: what follows belongs to no section. */
	void (*section)(void *context, unsigned int line, const char *name);
	void (*entry)(void *context, unsigned int line, const char *key, const char *value);
	/* The line is not of the grammar: found is what was read (maybe cut), expected what should stand there. */
	void (*error)(void *context, unsigned int line, const char *found, const char *expected);
	void *context;
};

/* Reads all lines of the text. 0, or -ENOMEM. */
int ini_read(const char *bytes, size_t size, const struct ini_events *events);

#endif
