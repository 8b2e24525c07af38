/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Without a manager to talk to: cgroups of other roots, the partition of hosts without systemd (apply/slices.c). */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply/slices.h"
#include "apply/unit_files.h"
#include "base/array.h"

#define CGROUPS "sys/fs/cgroup/"
#define PARTITION CGROUPS "vfio-prep/"
#define GUEST PARTITION "vfio-prep-win10.scope/"

static struct cpus set(const char *list)
{
	struct cpus cpus = { 0 };

	if (*list)
		assert_int_equal(cpus_parse(list, &cpus), 0);
	return cpus;
}

static void expect_read(const struct tree *tree, const char *unit, const char *list)
{
	struct cpus cpus = set("77");
	char text[64];

	assert_int_equal(slices_read(&tree->root, unit, &cpus), 0);
	cpus_format(&cpus, text, sizeof(text));
	assert_string_equal(text, list);
}

/* The kernel makes a cgroup's files with its directory; here they are there before. */
static void unified(const struct tree *tree)
{
	tree_write(tree, CGROUPS "cgroup.controllers", "cpuset cpu io memory\n");
	tree_write(tree, CGROUPS "cgroup.subtree_control", "");
	tree_write(tree, "sys/devices/system/cpu/online", "0-3\n");
	tree_write(tree, "sys/devices/system/cpu/possible", "0-7\n");
}

static void partition_files(const struct tree *tree, const char *state)
{
	tree_write(tree, PARTITION "cpuset.cpus", "");
	tree_write(tree, PARTITION "cpuset.cpus.partition", state);
	tree_write(tree, PARTITION "cgroup.subtree_control", "");
}

static void version_1_has_no_slices(void **state)
{
	const struct tree *tree = *state;
	char note[EFFECT_NOTE_MAX];
	struct names units;
	struct cpus cpus = set("0");

	tree_mkdir(tree, CGROUPS "cpuset");
	assert_int_equal(slices_list(&tree->root, &units, note), -EOPNOTSUPP);
	assert_non_null(strstr(note, "version 1"));
	assert_int_equal(slices_confine(&tree->root, &cpus, note), -EOPNOTSUPP);
	assert_int_equal(slices_read(&tree->root, "user.slice", &cpus), -ENODATA);
	/* Version 2 with a kernel that has no cpusets in it. */
	tree_remove(tree, CGROUPS "cpuset");
	tree_write(tree, CGROUPS "cgroup.controllers", "cpu io memory\n");
	assert_int_equal(slices_set(&tree->root, "user.slice", &cpus, note), -EOPNOTSUPP);
	assert_null(strstr(note, "version 1"));
}

static void cgroups_of_another_root(void **state)
{
	const struct tree *tree = *state;
	struct cpus cpus;

	unified(tree);
	expect_read(tree, "user.slice", "");
	tree_write(tree, CGROUPS "user.slice/cpuset.cpus", "\n");
	expect_read(tree, "user.slice", "");
	tree_write(tree, CGROUPS "user.slice/cpuset.cpus", "0-1\n");
	expect_read(tree, "user.slice", "0-1");
	/* What systemd leaves there once nothing confines it. */
	tree_write(tree, CGROUPS "user.slice/cpuset.cpus", "0-7\n");
	expect_read(tree, "user.slice", "");
	tree_write(tree, CGROUPS "user.slice/cpuset.cpus", "what?\n");
	assert_int_equal(slices_read(&tree->root, "user.slice", &cpus), -EINVAL);
}

static void a_partition_of_what_the_host_may_not_use(void **state)
{
	const struct tree *tree = *state;
	struct cpus host = set("0-1"), none = set("");
	char note[EFFECT_NOTE_MAX];
	struct names units;

	unified(tree);
	expect_read(tree, SLICES_PARTITION, "");
	partition_files(tree, "");
	assert_int_equal(slices_list(&tree->root, &units, note), 0);
	assert_int_equal(units.count, 1);
	assert_string_equal(units.items[0], SLICES_PARTITION);
	names_done(&units);
	assert_int_equal(slices_set(&tree->root, SLICES_PARTITION, &host, note), 0);
	assert_string_equal(note, "");
	tree_expect(tree, CGROUPS "cgroup.subtree_control", "+cpuset");
	tree_expect(tree, PARTITION "cpuset.cpus", "2-3");
	tree_expect(tree, PARTITION "cpuset.cpus.partition", "root");
	expect_read(tree, SLICES_PARTITION, "0-1");
	/* Not while it is one. */
	assert_int_equal(slices_tidy(&tree->root, note), 0);
	tree_expect(tree, PARTITION "cpuset.cpus", "2-3");

	host = set("0-3");
	assert_int_equal(slices_set(&tree->root, SLICES_PARTITION, &host, note), -EINVAL);
	tree_expect(tree, PARTITION "cpuset.cpus", "2-3");
	/* A directory with files cannot be removed here; the kernel's can, and then it is gone. */
	assert_int_equal(slices_set(&tree->root, SLICES_PARTITION, &none, note), -ENOTEMPTY);
	tree_remove(tree, PARTITION "cpuset.cpus");
	tree_remove(tree, PARTITION "cpuset.cpus.partition");
	tree_remove(tree, PARTITION "cgroup.subtree_control");
	assert_int_equal(slices_set(&tree->root, SLICES_PARTITION, &none, note), 0);
	assert_false(root_exists(&tree->root, PARTITION));
	assert_int_equal(slices_confine(&tree->root, &none, note), 0);
}

static void the_kernel_says_why_there_is_none(void **state)
{
	const struct tree *tree = *state;
	struct cpus host = set("0-1");
	char note[EFFECT_NOTE_MAX];

	unified(tree);
	/* The write goes over the first letters. */
	partition_files(tree, "---- invalid (Cpu list in cpuset.cpus not exclusive)");
	assert_int_equal(slices_set(&tree->root, SLICES_PARTITION, &host, note), -EBUSY);
	assert_non_null(strstr(note, "root invalid (Cpu list in cpuset.cpus not exclusive)"));
}

static void a_guest_in_the_partition(void **state)
{
	const struct tree *tree = *state;
	struct cpus cpus = set("2"), none = set("");
	char note[EFFECT_NOTE_MAX];
	bool populated;

	unified(tree);
	assert_int_equal(scope_populated(&tree->root, "win10", &populated), 0);
	assert_false(populated);
	partition_files(tree, "");
	tree_write(tree, GUEST "cpuset.cpus", "");
	tree_write(tree, GUEST "cgroup.procs", "");
	tree_write(tree, GUEST "cgroup.events", "populated 0\nfrozen 0\n");
	assert_int_equal(scope_start(&tree->root, "win10", 4711, &cpus, "a guest", note), 0);
	tree_expect(tree, GUEST "cgroup.procs", "4711");
	tree_expect(tree, GUEST "cpuset.cpus", "2");
	tree_expect(tree, PARTITION "cgroup.subtree_control", "+cpuset");

	tree_write(tree, GUEST "cgroup.events", "populated 1\nfrozen 0\n");
	assert_int_equal(scope_populated(&tree->root, "win10", &populated), 0);
	assert_true(populated);
	assert_int_equal(scope_start(&tree->root, "win10", 4712, &cpus, "a guest", note), -EEXIST);
	/* A partition that cannot go stops being one. */
	assert_int_equal(slices_set(&tree->root, SLICES_PARTITION, &none, note), -EBUSY);
	tree_expect(tree, PARTITION "cpuset.cpus.partition", "member");
	tree_expect(tree, PARTITION "cpuset.cpus", "0-7");
	expect_read(tree, SLICES_PARTITION, "");
}

static void scopes_by_hierarchy(void **state)
{
	static const char *const groups[] = { CGROUPS "machine.slice", CGROUPS "unified/machine.slice", PARTITION };
	const struct tree *tree = *state;
	char path[200];
	bool populated;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		snprintf(path, sizeof(path), "%s/vfio-prep-a\\x2db.scope/cgroup.events", groups[i]);
		tree_write(tree, path, "populated 1\nfrozen 0\n");
		assert_int_equal(scope_populated(&tree->root, "a-b", &populated), 0);
		assert_true(populated);
		tree_write(tree, path, "populated 0\nfrozen 0\n");
		assert_int_equal(scope_populated(&tree->root, "a-b", &populated), 0);
		assert_false(populated);
		tree_remove(tree, path);
	}
	tree_write(tree, CGROUPS "systemd/machine.slice/vfio-prep-a\\x2db.scope/cgroup.procs", "12\n13\n");
	assert_int_equal(scope_populated(&tree->root, "a-b", &populated), 0);
	assert_true(populated);
	tree_write(tree, CGROUPS "systemd/machine.slice/vfio-prep-a\\x2db.scope/cgroup.procs", "");
	assert_int_equal(scope_populated(&tree->root, "a-b", &populated), 0);
	assert_false(populated);
}

/* What RevertUnitFiles would delete. */
static void files_that_are_ours(void **state)
{
	static const char *const theirs[] = {
		"etc/systemd/system/user.slice.d/my.conf",
		"etc/systemd/system/user.slice.d/50-AllowedCPUs.conf",
		"etc/systemd/system/user.slice",
		"etc/systemd/system.control/user.slice.d/50-AllowedCPUs.conf",
		"etc/systemd/systemd.attached/user.slice",
		"run/systemd/system.control/user.slice.d/50-MemoryHigh.conf",
		"run/systemd/system/user.slice.d/50-AllowedCPUs.conf",
		"run/systemd/transient/user.slice",
	};
	const struct tree *tree = *state;

	assert_false(unit_files_are_ours(&tree->root, "user.slice"));
	tree_write(tree, "run/systemd/system.control/user.slice.d/50-AllowedCPUs.conf", "[Slice]\nAllowedCPUs=\n");
	tree_write(tree, "run/systemd/transient/init.scope.d/50-AllowedCPUs.conf", "[Scope]\nAllowedCPUs=\n");
	tree_write(tree, "usr/lib/systemd/system/user.slice", "[Slice]\n");
	tree_write(tree, "etc/systemd/system/user-.slice.d/my.conf", "[Slice]\n");
	assert_true(unit_files_are_ours(&tree->root, "user.slice"));
	assert_true(unit_files_are_ours(&tree->root, "init.scope"));
	assert_false(unit_files_are_ours(&tree->root, "system.slice"));
	for (size_t i = 0; i < ARRAY_SIZE(theirs); i++) {
		char path[100];

		tree_write(tree, theirs[i], "[Slice]\n");
		if (unit_files_are_ours(&tree->root, "user.slice"))
			fail_msg("%s is not seen", theirs[i]);
		tree_remove(tree, theirs[i]);
		snprintf(path, sizeof(path), "%s", theirs[i]);
		*strrchr(path, '/') = '\0';
		if (strstr(path, ".d") && i != 5) /* that one is ours */
			tree_remove(tree, path);
	}
	assert_true(unit_files_are_ours(&tree->root, "user.slice"));
	/* Whichever comes first in the directory. */
	tree_write(tree, "run/systemd/system.control/foo.slice.d/50-MemoryHigh.conf", "[Slice]\n");
	tree_write(tree, "run/systemd/system.control/foo.slice.d/50-AllowedCPUs.conf", "[Slice]\n");
	assert_false(unit_files_are_ours(&tree->root, "foo.slice"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(version_1_has_no_slices),
		tree_test(cgroups_of_another_root),
		tree_test(a_partition_of_what_the_host_may_not_use),
		tree_test(the_kernel_says_why_there_is_none),
		tree_test(a_guest_in_the_partition),
		tree_test(scopes_by_hierarchy),
		tree_test(files_that_are_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
