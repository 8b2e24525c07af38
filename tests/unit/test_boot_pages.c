/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hugepages= on the kernel command line. */
#include "support.h"

#include "host/boot_pages.h"

#define LARGE 0
#define SMALL 1

static struct memory read_with(const struct tree *tree, const char *text)
{
	struct cmdline cmdline;
	struct memory memory;

	tree_write(tree, "proc/cmdline", text);
	assert_int_equal(cmdline_read(&tree->root, &cmdline), 0);
	assert_int_equal(memory_read(&tree->root, &cmdline, &memory), 0);
	cmdline_done(&cmdline);
	return memory;
}

static void expect(const struct tree *tree, const char *text, int size, uint64_t all, uint64_t node0, uint64_t node1)
{
	struct memory memory = read_with(tree, text);

	assert_int_equal(memory.boot_pages[size], all);
	assert_int_equal(memory.nodes[0].boot_pages[size], node0);
	assert_int_equal(memory.nodes[1].boot_pages[size], node1);
	memory_done(&memory);
}

static void sizes_and_numbers(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-two-sockets");
	expect(tree, "quiet", SMALL, 0, 0, 0);
	expect(tree, "hugepages=9", SMALL, 9, 5, 4);
	expect(tree, "hugepages=9", LARGE, 0, 0, 0);
	expect(tree, "hugepagesz=1G hugepages=4", LARGE, 4, 2, 2);
	expect(tree, "hugepagesz=1g hugepages=4 hugepagesz=2M hugepages=6", SMALL, 6, 3, 3);
	expect(tree, "default_hugepagesz=1G hugepages=2", LARGE, 2, 1, 1);
	expect(tree, "hugepagesz=1G hugepages=0:8,1:16", LARGE, 24, 8, 16);
	expect(tree, "hugepagesz=1G hugepages=1:3", LARGE, 3, 0, 3);
	expect(tree, "hugepagesz=1GB hugepages=4", LARGE, 4, 2, 2);
	expect(tree, "hugepagesz=0x40000000 hugepages=4", LARGE, 4, 2, 2);
	expect(tree, "hugepages=4 hugepagesz=2M hugepagesz=1G hugepages=6", LARGE, 6, 3, 3);
}

static void what_the_kernel_passes_over(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-two-sockets");
	expect(tree, "hugepagesz=16M hugepages=4", SMALL, 0, 0, 0);
	expect(tree, "hugepagesz=nonsense hugepages=4", SMALL, 0, 0, 0);
	expect(tree, "hugepages", SMALL, 0, 0, 0);
	expect(tree, "hugepages=4 hugepages=8", SMALL, 4, 2, 2);
	expect(tree, "hugepagesz=1G hugepages=4 hugepagesz=1G hugepages=8", LARGE, 4, 2, 2);
	expect(tree, "hugepagesz=1G hugepagesz=1G hugepages=8", LARGE, 0, 0, 0);
	expect(tree, "quiet -- hugepages=8", SMALL, 0, 0, 0);
	expect(tree, "hugepages=many", SMALL, 0, 0, 0);
	expect(tree, "hugepages=0:2,x", SMALL, 2, 2, 0);
	expect(tree, "hugepages=0:2,x:4,1:5", SMALL, 2, 2, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(sizes_and_numbers), tree_test(what_the_kernel_passes_over) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
