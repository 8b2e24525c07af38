/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list that a hand wrote: what is wrong with it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/select.h"
#include "plan/isolate_parts.h"

#define LIST_COLUMNS 64

static struct isolation_fault *add_list_fault(struct isolation *isolation, enum isolation_fault_kind kind,
                                              const struct cpus *cpus, const char *text)
{
	char list[LIST_COLUMNS];

	cpus_format(cpus, list, sizeof(list));
	return add_fault(isolation, kind, "cpus", "CPU%s %s %s", cpus_count(cpus) == 1 ? "" : "s", list, text);
}

/* Faults that leave nothing to isolate. 1 where there is one. */
static int check_fatal(const struct cpus *list, const struct topology *topology, struct isolation *isolation)
{
	struct cpus all = topology->online;
	struct isolation_fault *fault = NULL;
	char text[LIST_COLUMNS];

	if (!cpus_overlap(list, &topology->online)) {
		cpus_format(&all, text, sizeof(text));
		fault =
			add_fault(isolation, ISOLATION_NO_CPU, "cpus", "no CPU of the list is online; those that are: %s", text);
	} else if (cpus_subset(&topology->online, list)) {
		fault =
			add_fault(isolation, ISOLATION_NOTHING_LEFT, "cpus", "the list has every CPU: none is left for the host");
	} else if (cpus_has(list, cpus_next(&topology->online, 0))) {
		fault = add_fault(isolation, ISOLATION_FIRST_CPU, "cpus", "CPU %u is in the list: the kernel does its own work "
		                  "there, and it cannot be a guest's", cpus_next(&topology->online, 0));
	} else {
		return 0;
	}
	return fault ? 1 : -ENOMEM;
}

/* CPUs that are not there, or not now. What is left of the list is the guests'. */
static int check_presence(const struct cpus *list, const struct topology *topology, struct isolation *isolation)
{
	const struct cpus *there = cpus_empty(&topology->present) ? &topology->possible : &topology->present;
	bool off = strcmp(topology->smt, "off") == 0 || strcmp(topology->smt, "forceoff") == 0;
	struct cpus absent = *list, offline = *list;

	cpus_minus(&absent, &topology->online);
	if (!cpus_empty(there))
		cpus_minus(&absent, there);
	cpus_minus(&offline, &topology->online);
	cpus_minus(&offline, &absent);
	if (!cpus_empty(&absent) && !add_list_fault(isolation, ISOLATION_ABSENT, &absent, cpus_count(&absent) == 1 ?
	                                            "is not in this machine" :
	                                            "are not in this machine"))
		return -ENOMEM;
	if (!cpus_empty(&offline)) {
		bool one = cpus_count(&offline) == 1;
		struct isolation_fault *fault =
			add_list_fault(isolation, ISOLATION_OFFLINE, &offline,
		                   off ? one ? "is offline: SMT is off" : "are offline: SMT is off" :
		                   one ? "is offline" :
		                         "are offline");

		if (!fault)
			return -ENOMEM;
		snprintf(fault->cure, sizeof(fault->cure), "bring %s online, or ", one ? "it" : "them");
	}
	return 0;
}

/* Cores of which only some threads are in the list. */
static int check_cores(const struct topology *topology, struct isolation *isolation)
{
	struct cpus core, split = { 0 };

	CPUS_FOR_EACH(cpu, &isolation->guest) {
		topology_sharing(topology, LEVEL_CORE, cpu, &core);
		if (!cpus_subset(&core, &isolation->guest))
			cpus_add(&split, cpu);
	}
	if (cpus_empty(&split))
		return 0;
	return add_list_fault(
		isolation, ISOLATION_SPLIT_CORE, &split,
		cpus_count(&split) == 1 ?
			"is one thread of a core whose other one stays with the host: they slow and can "
			"observe each other" :
			"are threads of cores whose others stay with the host: they slow and can observe each other") ? 0 : -ENOMEM;
}

size_t cores_left(const struct topology *topology, const struct cpus *guest)
{
	struct cpus rest = topology->online, core;
	size_t cores = 0;

	cpus_minus(&rest, guest);
	while (!cpus_empty(&rest)) {
		topology_sharing(topology, LEVEL_CORE, cpus_next(&rest, 0), &core);
		cores += !cpus_overlap(&core, guest);
		cpus_minus(&rest, &core);
	}
	return cores;
}

/* One core for the host where two could be. */
static int check_rest(const struct topology *topology, struct isolation *isolation)
{
	size_t cores = cores_left(topology, &isolation->guest);

	if (!topology->counts[LEVEL_CORE] || cores >= housekeeping_cores(topology->counts[LEVEL_CORE]))
		return 0;
	return add_fault(isolation, ISOLATION_FEW_LEFT, "cpus",
	                 "%s of %zu cores stays whole with the host, which needs "
	                 "two for its interrupts, disks and QEMU's own threads",
	                 cores ? "one" : "none", topology->counts[LEVEL_CORE]) ? 0 : -ENOMEM;
}

static int check_kinds(const struct topology *topology, struct isolation *isolation)
{
	char text[160] = "", list[LIST_COLUMNS];
	size_t used = 0, kinds = 0;

	for (size_t i = 0; i < topology->kind_count; i++) {
		struct cpus cpus = topology->kinds[i].cpus;

		cpus_and(&cpus, &isolation->guest);
		if (cpus_empty(&cpus))
			continue;
		cpus_format(&cpus, list, sizeof(list) / 2);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s (%s)", kinds++ ? ", " : "", list,
		                         topology->kinds[i].name);
	}
	if (kinds < 2)
		return 0;
	return add_fault(isolation, ISOLATION_MIXED, "cpus", "the list mixes kinds of core: %s; a guest takes them all "
	                 "for alike", text) ? 0 : -ENOMEM;
}

/* The CPUs of the nodes that the config's devices are on. */
static void find_local(const struct config *config, const struct host *host, struct cpus *ret)
{
	*ret = (struct cpus){ 0 };
	for (size_t i = 0; i < host->pci.count; i++) {
		const struct pci_function *function = &host->pci.functions[i];
		int node = function->detail ? topology_node_index(&host->topology, function->detail->node) : -1;

		for (size_t j = 0; node >= 0 && j < config->device_count; j++)
			if (select_match(&config->devices[j], function, function->detail->path) == MATCH_YES)
				cpus_or(ret, &host->topology.nodes[node].cpus);
	}
}

/* CPUs far from every device, where there would be nearer ones. */
static int check_distance(const struct config *config, const struct host *host, struct isolation *isolation)
{
	const struct topology *topology = &host->topology;
	struct cpus local, far = isolation->guest;
	struct choice choice;
	char list[LIST_COLUMNS], address[PCI_ADDRESS_MAX];
	int r;

	find_local(config, host, &local);
	cpus_minus(&far, &local);
	if (cpus_empty(&local) || cpus_empty(&far) || isolation->near_node < 0 || !topology->counts[LEVEL_CORE])
		return 0;
	r = choose_cpus(topology, isolation->near_node, cpus_count(&isolation->guest), &choice);
	if (r < 0)
		return r;
	/* A list that is larger than what these nodes can spare has to reach further. */
	if (cpus_overlap(&isolation->guest, &local) && (!choice.enough || !cpus_subset(&choice.cpus, &local)))
		return 0;
	cpus_format(&far, list, sizeof(list));
	return add_fault(isolation, ISOLATION_FAR, "cpus",
	                 "CPU%s %s %s on another NUMA node than %s (node %d): what passes "
	                 "between them crosses nodes",
	                 cpus_count(&far) == 1 ? "" : "s", list, cpus_count(&far) == 1 ? "is" : "are",
	                 pci_address_format(&host->pci.functions[isolation->near_function].address, address),
	                 topology->nodes[isolation->near_node].number) ? 0 : -ENOMEM;
}

int check_list(const struct config *config, const struct host *host, const struct cpus *list,
               struct isolation *isolation)
{
	const struct topology *topology = &host->topology;
	int r = check_fatal(list, topology, isolation);

	if (r != 0)
		return r < 0 ? r : 0;
	isolation->guest = *list;
	cpus_and(&isolation->guest, &topology->online);
	r = check_presence(list, topology, isolation);
	r = r < 0 ? r : check_cores(topology, isolation);
	r = r < 0 ? r : check_rest(topology, isolation);
	r = r < 0 ? r : check_kinds(topology, isolation);
	return r < 0 ? r : check_distance(config, host, isolation);
}
