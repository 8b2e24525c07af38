/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CPUs of the guests, against each other and against those that are isolated. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plan/isolate_parts.h"

/* Guests that share a device never run at the same time, so they may share CPUs. */
static bool take_turns(const struct vm_section *a, const struct vm_section *b)
{
	for (size_t i = 0; i < a->device_count; i++)
		for (size_t j = 0; j < b->device_count; j++)
			if (strcmp(a->devices[i], b->devices[j]) == 0)
				return true;
	return false;
}

static struct isolation_fault *add_vm_fault(struct isolation *isolation, enum isolation_fault_kind kind,
                                            const struct vm_section *vm, const struct cpus *cpus, const char *text)
{
	char section[sizeof(((struct isolation_fault *)0)->section)], list[64];

	snprintf(section, sizeof(section), "vm %s", vm->name);
	cpus_format(cpus, list, sizeof(list));
	return add_fault(isolation, kind, section, "CPU%s %s %s %s", cpus_count(cpus) == 1 ? "" : "s", list,
	                 cpus_count(cpus) == 1 ? "is" : "are", text);
}

/*
 * The CPUs that the guest can have as it is: online, of those that are isolated, and of no guest that runs at the same
 * time. Of its own list if any of that will do.
 */
static void cure(const struct config *config, size_t number, const struct topology *topology,
                 const struct isolation *isolation, struct isolation_fault *fault)
{
	const struct vm_section *vm = &config->vms[number];
	struct cpus free = cpus_empty(&isolation->guest) ? topology->online : isolation->guest, own = vm->cpus;

	for (size_t i = 0; i < config->vm_count; i++)
		if (i != number && config->vms[i].has_cpus && !take_turns(vm, &config->vms[i]))
			cpus_minus(&free, &config->vms[i].cpus);
	cpus_and(&own, &free);
	if (!cpus_empty(&own))
		cure_by_list(fault, "", "cpus", &own);
	else if (!cpus_empty(&isolation->guest) && !cpus_empty(&free))
		cure_by_list(fault, "", "cpus", &free);
	else
		snprintf(fault->cure, sizeof(fault->cure), "cpus = CPUs that are online, and no other guest's");
}

static int check_overlap(const struct config *config, size_t number, const struct topology *topology,
                         struct isolation *isolation)
{
	const struct vm_section *vm = &config->vms[number];

	for (size_t i = 0; i < number; i++) {
		const struct vm_section *other = &config->vms[i];
		struct cpus both = vm->cpus;
		struct isolation_fault *fault;
		char text[CONFIG_NAME_MAX + 64];

		cpus_and(&both, &other->cpus);
		if (!other->has_cpus || cpus_empty(&both) || take_turns(vm, other))
			continue;
		snprintf(text, sizeof(text), "in the list of vm %s too, and both may run at the same time", other->name);
		fault = add_vm_fault(isolation, ISOLATION_VM_OVERLAP, vm, &both, text);
		if (!fault)
			return -ENOMEM;
		cure(config, number, topology, isolation, fault);
	}
	return 0;
}

static int check_place(const struct config *config, size_t number, const struct topology *topology,
                       struct isolation *isolation)
{
	const struct vm_section *vm = &config->vms[number];
	const struct cpus *there = cpus_empty(&topology->present) ? &topology->possible : &topology->present;
	struct cpus absent = vm->cpus, outside = vm->cpus;
	struct isolation_fault *fault;

	cpus_minus(&absent, &topology->online);
	if (!cpus_empty(&absent)) {
		bool offline = cpus_overlap(&absent, there);

		fault = add_vm_fault(isolation, offline ? ISOLATION_OFFLINE : ISOLATION_ABSENT, vm, &absent,
		                     offline ? "not online" : "not in this machine");
		if (!fault)
			return -ENOMEM;
		cure(config, number, topology, isolation, fault);
	}
	if (cpus_empty(&isolation->guest))
		return 0;
	cpus_minus(&outside, &absent);
	cpus_minus(&outside, &isolation->guest);
	if (cpus_empty(&outside))
		return 0;
	fault = add_vm_fault(isolation, ISOLATION_VM_OUTSIDE, vm, &outside, "not isolated: the host works there too");
	if (!fault)
		return -ENOMEM;
	cure(config, number, topology, isolation, fault);
	return 0;
}

int check_vms(const struct config *config, const struct host *host, struct isolation *isolation)
{
	for (size_t i = 0; i < config->vm_count; i++) {
		int r;

		if (!config->vms[i].has_cpus)
			continue;
		r = check_overlap(config, i, &host->topology, isolation);
		r = r < 0 ? r : check_place(config, i, &host->topology, isolation);
		if (r < 0)
			return r;
	}
	return 0;
}
