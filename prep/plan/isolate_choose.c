/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "plan/isolate_parts.h"

/* A core, and the CPUs in it that are online. */
struct core {
	unsigned int threads;
	int node, kind;
	size_t domain;
	bool first; /* of the first online CPU: always the host's */
	bool taken;
};

/* Cores of one node that share a third level cache; without one, all of a node that have none. */
struct domain {
	int node, l3, kind;
	unsigned int threads;
	bool first;           /* the first CPU's cache */
	bool done;
};

struct chooser {
	const struct topology *topology;
	int near_node;
	struct core *cores;
	size_t core_count;
	struct domain *domains;
	size_t domain_count;
	size_t *node_cores; /* cores that a node may give yet */
	size_t left;        /* cores that all nodes may give yet */
	unsigned int cpus_left;
	bool counted;       /* a number of CPUs is asked for */
};

static void chooser_done(struct chooser *chooser)
{
	free(chooser->cores);
	free(chooser->domains);
	free(chooser->node_cores);
}

size_t housekeeping_cores(size_t cores)
{
	return cores >= 4 ? 2 : 1;
}

void first_core(const struct topology *topology, struct cpus *ret)
{
	topology_sharing(topology, LEVEL_CORE, cpus_next(&topology->online, 0), ret);
}

/* The domain of a core; -ENOMEM. */
static int find_domain(struct chooser *chooser, const struct core *core, int l3, size_t *ret)
{
	struct domain *domain;

	/* Backwards: neighbours in number are mostly in one domain. */
	for (size_t i = chooser->domain_count; i-- > 0;) {
		domain = &chooser->domains[i];
		if (domain->node == core->node && domain->l3 == l3 && domain->kind == core->kind) {
			*ret = i;
			return 0;
		}
	}
	domain = array_add(&chooser->domains, &chooser->domain_count, sizeof(*domain));
	if (!domain)
		return -ENOMEM;
	*domain = (struct domain){ .node = core->node, .l3 = l3, .kind = core->kind };
	*ret = chooser->domain_count - 1;
	return 0;
}

static int collect_cores(struct chooser *chooser)
{
	const struct topology *topology = chooser->topology;
	unsigned int first = cpus_next(&topology->online, 0);

	chooser->core_count = topology->counts[LEVEL_CORE];
	chooser->cores = calloc(chooser->core_count + 1, sizeof(*chooser->cores));
	chooser->node_cores = calloc(topology->node_count, sizeof(*chooser->node_cores));
	if (!chooser->cores || !chooser->node_cores)
		return -ENOMEM;
	CPUS_FOR_EACH(number, &topology->online) {
		const struct topology_cpu *cpu = &topology->cpus[number];
		struct core *core;

		if (cpu->in[LEVEL_CORE] < 0)
			continue; /* nobody knows what it shares: the host's */
		core = &chooser->cores[cpu->in[LEVEL_CORE]];
		core->first |= number == first;
		if (core->threads++ > 0)
			continue;
		core->node = cpu->node;
		core->kind = cpu->kind;
		if (find_domain(chooser, core, cpu->in[LEVEL_L3], &core->domain) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < chooser->core_count; i++) {
		struct domain *domain = &chooser->domains[chooser->cores[i].domain];

		domain->first |= chooser->cores[i].first;
		domain->threads += chooser->cores[i].threads;
	}
	return 0;
}

/* How much may be taken: a quarter of each node stays, or where the number is asked for, the least in all. */
static void set_limits(struct chooser *chooser, unsigned int count)
{
	for (size_t i = 0; i < chooser->core_count; i++)
		chooser->node_cores[chooser->cores[i].node]++;
	chooser->counted = count > 0;
	chooser->cpus_left = count ? count : UINT_MAX;
	chooser->left = chooser->core_count - housekeeping_cores(chooser->core_count);
	for (size_t i = 0; !chooser->counted && i < chooser->topology->node_count; i++)
		chooser->node_cores[i] -= (chooser->node_cores[i] + 3) / 4;
}

/* True where a is the better one to take next; last is the domain taken before, NULL none. */
static bool is_better(const struct chooser *chooser, const struct domain *a, const struct domain *b,
                      const struct domain *last)
{
	bool fits_a = a->threads >= chooser->cpus_left, fits_b = b->threads >= chooser->cpus_left;

	if (chooser->near_node >= 0 && a->node != b->node) {
		unsigned int to_a = topology_distance(chooser->topology, (size_t)chooser->near_node, (size_t)a->node);
		unsigned int to_b = topology_distance(chooser->topology, (size_t)chooser->near_node, (size_t)b->node);

		if (to_a != to_b)
			return to_a < to_b;
	}
	/* Of nodes that are equally far, one after the other. */
	if (last && a->node != b->node && (a->node == last->node || b->node == last->node))
		return a->node == last->node;
	if (a->first != b->first)
		return b->first;
	/* All in one cache, the smallest that does; else the largest, so that a guest has few caches. */
	if (fits_a != fits_b)
		return fits_a;
	if (a->threads != b->threads)
		return fits_a ? a->threads < b->threads : a->threads > b->threads;
	/* The host keeps the lowest numbers, those beside CPU 0. */
	return a > b;
}

static void take_domain(struct chooser *chooser, size_t domain)
{
	for (size_t i = chooser->core_count; i-- > 0 && chooser->left > 0;) {
		struct core *core = &chooser->cores[i];

		if (core->domain != domain || core->first || core->threads > chooser->cpus_left ||
		    chooser->node_cores[core->node] == 0)
			continue;
		core->taken = true;
		chooser->left--;
		chooser->node_cores[core->node]--;
		chooser->cpus_left -= core->threads;
	}
	chooser->domains[domain].done = true;
}

/* Takes cores of one kind until the limits are reached. */
static void take_kind(struct chooser *chooser, int kind)
{
	struct domain *last = NULL;

	for (;;) {
		struct domain *best = NULL;

		for (size_t i = 0; i < chooser->domain_count; i++) {
			struct domain *domain = &chooser->domains[i];

			if (domain->kind == kind && !domain->done && (!best || is_better(chooser, domain, best, last)))
				best = domain;
		}
		if (!best || chooser->cpus_left == 0)
			return;
		take_domain(chooser, (size_t)(best - chooser->domains));
		last = best;
	}
}

/* One attempt with one kind. */
static int choose_kind(const struct topology *topology, int near_node, unsigned int count, int kind,
                       struct choice *ret)
{
	_cleanup_(chooser_done) struct chooser chooser = { .topology = topology, .near_node = near_node };
	unsigned int threads = 0;
	int r = collect_cores(&chooser);

	if (r < 0)
		return r;
	set_limits(&chooser, count);
	take_kind(&chooser, kind);
	*ret = (struct choice){ .kind = kind };
	CPUS_FOR_EACH(cpu, &topology->online)
		if (topology->cpus[cpu].in[LEVEL_CORE] >= 0 && chooser.cores[topology->cpus[cpu].in[LEVEL_CORE]].taken)
			cpus_add(&ret->cpus, cpu);
	for (size_t i = 0; i < chooser.core_count; i++)
		if (chooser.cores[i].kind == kind && chooser.cores[i].threads > threads)
			threads = chooser.cores[i].threads;
	/* What is missing is less than a core: rounded down. */
	ret->enough = !cpus_empty(&ret->cpus) && (!count || chooser.cpus_left < threads);
	return 0;
}

int choose_cpus(const struct topology *topology, int near_node, unsigned int count, struct choice *ret)
{
	struct choice most = { 0 };

	for (size_t kind = 0; kind < topology->kind_count; kind++) {
		struct choice choice;
		int r = choose_kind(topology, near_node, count, (int)kind, &choice);

		if (r < 0)
			return r;
		if (choice.enough) {
			*ret = choice;
			return 0;
		}
		if (cpus_count(&choice.cpus) > cpus_count(&most.cpus))
			most = choice;
	}
	*ret = most;
	return 0;
}
