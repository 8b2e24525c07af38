/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the kernel's huge pages is vfio-prep's, by the record. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply/record.h"
#include "base/parse.h"
#include "host/config_values.h"

/* A step took the pool from before to end. */
static void settle(struct taken_pages *taken, uint64_t before, uint64_t end)
{
	if (end >= before)
		taken->added += end - before;
	else
		taken->added -= before - end < taken->added ? before - end : taken->added;
}

static struct taken_pages *find(struct taken_pages *taken, size_t *count, size_t room, const char *target)
{
	struct page_pool pool;

	for (size_t i = 0; i < *count; i++)
		if (strcmp(taken[i].target, target) == 0)
			return &taken[i];
	if (*count == room || value_pool_key(target, &pool))
		return NULL;
	taken[*count] = (struct taken_pages){ .pool = pool };
	snprintf(taken[*count].target, sizeof(taken[*count].target), "%s", target);
	return &taken[(*count)++];
}

size_t record_pages(const struct record *record, struct taken_pages *taken, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < record->count; i++) {
		const struct record_entry *entry = &record->entries[i];
		struct taken_pages *of;
		uint64_t before, after;

		if (entry->kind != STEP_PAGES || parse_number(entry->before, UINT64_MAX, &before) < 0)
			continue; /* it had not looked at the pool yet */
		of = find(taken, &count, room, entry->target);
		if (!of)
			continue;
		if (of->open) /* where the step before it ended, this one began */
			settle(of, of->before, before);
		of->open = parse_number(entry->after, UINT64_MAX, &after) < 0;
		if (!of->open) {
			settle(of, before, after);
		} else {
			of->before = before;
			if (parse_number(entry->value, UINT64_MAX, &of->value) < 0)
				of->value = before;
		}
	}
	return count;
}
