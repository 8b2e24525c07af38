/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/tenants.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/root.h"

void tenants_tell(struct tenants *guests, const char *guest, const char *format, ...)
{
	struct tenants_note *note = array_add(&guests->notes, &guests->note_count, sizeof(*note));
	va_list arguments;

	if (!note)
		return;
	snprintf(note->guest, sizeof(note->guest), "%s", guest);
	va_start(arguments, format);
	vsnprintf(note->text, sizeof(note->text), format, arguments);
	va_end(arguments);
}

int tenants_open(const struct effects *effects, const struct config *config, struct tenants *ret)
{
	_cleanup_(host_done) struct host host = { 0 };
	int r;

	*ret = (struct tenants){ .effects = effects, .config = config };
	r = host_read_kernel(effects->root, &host);
	if (r < 0)
		return r;
	memcpy(ret->boot_id, host.boot_id, sizeof(ret->boot_id));
	r = record_read_from(effects->root, LEASE_HOST, &ret->host);
	if (r == -ENOMEM)
		return r;
	if (r == -EBADMSG)
		tenants_tell(ret, "",
		             "/" LEASE_HOST " is damaged: what the host was before the first guest is not known any more");
	if (r < 0 || strcmp(ret->host.boot_id, ret->boot_id) != 0) {
		record_done(&ret->host);
		ret->host.udev = ANSWER_UNKNOWN;
		memcpy(ret->host.boot_id, ret->boot_id, sizeof(ret->host.boot_id));
	}
	ret->host.path = LEASE_HOST;
	return leases_read(effects->root, ret->boot_id, &ret->leases);
}

void tenants_close(struct tenants *guests)
{
	if (!guests)
		return;
	leases_done(&guests->leases);
	record_done(&guests->host);
	free(guests->notes);
	*guests = (struct tenants){ 0 };
}

int tenants_walk(struct tenants *guests, const char *guest, const struct steps *steps, enum writer writer,
                struct record *record)
{
	struct apply_result result;
	size_t first = record->count;
	const struct record_entry *failed = NULL;

	if (record_reserve(record, steps->count, 0) < 0)
		return -ENOMEM;
	record->writer = writer;
	apply_steps(guests->effects, steps, writer, record, &result);
	for (size_t i = first; i < record->count && !failed; i++)
		if (record->entries[i].result == RESULT_FAILED)
			failed = &record->entries[i];
	if (failed)
		tenants_tell(guests, guest, "%s %s: %s%s%s", step_kind_name(failed->kind), failed->target,
		             strerror(failed->error), failed->why[0] ? ": " : "", failed->why);
	if (result.save_error)
		tenants_tell(guests, guest, "/%s cannot be written: %s", record->path, strerror(-result.save_error));
	if (failed && failed->kind == STEP_PAGES && failed->error == ENOMEM)
		return -EPERM;
	/* Who gives back goes on without a record: pages and CPUs are worth more. */
	return failed || (result.save_error && writer != WRITER_UNDO) ? -EIO : 0;
}

int tenants_set_state(struct tenants *guests, struct lease *lease, const char *state)
{
	snprintf(lease->record.lease.state, sizeof(lease->record.lease.state), "%s", state);
	snprintf(lease->record.state, sizeof(lease->record.state), "%s",
	         strcmp(state, LEASE_HELD) == 0 ? "done" : "running");
	return record_reserve(&lease->record, 0, 0) < 0 ? -ENOMEM : record_save(guests->effects->root, &lease->record);
}

int tenants_settle(struct tenants *guests)
{
	const struct root *root = guests->effects->root;
	int result = 0, shared, r;

	for (size_t i = 0; i < guests->leases.count; i++) {
		struct lease *lease = guests->leases.items[i];
		char holder[LEASE_HOLDER_MAX];

		if (lease->error)
			tenants_tell(guests, lease->guest, "/%s cannot be read: %s", lease->path, strerror(-lease->error));
		if (lease->error || lease_is_being_returned(lease) || lease_is_live(root, lease) != ANSWER_NO)
			continue;
		if (strcmp(lease->record.lease.state, LEASE_HELD) == 0)
			tenants_tell(guests, lease->guest, "%s has ended: given back", lease_holder(root, lease, holder));
		else
			tenants_tell(guests, lease->guest, "an earlier call ended in the middle of it: given back");
		if (tenants_set_state(guests, lease, LEASE_RELEASING) == -ENOMEM)
			return -ENOMEM;
	}
	for (size_t i = 0; i < guests->leases.count; i++)
		if (lease_is_being_returned(guests->leases.items[i])) {
			r = tenants_return_power(guests, guests->leases.items[i]);
			guests->leases.items[i]->stays = r < 0;
			result = r < 0 ? r : result;
		}
	shared = tenants_share_host(guests);
	result = shared < 0 ? shared : result;
	for (size_t i = 0; i < guests->leases.count;) {
		struct lease *lease = guests->leases.items[i];

		if (!lease_is_being_returned(lease)) {
			i++;
			continue;
		}
		r = tenants_return_rest(guests, lease);
		/* What of another one cannot be given back is no reason to keep this guest from its next start. */
		if (r == 0 && shared == 0 && !lease->stays)
			r = leases_remove(root, &guests->leases, lease);
		else
			i++;
		result = r < 0 ? r : result;
	}
	return result == 0 || result == -ENOMEM ? result : -EBUSY;
}

int tenants_hold(struct tenants *guests, const char *guest, const struct process *holder, const char *cgroup)
{
	struct lease *lease = leases_find(&guests->leases, guest);

	if (!lease || lease->error)
		return -ENOENT;
	lease_set_holder(lease, holder, cgroup);
	return tenants_set_state(guests, lease, LEASE_HELD);
}

int tenants_release(struct tenants *guests, const char *guest)
{
	_cleanup_(host_done) struct host host = { 0 };
	_cleanup_(undo_done) struct undo undo = { 0 };
	_cleanup_free_ struct taken *taken = NULL;
	struct lease *lease = leases_find(&guests->leases, guest);
	int r;

	if (!lease)
		return -ENOENT;
	if (lease->error)
		return -EBUSY;
	taken = calloc(lease->record.count + 1, sizeof(*taken));
	if (!taken || host_read(guests->effects->root, NULL, HOST_ALL_DETAILS | HOST_HOLDERS, &host) < 0 ||
	    undo_build(taken, tenants_taken(&lease->record, taken, lease->record.count), &host, UNDO_RESUME, &undo) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < undo.refused_count; i++)
		tenants_tell(guests, guest, "%s: %s", undo.refused[i].target, undo.refused[i].why);
	if (undo.refused_count)
		return -EPERM;
	if (tenants_set_state(guests, lease, LEASE_RELEASING) == -ENOMEM)
		return -ENOMEM;
	r = tenants_settle(guests);
	return r == -EBUSY && !leases_find(&guests->leases, guest) ? 0 : r; /* what stays is another guest's */
}
