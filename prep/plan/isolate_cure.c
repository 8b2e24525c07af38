/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list that would do in place of one that a hand wrote, and that nothing is wrong with. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plan/isolate_parts.h"

/* The same with all threads of its cores, but for those of the first one, which is the host's. */
static void make_whole(const struct topology *topology, struct cpus *cpus)
{
	struct cpus core, rest = *cpus;

	while (!cpus_empty(&rest)) {
		topology_sharing(topology, LEVEL_CORE, cpus_next(&rest, 0), &core);
		cpus_or(cpus, &core);
		cpus_minus(&rest, &core);
	}
	first_core(topology, &core);
	cpus_minus(cpus, &core);
}

/* Those of the first kind of core alone. */
static void make_alike(const struct topology *topology, struct cpus *cpus)
{
	for (size_t i = 0; i < topology->kind_count; i++)
		if (cpus_overlap(cpus, &topology->kinds[i].cpus)) {
			cpus_and(cpus, &topology->kinds[i].cpus);
			return;
		}
}

/* The host gets cores back: first those of which the list has only a part. */
static void give_back(const struct topology *topology, const struct cpus *list, struct cpus *cpus)
{
	size_t least = housekeeping_cores(topology->counts[LEVEL_CORE]);

	while (!cpus_empty(cpus) && cores_left(topology, cpus) < least) {
		struct cpus core, given;

		topology_sharing(topology, LEVEL_CORE, cpus_next(cpus, 0), &given);
		CPUS_FOR_EACH(cpu, cpus) {
			topology_sharing(topology, LEVEL_CORE, cpu, &core);
			if (!cpus_subset(&core, list)) {
				given = core;
				break;
			}
		}
		cpus_minus(cpus, &given);
	}
}

/* 1 where nothing is wrong with it, 0, or -ENOMEM. */
static int is_clean(const struct config *config, const struct host *host, const struct isolation *isolation,
                    const struct cpus *list)
{
	struct isolation trial = { .near_function = isolation->near_function, .near_node = isolation->near_node };
	int r = cpus_empty(list) ? 0 : check_list(config, host, list, &trial);

	r = r < 0 ? r : !cpus_empty(list) && !trial.fault_count;
	isolation_done(&trial);
	return r;
}

/* *ret stays empty where there is none. */
static int find_cure(const struct config *config, const struct host *host, const struct isolation *isolation,
                     const struct cpus *list, struct cpus *ret)
{
	const struct topology *topology = &host->topology;
	struct cpus online = *list;
	struct choice choice;
	int r;

	cpus_and(&online, &topology->online);
	*ret = online;
	if (topology->counts[LEVEL_CORE]) {
		make_whole(topology, ret);
		make_alike(topology, ret);
		give_back(topology, list, ret);
	} else {
		first_core(topology, &choice.cpus);
		cpus_minus(ret, &choice.cpus);
	}
	r = is_clean(config, host, isolation, ret);
	if (r != 0)
		return r < 0 ? r : 0;
	*ret = (struct cpus){ 0 };
	if (!topology->counts[LEVEL_CORE])
		return 0;
	r = choose_cpus(topology, isolation->near_node, cpus_count(&online), &choice);
	if (r == 0 && choice.enough)
		r = is_clean(config, host, isolation, &choice.cpus);
	if (r > 0)
		*ret = choice.cpus;
	return r < 0 ? r : 0;
}

/* Where no list will do: what to leave to us, if that gives any. */
static int leave_to_rule(const struct topology *topology, const struct isolation *isolation, const char **ret)
{
	struct choice choice = { 0 };
	int r = topology->counts[LEVEL_CORE] ? choose_cpus(topology, isolation->near_node, 0, &choice) : 0;

	*ret = choice.enough ? "isolate = auto" : "isolate = none";
	return r;
}

int cure_list(const struct config *config, const struct host *host, struct isolation *isolation)
{
	const struct cpus *list = &config->cpus.list;
	struct cpus cured = { 0 };
	const char *rule;
	int r;

	if (!isolation->fault_count)
		return 0;
	r = find_cure(config, host, isolation, list, &cured);
	r = r < 0 ? r : leave_to_rule(&host->topology, isolation, &rule);
	for (size_t i = 0; r == 0 && i < isolation->fault_count; i++) {
		struct isolation_fault *fault = &isolation->faults[i];
		char lead[sizeof(fault->cure)];

		snprintf(lead, sizeof(lead), "%s", fault->cure);
		if (cpus_empty(&cured) || fault->kind == ISOLATION_NO_CPU || fault->kind == ISOLATION_NOTHING_LEFT)
			snprintf(fault->cure, sizeof(fault->cure), "%.200s%s", lead, rule);
		else
			cure_by_list(fault, lead, "isolate", &cured);
	}
	return r;
}
