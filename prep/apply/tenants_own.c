/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one lease has for itself, and how that goes back. Whatever was done of it before is seen by what is there
 * now. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apply/tenants.h"
#include "base/cleanup.h"
#include "plan/tuning.h"

size_t tenants_taken(const struct record *record, struct taken *taken, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < record->count && count < room; i++) {
		const struct record_entry *entry = &record->entries[i];
		struct pci_address address;
		bool known = false;

		if (entry->kind != STEP_OVERRIDE || entry->writer != WRITER_APPLY || entry->result == RESULT_SKIPPED ||
		    entry->result == RESULT_RETURNED || pci_address_parse(entry->target, &address) < 0)
			continue;
		for (size_t j = 0; j < count; j++)
			known |= pci_address_compare(&taken[j].address, &address) == 0;
		if (known)
			continue;
		taken[count].address = address;
		memcpy(taken[count].driver, entry->value, sizeof(taken[count].driver));
		memcpy(taken[count].override, entry->before, sizeof(taken[count].override));
		count++;
	}
	return count;
}

static int walk_back(struct tenants *guests, struct lease *lease, const struct undo *undo)
{
	int r = tenants_walk(guests, lease->guest, &undo->steps, WRITER_UNDO, &lease->record);

	for (size_t i = 0; i < undo->refused_count; i++)
		tenants_tell(guests, lease->guest, "%s: left as it is: %s", undo->refused[i].target, undo->refused[i].why);
	return r == -ENOMEM ? r : r < 0 || undo->refused_count ? -EBUSY : 0;
}

int tenants_return_power(struct tenants *guests, struct lease *lease)
{
	_cleanup_(host_done) struct host host = { 0 };
	_cleanup_(undo_done) struct undo undo = { 0 };
	_cleanup_free_ struct tuned *tuned = calloc(lease->record.count + 1, sizeof(*tuned));

	if (!tuned || host_read(guests->effects->root, NULL, HOST_TUNING, &host) < 0 ||
	    undo_tuning(tuned, record_tuned(&lease->record, tuned, lease->record.count), &host, &undo) < 0)
		return -ENOMEM;
	return walk_back(guests, lease, &undo);
}

int tenants_return_rest(struct tenants *guests, struct lease *lease)
{
	_cleanup_(host_done) struct host host = { 0 };
	_cleanup_(undo_done) struct undo undo = { 0 };
	_cleanup_free_ struct taken *taken = NULL;
	_cleanup_free_ struct taken_pages *pages = NULL;
	int r;

	if (host_read(guests->effects->root, NULL, HOST_ALL_DETAILS | HOST_HOLDERS | HOST_MEMORY, &host) < 0)
		return -ENOMEM;
	r = tenants_keep_left(guests, lease, &host);
	if (r < 0) {
		tenants_tell(guests, lease->guest, "which of its pages are still in use cannot be noted: %s", strerror(-r));
		return r == -ENOMEM ? r : -EBUSY;
	}
	taken = calloc(lease->record.count + 1, sizeof(*taken));
	pages = calloc(lease->record.count + 1, sizeof(*pages));
	if (!taken || !pages ||
	    undo_build(taken, tenants_taken(&lease->record, taken, lease->record.count), &host, UNDO_RESUME, &undo) < 0 ||
	    undo_pages(pages, record_pages(&lease->record, pages, lease->record.count), &host, &undo) < 0)
		return -ENOMEM;
	return walk_back(guests, lease, &undo);
}
