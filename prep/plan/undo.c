/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/undo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/holders.h"

static struct refusal *refuse(struct undo *undo, const char *address, enum guard guard)
{
	struct refusal *refusal = array_add(&undo->refused, &undo->refused_count, sizeof(*refusal));

	if (!refusal)
		return NULL;
	snprintf(refusal->target, sizeof(refusal->target), "%s", address);
	refusal->guard = guard;
	return refusal;
}

static int refuse_held(struct undo *undo, const char *address, const struct holder *holder)
{
	struct refusal *refusal = refuse(undo, address, GUARD_IN_USE);

	if (!refusal)
		return -ENOMEM;
	snprintf(refusal->why, sizeof(refusal->why), "process %d (%s) holds %s open: end it first", holder->pid,
	         holder->command, holder->node);
	return 0;
}

static int refuse_stuck(struct undo *undo, const char *address)
{
	struct refusal *refusal = refuse(undo, address, GUARD_STUCK);

	if (!refusal)
		return -ENOMEM;
	snprintf(refusal->why, sizeof(refusal->why),
	         "its driver's probe or removal hangs in the kernel: only a reboot frees it");
	return 0;
}

int undo_build(const struct taken *taken, size_t count, const struct host *host, enum undo_scope scope,
               struct undo *ret)
{
	*ret = (struct undo){ 0 };
	for (size_t i = 0; i < count; i++) {
		const struct pci_function *function = pci_find(&host->pci, &taken[i].address);
		const struct holder *holder;
		char address[PCI_ADDRESS_MAX];
		bool bound, restored;
		int r;

		if (function && function->detail && function->detail->stuck) {
			r = refuse_stuck(ret, pci_address_format(&taken[i].address, address));
			if (r < 0)
				return r;
			continue;
		}
		if (!function || !function->detail)
			continue;
		restored = scope == UNDO_RESUME && strcmp(function->detail->driver_override, taken[i].override) == 0;
		if (!restored && strcmp(function->detail->driver_override, taken[i].driver) != 0)
			continue;
		pci_address_format(&taken[i].address, address);
		bound = pci_driver_is_vfio(function->driver);
		if (scope == UNDO_UNBOUND && function->driver[0])
			continue;
		holder = host_holder(host, (size_t)(function - host->pci.functions));
		if (bound && holder) {
			r = refuse_held(ret, address, holder);
			if (r < 0)
				return r;
			continue;
		}
		r = restored ? 0 : steps_add(&ret->steps, STEP_OVERRIDE, STAGE_EARLY, address, taken[i].override);
		if (r == 0 && bound)
			r = steps_add(&ret->steps, STEP_UNBIND, STAGE_EARLY, address, function->driver);
		if (r == 0 && (bound || !function->driver[0]))
			r = steps_add(&ret->steps, STEP_PROBE, STAGE_EARLY, address, "");
		if (r < 0)
			return r;
	}
	return 0;
}

static uint64_t pages_kept(const struct host *host, const struct page_pool *pool)
{
	const struct memory_node *node = memory_node(&host->memory, pool->node);
	int size = memory_size(&host->memory, pool->page_size);

	if (size < 0 || (pool->node >= 0 && !node))
		return MEMORY_UNKNOWN;
	return page_counts_kept(node ? &node->pages[size] : &host->memory.pages[size]);
}

/* What of a pool's kept pages is vfio-prep's. A step that did not tell its end added at most what it wanted. */
static uint64_t pages_added(const struct taken_pages *taken, uint64_t kept)
{
	uint64_t added = taken->added;

	if (taken->open && taken->value >= taken->before) {
		uint64_t end = kept < taken->value ? kept : taken->value;

		added += end > taken->before ? end - taken->before : 0;
	} else if (taken->open) { /* a way back: what is gone is given back already */
		uint64_t end = kept > taken->value ? kept : taken->value;
		uint64_t gone = end < taken->before ? taken->before - end : 0;

		added -= gone < added ? gone : added;
	}
	return added < kept ? added : kept;
}

/*
 * The least that a pool is left with: the kernel takes whichever pages are free, and of those that are in use nobody
 * tells which are the guests' (memory_add_guest): they may have used none of theirs yet. Pages of guests that are on no
 * certain node may be on this one. 0 where guests have none there.
 */
static uint64_t pages_floor(const struct host *host, const struct page_pool *pool)
{
	const struct memory_node *node = memory_node(&host->memory, pool->node);
	int size = memory_size(&host->memory, pool->page_size);
	const struct page_counts *counts = node ? &node->pages[size] : &host->memory.pages[size];
	uint64_t guests = host->memory.guest_pages[size];

	for (size_t i = 0; node && i < host->memory.node_count; i++)
		if (&host->memory.nodes[i] != node)
			guests -= host->memory.nodes[i].guest_pages[size];
	if (!guests || counts->free == MEMORY_UNKNOWN || counts->free > counts->pages)
		return guests;
	return counts->pages - counts->free + guests;
}

/* How many of those that were added can go from a pool that keeps so many. */
static uint64_t pages_back(const struct host *host, const struct page_pool *pool, uint64_t added, uint64_t kept)
{
	uint64_t least = pages_floor(host, pool), room = kept > least ? kept - least : 0;

	return least && room < added ? room : added;
}

static int refuse_pages(struct undo *undo, const char *target, uint64_t count)
{
	struct refusal *refusal = refuse(undo, target, GUARD_IN_USE);

	if (!refusal)
		return -ENOMEM;
	snprintf(refusal->why, sizeof(refusal->why),
	         "%llu pages stay, or guests that run could lose theirs: vfio-prep --undo again after their end",
	         (unsigned long long)count);
	return 0;
}

int undo_pages(const struct taken_pages *taken, size_t count, const struct host *host, struct undo *undo)
{
	int r = 0;

	/* Nodes first: what the global file then frees is taken from wherever pages are left. */
	for (int nodes = 1; nodes >= 0; nodes--)
		for (size_t i = 0; r == 0 && i < count; i++) {
			uint64_t kept = pages_kept(host, &taken[i].pool), added, back;
			char value[STEP_TEXT_MAX];

			if ((taken[i].pool.node >= 0) != nodes || kept == MEMORY_UNKNOWN)
				continue;
			added = pages_added(&taken[i], kept);
			if (!added)
				continue;
			/* By then the pages of the nodes are gone from the sum. */
			for (size_t j = 0; !nodes && j < count; j++)
				if (taken[j].pool.page_size == taken[i].pool.page_size && taken[j].pool.node >= 0) {
					uint64_t of_node = pages_kept(host, &taken[j].pool);
					uint64_t gone = of_node == MEMORY_UNKNOWN ? 0 :
					                pages_back(host, &taken[j].pool, pages_added(&taken[j], of_node), of_node);

					kept -= gone < kept ? gone : kept;
				}
			back = pages_back(host, &taken[i].pool, added, kept);
			if (back < added)
				r = refuse_pages(undo, taken[i].target, added - back);
			if (r < 0 || !back)
				continue;
			snprintf(value, sizeof(value), "%llu", (unsigned long long)(kept > back ? kept - back : 0));
			r = steps_add(&undo->steps, STEP_PAGES, STAGE_EARLY, taken[i].target, value);
		}
	return r;
}

void undo_done(struct undo *undo)
{
	if (!undo)
		return;
	steps_done(&undo->steps);
	free(undo->refused);
	*undo = (struct undo){ 0 };
}
