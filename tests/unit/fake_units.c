/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_sorted(const struct tree *tree, const char *path, struct names *ret)
{
	*ret = (struct names){ 0 };
	if (root_list(&tree->root, path, ret) == 0 && ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_names);
}

static int list_units(const struct effects *effects, struct names *ret, char *note)
{
	int r = root_list(effects->root, ".units", ret);

	if (r == -ENOENT)
		snprintf(note, EFFECT_NOTE_MAX, "there are no units here");
	else if (r == 0 && ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_names);
	return r == -ENOENT ? -EOPNOTSUPP : r;
}

static int read_unit(const struct effects *effects, const char *unit, struct cpus *ret)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];
	ssize_t r;

	snprintf(path, sizeof(path), ".units/%s", unit);
	r = root_read(effects->root, path, text, sizeof(text));
	*ret = (struct cpus){ 0 };
	return r < 0 ? (int)r : strcmp(text, "any") == 0 ? 0 : cpus_parse(text, ret);
}

static int confine(const struct effects *effects, const char *unit, const struct cpus *cpus, char *note)
{
	char path[ROOT_PATH_MAX], text[CPUS_TEXT_MAX] = "any";

	snprintf(path, sizeof(path), ".units/%s", unit);
	if (!cpus_empty(cpus))
		cpus_format(cpus, text, sizeof(text));
	note[0] = '\0';
	return effects->write(effects, path, text);
}

static int tidy_units(const struct effects *effects, char *note)
{
	note[0] = '\0';
	return root_replace(effects->root, FAKE_UNITS_TIDIED, "", 0, 0644);
}

static void wait_not(const struct effects *effects, uint64_t usec)
{
	((struct fake_kernel *)effects)->usec += usec;
}

void fake_units_add(struct fake_kernel *kernel)
{
	kernel->effects.list_units = list_units;
	kernel->effects.read_unit = read_unit;
	kernel->effects.confine = confine;
	kernel->effects.tidy_units = tidy_units;
	kernel->effects.wait = wait_not;
}

/* Adds "PATH = TEXT" of each of these files below directory. */
static char *add_files(const struct tree *tree, char *state, const char *directory, const char *file)
{
	struct names names;

	list_sorted(tree, directory, &names);
	for (size_t i = 0; i < names.count; i++) {
		char *path = format_text("%s/%s%s%s", directory, names.items[i], file ? "/" : "", file ? file : "");
		char *text = root_exists(&tree->root, path) ? tree_read(tree, path) : NULL, *longer;

		if (text) {
			longer = format_text("%s%s = %s\n", state, path, text);
			free(state);
			state = longer;
		}
		free(text);
		free(path);
	}
	names_done(&names);
	return state;
}

char *fake_state(const struct fake_kernel *kernel)
{
	static const struct {
		const char *directory, *file;
	} parts[] = {
		{ ".units", NULL },
		{ "sys/kernel/mm/hugepages", "nr_hugepages" },
		{ "sys/devices/system/node/node0/hugepages", "nr_hugepages" },
		{ "sys/devices/system/node/node1/hugepages", "nr_hugepages" },
		{ "proc/irq", "smp_affinity_list" },
		{ "proc", "irq/default_smp_affinity" },
		{ "sys/devices/virtual", "cpumask" },
		{ "sys/devices/system/cpu", "cpufreq/scaling_governor" },
		{ "sys/devices/system/cpu", "cpuidle/state2/disable" },
	};
	char *state = format_text("%s", "");

	for (size_t i = 0; i < kernel->device_count; i++) {
		const char *address = kernel->devices[i].address;
		char *driver = fake_driver_of(kernel, address), *override = fake_override_of(kernel, address);
		char *longer = format_text("%s%s %s %s\n", state, address, driver, override);

		free(state);
		free(driver);
		free(override);
		state = longer;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		state = add_files(kernel->tree, state, parts[i].directory, parts[i].file);
	return state;
}

void fake_process(const struct tree *tree, unsigned int pid, unsigned long long start, const char *cgroup)
{
	char *stat = format_text("proc/%u/stat", pid), *path = format_text("proc/%u/cgroup", pid),
		 *comm = format_text("proc/%u/comm", pid);
	char *text = format_text("%u (a (b) c) S 1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 %llu 0 0\n", pid, start);
	char *groups = format_text("0::/%s\n", cgroup);

	tree_mkdir(tree, "proc/self");
	tree_write(tree, stat, text);
	tree_write(tree, path, groups);
	tree_write(tree, comm, "qemu\n");
	free(stat);
	free(path);
	free(comm);
	free(text);
	free(groups);
}
