/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual CPUs one to one on those of the host, so that what shares something there shares it in the guest. */
#include <errno.h>
#include <stdlib.h>

#include "report/domain.h"

/* One CPU, and what it is in, from the outermost on; -1 unknown. */
struct seat {
	int in[5]; /* package, node, die, L3, core */
	int cpu;
};

enum { IN_PACKAGE, IN_NODE, IN_DIE, IN_L3, IN_CORE, INS };

static int compare_seats(const void *a, const void *b)
{
	const struct seat *left = a, *right = b;

	for (size_t i = 0; i < INS; i++)
		if (left->in[i] != right->in[i])
			return left->in[i] < right->in[i] ? -1 : 1;
	return left->cpu < right->cpu ? -1 : left->cpu > right->cpu;
}

/*
 * Into how many parts a level cuts the seats, each of as many CPUs; 0 where they are not alike. They are sorted, so a
 * part is a run.
 */
static unsigned int even_parts(const struct seat *seats, size_t count, size_t level)
{
	unsigned int parts = 0;
	size_t size = 0, first = 0;

	for (size_t i = 1; i <= count; i++) {
		if (i < count && seats[i].in[level] >= 0 && seats[i].in[level] == seats[first].in[level])
			continue;
		if (parts++ && i - first != size)
			return 0;
		size = i - first;
		first = i;
	}
	return parts;
}

/* Cores have as many threads, and so on, or the guest is told that everything is one core a CPU, one socket. */
static void find_shape(const struct seat *seats, size_t count, const struct host *host, struct domain_cpus *cpus)
{
	unsigned int cores = even_parts(seats, count, IN_CORE), packages = 0, caches = 0;

	cpus->threads = cores ? (unsigned int)count / cores : 1;
	cpus->uneven = !cores;
	cores = (unsigned int)count / cpus->threads;
	if (seats[0].in[IN_PACKAGE] >= 0)
		packages = even_parts(seats, count, IN_PACKAGE);
	/* Of x86 alone QEMU's machines have dies, and there an L3 of the guest is its die's (target/i386/cpu.c). */
	if (host->x86 == ANSWER_YES && seats[0].in[IN_L3] >= 0)
		caches = even_parts(seats, count, IN_L3);
	cpus->sockets = packages && cores % packages == 0 ? packages : 1;
	cpus->dies = caches && cores % caches == 0 && caches % cpus->sockets == 0 ? caches / cpus->sockets : 1;
	cpus->cores = cores / cpus->sockets / cpus->dies;
}

/* Of the host, without the CPUs of any guest: on the nodes of this one's where there are such. */
static void find_emulator(const struct config *config, const struct topology *topology,
                          const struct isolation *isolation, struct domain_cpus *cpus)
{
	struct cpus near = { 0 };

	cpus->emulator = isolation->housekeeping;
	for (size_t i = 0; i < config->vm_count; i++)
		if (config->vms[i].has_cpus)
			cpus_minus(&cpus->emulator, &config->vms[i].cpus);
	for (size_t i = 0; i < cpus->count; i++) {
		int node = topology->cpus[cpus->pins[i]].node;

		if (node >= 0)
			cpus_or(&near, &topology->nodes[node].cpus);
	}
	if (!cpus_overlap(&near, &cpus->emulator))
		return;
	cpus_and(&cpus->emulator, &near);
}

int domain_cpus_build(const struct config *config, const struct vm_section *vm, const struct host *host,
                      const struct isolation *isolation, struct domain_cpus *ret)
{
	const struct topology *topology = &host->topology;
	struct cpus online = vm->cpus;
	struct seat *seats;
	size_t count = 0;

	*ret = (struct domain_cpus){ 0 };
	cpus_and(&online, &topology->online);
	if (!vm->has_cpus || topology->error || cpus_empty(&online))
		return 0;
	seats = calloc(cpus_count(&online), sizeof(*seats));
	ret->pins = calloc(cpus_count(&online), sizeof(*ret->pins));
	if (!seats || !ret->pins) {
		free(seats);
		return -ENOMEM;
	}
	CPUS_FOR_EACH(cpu, &online) {
		const struct topology_cpu *known = &topology->cpus[cpu];

		seats[count++] = (struct seat){ { known->in[LEVEL_PACKAGE], known->node, known->in[LEVEL_DIE],
			                              known->in[LEVEL_L3], known->in[LEVEL_CORE] },
			                            (int)cpu };
	}
	qsort(seats, count, sizeof(*seats), compare_seats);
	for (size_t i = 0; i < count; i++)
		ret->pins[i] = (unsigned int)seats[i].cpu;
	ret->count = count;
	find_shape(seats, count, host, ret);
	find_emulator(config, topology, isolation, ret);
	free(seats);
	return 0;
}

void domain_cpus_done(struct domain_cpus *cpus)
{
	if (!cpus)
		return;
	free(cpus->pins);
	*cpus = (struct domain_cpus){ 0 };
}
