/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/layout.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

void layout_done(struct layout *layout)
{
	if (!layout)
		return;
	free(layout->cores);
	free(layout->next);
	free(layout->blocks);
	free(layout->boxes);
	*layout = (struct layout){ 0 };
}

static int compare(int a, int b)
{
	return a < b ? -1 : a > b;
}

/* By package, node, cache (none last), kind, number. */
static int compare_cores(const void *a, const void *b)
{
	const struct layout_core *left = a, *right = b;
	int r = compare(left->package, right->package);

	r = r ? r : compare(left->node, right->node);
	r = r ? r : compare(left->l3 < 0 ? INT_MAX : left->l3, right->l3 < 0 ? INT_MAX : right->l3);
	r = r ? r : compare(left->kind, right->kind);
	return r ? r : compare((int)left->first, (int)right->first);
}

/* Each core once, its threads linked. A CPU whose core is unknown stands alone. */
static int collect(const struct topology *topology, struct layout *layout)
{
	_cleanup_free_ unsigned int *last = calloc(topology->counts[LEVEL_CORE] + 1, sizeof(*last));

	layout->next = calloc(topology->cpu_count + 1, sizeof(*layout->next));
	if (!last || !layout->next)
		return -ENOMEM;
	for (size_t i = 0; i < topology->counts[LEVEL_CORE]; i++)
		last[i] = CPUS_MAX;
	CPUS_FOR_EACH(number, &topology->online) {
		const struct topology_cpu *cpu = &topology->cpus[number];
		int core = cpu->in[LEVEL_CORE];
		struct layout_core *drawn;

		layout->next[number] = CPUS_MAX;
		if (core >= 0 && last[core] < CPUS_MAX) {
			layout->next[last[core]] = number;
			last[core] = number;
			continue;
		}
		if (core >= 0)
			last[core] = number;
		drawn = array_add(&layout->cores, &layout->core_count, sizeof(*drawn));
		if (!drawn)
			return -ENOMEM;
		*drawn = (struct layout_core){ number, cpu->in[LEVEL_PACKAGE], cpu->node, cpu->in[LEVEL_L3], cpu->kind };
	}
	if (layout->core_count)
		qsort(layout->cores, layout->core_count, sizeof(*layout->cores), compare_cores);
	return 0;
}

static size_t count_threads(const struct layout *layout, const struct layout_core *core)
{
	size_t threads = 0;

	for (unsigned int cpu = core->first; cpu < CPUS_MAX; cpu = layout->next[cpu])
		threads++;
	return threads;
}

/* Rows of about the same length; in fours, where they are more than one, so that they can be counted. */
static size_t choose_columns(size_t cores, size_t most)
{
	size_t rows = (cores + most - 1) / most, columns = (cores + rows - 1) / rows;

	if (rows > 1 && (columns + 3) / 4 * 4 <= most)
		columns = (columns + 3) / 4 * 4;
	return columns;
}

/* True where cores of this cache are on another node too: Intel's sub-NUMA clusters. */
static bool is_shared(const struct topology *topology, int l3, int node)
{
	CPUS_FOR_EACH(cpu, &topology->online)
		if (topology->cpus[cpu].in[LEVEL_L3] == l3 && topology->cpus[cpu].node != node)
			return true;
	return false;
}

static void finish_box(const struct topology *topology, struct layout *layout, struct layout_box *box)
{
	if (box->l3 >= 0)
		snprintf(box->title, sizeof(box->title), "L3 cache %d%s", box->l3,
		         is_shared(topology, box->l3, box->node) ? " (part)" : "");
	else
		snprintf(box->title, sizeof(box->title), "%s", topology->counts[LEVEL_L3] ? "no L3 cache" : "cores");
	box->columns = strlen(box->title);
	for (size_t i = box->first_block; i < box->first_block + box->block_count; i++) {
		const struct layout_block *block = &layout->blocks[i];

		size_t columns = block->columns * layout->cell + 1;

		columns = strlen(block->label) > columns ? strlen(block->label) : columns;
		box->columns = columns > box->columns ? columns : box->columns;
		box->lines += layout_lines(block) + (block->label[0] != '\0');
	}
}

/* "P cores", "capacity 446" */
static void label_block(struct layout_block *block, const char *kind)
{
	snprintf(block->label, sizeof(block->label), "%s%s", kind, strchr(kind, ' ') ? "" : " cores");
}

static int make_boxes(const struct topology *topology, size_t columns, struct layout *layout)
{
	for (size_t i = 0; i < layout->core_count; i++) {
		const struct layout_core *core = &layout->cores[i];
		const struct layout_core *before = i ? core - 1 : NULL;
		bool same_box =
			before && before->package == core->package && before->node == core->node && before->l3 == core->l3;
		struct layout_block *block;
		size_t threads;

		if (!same_box) {
			struct layout_box *box = array_add(&layout->boxes, &layout->box_count, sizeof(*box));

			if (!box)
				return -ENOMEM;
			*box = (struct layout_box){
				.first_block = layout->block_count, .package = core->package, .node = core->node, .l3 = core->l3
			};
		}
		if (!same_box || before->kind != core->kind) {
			block = array_add(&layout->blocks, &layout->block_count, sizeof(*block));
			if (!block)
				return -ENOMEM;
			*block = (struct layout_block){ .first_core = i, .kind = core->kind };
			if (topology->kind_count > 1 && core->kind >= 0)
				label_block(block, topology->kinds[core->kind].name);
			layout->boxes[layout->box_count - 1].block_count++;
		}
		block = &layout->blocks[layout->block_count - 1];
		threads = count_threads(layout, core);
		block->threads = threads > block->threads ? threads : block->threads;
		block->core_count++;
	}
	for (size_t i = 0; i < layout->block_count; i++)
		layout->blocks[i].columns = choose_columns(layout->blocks[i].core_count, (columns - 1) / layout->cell);
	for (size_t i = 0; i < layout->box_count; i++)
		finish_box(topology, layout, &layout->boxes[i]);
	return 0;
}

int layout_build(const struct topology *topology, size_t columns, struct layout *ret)
{
	int r;

	*ret = (struct layout){ .cell = 2 };
	for (size_t limit = 10; limit < topology->cpu_count; limit *= 10)
		ret->cell++;
	r = collect(topology, ret);
	return r < 0 ? r : make_boxes(topology, columns, ret);
}

size_t layout_lines(const struct layout_block *block)
{
	size_t rows = (block->core_count + block->columns - 1) / block->columns;

	/* Rows of several threads are set off by an empty line. */
	return rows * block->threads + (block->threads > 1 ? rows - 1 : 0);
}

unsigned int layout_cpu(const struct layout *layout, const struct layout_block *block, size_t line, size_t column)
{
	size_t height = block->threads + (block->threads > 1), thread = line % height;
	size_t core = line / height * block->columns + column;
	unsigned int cpu;

	if (column >= block->columns || core >= block->core_count || thread >= block->threads)
		return CPUS_MAX;
	cpu = layout->cores[block->first_core + core].first;
	for (; thread > 0 && cpu < CPUS_MAX; thread--)
		cpu = layout->next[cpu];
	return cpu;
}
