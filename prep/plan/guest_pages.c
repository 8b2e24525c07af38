/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The huge pages of a guest: beside those that are there, which others have asked for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/guest_parts.h"
#include "plan/pages.h"

static int node_of_devices(const struct guest_plan *plan, const struct host *host)
{
	for (size_t i = 0; i < plan->goals.count; i++) {
		const struct goal *goal = &plan->goals.items[i];

		if (!goal->deferred && goal->guard == GUARD_NONE && host->pci.functions[goal->function].detail->node >= 0)
			return host->pci.functions[goal->function].detail->node;
	}
	return -1;
}

/* The node that all of them are on; -1. */
static int node_of_cpus(const struct cpus *cpus, const struct topology *topology)
{
	for (size_t i = 0; i < topology->node_count; i++)
		if (!cpus_empty(cpus) && cpus_subset(cpus, &topology->nodes[i].cpus))
			return topology->nodes[i].number;
	return -1;
}

/* The node where pages are best; -1 where it makes no difference, or cannot be told. */
static int choose_node(const struct guest_plan *plan, const struct vm_section *vm, const struct host *host)
{
	const int nodes[] = { node_of_devices(plan, host), node_of_cpus(&vm->cpus, &host->topology) };

	for (size_t i = 0; i < 2 && host->memory.numa && host->memory.node_count > 1; i++) {
		const struct memory_node *node = memory_node(&host->memory, nodes[i]);

		if (nodes[i] >= 0 && node && node->has_memory)
			return nodes[i];
	}
	return -1;
}

/*
 * The count to write for pools[number], after those before it. Surplus pages, which a guest that is ending still uses,
 * are counted in: the kernel makes kept ones of them before it makes any new one (mm/hugetlb.c,
 * set_max_huge_pages()), and what this guest is given is free.
 */
static uint64_t count_for(const struct page_pool *pools, size_t number, const struct page_counts *counts)
{
	const struct page_pool *pool = &pools[number];
	uint64_t count = counts->pages + pool->pages;

	for (size_t i = 0; i < number; i++)
		if (pools[i].page_size == pool->page_size && (pool->node < 0 || pools[i].node == pool->node))
			count += pools[i].pages;
	return count;
}

/* Nodes before the kernel's own spread, which counts what they have. */
static int compare_pools(const void *a, const void *b)
{
	const struct page_pool *left = a, *right = b;

	if (left->page_size != right->page_size)
		return left->page_size > right->page_size ? -1 : 1;
	if ((left->node < 0) != (right->node < 0))
		return left->node < 0 ? 1 : -1;
	return left->line < right->line ? -1 : left->line > right->line;
}

static int add_steps(struct guest_plan *plan, const struct config *of_guest, const struct host *host)
{
	struct pages pages;
	int r = pages_build(of_guest, host, VIEW_NOW, &pages);

	for (size_t i = 0; r == 0 && i < pages.count; i++)
		if (pages.items[i].guard != GUARD_NONE)
			r = guest_refuse(plan, pages.items[i].target, pages.items[i].guard, "%s", pages.items[i].why);
	pages_done(&pages);
	for (size_t i = 0; r == 0 && !plan->refused_count && i < of_guest->pool_count; i++) {
		const struct page_pool *pool = &of_guest->pools[i];
		const struct memory_node *node = memory_node(&host->memory, pool->node);
		int size = memory_size(&host->memory, pool->page_size);
		const struct page_counts *counts = size < 0 ? NULL : node ? &node->pages[size] : &host->memory.pages[size];
		char target[STEP_TEXT_MAX], count[STEP_TEXT_MAX];

		if (!pool->pages)
			continue;
		page_pool_name(pool, target);
		if (!counts || page_counts_kept(counts) == MEMORY_UNKNOWN) {
			r = guest_refuse(plan, target, GUARD_MEMORY, "how many pages there are cannot be read");
			continue;
		}
		snprintf(count, sizeof(count), "%llu", (unsigned long long)count_for(of_guest->pools, i, counts));
		r = steps_add(&plan->pages, STEP_PAGES, STAGE_EARLY, target, count);
	}
	return r;
}

int guest_add_pages(struct guest_plan *plan, const struct config *config, const struct vm_section *vm,
                    const struct host *host)
{
	struct config of_guest = *config;
	int node = choose_node(plan, vm, host), r;

	plan->pages.keep_free = config->keep_free;
	if (!vm->pool_count)
		return 0;
	of_guest.pool_count = vm->pool_count;
	of_guest.pools = calloc(vm->pool_count, sizeof(*of_guest.pools));
	if (!of_guest.pools)
		return -ENOMEM;
	memcpy(of_guest.pools, vm->pools, vm->pool_count * sizeof(*vm->pools));
	for (size_t i = 0; i < vm->pool_count; i++)
		if (of_guest.pools[i].node < 0)
			of_guest.pools[i].node = node;
	qsort(of_guest.pools, vm->pool_count, sizeof(*of_guest.pools), compare_pools);
	r = add_steps(plan, &of_guest, host);
	free(of_guest.pools);
	return r;
}
