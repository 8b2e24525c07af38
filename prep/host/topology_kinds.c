/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds of core. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/topology_read.h"

/* Intel's hybrid CPUs have a PMU a kind (arch/x86/events/intel/core.c), the fastest first. */
static const struct {
	const char *name, *path;
} pmus[] = {
	{ "P", "sys/devices/cpu_core/cpus" },
	{ "E", "sys/devices/cpu_atom/cpus" },
	{ "LP-E", "sys/devices/cpu_lowpower/cpus" },
};

static struct topology_kind *add_kind(struct topology *topology, const char *name)
{
	struct topology_kind *kind = &topology->kinds[topology->kind_count++];

	*kind = (struct topology_kind){ 0 };
	snprintf(kind->name, sizeof(kind->name), "%s", name);
	return kind;
}

static void read_pmus(const struct root *root, struct topology *topology)
{
	for (size_t i = 0; i < ARRAY_SIZE(pmus); i++) {
		struct cpus cpus;

		if (topology_read_list(root, pmus[i].path, &cpus) < 0)
			continue;
		cpus_and(&cpus, &topology->online);
		if (!cpus_empty(&cpus))
			add_kind(topology, pmus[i].name)->cpus = cpus;
	}
}

/*
 * Meteor Lake has efficient cores on the die with the memory controller, which the third level cache does not
 * reach. They are slower, and the PMU driver does not tell them from the others.
 */
static void split_low_power(struct topology *topology)
{
	struct cpus low = { 0 };
	struct topology_kind *last = &topology->kinds[topology->kind_count - 1];

	if (topology->kind_count != 2 || strcmp(last->name, "E") != 0)
		return;
	CPUS_FOR_EACH(cpu, &last->cpus)
		if (topology->cpus[cpu].in[LEVEL_L3] < 0)
			cpus_add(&low, cpu);
	if (cpus_empty(&low) || cpus_equal(&low, &last->cpus))
		return;
	cpus_minus(&last->cpus, &low);
	add_kind(topology, "LP-E")->cpus = low;
}

static unsigned int read_capacity(const struct root *root, unsigned int cpu)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];
	uint64_t capacity;

	snprintf(path, sizeof(path), CPU_DIRECTORY "/cpu%u/cpu_capacity", cpu);
	if (root_read(root, path, text, sizeof(text)) < 0 || parse_number(text, UINT_MAX, &capacity) < 0)
		return 0;
	return (unsigned int)capacity;
}

/*
 * Kinds by capacity (drivers/base/arch_topology.c; 1024 is the fastest core). Cores of one kind can differ by
 * a few hundredths, for the clock that each one reaches: less than a tenth below the fastest is its kind.
 */
static int read_capacities(const struct root *root, struct topology *topology)
{
	_cleanup_free_ unsigned int *capacities = calloc(topology->cpu_count + 1, sizeof(*capacities));
	struct cpus rest = topology->online;

	if (!capacities)
		return -ENOMEM;
	CPUS_FOR_EACH(cpu, &topology->online) {
		capacities[cpu] = read_capacity(root, cpu);
		if (!capacities[cpu])
			return 0; /* x86 before 6.12: no CPU has it */
	}
	while (!cpus_empty(&rest) && topology->kind_count < TOPOLOGY_KINDS) {
		bool last = topology->kind_count == TOPOLOGY_KINDS - 1;
		struct topology_kind *kind;
		unsigned int best = 0;
		char name[24];

		CPUS_FOR_EACH(cpu, &rest)
			best = capacities[cpu] > best ? capacities[cpu] : best;
		snprintf(name, sizeof(name), "capacity %u", best);
		kind = add_kind(topology, name);
		CPUS_FOR_EACH(cpu, &rest)
			if (last || capacities[cpu] > best - best / 10)
				cpus_add(&kind->cpus, cpu);
		cpus_minus(&rest, &kind->cpus);
	}
	return 0;
}

int topology_read_kinds(const struct root *root, struct topology *topology)
{
	int r;

	read_pmus(root, topology);
	if (topology->kind_count)
		split_low_power(topology);
	r = topology->kind_count ? 0 : read_capacities(root, topology);
	if (r < 0)
		return r;
	/* One kind is none: a machine whose CPUs are alike, or where only the fast ones are online. */
	if (topology->kind_count < 2) {
		topology->kind_count = 0;
		add_kind(topology, "")->cpus = topology->online;
	}
	for (size_t i = 0; i < topology->kind_count; i++)
		CPUS_FOR_EACH(cpu, &topology->kinds[i].cpus)
			topology->cpus[cpu].kind = (int)i;
	return 0;
}
