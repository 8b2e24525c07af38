/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/guests.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/root.h"
#include "plan/guest.h"
#include "plan/tuning.h"

void guests_tell(struct guests *guests, const char *guest, const char *format, ...)
{
	struct guests_note *note = array_add(&guests->notes, &guests->note_count, sizeof(*note));
	va_list arguments;

	if (!note)
		return;
	snprintf(note->guest, sizeof(note->guest), "%s", guest);
	va_start(arguments, format);
	vsnprintf(note->text, sizeof(note->text), format, arguments);
	va_end(arguments);
}

int guests_open(const struct effects *effects, const struct config *config, struct guests *ret)
{
	_cleanup_(host_done) struct host host = { 0 };
	int r;

	*ret = (struct guests){ .effects = effects, .config = config };
	r = host_read_kernel(effects->root, &host);
	if (r < 0)
		return r;
	memcpy(ret->boot_id, host.boot_id, sizeof(ret->boot_id));
	r = record_read_from(effects->root, LEASE_HOST, &ret->host);
	if (r == -ENOMEM)
		return r;
	if (r == -EBADMSG)
		guests_tell(ret, "", "/" LEASE_HOST " is damaged: what the host was before the first guest is not known any more");
	if (r < 0 || strcmp(ret->host.boot_id, ret->boot_id) != 0) {
		record_done(&ret->host);
		ret->host.udev = ANSWER_UNKNOWN;
		memcpy(ret->host.boot_id, ret->boot_id, sizeof(ret->host.boot_id));
	}
	ret->host.path = LEASE_HOST;
	return leases_read(effects->root, ret->boot_id, &ret->leases);
}

void guests_close(struct guests *guests)
{
	if (!guests)
		return;
	leases_done(&guests->leases);
	record_done(&guests->host);
	free(guests->notes);
	*guests = (struct guests){ 0 };
}

int guests_walk(struct guests *guests, const char *guest, const struct steps *steps, enum writer writer,
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
		guests_tell(guests, guest, "%s %s: %s%s%s", step_kind_name(failed->kind), failed->target, strerror(failed->error),
		            failed->why[0] ? ": " : "", failed->why);
	if (result.save_error)
		guests_tell(guests, guest, "/%s cannot be written: %s", record->path, strerror(-result.save_error));
	if (failed && failed->kind == STEP_PAGES && failed->error == ENOMEM)
		return -EPERM;
	/* Who gives back goes on without a record: pages and CPUs are worth more. */
	return failed || (result.save_error && writer != WRITER_UNDO) ? -EIO : 0;
}

static int set_state(struct guests *guests, struct lease *lease, const char *state)
{
	snprintf(lease->record.lease.state, sizeof(lease->record.lease.state), "%s", state);
	snprintf(lease->record.state, sizeof(lease->record.state), "%s", strcmp(state, LEASE_HELD) == 0 ? "done" : "running");
	return record_reserve(&lease->record, 0, 0) < 0 ? -ENOMEM : record_save(guests->effects->root, &lease->record);
}

static bool is_being_returned(const struct lease *lease)
{
	return !lease->error && strcmp(lease->record.lease.state, LEASE_RELEASING) == 0;
}

int guests_settle(struct guests *guests)
{
	const struct root *root = guests->effects->root;
	int result = 0, r;

	for (size_t i = 0; i < guests->leases.count; i++) {
		struct lease *lease = guests->leases.items[i];
		char holder[LEASE_HOLDER_MAX];

		if (lease->error)
			guests_tell(guests, lease->guest, "/%s cannot be read: %s", lease->path, strerror(-lease->error));
		if (lease->error || is_being_returned(lease) || lease_is_live(root, lease) != ANSWER_NO)
			continue;
		if (strcmp(lease->record.lease.state, LEASE_HELD) == 0)
			guests_tell(guests, lease->guest, "%s has ended: given back", lease_holder(root, lease, holder));
		else
			guests_tell(guests, lease->guest, "an earlier call ended in the middle of it: given back");
		if (set_state(guests, lease, LEASE_RELEASING) == -ENOMEM)
			return -ENOMEM;
	}
	for (size_t i = 0; i < guests->leases.count; i++)
		if (is_being_returned(guests->leases.items[i])) {
			r = guests_return_power(guests, guests->leases.items[i]);
			result = r < 0 ? r : result;
		}
	r = guests_share_host(guests);
	result = r < 0 ? r : result;
	for (size_t i = 0; i < guests->leases.count;) {
		struct lease *lease = guests->leases.items[i];

		if (!is_being_returned(lease)) {
			i++;
			continue;
		}
		r = guests_return_rest(guests, lease);
		if (r == 0 && result == 0)
			r = leases_remove(root, &guests->leases, lease);
		else
			i++;
		result = r < 0 ? r : result;
	}
	return result == 0 || result == -ENOMEM ? result : -EBUSY;
}

/* What the other guests have; *ret_taken is theirs, to be freed with it. */
static int read_claims(const struct guests *guests, const struct lease *own, struct guest_claim **ret, size_t *ret_count,
                       struct taken **ret_taken)
{
	struct guest_claim *claims = calloc(guests->leases.count + 1, sizeof(*claims));
	struct taken *taken;
	size_t room = 1, count = 0, used = 0;

	for (size_t i = 0; i < guests->leases.count; i++)
		room += guests->leases.items[i]->record.count;
	taken = calloc(room, sizeof(*taken));
	*ret = claims;
	*ret_taken = taken;
	if (!claims || !taken)
		return -ENOMEM;
	for (size_t i = 0; i < guests->leases.count; i++) {
		const struct lease *lease = guests->leases.items[i];

		if (lease == own || lease->error)
			continue;
		claims[count].guest = lease->guest;
		lease_cpus(lease, &claims[count].cpus);
		claims[count].taken = taken + used;
		claims[count].taken_count = guests_taken(&lease->record, taken + used, room - used);
		used += claims[count++].taken_count;
	}
	*ret_count = count;
	return 0;
}

static int tell_refusals(struct guests *guests, const struct vm_section *vm, const struct guest_plan *plan)
{
	for (size_t i = 0; i < plan->refused_count; i++) {
		const struct refusal *refusal = &plan->refused[i];

		guests_tell(guests, vm->name, "%s: %s%s%s%s", refusal->target,
		            refusal->guard != GUARD_NONE ? "refused by the guard " : "",
		            refusal->guard != GUARD_NONE ? guard_name(refusal->guard) : "", refusal->guard != GUARD_NONE ? ": " : "",
		            refusal->why);
	}
	if (plan->refused_count)
		return -EPERM;
	if (plan->lacks & LACK_FREQUENCY)
		guests_tell(guests, vm->name, "governor: the kernel drives no CPU's frequency here (no cpufreq): left alone");
	return 0;
}

/* The walks of a lease that is being made. */
static int walk_plan(struct guests *guests, struct lease *lease, const struct guest_plan *plan)
{
	int r = guests_walk(guests, lease->guest, &plan->pages, WRITER_APPLY, &lease->record);

	if (r == 0)
		r = guests_walk(guests, lease->guest, &plan->devices, WRITER_APPLY, &lease->record);
	if (r == 0)
		r = guests_share_host(guests);
	if (r == 0)
		r = guests_walk(guests, lease->guest, &plan->power, WRITER_APPLY, &lease->record);
	if (r == 0)
		r = set_state(guests, lease, LEASE_HELD);
	return r;
}

static void set_holder(struct lease *lease, const struct process *holder, const char *cgroup)
{
	lease->record.lease.holder = holder ? holder->pid : 0;
	lease->record.lease.holder_start = holder ? holder->start : 0;
	snprintf(lease->record.lease.cgroup, sizeof(lease->record.lease.cgroup), "%s", cgroup);
}

static int make_lease(struct guests *guests, const struct vm_section *vm, const struct process *holder, bool started,
                      const struct guest_plan *plan)
{
	const struct root *root = guests->effects->root;
	struct lease *lease = leases_add(&guests->leases, vm->name, guests->boot_id);
	int r;

	if (!lease)
		return -ENOMEM;
	set_holder(lease, holder, "");
	lease->record.lease.started = started;
	if (vm->has_cpus)
		cpus_format(&vm->cpus, lease->record.lease.cpus, sizeof(lease->record.lease.cpus));
	r = record_reserve(&lease->record, 2 * (plan->pages.count + plan->devices.count + plan->power.count), 0);
	if (r == 0)
		r = root_mkdir(root, RUN_DIRECTORY, 0755);
	if (r == 0)
		r = root_mkdir(root, LEASE_DIRECTORY, 0755);
	if (r == 0)
		r = record_save(root, &lease->record);
	if (r < 0) { /* who cannot write down what is taken takes nothing */
		guests_tell(guests, vm->name, "/%s: %s", lease->path, strerror(-r));
		leases_remove(root, &guests->leases, lease);
		return r;
	}
	r = walk_plan(guests, lease, plan);
	if (r < 0) {
		set_state(guests, lease, LEASE_RELEASING);
		if (guests_settle(guests) < 0)
			guests_tell(guests, vm->name, "not all of it could be given back: the next call tries again");
	}
	return r;
}

int guests_acquire(struct guests *guests, const struct vm_section *vm, const struct process *holder, bool started,
                   enum hold *ret)
{
	_cleanup_(host_done) struct host host = { 0 };
	_cleanup_(guest_plan_done) struct guest_plan plan = { 0 };
	_cleanup_free_ struct guest_claim *claims = NULL;
	_cleanup_free_ struct taken *taken = NULL;
	struct lease *lease = leases_find(&guests->leases, vm->name);
	size_t claim_count = 0;
	int r;

	if (lease && (lease->error || is_being_returned(lease))) {
		guests_tell(guests, vm->name, "what its last run has left cannot be given back yet");
		return -EPERM;
	}
	if (lease) {
		bool same = !holder || (holder->pid == lease->record.lease.holder && holder->start == lease->record.lease.holder_start);

		*ret = same ? HOLD_SAME : HOLD_MOVED;
		return same ? 0 : guests_hold(guests, vm->name, holder, "");
	}
	if (host_read(guests->effects->root, guests->config, HOST_HOLDERS | HOST_STORAGE | HOST_MEMORY | HOST_TUNING, &host) < 0 ||
	    read_claims(guests, NULL, &claims, &claim_count, &taken) < 0 ||
	    guest_plan_build(guests->config, vm, &host, claims, claim_count, &plan) < 0)
		return -ENOMEM;
	if (host.pci_error && vm->device_count) {
		guests_tell(guests, vm->name, "/" PCI_DEVICES ": %s", strerror(-host.pci_error));
		return -EIO;
	}
	r = tell_refusals(guests, vm, &plan);
	*ret = HOLD_NEW;
	return r < 0 ? r : make_lease(guests, vm, holder, started, &plan);
}

int guests_hold(struct guests *guests, const char *guest, const struct process *holder, const char *cgroup)
{
	struct lease *lease = leases_find(&guests->leases, guest);

	if (!lease || lease->error)
		return -ENOENT;
	set_holder(lease, holder, cgroup);
	return set_state(guests, lease, LEASE_HELD);
}

int guests_release(struct guests *guests, const char *guest)
{
	_cleanup_(host_done) struct host host = { 0 };
	_cleanup_(undo_done) struct undo undo = { 0 };
	_cleanup_free_ struct taken *taken = NULL;
	struct lease *lease = leases_find(&guests->leases, guest);

	if (!lease)
		return -ENOENT;
	if (lease->error)
		return -EBUSY;
	taken = calloc(lease->record.count + 1, sizeof(*taken));
	if (!taken || host_read(guests->effects->root, NULL, HOST_ALL_DETAILS | HOST_HOLDERS, &host) < 0 ||
	    undo_build(taken, guests_taken(&lease->record, taken, lease->record.count), &host, UNDO_RESUME, &undo) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < undo.refused_count; i++)
		guests_tell(guests, guest, "%s: %s", undo.refused[i].target, undo.refused[i].why);
	if (undo.refused_count)
		return -EPERM;
	return set_state(guests, lease, LEASE_RELEASING) == -ENOMEM ? -ENOMEM : guests_settle(guests);
}
