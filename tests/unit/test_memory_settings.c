/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What else touches the memory of guests. */
#include "support.h"

#include <errno.h>

#include "host/memory.h"

#define G (UINT64_C(1) << 30)
#define M (UINT64_C(1) << 20)

static struct memory read_settings(const struct tree *tree)
{
	static const struct cmdline none;
	struct memory memory;

	assert_int_equal(memory_read(&tree->root, &none, &memory), 0);
	assert_false(memory.settings.read);
	assert_int_equal(memory_read_settings(&tree->root, &memory), 0);
	assert_true(memory.settings.read);
	return memory;
}

static void of_a_server(void **state)
{
	const struct tree *tree = *state;
	struct memory memory;

	tree_unpack(tree, "server-two-sockets");
	tree_write(tree, "proc/mounts",
	           "proc /proc proc rw 0 0\nhugetlbfs /dev/hugepages hugetlbfs rw,relatime 0 0\n"
	           "hugetlbfs /mnt/a\\040b hugetlbfs rw,pagesize=1024M,size=4G 0 0\nhugetlbfs /mnt/c hugetlbfs "
	           "rw,pagesize=odd 0 0\n"
	           "tmpfs /tmp tmpfs rw,pagesize=64K 0 0\n");
	tree_write(tree, "sys/kernel/mm/ksm/run", "1\n");
	tree_write(tree, "etc/sysctl.d/90-pages.conf", "vm.nr_hugepages = 128\n");
	memory = read_settings(tree);
	assert_int_equal(memory.settings.mounts_error, 0);
	assert_int_equal(memory.settings.mount_count, 2);
	assert_true(memory.settings.mounts[0] == 2 * M && memory.settings.mounts[1] == G);
	assert_string_equal(memory.settings.huge, "madvise");
	assert_int_equal(memory.settings.merging, 1);
	assert_int_equal(memory.settings.balancing, 1);
	assert_string_equal(memory.settings.sysctl_file, "etc/sysctl.d/90-pages.conf");
	assert_string_equal(memory.settings.sysctl_key, "vm.nr_hugepages");
	assert_int_equal(memory.settings.sysctl_pages, 128);
	memory_done(&memory);
	tree_write(tree, "etc/sysctl.d/90-pages.conf", "vm.nr_hugepages = many\n"); /* the kernel would refuse it */
	memory = read_settings(tree);
	assert_string_equal(memory.settings.sysctl_file, "");
	memory_done(&memory);
}

static void not_in_this_kernel_or_unknown(void **state)
{
	const struct tree *tree = *state;
	struct memory memory = read_settings(tree);

	assert_int_equal(memory.settings.mounts_error, -ENOENT);
	assert_string_equal(memory.settings.huge, "");
	assert_int_equal(memory.settings.merging, -1);
	assert_int_equal(memory.settings.balancing, -1);
	memory_done(&memory);
	tree_mkdir(tree, "sys/kernel/mm");
	tree_mkdir(tree, "proc/sys/kernel");
	tree_write(tree, "proc/mounts", "");
	memory = read_settings(tree);
	assert_int_equal(memory.settings.mounts_error, 0);
	assert_int_equal(memory.settings.mount_count, 0);
	assert_string_equal(memory.settings.huge, "none");
	assert_int_equal(memory.settings.merging, 0);
	assert_int_equal(memory.settings.balancing, 0);
	memory_done(&memory);
	tree_write(tree, "sys/kernel/mm/transparent_hugepage/enabled", "nothing in brackets\n");
	tree_write(tree, "sys/kernel/mm/ksm/run", "maybe\n");
	memory = read_settings(tree);
	assert_string_equal(memory.settings.huge, "");
	assert_int_equal(memory.settings.merging, -1);
	memory_done(&memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(of_a_server), tree_test(not_in_this_kernel_or_unknown) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
