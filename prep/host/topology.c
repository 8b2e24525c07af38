/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/topology.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/topology_read.h"

#define CACHES_MAX 16 /* index directories of one CPU; x86 has four or five */

int topology_read_list(const struct root *root, const char *path, struct cpus *ret)
{
	_cleanup_free_ char *text = NULL;
	char *next, *list;
	size_t size;
	int r = root_read_all(root, path, CPUS_TEXT_MAX, &text, &size);

	if (r < 0)
		return r;
	next = text;
	list = parse_word(&next, " \n");
	/*
	 * "(null)" is a mask that was never allocated (kernels with CPUMASK_OFFSTACK), with blanks in front of it up to
	 * the number of CPUs: "%*pbl" takes that as its width.
	 */
	if (!list || strcmp(list, "(null)") == 0) {
		*ret = (struct cpus){ 0 };
		return 0;
	}
	return cpus_parse(list, ret);
}

/* CPUs that share a level with cpu. Lists that contradict each other (a broken firmware) leave no CPU out. */
static void join(struct topology *topology, enum level level, unsigned int cpu, struct cpus *members)
{
	int number = (int)topology->counts[level]++;

	cpus_and(members, &topology->online);
	cpus_add(members, cpu);
	CPUS_FOR_EACH(member, members)
		if (topology->cpus[member].in[level] < 0)
			topology->cpus[member].in[level] = number;
}

/* The first of the topology files that can be read tells who shares the level. */
static bool read_level(const struct root *root, struct topology *topology, enum level level, unsigned int cpu)
{
	static const char *const files[LEVELS][2] = {
		[LEVEL_CORE] = { "thread_siblings_list", "core_cpus_list" },
		[LEVEL_DIE] = { "die_cpus_list" },
		[LEVEL_PACKAGE] = { "package_cpus_list", "core_siblings_list" }, /* the first one since 5.3 */
	};

	for (size_t i = 0; i < ARRAY_SIZE(files[level]) && files[level][i]; i++) {
		char path[ROOT_PATH_MAX];
		struct cpus members;

		snprintf(path, sizeof(path), CPU_DIRECTORY "/cpu%u/topology/%s", cpu, files[level][i]);
		if (topology_read_list(root, path, &members) == 0) {
			join(topology, level, cpu, &members);
			return true;
		}
	}
	return false;
}

/* Levels are not in the order of the index directories, and there need not be a third. */
static void read_l3(const struct root *root, struct topology *topology, unsigned int cpu)
{
	for (unsigned int i = 0; i < CACHES_MAX; i++) {
		char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];
		struct cpus members;

		snprintf(path, sizeof(path), CPU_DIRECTORY "/cpu%u/cache/index%u/level", cpu, i);
		if (root_read(root, path, text, sizeof(text)) < 0)
			return;
		if (strcmp(text, "3") != 0)
			continue;
		snprintf(path, sizeof(path), CPU_DIRECTORY "/cpu%u/cache/index%u/shared_cpu_list", cpu, i);
		if (topology_read_list(root, path, &members) == 0)
			join(topology, LEVEL_L3, cpu, &members);
		return;
	}
}

/* Each list is read once for all CPUs that are in it. */
static void read_levels(const struct root *root, struct topology *topology)
{
	bool has[LEVELS] = { true, true, true, true };

	CPUS_FOR_EACH(cpu, &topology->online) {
		const int *in = topology->cpus[cpu].in;
		bool first_of_core = in[LEVEL_CORE] < 0;

		/* A file that the first CPU does not have, no CPU has: an older kernel. */
		for (enum level level = 0; level < LEVELS; level++)
			if (level != LEVEL_L3 && has[level] && in[level] < 0)
				has[level] = read_level(root, topology, level, cpu) || topology->counts[level] > 0;
		/* Threads of one core share its caches. */
		if (in[LEVEL_L3] < 0 && first_of_core)
			read_l3(root, topology, cpu);
	}
}

static int make_cpus(struct topology *topology)
{
	CPUS_FOR_EACH(cpu, &topology->online)
		topology->cpu_count = cpu + 1;
	topology->cpus = calloc(topology->cpu_count + 1, sizeof(*topology->cpus));
	if (!topology->cpus)
		return -ENOMEM;
	for (size_t i = 0; i < topology->cpu_count; i++)
		topology->cpus[i] = (struct topology_cpu){ { -1, -1, -1, -1 }, -1, -1 };
	return 0;
}

int topology_read(const struct root *root, struct topology *ret)
{
	char text[ROOT_ATTRIBUTE];
	int r;

	*ret = (struct topology){ 0 };
	ret->error = topology_read_list(root, CPU_DIRECTORY "/online", &ret->online);
	if (ret->error == 0 && cpus_empty(&ret->online))
		ret->error = -ENODATA;
	if (ret->error)
		return ret->error == -ENOMEM ? -ENOMEM : 0;
	topology_read_list(root, CPU_DIRECTORY "/possible", &ret->possible);
	topology_read_list(root, CPU_DIRECTORY "/present", &ret->present);
	ret->isolated_error = topology_read_list(root, CPU_DIRECTORY "/isolated", &ret->isolated);
	ret->nohz_full_error = topology_read_list(root, CPU_DIRECTORY "/nohz_full", &ret->nohz_full);
	if (root_read(root, CPU_DIRECTORY "/smt/control", text, sizeof(text)) >= 0)
		snprintf(ret->smt, sizeof(ret->smt), "%.15s", text);
	r = make_cpus(ret);
	if (r < 0)
		return r;
	read_levels(root, ret);
	r = topology_read_kinds(root, ret);
	return r < 0 ? r : topology_read_nodes(root, ret);
}

void topology_done(struct topology *topology)
{
	if (!topology)
		return;
	free(topology->cpus);
	free(topology->nodes);
	free(topology->distances);
	*topology = (struct topology){ 0 };
}

void topology_sharing(const struct topology *topology, enum level level, unsigned int cpu, struct cpus *ret)
{
	*ret = (struct cpus){ 0 };
	cpus_add(ret, cpu);
	if (cpu >= topology->cpu_count || topology->cpus[cpu].in[level] < 0)
		return;
	for (unsigned int other = 0; other < topology->cpu_count; other++)
		if (topology->cpus[other].in[level] == topology->cpus[cpu].in[level])
			cpus_add(ret, other);
}

int topology_node_index(const struct topology *topology, int number)
{
	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].number == number)
			return (int)i;
	return -1;
}

unsigned int topology_distance(const struct topology *topology, size_t from, size_t to)
{
	return topology->distances[from * topology->node_count + to];
}
