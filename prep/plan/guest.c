/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/guest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "plan/guest_parts.h"
#include "plan/tuning.h"

int guest_refuse(struct guest_plan *plan, const char *target, enum guard guard, const char *why, ...)
{
	struct refusal *refusal = array_add(&plan->refused, &plan->refused_count, sizeof(*refusal));
	va_list arguments;

	if (!refusal)
		return -ENOMEM;
	snprintf(refusal->target, sizeof(refusal->target), "%s", target);
	refusal->guard = guard;
	va_start(arguments, why);
	vsnprintf(refusal->why, sizeof(refusal->why), why, arguments);
	va_end(arguments);
	return 0;
}

static bool is_taken(const struct guest_claim *claim, const struct pci_address *address)
{
	for (size_t i = 0; i < claim->taken_count; i++)
		if (pci_address_compare(&claim->taken[i].address, address) == 0)
			return true;
	return false;
}

/* Who runs and has the device: as it was taken for it, or as the config says. */
static const char *owner_of(const struct config *config, const struct goal *goal, const struct host *host,
                            const struct guest_claim *claims, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct vm_section *other = config_vm(config, claims[i].guest);

		if (is_taken(&claims[i], &host->pci.functions[goal->function].address) ||
		    (other && vm_has_device(other, goal->section->name)))
			return claims[i].guest;
	}
	return NULL;
}

/* A member of its group that a boot should have taken, and has not: vfio would refuse the group. */
static const struct pci_function *group_lacks(const struct guest_plan *plan, const struct goal *goal,
                                              const struct host *host)
{
	const struct iommu_group *group = host_group(host, host->pci.functions[goal->function].detail->group);

	for (size_t i = 0; group && i < group->member_count; i++) {
		const struct goal *member = goals_find(&plan->goals, group->members[i]);
		const struct pci_function *function = &host->pci.functions[group->members[i]];

		if (member && member->guard == GUARD_NONE && member->deferred && !pci_driver_is_harmless(function->driver))
			return function;
	}
	return NULL;
}

static int judge_goal(struct guest_plan *plan, struct goal *goal, const struct config *config, const struct host *host,
                      const struct guest_claim *claims, size_t count)
{
	const char *owner = owner_of(config, goal, host, claims, count);
	const struct pci_function *other;
	char address[PCI_ADDRESS_MAX], another[PCI_ADDRESS_MAX];

	pci_address_format(&host->pci.functions[goal->function].address, address);
	if (goal->guard != GUARD_NONE)
		return guest_refuse(plan, address, goal->guard, "%s", goal->why);
	if (owner)
		return guest_refuse(plan, address, GUARD_IN_USE, "guest %s has it: end that one first", owner);
	other = group_lacks(plan, goal, host);
	if (other)
		return guest_refuse(plan, address, GUARD_GROUP,
		                    "%s of its IOMMU group is on %s, and the config takes it at boot: "
		                    "vfio-prep --apply takes it now",
		                    pci_address_format(&other->address, another), other->driver);
	return 0;
}

/* A device that one of vfio's drivers has already is not taken, and so there is nothing of it to give back. */
static void drop_overrides(struct steps *steps)
{
	size_t kept = 0;

	for (size_t i = 0; i < steps->count; i++) {
		bool probed = steps->items[i].kind != STEP_OVERRIDE;

		for (size_t j = i; !probed && j < steps->count; j++)
			probed = steps->items[j].kind == STEP_PROBE && strcmp(steps->items[j].target, steps->items[i].target) == 0;
		if (probed)
			steps->items[kept++] = steps->items[i];
	}
	steps->count = kept;
}

static int add_devices(struct guest_plan *plan, const struct config *config, const struct vm_section *vm,
                       const struct host *host, const struct guest_claim *claims, size_t count)
{
	const struct vm_section **guests = calloc(count + 1, sizeof(*guests));
	struct goals_of of = { .boot = true, .guests = guests };
	int r = guests ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i <= count; i++) {
		const struct vm_section *guest = i == count ? vm : config_vm(config, claims[i].guest);

		if (guest)
			guests[of.guest_count++] = guest;
	}
	if (r == 0)
		r = goals_build_of(&of, config, host, &plan->goals);
	free(guests);
	if (r < 0)
		return r;
	guards_apply(&plan->goals, host, VIEW_NOW);
	for (size_t i = 0; i < plan->goals.count; i++)
		plan->goals.items[i].deferred = !vm_has_device(vm, plan->goals.items[i].section->name);
	for (size_t i = 0; r == 0 && i < plan->goals.count; i++)
		if (!plan->goals.items[i].deferred)
			r = judge_goal(plan, &plan->goals.items[i], config, host, claims, count);
	for (size_t i = 0; r == 0 && i < plan->goals.missing_count; i++) {
		const struct device_section *missing = plan->goals.missing[i];
		char target[CONFIG_NAME_MAX + 16];

		snprintf(target, sizeof(target), "[device %s]", missing->name);
		if (missing->required && vm_has_device(vm, missing->name))
			r = guest_refuse(plan, target, GUARD_NONE, "no device here matches it");
	}
	if (r == 0)
		r = steps_build(&plan->goals, host, VIEW_NOW, &plan->devices);
	if (r == 0)
		drop_overrides(&plan->devices);
	return r;
}

static int judge_cpus(struct guest_plan *plan, const struct vm_section *vm, const struct host *host,
                      const struct guest_claim *claims, size_t count)
{
	const struct topology *topology = &host->topology;
	struct cpus absent = vm->cpus, left = topology->online;
	char list[64];
	int r = 0;

	if (!vm->has_cpus)
		return 0;
	if (topology->error)
		return guest_refuse(plan, "cpus", GUARD_CPUS, "which CPUs are online cannot be read");
	cpus_minus(&absent, &topology->online);
	cpus_minus(&left, &vm->cpus);
	for (size_t i = 0; i < count; i++)
		cpus_minus(&left, &claims[i].cpus);
	if (!cpus_empty(&absent)) {
		cpus_format(&absent, list, sizeof(list));
		r = guest_refuse(plan, "cpus", GUARD_CPUS, "CPU %s: not online", list);
	} else if (cpus_empty(&left)) {
		r = guest_refuse(plan, "cpus", GUARD_CPUS, "no CPU would be left to the host");
	}
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct cpus both = vm->cpus;

		cpus_and(&both, &claims[i].cpus);
		if (cpus_empty(&both))
			continue;
		cpus_format(&both, list, sizeof(list));
		r = guest_refuse(plan, "cpus", GUARD_CPUS, "guest %s has CPU %s: end that one first", claims[i].guest, list);
	}
	return r;
}

/* What [cpus] says of idle states is said of these CPUs, and the governor is the guest's own. */
static int add_power(struct guest_plan *plan, const struct config *config, const struct vm_section *vm,
                     const struct host *host)
{
	const struct isolation isolation = { .guest = vm->cpus };
	struct config of_guest = *config;

	if (!vm->has_cpus)
		return 0;
	memcpy(of_guest.cpus.governor, vm->governor, sizeof(of_guest.cpus.governor));
	plan->lacks = tuning_lacks(&isolation, &of_guest, host);
	return tuning_add_power(&isolation, &of_guest, host, &plan->power);
}

int guest_plan_build(const struct config *config, const struct vm_section *vm, const struct host *host,
                     const struct guest_claim *claims, size_t claim_count, struct guest_plan *ret)
{
	int r;

	*ret = (struct guest_plan){ 0 };
	r = add_devices(ret, config, vm, host, claims, claim_count);
	if (r == 0)
		r = judge_cpus(ret, vm, host, claims, claim_count);
	if (r == 0)
		r = guest_add_pages(ret, config, vm, host);
	return r < 0 ? r : add_power(ret, config, vm, host);
}

void guest_plan_done(struct guest_plan *plan)
{
	if (!plan)
		return;
	goals_done(&plan->goals);
	steps_done(&plan->pages);
	steps_done(&plan->devices);
	steps_done(&plan->power);
	free(plan->refused);
	*plan = (struct guest_plan){ 0 };
}
