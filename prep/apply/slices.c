/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/slices.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply/manager.h"
#include "apply/partition.h"
#include "apply/unit_files.h"
#include "apply/unit_names.h"
#include "base/cleanup.h"
#include "base/parse.h"

/* On cgroup v1, and where both are mounted, the file is not there. */
static bool has_cpusets(const struct root *root)
{
	char text[ROOT_ATTRIBUTE], *rest = text, *word;

	if (root_read(root, CGROUPS "/cgroup.controllers", text, sizeof(text)) < 0)
		return false;
	while ((word = parse_word(&rest, " ")))
		if (strcmp(word, "cpuset") == 0)
			return true;
	return false;
}

static int refuse(const struct root *root, char *note)
{
	snprintf(note, EFFECT_NOTE_MAX,
	         root_exists(root, CGROUPS "/cpuset") ?
	             "cpusets of cgroup version 1 (boot with systemd.unified_cgroup_hierarchy=1): the host may use the "
	             "guest's CPUs" :
	             "no cgroup version 2 with cpusets here: the host may use the guest's CPUs");
	return -EOPNOTSUPP;
}

static int check(const struct root *root, char *note)
{
	note[0] = '\0';
	return has_cpusets(root) ? 0 : refuse(root, note);
}

int slices_list(const struct root *root, struct names *ret, char *note)
{
	_cleanup_(manager_done) struct manager *manager = NULL;
	int r = check(root, note);

	if (r < 0)
		return r;
	if (!manager_is_here(root)) {
		*ret = (struct names){ 0 };
		return unit_names_add(ret, SLICES_PARTITION);
	}
	r = manager_open(&manager, note);
	return r < 0 ? r : manager_list_units(manager, ret, note);
}

static int read_possible(const struct root *root, struct cpus *ret)
{
	char text[ROOT_ATTRIBUTE];
	ssize_t r = root_read(root, "sys/devices/system/cpu/possible", text, sizeof(text));

	return r < 0 ? (int)r : cpus_parse(text, ret);
}

/* All CPUs are any CPUs: slices_set leaves a unit so where it is cut off. */
static void make_plain(const struct root *root, struct cpus *cpus)
{
	struct cpus possible;

	if (read_possible(root, &possible) == 0 && cpus_subset(&possible, cpus))
		*cpus = (struct cpus){ 0 };
}

static int read_cgroup(const struct root *root, const char *unit, struct cpus *ret)
{
	char path[ROOT_PATH_MAX], text[CPUS_TEXT_MAX];
	struct cpus cpus = { 0 };
	ssize_t r;

	snprintf(path, sizeof(path), CGROUPS "/%s/cpuset.cpus", unit);
	r = root_read(root, path, text, sizeof(text));
	/* The cgroup has the file only where somebody wants cpusets there. */
	if (r > 0)
		r = cpus_parse(text, &cpus);
	if (r < 0 && r != -ENOENT)
		return (int)r;
	make_plain(root, &cpus);
	*ret = cpus;
	return 0;
}

static int read_unit(const struct root *root, struct manager *manager, const char *unit, struct cpus *ret, char *cgroup,
                     char *note)
{
	int r = manager_read_cpus(manager, unit, ret, cgroup, note);

	if (r == 0)
		make_plain(root, ret);
	return r;
}

int slices_read(const struct root *root, const char *unit, struct cpus *ret)
{
	_cleanup_(manager_done) struct manager *manager = NULL;
	char note[EFFECT_NOTE_MAX];
	int r;

	if (check(root, note) < 0)
		return -ENODATA;
	if (strcmp(unit, SLICES_PARTITION) == 0)
		return partition_read(root, ret);
	if (!root->machine)
		return read_cgroup(root, unit, ret);
	r = manager_open(&manager, note);
	return r < 0 ? r : read_unit(root, manager, unit, ret, NULL, note);
}

static void explain_difference(const char *unit, const struct cpus *now, char *note)
{
	char list[40] = "any";

	if (!cpus_empty(now))
		cpus_format(now, list, sizeof(list));
	snprintf(note, EFFECT_NOTE_MAX, "%s still has CPUs %s: another AllowedCPUs= adds to ours (systemctl cat %s)", unit,
	         list, unit);
}

/*
 * The manager has done what it was told by the time it answers the next call. Files of an administrator that set
 * AllowedCPUs=, too, are merged with ours whenever it reads them anew. With a slice that is not active it does so at
 * once: that has no process to keep away, and what is to be known of later ones is told.
 */
static int verify(const struct root *root, struct manager *manager, const char *unit, const struct cpus *cpus,
                  char *note)
{
	char cgroup[ROOT_PATH_MAX], path[ROOT_PATH_MAX];
	struct cpus now;
	bool active;
	int r;

	r = read_unit(root, manager, unit, &now, cgroup, note);
	if (r < 0)
		return r;
	active = cgroup[0] == '/' && cgroup[1];
	if (active && cpus_equal(&now, cpus)) {
		snprintf(path, sizeof(path), "%s", cgroup + 1);
		r = read_cgroup(root, path, &now);
		if (r < 0) {
			snprintf(note, EFFECT_NOTE_MAX, "the cpuset of %s cannot be read: %s", unit, strerror(-r));
			return r;
		}
	}
	if (cpus_equal(&now, cpus))
		return 0;
	explain_difference(unit, &now, note);
	return active ? -EIO : 0;
}

int slices_set(const struct root *root, const char *unit, const struct cpus *cpus, char *note)
{
	_cleanup_(manager_done) struct manager *manager = NULL;
	struct cpus possible;
	int r = check(root, note);

	if (r < 0)
		return r;
	if (strcmp(unit, SLICES_PARTITION) == 0)
		return partition_set(root, cpus, note);
	r = manager_open(&manager, note);
	/*
	 * systemd leaves cpuset.cpus as it was where AllowedCPUs= becomes unset, as long as another unit needs the
	 * controller (and an empty list is refused of a cgroup with processes: ENOSPC, validate_change() in the kernel's
	 * cpuset.c). So first let it write all CPUs there.
	 */
	if (r >= 0 && cpus_empty(cpus) && read_possible(root, &possible) == 0)
		r = manager_set_cpus(manager, unit, &possible, note);
	if (r >= 0)
		r = manager_set_cpus(manager, unit, cpus, note);
	return r < 0 ? r : verify(root, manager, unit, cpus, note);
}

static int find_leftovers(const struct root *root, struct manager *manager, struct names *ret, char *note)
{
	_cleanup_(names_done) struct names units = { 0 };
	struct cpus cpus;
	int r = manager_list_units(manager, &units, note);

	for (size_t i = 0; i < units.count && r >= 0; i++) {
		if (!unit_files_are_ours(root, units.items[i]))
			continue;
		r = read_unit(root, manager, units.items[i], &cpus, NULL, note);
		if (r >= 0 && cpus_empty(&cpus))
			r = unit_names_add(ret, units.items[i]);
	}
	return r;
}

int slices_tidy(const struct root *root, char *note)
{
	_cleanup_(manager_done) struct manager *manager = NULL;
	_cleanup_(names_done) struct names units = { 0 };
	int r;

	note[0] = '\0';
	if (!manager_is_here(root))
		return partition_tidy(root, note);
	r = manager_open(&manager, note);
	/* Guests that end as the machine goes down: /run goes, too, and a reload would only be in its way. */
	if (r >= 0 && manager_is_stopping(manager))
		return 0;
	if (r >= 0)
		r = find_leftovers(root, manager, &units, note);
	return r < 0 || !units.count ? r : manager_revert(manager, &units, note);
}

int slices_confine(const struct root *root, const struct cpus *cpus, char *note)
{
	_cleanup_(names_done) struct names units = { 0 };
	char later[EFFECT_NOTE_MAX] = "";
	int r = slices_list(root, &units, note);

	if (r < 0)
		return r;
	for (size_t i = 0; i < units.count; i++) {
		int error = slices_set(root, units.items[i], cpus, r < 0 ? later : note);

		r = r < 0 ? r : error;
	}
	if (cpus_empty(cpus)) {
		int error = slices_tidy(root, r < 0 ? later : note);

		r = r < 0 ? r : error;
	}
	return r;
}
