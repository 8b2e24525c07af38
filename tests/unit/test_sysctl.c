/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which file of sysctl.d has the last word. */
#include "support.h"

#include "base/array.h"
#include "host/sysctl.h"

static const char *const keys[] = { "vm.nr_hugepages", "vm.nr_hugepages_mempolicy" };

static void expect(const struct tree *tree, const char *file, const char *key, const char *value)
{
	struct sysctl_setting setting;

	assert_int_equal(sysctl_find(&tree->root, keys, ARRAY_SIZE(keys), &setting), 1);
	assert_string_equal(setting.file, file);
	assert_string_equal(setting.key, key);
	assert_string_equal(setting.value, value);
}

static void expect_none(const struct tree *tree)
{
	struct sysctl_setting setting;

	assert_int_equal(sysctl_find(&tree->root, keys, ARRAY_SIZE(keys), &setting), 0);
}

static void lines(void **state)
{
	const struct tree *tree = *state;

	expect_none(tree);
	tree_write(tree, "etc/sysctl.d/10-a.conf",
	           "# vm.nr_hugepages = 1\n; vm.nr_hugepages = 2\nvm.nr_overcommit_hugepages = 3\nvm.nr_hugepages\n"
	           "kernel.sysrq = 1\nvm.nr_hugepages =\n");
	expect_none(tree);
	tree_write(tree, "etc/sysctl.d/10-a.conf", "vm.nr_hugepages=4\n");
	expect(tree, "etc/sysctl.d/10-a.conf", "vm.nr_hugepages", "4");
	tree_write(tree, "etc/sysctl.d/10-a.conf", "  -vm/nr_hugepages_mempolicy \t= 5 \nvm.swappiness = 10");
	expect(tree, "etc/sysctl.d/10-a.conf", "vm.nr_hugepages_mempolicy", "5");
	tree_write(tree, "etc/sysctl.d/10-a.conf", "vm.nr_hugepages = 6\nvm.nr_hugepages = 7\n");
	expect(tree, "etc/sysctl.d/10-a.conf", "vm.nr_hugepages", "7");
}

static void order_of_files(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "usr/lib/sysctl.d/50-x.conf", "vm.nr_hugepages = 1\n");
	expect(tree, "usr/lib/sysctl.d/50-x.conf", "vm.nr_hugepages", "1");
	tree_write(tree, "etc/sysctl.d/40-y.conf", "vm.nr_hugepages = 2\n"); /* the folder does not matter, the name does */
	expect(tree, "usr/lib/sysctl.d/50-x.conf", "vm.nr_hugepages", "1");
	tree_write(tree, "run/sysctl.d/60-z.conf", "vm.nr_hugepages = 3\n");
	expect(tree, "run/sysctl.d/60-z.conf", "vm.nr_hugepages", "3");
	tree_write(tree, "etc/sysctl.d/60-z.conf", "# hides the other one\n");
	expect(tree, "usr/lib/sysctl.d/50-x.conf", "vm.nr_hugepages", "1");
	tree_link(tree, "etc/sysctl.d/50-x.conf", "/dev/null");
	expect(tree, "etc/sysctl.d/40-y.conf", "vm.nr_hugepages", "2");
	tree_write(tree, "etc/sysctl.d/99-off.conf.bak", "vm.nr_hugepages = 4\n");
	expect(tree, "etc/sysctl.d/40-y.conf", "vm.nr_hugepages", "2");
	tree_write(tree, "etc/sysctl.conf", "vm.nr_hugepages = 5\n");
	expect(tree, "etc/sysctl.conf", "vm.nr_hugepages", "5");
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(lines), tree_test(order_of_files) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
