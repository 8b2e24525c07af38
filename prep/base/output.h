/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that the caller named for what a program prints: it gets all of it at the end, or keeps what it has. */
#ifndef VFIO_PREP_BASE_OUTPUT_H
#define VFIO_PREP_BASE_OUTPUT_H

#include <limits.h>

struct output {
	char path[PATH_MAX]; /* without links */
};

/*
 * Standard output goes to memory from now on. Returns 0, or the errno with which path could not be
 * written now, so that a mode which changes the machine need not find that out behind its work.
 */
int output_begin(const char *path, struct output *ret);

/*
 * Writes what was printed since, all flushed, to a new file of mode 0644 beside path, and puts that in its place when
 * it is on the disk: readers see the old content or the new, never a part. A path that is a link keeps it; one that is
 * no regular file (a FIFO, /dev/null) is written to as it is. 0 or a negative errno.
 */
int output_commit(const struct output *output);

#endif
