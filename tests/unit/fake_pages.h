/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The huge pages of the fake kernel: files of pools below /sys/kernel/mm/hugepages and below the nodes, and the
 * amounts of meminfo, kept in step with each other as mm/hugetlb.c does.
 *
 *   nr_hugepages     of a node: pages of that node; the global one: pages of all nodes, one after the other. A
 *                    write is a success whatever is granted: as many as MemFree has, and as the limits say
 *   fewer pages      free ones go, those in use stay as surplus
 *   compact_memory   lets the limits be those after compaction
 */
#ifndef VFIO_PREP_TESTS_FAKE_PAGES_H
#define VFIO_PREP_TESTS_FAKE_PAGES_H

#include "support.h"

#define FAKE_LIMITS 4

/* Memory in pieces: so many pages of a size are there in a node, and so many after compaction. */
struct fake_page_limit {
	unsigned long long kilobytes; /* of a page */
	int node;
	uint64_t most, compacted;
};

struct fake_pages {
	const struct tree *tree;
	struct fake_page_limit limits[FAKE_LIMITS];
	size_t limit_count;
	bool compacted;
};

/* True where path is a file of pools or of compaction; then *ret is the result of the write. */
bool fake_pages_write(struct fake_pages *pages, const char *path, const char *text, int *ret);

/* No page is reserved: as before any preparation. */
void fake_pages_reset(struct fake_pages *pages);

/* Somebody takes so many of the free pages of a node into use. */
void fake_pages_use(struct fake_pages *pages, unsigned long long kilobytes, int node, uint64_t count);

#endif
