/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lease from nothing: what speaks against it, then its steps, then held; or all of it given back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "apply/tenants.h"
#include "base/cleanup.h"
#include "base/root.h"
#include "plan/guest.h"
#include "plan/tuning.h"

/* What the other guests have; *ret_taken is theirs, to be freed with it. */
static int read_claims(const struct tenants *guests, const struct lease *own, struct guest_claim **ret,
                       size_t *ret_count, struct taken **ret_taken)
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
		/* Of a guest that has ended a device may hang: its CPUs are the host's again. */
		if (!lease_is_being_returned(lease) || lease->stays)
			lease_cpus(lease, &claims[count].cpus);
		claims[count].taken = taken + used;
		claims[count].taken_count = tenants_taken(&lease->record, taken + used, room - used);
		used += claims[count++].taken_count;
	}
	*ret_count = count;
	return 0;
}

static int tell_refusals(struct tenants *guests, const struct vm_section *vm, const struct guest_plan *plan)
{
	for (size_t i = 0; i < plan->refused_count; i++) {
		const struct refusal *refusal = &plan->refused[i];

		tenants_tell(guests, vm->name, "%s: %s%s%s%s", refusal->target,
		             refusal->guard != GUARD_NONE ? "refused by the guard " : "",
		             refusal->guard != GUARD_NONE ? guard_name(refusal->guard) : "",
		             refusal->guard != GUARD_NONE ? ": " : "", refusal->why);
	}
	if (plan->refused_count)
		return -EPERM;
	if (plan->lacks & LACK_FREQUENCY)
		tenants_tell(guests, vm->name, "governor: the kernel drives no CPU's frequency here (no cpufreq): left alone");
	return 0;
}

/* The walks of a lease that is being made. */
static int walk_plan(struct tenants *guests, struct lease *lease, const struct guest_plan *plan)
{
	int r = tenants_walk(guests, lease->guest, &plan->pages, WRITER_APPLY, &lease->record);

	if (r == 0)
		r = tenants_walk(guests, lease->guest, &plan->devices, WRITER_APPLY, &lease->record);
	if (r == 0)
		r = tenants_share_host(guests);
	if (r == 0)
		r = tenants_walk(guests, lease->guest, &plan->power, WRITER_APPLY, &lease->record);
	if (r == 0)
		r = tenants_set_state(guests, lease, LEASE_HELD);
	return r;
}

static int make_lease(struct tenants *guests, const struct vm_section *vm, const struct process *holder, bool started,
                      const struct guest_plan *plan)
{
	const struct root *root = guests->effects->root;
	struct lease *lease = leases_add(&guests->leases, vm->name, guests->boot_id);
	int r;

	if (!lease)
		return -ENOMEM;
	lease_set_holder(lease, holder, "");
	lease->record.lease.started = started;
	lease->record.lease.irqs = guests->config->cpus.irqs;
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
		tenants_tell(guests, vm->name, "/%s: %s", lease->path, strerror(-r));
		leases_remove(root, &guests->leases, lease);
		return r;
	}
	r = walk_plan(guests, lease, plan);
	if (r < 0) {
		tenants_set_state(guests, lease, LEASE_RELEASING);
		if (tenants_settle(guests) < 0)
			tenants_tell(guests, vm->name, "not all of it could be given back: the next call tries again");
	}
	return r;
}

int tenants_acquire(struct tenants *guests, const struct vm_section *vm, const struct process *holder, bool started,
                   enum hold *ret)
{
	_cleanup_(host_done) struct host host = { 0 };
	_cleanup_(guest_plan_done) struct guest_plan plan = { 0 };
	_cleanup_free_ struct guest_claim *claims = NULL;
	_cleanup_free_ struct taken *taken = NULL;
	struct lease *lease = leases_find(&guests->leases, vm->name);
	size_t claim_count = 0;
	int r;

	if (lease && (lease->error || lease_is_being_returned(lease))) {
		tenants_tell(guests, vm->name, "what its last run has left cannot be given back yet");
		return -EPERM;
	}
	if (lease) {
		bool same =
			!holder || (holder->pid == lease->record.lease.holder && holder->start == lease->record.lease.holder_start);

		*ret = same ? HOLD_SAME : HOLD_MOVED;
		return same ? 0 : tenants_hold(guests, vm->name, holder, "");
	}
	/* Disks are looked at for the guards of devices alone. */
	if (host_read(guests->effects->root, guests->config,
	              HOST_MEMORY | HOST_TUNING | (vm->device_count ? HOST_HOLDERS | HOST_STORAGE : 0), &host) < 0 ||
	    read_claims(guests, NULL, &claims, &claim_count, &taken) < 0 ||
	    guest_plan_build(guests->config, vm, &host, claims, claim_count, &plan) < 0)
		return -ENOMEM;
	if (host.pci_error && vm->device_count) {
		tenants_tell(guests, vm->name, "/" PCI_DEVICES ": %s", strerror(-host.pci_error));
		return -EIO;
	}
	r = tell_refusals(guests, vm, &plan);
	*ret = HOLD_NEW;
	return r < 0 ? r : make_lease(guests, vm, holder, started, &plan);
}
