/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel tells of its isolation: RCU's threads, cpusets, boost, the clock. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/topology_read.h"
#include "host/tuning.h"

#define CGROUPS "sys/fs/cgroup"
#define CGROUP_DEPTH 8
#define CLOCKS "sys/devices/system/clocksource/clocksource0"
#define KTHREADD "2" /* the parent of every thread of the kernel */

/*
 * The CPU of a thread that calls the RCU callbacks of another one: "PID (rcuop/4) S 2 ..." (kernel/rcu/tree_nocb.h;
 * rcuog is the leader of several). A program that only calls itself so has another parent.
 */
static bool parse_offload(char *stat, uint64_t *ret_cpu)
{
	char *open = strchr(stat, '('), *close = strrchr(stat, ')'), *rest, *slash;

	if (!open || !close || close < open || strncmp(open, "(rcuo", 5) != 0 || open[5] == 'g')
		return false;
	*close = '\0';
	rest = close + 1;
	parse_word(&rest, " ");
	slash = strchr(open, '/');
	if (!slash || strcmp(parse_word(&rest, " ") ?: "", KTHREADD) != 0)
		return false;
	return parse_number(slash + 1, CPUS_MAX - 1, ret_cpu) == 0;
}

static void read_offloaded(const struct root *root, struct tuning *tuning)
{
	_cleanup_(names_done) struct names names = { 0 };

	if (root_list(root, "proc", &names) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];
		uint64_t pid, cpu;
		ssize_t r;

		if (parse_number(names.items[i], UINT32_MAX, &pid) < 0)
			continue;
		snprintf(path, sizeof(path), "proc/%s/stat", names.items[i]);
		r = root_read(root, path, text, sizeof(text));
		if (r == -ENOENT || r == -ESRCH)
			continue; /* it has ended */
		if (r <= 0) {
			tuning->offload_unread = true;
			continue;
		}
		if (strncmp(text, KTHREADD " ", 2) == 0)
			tuning->offloaded_known = true; /* the kernel's threads can be seen (no container, no hidepid) */
		if (parse_offload(text, &cpu))
			cpus_add(&tuning->offloaded, (unsigned int)cpu);
	}
}

static bool has_word(char *text, const char *word)
{
	for (char *part = parse_word(&text, " "); part; part = parse_word(&text, " "))
		if (strcmp(part, word) == 0)
			return true;
	return false;
}

static int read_partition(const struct root *root, const char *name, struct tuning *tuning)
{
	char path[ROOT_PATH_MAX], state[ROOT_ATTRIBUTE];
	struct cpu_partition *partition;
	bool invalid;

	snprintf(path, sizeof(path), CGROUPS "/%s/cpuset.cpus.partition", name);
	if (root_read(root, path, state, sizeof(state)) < 0 || strcmp(state, "member") == 0)
		return 0;
	partition = array_add(&tuning->partitions, &tuning->partition_count, sizeof(*partition));
	if (!partition)
		return -ENOMEM;
	snprintf(partition->name, sizeof(partition->name), "%s", name);
	snprintf(partition->state, sizeof(partition->state), "%s", state);
	invalid = strstr(state, "invalid");
	snprintf(path, sizeof(path), CGROUPS "/%s/%s", name, invalid ? "cpuset.cpus" : "cpuset.cpus.effective");
	topology_read_list(root, path, &partition->cpus);
	if (!invalid && strcmp(state, "isolated") == 0)
		cpus_or(&tuning->partitioned, &partition->cpus);
	return 0;
}

/* Children have the files of a controller that their parent hands down. name is "" for the root. */
static int read_cgroups(const struct root *root, const char *name, unsigned int depth, struct tuning *tuning)
{
	_cleanup_(names_done) struct names names = { 0 };
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];
	int r = 0;

	snprintf(path, sizeof(path), CGROUPS "/%s%scgroup.subtree_control", name, *name ? "/" : "");
	if (root_read(root, path, text, sizeof(text)) < 0 || !has_word(text, "cpuset"))
		return 0;
	snprintf(path, sizeof(path), CGROUPS "/%s", name);
	if (root_list(root, path, &names) < 0)
		return 0;
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		char child[ROOT_PATH_MAX / 2];
		int length = snprintf(child, sizeof(child), "%s%s%s", name, *name ? "/" : "", names.items[i]);

		snprintf(path, sizeof(path), CGROUPS "/%s/cpuset.cpus.partition", child);
		if (length >= (int)sizeof(child) || !root_exists(root, path))
			continue;
		r = read_partition(root, child, tuning);
		if (r == 0 && depth < CGROUP_DEPTH)
			r = read_cgroups(root, child, depth + 1, tuning);
	}
	return r;
}

static int read_cpusets(const struct root *root, struct tuning *tuning)
{
	struct cpus isolated;
	int r;

	/* Version 1 and hybrid machines have cpusets elsewhere, and no partitions. */
	tuning->cpusets_known = root_exists(root, CGROUPS "/cgroup.controllers");
	r = read_cgroups(root, "", 0, tuning);
	if (r == 0 && topology_read_list(root, CGROUPS "/cpuset.cpus.isolated", &isolated) == 0)
		cpus_or(&tuning->partitioned, &isolated);
	return r;
}

/* Drivers without intel_pstate's own switch have the common one. */
static void read_boost(const struct root *root, struct tuning *tuning)
{
	static const struct {
		const char *path, *off;
	} files[] = {
		{ CPU_DIRECTORY "/intel_pstate/no_turbo", "1" },
		{ CPU_DIRECTORY "/cpufreq/boost", "0" },
	};
	char text[ROOT_ATTRIBUTE];

	for (size_t i = 0; i < ARRAY_SIZE(files) && tuning->boost < 0; i++)
		if (root_read(root, files[i].path, text, sizeof(text)) >= 0) {
			tuning->boost = strcmp(text, files[i].off) != 0;
			snprintf(tuning->boost_source, sizeof(tuning->boost_source), "/%s", files[i].path);
		}
}

int tuning_read_kernel(const struct root *root, struct tuning *tuning)
{
	char text[ROOT_ATTRIBUTE];

	read_offloaded(root, tuning);
	read_boost(root, tuning);
	if (root_read(root, CLOCKS "/current_clocksource", text, sizeof(text)) >= 0)
		snprintf(tuning->clocksource, sizeof(tuning->clocksource), "%.31s", text);
	if (root_read(root, CLOCKS "/available_clocksource", text, sizeof(text)) >= 0)
		tuning->has_tsc = has_word(text, "tsc");
	return read_cpusets(root, tuning);
}
