/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documentation/admin-guide/cgroup-v2.rst, "Cpuset Interface Files". */
#include "apply/partition.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/effects.h"
#include "base/cleanup.h"

/*
 * Nobody else's processes run in either kind of partition. In an isolated one the kernel does not spread threads over
 * its CPUs, and all those of a guest that does not pin each one would share one CPU; so "root", which also kernels
 * before 6.0 know.
 */
#define PARTITION_KIND "root"

static int read_list(const struct root *root, const char *path, struct cpus *ret)
{
	char text[CPUS_TEXT_MAX];
	ssize_t r = root_read(root, path, text, sizeof(text));

	if (r < 0)
		return (int)r;
	*ret = (struct cpus){ 0 };
	return text[0] ? cpus_parse(text, ret) : 0;
}

static int write_list(const struct root *root, const char *path, const struct cpus *cpus)
{
	char text[CPUS_TEXT_MAX];

	cpus_format(cpus, text, sizeof(text));
	return root_write(root, path, text);
}

static int remove_group(const struct root *root, const char *directory, const char *name)
{
	_cleanup_close_ int fd = root_openat(root, directory, O_PATH | O_DIRECTORY, 0);

	if (fd < 0)
		return fd;
	return unlinkat(fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int partition_read(const struct root *root, struct cpus *ret)
{
	struct cpus guests, host;
	int r = read_list(root, PARTITION "/cpuset.cpus", &guests);

	if (r == -ENOENT || (r == 0 && cpus_empty(&guests))) {
		*ret = (struct cpus){ 0 };
		return 0;
	}
	if (r == 0)
		r = read_list(root, "sys/devices/system/cpu/online", &host);
	if (r < 0)
		return r;
	cpus_minus(&host, &guests);
	*ret = host;
	return 0;
}

/*
 * Removes the guests' cgroups that have no process; *ret_left is how many are left. Those that the guest made in its
 * own go with it: only root can, and who does so cleans up.
 */
static int remove_guests(const struct root *root, size_t *ret_left)
{
	_cleanup_(names_done) struct names names = { 0 };
	char path[ROOT_PATH_MAX];
	int r = root_list(root, PARTITION, &names);

	*ret_left = 0;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; i < names.count; i++) {
		snprintf(path, sizeof(path), PARTITION "/%s/cgroup.events", names.items[i]);
		if (root_exists(root, path) && remove_group(root, PARTITION, names.items[i]) < 0)
			(*ret_left)++;
	}
	return 0;
}

/* The cpuset controller stays on: nobody remembers whether it was, and without a list it does nothing. */
static int close_partition(const struct root *root, char *note)
{
	struct cpus all;
	size_t left;
	int r;

	if (!root_exists(root, PARTITION))
		return 0;
	r = remove_guests(root, &left);
	if (r == 0 && left) {
		/* Their CPUs are the host's again all the same, and the other way round. */
		effect_note(note, "a guest is still in /" PARTITION);
		root_write(root, PARTITION "/cpuset.cpus.partition", "member");
		if (read_list(root, "sys/devices/system/cpu/possible", &all) == 0)
			write_list(root, PARTITION "/cpuset.cpus", &all);
		return -EBUSY;
	}
	if (r == 0)
		r = remove_group(root, CGROUPS, "vfio-prep");
	if (r < 0)
		effect_note(note, "/" PARTITION " cannot be removed: %s", strerror(-r));
	return r;
}

static int open_partition(const struct root *root, const struct cpus *guests, const char **ret_what)
{
	int r;

	*ret_what = CGROUPS "/cgroup.subtree_control";
	r = root_write(root, *ret_what, "+cpuset");
	if (r < 0)
		return r;
	*ret_what = PARTITION;
	r = root_mkdir(root, *ret_what, 0755);
	if (r < 0)
		return r;
	*ret_what = PARTITION "/cpuset.cpus";
	r = write_list(root, *ret_what, guests);
	if (r < 0)
		return r;
	*ret_what = PARTITION "/cpuset.cpus.partition";
	return root_write(root, *ret_what, PARTITION_KIND);
}

int partition_set(const struct root *root, const struct cpus *host, char *note)
{
	char state[ROOT_ATTRIBUTE], later[EFFECT_NOTE_MAX];
	const char *what = "sys/devices/system/cpu/online";
	struct cpus guests;
	int r;

	if (cpus_empty(host))
		return close_partition(root, note);
	r = read_list(root, what, &guests);
	if (r == 0) {
		cpus_minus(&guests, host);
		if (cpus_empty(&guests)) {
			effect_note(note, "all CPUs that are online are the host's");
			return -EINVAL;
		}
		r = open_partition(root, &guests, &what);
	}
	if (r == 0)
		r = (int)root_read(root, what, state, sizeof(state));
	if (r < 0) {
		effect_note(note, "/%s: %s", what, strerror(-r));
	} else if (strcmp(state, PARTITION_KIND) != 0) {
		/* "root invalid (Cpu list in cpuset.cpus not exclusive)" */
		effect_note(note, "the kernel's reason for no partition: %s", state);
		r = -EBUSY;
	} else {
		return 0;
	}
	close_partition(root, later);
	return r;
}

int partition_tidy(const struct root *root, char *note)
{
	char state[ROOT_ATTRIBUTE];
	size_t left;
	int r = remove_guests(root, &left);

	if (r < 0 || left)
		return r;
	if (root_read(root, PARTITION "/cpuset.cpus.partition", state, sizeof(state)) >= 0 && strcmp(state, "member") != 0)
		return 0;
	return close_partition(root, note);
}

int partition_enter(const struct root *root, const char *unit, pid_t pid, const struct cpus *cpus, char *note)
{
	char group[ROOT_PATH_MAX], path[ROOT_PATH_MAX], number[16];
	int r;

	if (!root_exists(root, CGROUPS "/cgroup.controllers")) {
		effect_note(note, "no cgroup version 2 here: the guest stays in the cgroup of its caller");
		return -EOPNOTSUPP;
	}
	snprintf(group, sizeof(group), PARTITION "/%s", unit);
	r = root_mkdir(root, PARTITION, 0755);
	if (r == 0)
		r = root_mkdir(root, group, 0755);
	if (r == 0 && !cpus_empty(cpus) && root_exists(root, PARTITION "/cpuset.cpus")) {
		r = root_write(root, PARTITION "/cgroup.subtree_control", "+cpuset");
		root_path(path, group, "cpuset.cpus");
		if (r == 0)
			r = write_list(root, path, cpus);
	}
	if (r == 0) {
		root_path(path, group, "cgroup.procs");
		snprintf(number, sizeof(number), "%d", (int)pid);
		r = root_write(root, path, number);
	}
	if (r < 0)
		effect_note(note, "process %d cannot be moved to /%s: %s", (int)pid, group, strerror(-r));
	return r;
}
