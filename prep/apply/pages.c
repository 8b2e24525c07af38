/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/pages.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/config_values.h"

#define COMPACT "proc/sys/vm/compact_memory"
#define TRIES 3 /* after the first one, with 0.5 and 1 s between them */
#define RETRY_USEC UINT64_C(500000)

/* One pool while it is worked on. Counts are of kept pages (page_counts_kept). */
struct work {
	const struct effects *effects;
	struct record_entry *entry;
	struct page_pool pool;
	uint64_t keep_free; /* bytes */
	uint64_t before, wanted, now;
	uint64_t available; /* when it was last asked, bytes */
};

static uint64_t read_kept(const struct work *work)
{
	struct page_counts counts;

	memory_read_counts(work->effects->root, work->pool.page_size, work->pool.node, &counts);
	return page_counts_kept(&counts);
}

static int write_count(struct work *work, uint64_t count)
{
	char path[ROOT_PATH_MAX], text[24];
	int r = memory_pool_path(work->effects->root, work->pool.page_size, work->pool.node, "nr_hugepages", path);

	snprintf(text, sizeof(text), "%llu", (unsigned long long)count);
	if (r == 0)
		r = work->effects->write(work->effects, path, text);
	if (r == -EINVAL)
		record_explain(work->entry,
		               "this kernel cannot make pages of that size while it runs: the kernel command line can");
	else if (r < 0)
		record_explain(work->entry, "nr_hugepages cannot be written");
	if (r < 0)
		return r;
	/* The write succeeds whatever was granted (mm/hugetlb.c, set_max_huge_pages()). */
	work->now = read_kept(work);
	if (work->now == MEMORY_UNKNOWN) {
		work->now = work->before;
		record_explain(work->entry, "nr_hugepages cannot be read back");
		return -ENODATA;
	}
	return 0;
}

/* What nodes of the same size did not get in this walk: the kernel's spread does not make up for it elsewhere. */
static uint64_t missing_on_nodes(const struct record *record, size_t first, const struct page_pool *pool)
{
	uint64_t missing = 0;

	for (size_t i = first; i < record->count; i++) {
		const struct record_entry *entry = &record->entries[i];
		char target[STEP_TEXT_MAX];
		struct page_pool other;
		uint64_t wanted, after;

		snprintf(target, sizeof(target), "%s", entry->target);
		if (entry->kind == STEP_PAGES && value_pool_key(target, &other) == NULL && other.node >= 0 &&
		    other.page_size == pool->page_size && parse_number(entry->value, UINT64_MAX, &wanted) == 0 &&
		    parse_number(entry->after, UINT64_MAX, &after) == 0 && after < wanted)
			missing += wanted - after;
	}
	return missing;
}

/* The count to ask for: as wanted, or as much as leaves keep_free. */
static uint64_t affordable(struct work *work)
{
	uint64_t room;

	work->available = memory_read_available(work->effects->root);
	if (work->available == MEMORY_UNKNOWN)
		return work->now;
	room = work->available > work->keep_free ? (work->available - work->keep_free) / work->pool.page_size : 0;
	return work->wanted - work->now <= room ? work->wanted : work->now + room;
}

/* Where the pages are that were not granted. */
static void explain_shortage(const struct work *work, uint64_t asked)
{
	const struct root *root = work->effects->root;
	char size[FORMAT_SIZE_MAX], amount[FORMAT_SIZE_MAX], keep[FORMAT_SIZE_MAX], where[24] = "the machine", blocks[48];
	uint64_t free_bytes = memory_read_free(root, work->pool.node);
	uint64_t free_blocks = memory_read_blocks(root, work->pool.page_size, work->pool.node);

	if (work->available == MEMORY_UNKNOWN) {
		record_explain(work->entry, "MemAvailable cannot be read, so nothing was asked for");
		return;
	}
	format_size(work->pool.page_size, size);
	if (asked < work->wanted && work->now >= asked) {
		record_explain(work->entry, "got %llu of %llu: %s was available, and %s stay free (keep-free)",
		               (unsigned long long)work->now, (unsigned long long)work->wanted,
		               format_size(work->available, amount), format_size(work->keep_free, keep));
		return;
	}
	if (work->pool.node >= 0)
		snprintf(where, sizeof(where), "node %d", work->pool.node);
	if (free_blocks == MEMORY_UNKNOWN)
		snprintf(blocks, sizeof(blocks), "hardly in pieces of %s", size);
	else
		snprintf(blocks, sizeof(blocks), "%llu free piece%s of %s", (unsigned long long)free_blocks,
		         free_blocks == 1 ? "" : "s", size);
	record_explain(work->entry, "got %llu of %llu, asked for %llu: %s has %s free, %s", (unsigned long long)work->now,
	               (unsigned long long)work->wanted, (unsigned long long)asked, where,
	               free_bytes == MEMORY_UNKNOWN ? "an unknown amount" : format_size(free_bytes, amount), blocks);
}

static int grow(struct work *work)
{
	uint64_t asked = affordable(work), available = work->available;
	int r = 0;

	if (asked > work->now)
		r = write_count(work, asked);
	/* Free memory in small pieces: the kernel puts it together, and what it has then may be enough. On a running
	 * system pages are on their way back, too: of a guest that has just ended, of a disk that is written. */
	for (unsigned int i = 0; i < (work->effects->wait ? TRIES : 1); i++) {
		uint64_t again;

		if (r < 0 || work->now >= asked || work->effects->write(work->effects, COMPACT, "1") < 0)
			break;
		if (i > 0)
			work->effects->wait(work->effects, i * RETRY_USEC);
		again = affordable(work);
		if (again > work->now)
			r = write_count(work, again);
	}
	if (r < 0 || work->now >= work->wanted)
		return r;
	work->available = available;
	explain_shortage(work, asked);
	return work->available == MEMORY_UNKNOWN ? -ENODATA : -ENOMEM;
}

static int shrink(struct work *work)
{
	int r = work->wanted < work->now ? write_count(work, work->wanted) : 0;

	if (r == 0 && work->now > work->wanted) {
		record_explain(work->entry, "%llu pages are still there", (unsigned long long)work->now);
		r = -EBUSY;
	}
	return r;
}

int pages_step(const struct effects *effects, uint64_t keep_free, struct record *record, size_t first,
               struct record_entry *entry)
{
	struct work work = { .effects = effects, .entry = entry, .keep_free = keep_free };
	int r;

	if (value_pool_key(entry->target, &work.pool) || parse_number(entry->value, UINT64_MAX, &work.wanted) < 0)
		return -EINVAL;
	work.before = work.now = read_kept(&work);
	if (work.now == MEMORY_UNKNOWN) {
		record_explain(entry, "there is no such pool, or it cannot be read");
		return -ENODATA;
	}
	snprintf(entry->before, sizeof(entry->before), "%llu", (unsigned long long)work.before);
	/* Kept before the write, so that whoever finishes after us knows how many there were. */
	record_save(effects->root, record);
	if (entry->writer == WRITER_UNDO) {
		r = shrink(&work);
	} else {
		uint64_t missing = work.pool.node < 0 ? missing_on_nodes(record, first, &work.pool) : 0;

		work.wanted -= missing < work.wanted ? missing : work.wanted;
		r = work.now < work.wanted ? grow(&work) : 0;
	}
	snprintf(entry->after, sizeof(entry->after), "%llu", (unsigned long long)work.now);
	return r;
}
