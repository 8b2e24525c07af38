/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Huge pages that are in use for nobody: of files in hugetlbfs that no process has any more. */
#ifndef VFIO_PREP_HOST_LEFT_PAGES_H
#define VFIO_PREP_HOST_LEFT_PAGES_H

#include "base/root.h"
#include "host/memory.h"

struct left_pages {
	uint64_t pages[MEMORY_SIZES];           /* in the order of memory.sizes */
	char files[MEMORY_SIZES][ROOT_PATH_MAX]; /* one of those files each, "/dev/hugepages/x"; "" none */
};

/* What cannot be looked at is not left. Which node a page is on is not told by its file. 0 or -ENOMEM. */
int left_pages_read(const struct root *root, const struct memory *memory, struct left_pages *ret);

#endif
