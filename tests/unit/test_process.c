/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes and their cgroups (host/process.c). */
#include "support.h"

#include <errno.h>
#include <string.h>

#include "fake_units.h"
#include "host/process.h"

#define STAT(state, threads, start) \
	"7 (a) b) " state " 1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 " threads " 0 " start " 0 0\n"

static void a_process_is_its_number_and_its_start(void **state)
{
	const struct tree *tree = *state;
	struct process process;

	assert_int_equal(process_read(&tree->root, 7, &process), -ESRCH);
	fake_process(tree, 7, 1234, "user.slice/a.scope");
	assert_int_equal(process_read(&tree->root, 7, &process), 0);
	assert_int_equal(process.pid, 7);
	assert_int_equal(process.start, 1234);
	assert_int_equal(process_lives(&tree->root, &process), ANSWER_YES);
	process.start = 1233;
	assert_int_equal(process_lives(&tree->root, &process), ANSWER_NO);
	process.start = 1234;
	tree_write(tree, "proc/7/stat", STAT("Z", "1", "1234"));
	assert_int_equal(process_lives(&tree->root, &process), ANSWER_NO);
	tree_write(tree, "proc/7/stat", STAT("Z", "3", "1234")); /* its first thread has ended, others go on */
	assert_int_equal(process_lives(&tree->root, &process), ANSWER_YES);
	tree_write(tree, "proc/7/stat", "7 (a) S 1\n");
	assert_int_equal(process_read(&tree->root, 7, &process), -EBADMSG);
	assert_int_equal(process_lives(&tree->root, &process), ANSWER_UNKNOWN);
	tree_remove(tree, "proc/7/stat");
	assert_int_equal(process_lives(&tree->root, &process), ANSWER_NO);
	tree_remove(tree, "proc/self"); /* no /proc: nothing can be said */
	assert_int_equal(process_lives(&tree->root, &process), ANSWER_UNKNOWN);
}

static void a_cgroup_has_processes_or_not(void **state)
{
	const struct tree *tree = *state;
	char path[40];

	fake_process(tree, 7, 1, "machine.slice/a.scope");
	assert_int_equal(process_cgroup(&tree->root, 7, path, sizeof(path)), 0);
	assert_string_equal(path, "machine.slice/a.scope");
	assert_int_equal(process_cgroup(&tree->root, 7, path, 8), -ENAMETOOLONG);
	tree_write(tree, "proc/7/cgroup", "12:cpuset:/x\n0::/\n");
	assert_int_equal(process_cgroup(&tree->root, 7, path, sizeof(path)), -ENOENT);
	assert_int_equal(cgroup_is_populated(&tree->root, "machine.slice/a.scope"), ANSWER_NO);
	tree_write(tree, "sys/fs/cgroup/machine.slice/a.scope/cgroup.events", "populated 1\nfrozen 0\n");
	assert_int_equal(cgroup_is_populated(&tree->root, "machine.slice/a.scope"), ANSWER_YES);
	tree_write(tree, "sys/fs/cgroup/machine.slice/a.scope/cgroup.events", "frozen 0\npopulated 0\n");
	assert_int_equal(cgroup_is_populated(&tree->root, "machine.slice/a.scope"), ANSWER_NO);
	tree_write(tree, "sys/fs/cgroup/machine.slice/a.scope/cgroup.events", "\n");
	assert_int_equal(cgroup_is_populated(&tree->root, "machine.slice/a.scope"), ANSWER_UNKNOWN);
}

/* As RHEL 8 and Ubuntu 20.04 start: version 1, alone or with version 2 beside it for systemd's own use. */
static void cgroups_of_version_1_count_too(void **state)
{
	const struct tree *tree = *state;
	char path[40];

	tree_write(tree, "proc/7/cgroup", "12:cpuset:/\n1:name=systemd:/machine.slice/a.scope\n");
	assert_int_equal(process_cgroup(&tree->root, 7, path, sizeof(path)), 0);
	assert_string_equal(path, "machine.slice/a.scope");
	tree_write(tree, "sys/fs/cgroup/systemd/machine.slice/a.scope/cgroup.procs", "8\n");
	assert_int_equal(cgroup_is_populated(&tree->root, path), ANSWER_YES);
	tree_write(tree, "sys/fs/cgroup/systemd/machine.slice/a.scope/cgroup.procs", "");
	assert_int_equal(cgroup_is_populated(&tree->root, path), ANSWER_NO);
	tree_write(tree, "sys/fs/cgroup/unified/machine.slice/a.scope/cgroup.events", "populated 1\nfrozen 0\n");
	assert_int_equal(cgroup_is_populated(&tree->root, path), ANSWER_YES);
	tree_write(tree, "proc/7/cgroup", "1:name=systemd:/\n0::/\n");
	assert_int_equal(process_cgroup(&tree->root, 7, path, sizeof(path)), -ENOENT);
}

static void a_name_is_for_people(void **state)
{
	const struct tree *tree = *state;
	char command[20];

	process_command(&tree->root, 7, command, sizeof(command));
	assert_string_equal(command, "");
	fake_process(tree, 7, 1, "x");
	process_command(&tree->root, 7, command, sizeof(command));
	assert_string_equal(command, "qemu");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_process_is_its_number_and_its_start),
		tree_test(a_cgroup_has_processes_or_not),
		tree_test(cgroups_of_version_1_count_too),
		tree_test(a_name_is_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
