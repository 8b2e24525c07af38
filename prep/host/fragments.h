/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folders of settings whose files are read by their names, where one of an earlier folder hides its namesakes. */
#ifndef VFIO_PREP_HOST_FRAGMENTS_H
#define VFIO_PREP_HOST_FRAGMENTS_H

#include <stddef.h>

struct root;

#define FRAGMENT_PATH_MAX 128

struct fragments {
	struct fragment {
		char path[FRAGMENT_PATH_MAX]; /* below the root */
		size_t name; /* where its name begins in path */
	} *items;
	size_t count;
};

/*
 * The files of these folders (NULL ends them) whose names end in one of suffixes (the same) and are not hidden, in the
 * order of their names. A folder that is not there has none; names longer than any that is meant are passed over.
 * 0 or -ENOMEM; fragments_done releases either way.
 */
int fragments_list(const struct root *root, const char *const *folders, const char *const *suffixes,
                   struct fragments *ret);
void fragments_done(struct fragments *fragments);

#endif
