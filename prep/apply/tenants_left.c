/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages that a guest which ended has left in use, in a file of hugetlbfs: the kernel shrinks a pool by whichever pages
 * are free (mm/hugetlb.c, set_max_huge_pages()), and those are what other guests have acquired and not touched yet. So
 * many stay in the pool: they pass on to the lease of such a guest, and go with it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/tenants.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "host/config_values.h"
#include "host/left_pages.h"

#define LEFT_MARK "left in use by guest "

static bool is_mark(const struct record_entry *entry)
{
	return entry->kind == STEP_PAGES && strncmp(entry->why, LEFT_MARK, strlen(LEFT_MARK)) == 0;
}

/* Shrinking the one pool may take pages of the other: of the same node, or of any. */
static bool pools_meet(const struct page_pool *a, const struct page_pool *b)
{
	return a->page_size == b->page_size && (a->node < 0 || b->node < 0 || a->node == b->node);
}

/* The lease of a guest that goes on and has pages of that pool; NULL. */
static struct lease *find_heir(const struct tenants *guests, const struct page_pool *pool)
{
	for (size_t i = 0; i < guests->leases.count; i++) {
		struct lease *lease = guests->leases.items[i];

		if (lease->error || lease_is_being_returned(lease))
			continue;
		for (size_t j = 0; j < lease->record.count; j++) {
			struct page_pool other;
			char target[STEP_TEXT_MAX];

			snprintf(target, sizeof(target), "%s", lease->record.entries[j].target);
			if (lease->record.entries[j].kind == STEP_PAGES && !value_pool_key(target, &other) &&
			    pools_meet(pool, &other))
				return lease;
		}
	}
	return NULL;
}

/*
 * The pages of a size that guests which go on keep for what was left; with a target only those of that pool that were
 * passed on by the run whose first step began at at_usec.
 */
static uint64_t count_kept(const struct tenants *guests, uint64_t page_size, const char *target, uint64_t at_usec)
{
	uint64_t kept = 0;

	for (size_t i = 0; i < guests->leases.count; i++) {
		const struct lease *lease = guests->leases.items[i];

		for (size_t j = 0; !lease->error && !lease_is_being_returned(lease) && j < lease->record.count; j++) {
			const struct record_entry *entry = &lease->record.entries[j];
			struct page_pool pool;
			uint64_t before, after;

			if (is_mark(entry) && !value_pool_key(entry->target, &pool) && pool.page_size == page_size &&
			    parse_number(entry->before, UINT64_MAX, &before) == 0 &&
			    parse_number(entry->after, UINT64_MAX, &after) == 0 && after > before &&
			    (!target || (strcmp(entry->target, target) == 0 && entry->at_usec == at_usec)))
				kept += after - before;
		}
	}
	return kept;
}

/* Pages change hands: for the record the pool went from one count to another. */
static int note_pages(struct lease *lease, const char *guest, const char *target, enum writer writer, uint64_t before,
                      uint64_t after, uint64_t at_usec)
{
	struct step step = { .kind = STEP_PAGES };
	struct record_entry *entry;

	if (record_reserve(&lease->record, 1, 0) < 0)
		return -ENOMEM;
	snprintf(step.target, sizeof(step.target), "%s", target);
	snprintf(step.value, sizeof(step.value), "%llu", (unsigned long long)after);
	entry = record_add(&lease->record, writer, &step);
	snprintf(entry->before, sizeof(entry->before), "%llu", (unsigned long long)before);
	snprintf(entry->after, sizeof(entry->after), "%llu", (unsigned long long)after);
	entry->result = RESULT_DONE;
	entry->at_usec = at_usec;
	record_explain(entry, LEFT_MARK "%s", guest);
	return 0;
}

/* The step that its pages began with; NULL where they have been passed on. */
static const struct record_entry *first_step(const struct lease *lease, const char *target)
{
	const struct record_entry *first = NULL;

	for (size_t i = 0; i < lease->record.count; i++) {
		const struct record_entry *entry = &lease->record.entries[i];

		if (entry->kind != STEP_PAGES || strcmp(entry->target, target) != 0)
			continue;
		if (is_mark(entry) && entry->writer == WRITER_UNDO)
			return NULL;
		first = first ? first : entry;
	}
	return first;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int pass_on(struct tenants *guests, struct lease *lease, const struct host *host,
                   const struct taken_pages *taken, const struct left_pages *left)
{
	const struct memory_node *node = memory_node(&host->memory, taken->pool.node);
	int size = memory_size(&host->memory, taken->pool.page_size), r;
	const struct page_counts *counts = size < 0 ? NULL : node ? &node->pages[size] : &host->memory.pages[size];
	const struct record_entry *first = first_step(lease, taken->target);
	struct lease *heir = find_heir(guests, &taken->pool);
	uint64_t kept, moved, others;

	if (!first || !heir || !counts || taken->open || page_counts_kept(counts) == MEMORY_UNKNOWN ||
	    counts->free == MEMORY_UNKNOWN || counts->free > counts->pages)
		return 0;
	kept = page_counts_kept(counts);
	/* A call that was cut off between the two files: it is theirs, and not ours any more. */
	moved = count_kept(guests, taken->pool.page_size, taken->target, first->at_usec);
	if (!moved) {
		others = count_kept(guests, taken->pool.page_size, NULL, 0);
		moved = left->pages[size] > others ? left->pages[size] - others : 0;
		moved = least(least(moved, taken->added), least(counts->pages - counts->free, kept));
		if (!moved)
			return 0;
		r = note_pages(heir, lease->guest, taken->target, WRITER_APPLY, kept - moved, kept, first->at_usec);
		if (r == 0)
			r = record_save(guests->effects->root, &heir->record);
		if (r < 0)
			return r;
		tenants_tell(
			guests, lease->guest,
			"%llu pages of %s are still in use, by files that no process has (%s): they stay in the pool until "
			"guest %s ends",
			(unsigned long long)moved, taken->target, left->files[size], heir->guest);
	}
	moved = least(moved, kept);
	return note_pages(lease, lease->guest, taken->target, WRITER_UNDO, kept, kept - moved, first->at_usec);
}

int tenants_keep_left(struct tenants *guests, struct lease *lease, const struct host *host)
{
	_cleanup_free_ struct taken_pages *pages = calloc(lease->record.count + 1, sizeof(*pages));
	struct left_pages left;
	size_t count;
	int r = pages ? left_pages_read(guests->effects->root, &host->memory, &left) : -ENOMEM;

	if (r < 0)
		return r;
	count = record_pages(&lease->record, pages, lease->record.count);
	for (size_t i = 0; i < count && r == 0; i++)
		r = pass_on(guests, lease, host, &pages[i], &left);
	return r;
}
