/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where each core stands in the picture of --topology: frames of nodes, in them boxes of caches, in them cores. */
#ifndef VFIO_PREP_REPORT_LAYOUT_H
#define VFIO_PREP_REPORT_LAYOUT_H

#include "host/topology.h"

struct layout_core {
	unsigned int first; /* its lowest CPU */
	int package, node, l3, kind;
};

/* Cores of one kind in one box, in rows. */
struct layout_block {
	size_t first_core, core_count;
	size_t columns; /* cores in a row */
	size_t threads; /* of the core that has most: lines of a row */
	int kind;
	char label[24]; /* its kind, as a line above it; "" none */
};

/* A third level cache, as far as it is in one node. */
struct layout_box {
	size_t first_block, block_count;
	int package, node, l3;
	char title[32];
	size_t columns, lines; /* inside of its border */
};

struct layout {
	struct layout_core *cores;
	size_t core_count;
	unsigned int *next; /* by CPU: the next thread of its core; CPUS_MAX none */
	struct layout_block *blocks;
	size_t block_count;
	struct layout_box *boxes; /* by package, node, cache */
	size_t box_count;
	size_t cell; /* columns that a CPU takes: its digits, and one before them; a row has one more at its end */
};

/* For boxes of at most so many columns inside. 0 or -ENOMEM; layout_done releases either way. */
int layout_build(const struct topology *topology, size_t columns, struct layout *ret);
void layout_done(struct layout *layout);

/* The CPU that stands in a column (of cells) of a line of a block; CPUS_MAX where there is none. */
unsigned int layout_cpu(const struct layout *layout, const struct layout_block *block, size_t line, size_t column);

/* Lines of a block, its label not counted. */
size_t layout_lines(const struct layout_block *block);

#endif
