/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/isolate.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/select.h"
#include "plan/isolate_parts.h"

struct isolation_fault *add_fault(struct isolation *isolation, enum isolation_fault_kind kind, const char *section,
                                  const char *text, ...)
{
	struct isolation_fault *fault = array_add(&isolation->faults, &isolation->fault_count, sizeof(*fault));
	va_list arguments;

	if (!fault)
		return NULL;
	fault->kind = kind;
	snprintf(fault->section, sizeof(fault->section), "%s", section);
	va_start(arguments, text);
	vsnprintf(fault->text, sizeof(fault->text), text, arguments);
	va_end(arguments);
	return fault;
}

void cure_by_list(struct isolation_fault *fault, const char *lead, const char *key, const struct cpus *cpus)
{
	char list[160];

	/* A list that does not fit here is none that a hand writes. */
	if (cpus_empty(cpus) || !cpus_format(cpus, list, sizeof(list)))
		snprintf(list, sizeof(list), "auto");
	snprintf(fault->cure, sizeof(fault->cure), "%s%s = %s", lead, key, list);
}

bool isolation_fault_is_fatal(const struct isolation_fault *fault)
{
	return fault->kind < ISOLATION_WARNINGS;
}

const struct isolation_fault *isolation_refusal(const struct isolation *isolation)
{
	for (size_t i = 0; i < isolation->fault_count; i++)
		if (isolation_fault_is_fatal(&isolation->faults[i]))
			return &isolation->faults[i];
	return NULL;
}

bool isolation_is_refused(const struct isolation *isolation)
{
	return isolation_refusal(isolation) != NULL;
}

/* The function that `near` names, or the first [device]: the first one whose node is known, else the first. */
static void find_near(const struct config *config, const struct host *host, struct isolation *isolation)
{
	const struct device_section *section = config->cpus.near[0] ? config_device(config, config->cpus.near) :
	                                       config->device_count ? &config->devices[0] : NULL;
	const struct topology *topology = &host->topology;

	isolation->near_function = SIZE_MAX;
	isolation->near_node = -1;
	for (size_t i = 0; section && isolation->near_node < 0 && i < host->pci.count; i++) {
		const struct pci_function *function = &host->pci.functions[i];

		if (!function->detail || select_match(section, function, function->detail->path) != MATCH_YES)
			continue;
		if (isolation->near_function == SIZE_MAX)
			isolation->near_function = i;
		isolation->near_node = topology_node_index(topology, function->detail->node);
		if (isolation->near_node >= 0)
			isolation->near_function = i;
	}
	if (isolation->near_node < 0 && topology->node_count == 1)
		isolation->near_node = 0;
}

/* Says why the rule gives no CPUs; most are those that auto:N could have. */
static int refuse(unsigned int count, const struct topology *topology, const struct choice *choice,
                  const struct cpus *most, struct isolation *isolation)
{
	unsigned int largest = cpus_count(most);
	struct isolation_fault *fault;
	struct cpus core;

	if (!largest) {
		fault = add_fault(isolation, ISOLATION_TOO_FEW, "cpus", "this host needs its %zu core%s for itself",
		                  topology->counts[LEVEL_CORE], topology->counts[LEVEL_CORE] == 1 ? "" : "s");
		if (fault)
			snprintf(fault->cure, sizeof(fault->cure), "isolate = none");
		return fault ? 0 : -ENOMEM;
	}
	topology_sharing(topology, LEVEL_CORE, cpus_next(most, 0), &core);
	if (count && cpus_empty(&choice->cpus)) {
		fault = add_fault(isolation, ISOLATION_TOO_FEW, "cpus",
		                  "auto:%u is less than a core, which has %u threads here", count, cpus_count(&core));
		largest = cpus_count(&core);
	} else if (count) {
		fault = add_fault(isolation, ISOLATION_TOO_MANY, "cpus", "auto:%u is more than can be spared: %u of %u CPUs, "
		                  "whole cores%s without CPU %u's", count, largest, cpus_count(&topology->online),
		                  topology->kind_count > 1 ? " of one kind" : "", cpus_next(&topology->online, 0));
	} else {
		fault = add_fault(isolation, ISOLATION_TOO_FEW, "cpus",
		                  "auto leaves a quarter of the cores of each node to the "
		                  "host, and no node here has a core more");
	}
	if (fault)
		snprintf(fault->cure, sizeof(fault->cure), "isolate = auto:%u", largest);
	return fault ? 0 : -ENOMEM;
}

/* auto, and auto:N. */
static int choose(const struct config *config, const struct host *host, struct isolation *isolation)
{
	const struct topology *topology = &host->topology;
	struct choice choice, most;
	int r;

	if (!topology->counts[LEVEL_CORE]) {
		struct isolation_fault *fault = add_fault(isolation, ISOLATION_NO_CORES, "cpus",
		                                          "the kernel does not tell which "
		                                          "CPUs are threads of one core, so whole cores cannot be chosen");

		if (fault)
			snprintf(fault->cure, sizeof(fault->cure), "isolate = a list of CPUs");
		return fault ? 0 : -ENOMEM;
	}
	r = choose_cpus(topology, isolation->near_node, config->cpus.auto_count, &choice);
	if (r < 0)
		return r;
	if (choice.enough) {
		isolation->guest = choice.cpus;
		return 0;
	}
	r = choose_cpus(topology, isolation->near_node, UINT_MAX - 1, &most);
	/* Where threads are offline, so many again can come out as fewer: whole cores may not add up to the number. */
	if (r == 0 && !cpus_empty(&most.cpus))
		r = choose_cpus(topology, isolation->near_node, cpus_count(&most.cpus), &most);
	return r < 0 ? r : refuse(config->cpus.auto_count, topology, &choice, &most.cpus, isolation);
}

int isolation_build(const struct config *config, const struct host *host, struct isolation *ret)
{
	const struct topology *topology = &host->topology;
	int r;

	*ret = (struct isolation){ .wanted = config->cpus.isolate != ISOLATE_NONE,
		                       .near_function = SIZE_MAX,
		                       .near_node = -1 };
	ret->unknown = ret->wanted && (topology->error || cpus_empty(&topology->online));
	if (ret->unknown || cpus_empty(&topology->online))
		return 0;
	find_near(config, host, ret);
	if (ret->wanted && config->cpus.isolate == ISOLATE_LIST) {
		r = check_list(config, host, &config->cpus.list, ret);
		r = r < 0 ? r : cure_list(config, host, ret);
	} else {
		r = ret->wanted ? choose(config, host, ret) : 0;
	}
	if (r < 0)
		return r;
	ret->housekeeping = topology->online;
	cpus_minus(&ret->housekeeping, &ret->guest);
	if (ret->wanted && config->cpus.tick && topology->nohz_full_error == -ENOENT) {
		struct isolation_fault *fault = add_fault(ret, ISOLATION_TICK, "cpus", "tick = yes, and this kernel is built "
		                                          "without CONFIG_NO_HZ_FULL: it has no nohz_full");

		if (!fault)
			return -ENOMEM;
		snprintf(fault->cure, sizeof(fault->cure), "tick = no, or a kernel with CONFIG_NO_HZ_FULL=y");
	}
	return check_vms(config, host, ret);
}

void isolation_done(struct isolation *isolation)
{
	if (!isolation)
		return;
	free(isolation->faults);
	*isolation = (struct isolation){ 0 };
}
