/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory and huge pages: how much there is on each NUMA node, and what the kernel keeps in its pools
 * (Documentation/admin-guide/mm/hugetlbpage.rst).
 */
#ifndef VFIO_PREP_HOST_MEMORY_H
#define VFIO_PREP_HOST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/cmdline.h"

struct root;

#define MEMORY_UNKNOWN UINT64_MAX /* of any amount here: it cannot be read */
#define MEMORY_SIZES 8            /* of huge pages; powerpc has the most, seven */

/* One pool of the kernel, in pages. */
struct page_counts {
	uint64_t pages;    /* nr_hugepages, the surplus ones included */
	uint64_t free;
	uint64_t surplus;  /* beyond what was asked for: they go when they are let go of */
	uint64_t reserved; /* free ones that somebody has a claim to; of the whole machine only */
};

struct memory_node {
	unsigned int number;
	bool has_memory;
	uint64_t total, free;                    /* bytes */
	struct page_counts pages[MEMORY_SIZES];  /* in the order of memory.sizes */
	uint64_t boot_pages[MEMORY_SIZES];       /* that the kernel command line gives it */
	uint64_t guest_pages[MEMORY_SIZES];      /* as of the machine */
};

/* What only the report asks for. */
struct memory_settings {
	bool read;
	uint64_t *mounts;   /* the page size (bytes) of each hugetlbfs that is mounted */
	size_t mount_count;
	int mounts_error;   /* 0, or the errno (negative) of reading /proc/mounts */
	char huge[16]; /* transparent huge pages: always, madvise, never; "none" where the kernel has none; "" unknown */
	int merging;        /* ksm/run: 0 no, 1 yes, 2 unmerging; -1 unknown */
	int balancing;      /* kernel.numa_balancing; 0 also where the kernel has none; -1 unknown */
	/* The last vm.nr_hugepages in sysctl.conf and sysctl.d, which is about the default size. */
	uint64_t sysctl_pages;
	char sysctl_file[128]; /* "" none; below the root, "etc/sysctl.d/90-pages.conf" */
	char sysctl_key[32];
};

struct memory {
	bool read;
	int sizes_error;              /* 0; -ENOENT: this kernel has no huge pages; another errno (negative): unknown */
	uint64_t sizes[MEMORY_SIZES]; /* bytes, largest first */
	size_t size_count;
	uint64_t default_size;        /* bytes; 0 unknown */
	struct page_counts pages[MEMORY_SIZES]; /* of the whole machine */
	uint64_t boot_pages[MEMORY_SIZES];      /* that the kernel command line gives it */
	uint64_t guest_pages[MEMORY_SIZES];     /* of pages, those of guests that run (memory_add_guest) */
	bool numa;                    /* the nodes have files of their own; else node 0 is the machine */
	struct memory_node *nodes;    /* by their numbers */
	size_t node_count;
	uint64_t total, free, available; /* bytes */
	struct memory_settings settings;
};

/* Reads the pools and amounts. 0 or -ENOMEM: everything else that goes wrong is part of the result. */
int memory_read(const struct root *root, const struct cmdline *cmdline, struct memory *ret);

/* Reads memory->settings too. 0 or -ENOMEM. */
int memory_read_settings(const struct root *root, struct memory *memory);
void memory_done(struct memory *memory);

/* The number of a page size (bytes) in sizes; -1. */
int memory_size(const struct memory *memory, uint64_t page_size);

/* The node of this number; NULL. */
const struct memory_node *memory_node(const struct memory *memory, int number);

/*
 * The pages that a pool was asked to keep: without the surplus, which is what the kernel compares a written
 * count with (mm/hugetlb.c, persistent_huge_pages). MEMORY_UNKNOWN.
 */
uint64_t page_counts_kept(const struct page_counts *counts);

/* Of a pool (node -1: of the machine, on nodes that nobody knows) so many pages are a guest's, while it runs. */
void memory_add_guest(struct memory *memory, uint64_t page_size, int node, uint64_t pages);

/* For one look at the running kernel, without an allocation: */

/*
 * The path (ROOT_PATH_MAX bytes) of an attribute of a pool: of the node, or of the machine for node -1 and
 * for node 0 of a machine without NUMA files. -ENOENT where there is no such pool.
 */
int memory_pool_path(const struct root *root, uint64_t page_size, int node, const char *attribute, char *path);

/* Attributes that are not there are unknown. */
void memory_read_counts(const struct root *root, uint64_t page_size, int node, struct page_counts *ret);

/* MemAvailable, in bytes; MEMORY_UNKNOWN. */
uint64_t memory_read_available(const struct root *root);

/* MemFree of a node (-1: of the machine), in bytes; MEMORY_UNKNOWN. */
uint64_t memory_read_free(const struct root *root, int node);

/*
 * How many free blocks of at least this size a node has (-1: all nodes; /proc/buddyinfo). MEMORY_UNKNOWN also
 * where the kernel keeps no blocks of that size, as for 1G.
 */
uint64_t memory_read_blocks(const struct root *root, uint64_t page_size, int node);

#endif
