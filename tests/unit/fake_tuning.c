/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_tuning.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"

#define IRQS "proc/irq/"
#define CPU "sys/devices/system/cpu/"
#define WORKERS "sys/devices/virtual/workqueue/cpumask"

static bool read_list(const struct tree *tree, const char *path, struct cpus *ret)
{
	char *text = tree_read(tree, path);
	bool good = text && cpus_parse(text, ret) == 0;

	free(text);
	return good;
}

static void put(const struct tree *tree, const char *path, const char *text)
{
	char *line = format_text("%s\n", text);

	tree_write(tree, path, line);
	free(line);
}

/* "%*pb": as many digits as there are possible CPUs, in parts of eight. */
static void put_mask(const struct tree *tree, const char *path, const struct cpus *mask)
{
	char text[CPUS_MASK_MAX], *wide;
	struct cpus possible;
	size_t digits = 0;

	assert_true(cpus_format_mask(mask, text, sizeof(text)));
	if (read_list(tree, CPU "possible", &possible)) {
		unsigned int last = 0;

		CPUS_FOR_EACH(cpu, &possible)
			last = cpu;
		digits = last / 4 + 1;
		digits += (digits - 1) / 8;
	}
	wide = format_text("%*s%s", (int)(digits > strlen(text) ? digits - strlen(text) : 0), "", text);
	for (size_t i = 0; wide[i] == ' '; i++)
		wide[i] = (strlen(wide) - i) % 9 == 0 ? ',' : '0';
	put(tree, path, wide);
	free(wide);
}

static bool is_online(const struct tree *tree, const struct cpus *cpus)
{
	struct cpus online;

	return read_list(tree, CPU "online", &online) && cpus_overlap(&online, cpus);
}

static int write_mask(const struct tree *tree, const char *path, const char *text)
{
	struct cpus mask;

	if (cpus_parse_mask(text, &mask) < 0 || !is_online(tree, &mask))
		return -EINVAL;
	put_mask(tree, path, &mask);
	return 0;
}

static int write_irq(const struct tree *tree, const char *path, unsigned int number, const char *text)
{
	char *managed = format_text(".managed/%u", number),
		 *effective = format_text(IRQS "%u/effective_affinity_list", number);
	struct cpus cpus;
	int r = 0;

	if (root_exists(&tree->root, managed))
		r = -EIO;
	else if (cpus_parse(text, &cpus) < 0 || !is_online(tree, &cpus))
		r = -EINVAL;
	if (r == 0) {
		char *lowest = format_text("%u", cpus_next(&cpus, 0));

		put(tree, path, text);
		put(tree, effective, lowest);
		free(lowest);
	}
	free(effective);
	free(managed);
	return r;
}

static char *cpu_attribute(const struct tree *tree, unsigned int cpu, const char *name)
{
	char *path = format_text(CPU "cpu%u/cpufreq/%s", cpu, name), *text = tree_read(tree, path);

	free(path);
	return text;
}

static int write_governor(const struct tree *tree, const char *path, unsigned int cpu, const char *text)
{
	char *offered = cpu_attribute(tree, cpu, "scaling_available_governors");
	char *preference = format_text(CPU "cpu%u/cpufreq/energy_performance_preference", cpu);
	int r = offered && !strstr(offered, text) ? -EINVAL : 0;

	if (r == 0) {
		put(tree, path, text);
		if (strcmp(text, "performance") == 0 && root_exists(&tree->root, preference))
			put(tree, preference, text);
		else if (root_exists(&tree->root, preference))
			put(tree, preference, "balance_performance"); /* what it had before, says intel_pstate */
	}
	free(preference);
	free(offered);
	return r;
}

static int write_preference(const struct tree *tree, const char *path, unsigned int cpu, const char *text)
{
	char *governor = cpu_attribute(tree, cpu, "scaling_governor");
	int r = governor && strcmp(governor, "performance") == 0 && strcmp(text, "performance") != 0 ? -EBUSY : 0;

	if (r == 0)
		put(tree, path, text);
	free(governor);
	return r;
}

bool fake_tuning_write(const struct tree *tree, const char *path, const char *text, int *ret)
{
	unsigned int number, state;
	int end = 0;

	*ret = -ENOENT;
	if (strcmp(path, IRQS "default_smp_affinity") == 0 || strcmp(path, WORKERS) == 0) {
		if (root_exists(&tree->root, path))
			*ret = write_mask(tree, path, text);
		return true;
	}
	if (sscanf(path, IRQS "%u/smp_affinity_list%n", &number, &end) == 1 && end) {
		if (root_exists(&tree->root, path))
			*ret = write_irq(tree, path, number, text);
		return true;
	}
	if (sscanf(path, CPU "cpu%u/cpuidle/state%u/disable%n", &number, &state, &end) == 2 && end) {
		if (root_exists(&tree->root, path)) {
			*ret = *text >= '0' && *text <= '9' ? 0 : -EINVAL;
			if (*ret == 0)
				put(tree, path, atoi(text) ? "1" : "0");
		}
		return true;
	}
	if (sscanf(path, CPU "cpu%u/cpufreq/scaling_governor%n", &number, &end) == 1 && end) {
		if (root_exists(&tree->root, path))
			*ret = write_governor(tree, path, number, text);
		return true;
	}
	end = 0;
	if (sscanf(path, CPU "cpu%u/cpufreq/energy_performance_preference%n", &number, &end) == 1 && end) {
		if (root_exists(&tree->root, path))
			*ret = write_preference(tree, path, number, text);
		return true;
	}
	return false;
}

void fake_tuning_reset(const struct tree *tree)
{
	char *cmdline = tree_read(tree, "proc/cmdline");
	struct cpus all, off, cpus;

	if (read_list(tree, CPU "possible", &all)) {
		if (root_exists(&tree->root, IRQS "default_smp_affinity") && !(cmdline && strstr(cmdline, "irqaffinity=")))
			put_mask(tree, IRQS "default_smp_affinity", &all);
		cpus = all;
		if (read_list(tree, CPU "isolated", &off))
			cpus_minus(&cpus, &off);
		if (read_list(tree, CPU "nohz_full", &off))
			cpus_minus(&cpus, &off);
		if (root_exists(&tree->root, WORKERS))
			put_mask(tree, WORKERS, &cpus);
	}
	free(cmdline);
}
