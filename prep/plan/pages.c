/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/pages.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/format.h"

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

bool page_goal_is_met(const struct page_goal *goal)
{
	return goal->known && goal->have == goal->pool->pages;
}

/* 1G before 2M, because what is left in one piece grows less; a node before the kernel's choice among all. */
static int compare_goals(const void *a, const void *b)
{
	const struct page_pool *left = ((const struct page_goal *)a)->pool, *right = ((const struct page_goal *)b)->pool;

	if (left->page_size != right->page_size)
		return left->page_size > right->page_size ? -1 : 1;
	if ((left->node < 0) != (right->node < 0))
		return left->node < 0 ? 1 : -1;
	return left->node < right->node ? -1 : left->node > right->node;
}

/* Those that guests have for as long as they run: they are beside what the config asks for. */
static uint64_t pages_of_guests(const struct host *host, uint64_t page_size, int node, enum view view)
{
	int size = memory_size(&host->memory, page_size);
	const struct memory_node *of = memory_node(&host->memory, node);

	return size < 0 || view == VIEW_NEXT_BOOT ? 0 : of ? of->guest_pages[size] : host->memory.guest_pages[size];
}

/* How many pages a node (-1: the machine) has, from the view; MEMORY_UNKNOWN. */
static uint64_t pages_there(const struct host *host, uint64_t page_size, int node, enum view view)
{
	int size = memory_size(&host->memory, page_size);
	const struct memory_node *of = memory_node(&host->memory, node);
	uint64_t there, guests;

	if (size < 0 || (node >= 0 && !of))
		return MEMORY_UNKNOWN;
	if (view == VIEW_NEXT_BOOT)
		return of ? of->boot_pages[size] : host->memory.boot_pages[size];
	there = page_counts_kept(of ? &of->pages[size] : &host->memory.pages[size]);
	guests = pages_of_guests(host, page_size, node, view);
	return there == MEMORY_UNKNOWN ? there : there > guests ? there - guests : 0;
}

static void look(struct page_goal *goal, const struct config *config, const struct host *host, enum view view)
{
	const struct page_pool *pool = goal->pool;
	uint64_t there = pages_there(host, pool->page_size, pool->node, view), used = 0;

	goal->count = pool->pages + pages_of_guests(host, pool->page_size, pool->node, view);
	for (size_t i = 0; pool->node < 0 && i < config->pool_count; i++) {
		const struct page_pool *other = &config->pools[i];
		uint64_t others;

		if (other->page_size != pool->page_size || other->node < 0)
			continue;
		/* Of a node's pages those that its own pool does not ask for are of the kernel's spread. */
		others = pages_there(host, other->page_size, other->node, view);
		used += others == MEMORY_UNKNOWN ? 0 : smaller(others, other->pages);
		goal->count += other->pages;
	}
	goal->known = there != MEMORY_UNKNOWN;
	if (goal->known)
		goal->have = smaller(there > used ? there - used : 0, pool->pages);
}

__attribute__((format(printf, 2, 3)))
static void refuse(struct page_goal *goal, const char *format, ...)
{
	va_list arguments;

	goal->guard = GUARD_MEMORY;
	va_start(arguments, format);
	vsnprintf(goal->why, sizeof(goal->why), format, arguments);
	va_end(arguments);
}

static void append(char *text, size_t size, const char *format, const char *word)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, format, used ? ", " : "", word);
}

static void guard_size(struct page_goal *goal, const struct memory *memory)
{
	char sizes[80] = "", size[FORMAT_SIZE_MAX];

	if (memory->sizes_error == -ENOENT) {
		refuse(goal, "this kernel has no huge pages (CONFIG_HUGETLBFS)");
		return;
	}
	if (memory->sizes_error || memory_size(memory, goal->pool->page_size) >= 0)
		return;
	for (size_t i = 0; i < memory->size_count; i++)
		append(sizes, sizeof(sizes), "%s%s", format_size(memory->sizes[i], size));
	refuse(goal, "this machine has no pages of %s, only of %s%s", format_size(goal->pool->page_size, size),
	       sizes[0] ? sizes : "none",
	       goal->pool->page_size == UINT64_C(1) << 30 ? " (1G needs the CPU flag pdpe1gb)" : "");
}

static void guard_node(struct page_goal *goal, const struct memory *memory)
{
	const struct memory_node *node = memory_node(memory, goal->pool->node);
	char nodes[80] = "", number[12];

	if (goal->pool->node < 0 || (node && node->has_memory))
		return;
	for (size_t i = 0; i < memory->node_count; i++) {
		if (!memory->nodes[i].has_memory)
			continue;
		snprintf(number, sizeof(number), "%u", memory->nodes[i].number);
		append(nodes, sizeof(nodes), "%s%s", number);
	}
	refuse(goal, "node %d %s; nodes with memory: %s", goal->pool->node, node ? "has no memory" : "is not there", nodes);
}

/* The config has no pool whose bytes do not fit into 64 bits (host/config_values.c). */
static uint64_t bytes_of(const struct page_pool *pool)
{
	return pool->pages * pool->page_size;
}

/* What a limit in bytes leaves for the pool after those before it in the order; of its node only, where of_node. */
static bool fits(struct page_goal *goal, const struct pages *pages, uint64_t limit, bool of_node, uint64_t *ret_left)
{
	uint64_t left = limit;

	for (const struct page_goal *other = pages->items; other < goal; other++)
		if (other->guard == GUARD_NONE && (!of_node || other->pool->node == goal->pool->node))
			left -= smaller(left, bytes_of(other->pool));
	*ret_left = left;
	return bytes_of(goal->pool) <= left;
}

static void guard_amount(struct page_goal *goal, const struct pages *pages, const struct config *config,
                         const struct memory *memory)
{
	const struct memory_node *node = memory_node(memory, goal->pool->node);
	char total[FORMAT_SIZE_MAX], keep[FORMAT_SIZE_MAX], size[FORMAT_SIZE_MAX];
	uint64_t left;

	format_size(goal->pool->page_size, size);
	if (node && node->total != MEMORY_UNKNOWN && !fits(goal, pages, node->total, true, &left)) {
		goal->most = left / goal->pool->page_size;
		refuse(goal, "node %u has %s in all: at most %llu page%s of %s fit there beside the pools before this one",
		       node->number, format_size(node->total, total), (unsigned long long)goal->most,
		       goal->most == 1 ? "" : "s", size);
		return;
	}
	if (memory->total == MEMORY_UNKNOWN)
		return;
	left = memory->total > config->keep_free ? memory->total - config->keep_free : 0;
	if (fits(goal, pages, left, false, &left))
		return;
	goal->most = left / goal->pool->page_size;
	refuse(goal,
	       "of %s in all, %s stay free (keep-free): at most %llu page%s of %s fit beside the pools before this one",
	       format_size(memory->total, total), format_size(config->keep_free, keep), (unsigned long long)goal->most,
	       goal->most == 1 ? "" : "s", size);
}

/* An image to resume from is put back where it was in memory: pages that are taken would be in its way. */
static bool resumes(const struct cmdline *cmdline)
{
	const char *value;

	return cmdline_has(cmdline, "resume", &value) && value && *value && !cmdline_has(cmdline, "noresume", NULL);
}

void page_pool_name(const struct page_pool *pool, char *target)
{
	char size[FORMAT_SIZE_MAX];

	format_size(pool->page_size, size);
	if (pool->node < 0)
		snprintf(target, STEP_TEXT_MAX, "%s", size);
	else
		snprintf(target, STEP_TEXT_MAX, "%s@%d", size, pool->node);
}

int pages_build(const struct config *config, const struct host *host, enum view view, struct pages *ret)
{
	bool late = resumes(&host->cmdline);

	*ret = (struct pages){ 0 };
	if (!config->enabled || !config->pool_count)
		return 0;
	ret->items = calloc(config->pool_count, sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	for (size_t i = 0; i < config->pool_count; i++)
		if (config->pools[i].pages)
			ret->items[ret->count++].pool = &config->pools[i];
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_goals);
	for (size_t i = 0; i < ret->count; i++) {
		struct page_goal *goal = &ret->items[i];

		page_pool_name(goal->pool, goal->target);
		goal->stage = late ? STAGE_LATE : STAGE_EARLY;
		goal->deferred = late && view == VIEW_EARLY;
		look(goal, config, host, view);
		guard_size(goal, &host->memory);
		if (goal->guard == GUARD_NONE)
			guard_node(goal, &host->memory);
		if (goal->guard == GUARD_NONE)
			guard_amount(goal, ret, config, &host->memory);
	}
	return 0;
}

void pages_done(struct pages *pages)
{
	if (!pages)
		return;
	free(pages->items);
	*pages = (struct pages){ 0 };
}

int pages_add_steps(const struct pages *pages, const struct config *config, struct steps *steps)
{
	int r = 0;

	steps->keep_free = config->keep_free;
	for (size_t i = 0; r == 0 && i < pages->count; i++) {
		const struct page_goal *goal = &pages->items[i];
		char count[STEP_TEXT_MAX];

		if (goal->guard != GUARD_NONE || goal->deferred || page_goal_is_met(goal))
			continue;
		snprintf(count, sizeof(count), "%llu", (unsigned long long)goal->count);
		r = steps_add(steps, STEP_PAGES, goal->stage, goal->target, count);
	}
	return r;
}

uint64_t pages_missing(const struct pages *pages, uint64_t page_size, int node)
{
	for (size_t i = 0; i < pages->count; i++) {
		const struct page_pool *pool = pages->items[i].pool;

		if (pool->page_size == page_size && pool->node == node && pages->items[i].known)
			return pool->pages - pages->items[i].have;
	}
	return 0;
}
