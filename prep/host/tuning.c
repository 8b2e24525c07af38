/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/tuning.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/topology_read.h"

int tuning_read_set(const struct root *root, const char *path, struct cpus *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size, length = strlen(path);
	int r;

	if (length > 5 && strcmp(path + length - 5, "_list") == 0)
		return topology_read_list(root, path, ret);
	r = root_read_all(root, path, CPUS_TEXT_MAX, &text, &size);
	if (r < 0)
		return r;
	text[strcspn(text, "\n")] = '\0';
	return cpus_parse_mask(text, ret);
}

const struct cpu_power *tuning_power(const struct tuning *tuning, unsigned int cpu)
{
	return cpu < tuning->power_count ? &tuning->powers[cpu] : NULL;
}

static void read_word(const struct root *root, const char *path, char *word)
{
	char text[ROOT_ATTRIBUTE];

	word[0] = '\0';
	if (root_read(root, path, text, sizeof(text)) >= 0)
		snprintf(word, TUNING_NAME_MAX, "%.*s", (int)strcspn(text, " \n"), text);
}

/* A list that does not fit is as good as none: a part of it would deny what is behind. */
static void read_governors(const struct root *root, unsigned int cpu, struct cpu_power *power)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];

	snprintf(path, sizeof(path), CPU_DIRECTORY "/cpu%u/cpufreq/scaling_available_governors", cpu);
	if (root_read(root, path, text, sizeof(text)) < 0 || strlen(text) >= sizeof(power->governors))
		return;
	for (size_t end = strlen(text); end && text[end - 1] == ' ';)
		text[--end] = '\0'; /* the kernel writes a blank behind each */
	strcpy(power->governors, text);
}

/* States are numbered without gaps (drivers/cpuidle/sysfs.c, cpuidle_add_state_sysfs()). */
static void read_states(const struct root *root, unsigned int cpu, struct cpu_power *power)
{
	for (size_t i = 0; i < TUNING_STATES; i++) {
		char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];
		struct idle_state *state = &power->states[i];
		ssize_t length;

		snprintf(path, sizeof(path), CPU_DIRECTORY "/cpu%u/cpuidle/state%zu/disable", cpu, i);
		length = root_read(root, path, text, sizeof(text));
		if (length == -ENOENT || length == -ENOTDIR)
			return;
		state->closed = length >= 0 && strcmp(text, "0") != 0;
		state->latency_us = UINT64_MAX;
		snprintf(path, sizeof(path), CPU_DIRECTORY "/cpu%u/cpuidle/state%zu/latency", cpu, i);
		if (length >= 0 && root_read(root, path, text, sizeof(text)) >= 0)
			parse_number(text, UINT64_MAX - 1, &state->latency_us);
		power->state_count = i + 1;
		power->has_idle = true;
	}
}

static int read_powers(const struct root *root, const struct cpus *online, struct tuning *tuning)
{
	CPUS_FOR_EACH(cpu, online)
		tuning->power_count = cpu + 1;
	tuning->powers = calloc(tuning->power_count + 1, sizeof(*tuning->powers));
	if (!tuning->powers)
		return -ENOMEM;
	CPUS_FOR_EACH(cpu, online) {
		struct cpu_power *power = &tuning->powers[cpu];
		char path[ROOT_PATH_MAX];

		snprintf(path, sizeof(path), CPU_DIRECTORY "/cpu%u/cpufreq/scaling_governor", cpu);
		power->has_frequency = root_exists(root, path);
		read_word(root, path, power->governor);
		read_governors(root, cpu, power);
		snprintf(path, sizeof(path), CPU_DIRECTORY "/cpu%u/cpufreq/energy_performance_preference", cpu);
		read_word(root, path, power->preference);
		read_states(root, cpu, power);
	}
	return 0;
}

int tuning_read(const struct root *root, const struct cpus *online, const struct pci *pci, unsigned int scope,
                struct tuning *ret)
{
	int r = 0;

	*ret = (struct tuning){ .boost = -1 };
	ret->irq_default_error = tuning_read_set(root, IRQ_DEFAULT, &ret->irq_default);
	ret->workqueues_error = tuning_read_set(root, WORKQUEUE_MASK, &ret->workqueues);
	if (scope & TUNING_RUNNING) {
		r = tuning_read_irqs(root, pci, ret);
		if (r == 0)
			r = read_powers(root, online, ret);
	}
	return r == 0 && scope & TUNING_KERNEL ? tuning_read_kernel(root, ret) : r;
}

void tuning_done(struct tuning *tuning)
{
	if (!tuning)
		return;
	free(tuning->irqs);
	free(tuning->powers);
	free(tuning->partitions);
	*tuning = (struct tuning){ 0 };
}
