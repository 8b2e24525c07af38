/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory and pools as recorded machines show them; what cannot be read is unknown. */
#include "support.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "host/memory.h"

#define G (UINT64_C(1) << 30)
#define M (UINT64_C(1) << 20)
#define POOLS "sys/kernel/mm/hugepages/"
#define NODE1 "sys/devices/system/node/node1/"

static const struct cmdline no_cmdline;

static struct memory read_memory(const struct tree *tree)
{
	struct memory memory;

	assert_int_equal(memory_read(&tree->root, &no_cmdline, &memory), 0);
	assert_true(memory.read);
	return memory;
}

static void two_sockets(void **state)
{
	const struct tree *tree = *state;
	struct memory memory;

	tree_unpack(tree, "server-two-sockets");
	tree_write(tree, NODE1 "hugepages/hugepages-2048kB/nr_hugepages", "12\n");
	tree_write(tree, NODE1 "hugepages/hugepages-2048kB/free_hugepages", "5\n");
	tree_write(tree, NODE1 "hugepages/hugepages-2048kB/surplus_hugepages", "2\n");
	memory = read_memory(tree);
	assert_int_equal(memory.sizes_error, 0);
	assert_int_equal(memory.size_count, 2);
	assert_true(memory.sizes[0] == G && memory.sizes[1] == 2 * M);
	assert_int_equal(memory_size(&memory, G), 0);
	assert_int_equal(memory_size(&memory, 2 * M), 1);
	assert_int_equal(memory_size(&memory, 64 << 10), -1);
	assert_true(memory.default_size == 2 * M);
	assert_true(memory.total == 263 * G && memory.free == 240 * G && memory.available == 244 * G);
	assert_true(memory.numa);
	assert_int_equal(memory.node_count, 2);
	assert_true(memory_node(&memory, 1)->total == 132 * G && memory_node(&memory, 1)->free == 122 * G);
	assert_true(memory_node(&memory, 1)->has_memory);
	assert_int_equal(memory_node(&memory, 1)->pages[1].pages, 12);
	assert_int_equal(memory_node(&memory, 1)->pages[1].free, 5);
	assert_int_equal(page_counts_kept(&memory_node(&memory, 1)->pages[1]), 10);
	assert_int_equal(memory_node(&memory, 0)->pages[1].pages, 0);
	assert_true(memory_node(&memory, 0)->pages[1].reserved == MEMORY_UNKNOWN);
	assert_int_equal(memory.pages[1].reserved, 0);
	assert_null(memory_node(&memory, 2));
	assert_null(memory_node(&memory, -1));
	memory_done(&memory);
}

static void nodes_in_order_and_without_memory(void **state)
{
	const struct tree *tree = *state;
	struct memory memory;

	tree_unpack(tree, "server-two-sockets");
	tree_write(tree, "sys/devices/system/node/node10/meminfo",
	           "Node 10 MemTotal:       0 kB\nNode 10 MemFree:        0 kB\n");
	tree_mkdir(tree, "sys/devices/system/node/node4"); /* unknown is not none */
	tree_mkdir(tree, "sys/devices/system/node/nodes");
	tree_write(tree, "sys/devices/system/node/has_memory", "0-1\n");
	memory = read_memory(tree);
	assert_int_equal(memory.node_count, 4);
	assert_int_equal(memory.nodes[3].number, 10);
	assert_false(memory.nodes[3].has_memory);
	assert_true(memory.nodes[2].has_memory && memory.nodes[2].total == MEMORY_UNKNOWN);
	assert_true(memory.nodes[2].pages[0].pages == MEMORY_UNKNOWN);
	memory_done(&memory);
}

static void without_numa(void **state)
{
	const struct tree *tree = *state;
	struct memory memory;
	struct page_counts counts;
	char path[ROOT_PATH_MAX];

	tree_unpack(tree, "iommu-off-on-cmdline");
	tree_write(tree, POOLS "hugepages-2048kB/nr_hugepages", "7\n");
	memory = read_memory(tree);
	assert_false(memory.numa);
	assert_int_equal(memory.node_count, 1);
	assert_int_equal(memory.nodes[0].number, 0);
	assert_true(memory.nodes[0].has_memory && memory.nodes[0].total == 8 * G);
	assert_int_equal(memory.nodes[0].pages[0].pages, 7);
	memory_done(&memory);
	assert_int_equal(memory_pool_path(&tree->root, 2 * M, 0, "nr_hugepages", path), 0);
	assert_string_equal(path, POOLS "hugepages-2048kB/nr_hugepages");
	assert_int_equal(memory_pool_path(&tree->root, 2 * M, 1, "nr_hugepages", path), -ENOENT);
	assert_int_equal(memory_pool_path(&tree->root, G, -1, "nr_hugepages", path), -ENOENT);
	memory_read_counts(&tree->root, 2 * M, 0, &counts);
	assert_int_equal(counts.pages, 7);
	assert_true(memory_read_blocks(&tree->root, 2 * M, 0) == MEMORY_UNKNOWN);
}

/* Nothing is there; no pools in the kernel; no amounts. */
static void what_cannot_be_read_is_unknown(void **state)
{
	const struct tree *tree = *state;
	struct memory memory = read_memory(tree);
	struct page_counts counts;

	assert_int_equal(memory.sizes_error, -ENODATA);
	assert_int_equal(memory.size_count, 0);
	assert_true(memory.total == MEMORY_UNKNOWN && memory.available == MEMORY_UNKNOWN && memory.free == MEMORY_UNKNOWN);
	assert_int_equal(memory.default_size, 0);
	memory_done(&memory);
	tree_mkdir(tree, "sys/kernel/mm");
	memory = read_memory(tree);
	assert_int_equal(memory.sizes_error, -ENOENT);
	memory_done(&memory);
	tree_write(tree, POOLS "hugepages-2048kB/nr_hugepages", "nonsense\n");
	tree_mkdir(tree, POOLS "hugepages-2048kBs");
	tree_mkdir(tree, POOLS "other");
	tree_write(tree, "proc/meminfo", "MemTotal: lots kB\nMemFree\nMemAvailableX: 4 kB\nMemAvailable 4 kB\n");
	memory = read_memory(tree);
	assert_int_equal(memory.size_count, 1);
	assert_true(memory.pages[0].pages == MEMORY_UNKNOWN && page_counts_kept(&memory.pages[0]) == MEMORY_UNKNOWN);
	assert_true(memory.total == MEMORY_UNKNOWN && memory.available == MEMORY_UNKNOWN && memory.free == MEMORY_UNKNOWN);
	memory_done(&memory);
	memory_read_counts(&tree->root, 2 * M, -1, &counts);
	assert_true(counts.pages == MEMORY_UNKNOWN && counts.surplus == MEMORY_UNKNOWN);
	assert_true(memory_read_available(&tree->root) == MEMORY_UNKNOWN &&
	            memory_read_free(&tree->root, 1) == MEMORY_UNKNOWN);
	/* Of more than there are: what was read does not make sense, and pages is all there is to go by. */
	counts = (struct page_counts){ .pages = 3, .surplus = 4 };
	assert_int_equal(page_counts_kept(&counts), 3);
}

static void one_look(void **state)
{
	const struct tree *tree = *state;
	char path[ROOT_PATH_MAX];

	tree_unpack(tree, "server-two-sockets");
	assert_int_equal(memory_pool_path(&tree->root, 2 * M, 1, "free_hugepages", path), 0);
	assert_string_equal(path, NODE1 "hugepages/hugepages-2048kB/free_hugepages");
	assert_int_equal(memory_pool_path(&tree->root, 2 * M, 2, "nr_hugepages", path), -ENOENT);
	assert_int_equal(memory_pool_path(&tree->root, 2 * M, -1, "nr_hugepages", path), 0);
	assert_string_equal(path, POOLS "hugepages-2048kB/nr_hugepages");
	/* Where other sizes have files of the node, the global file is about all nodes. */
	tree_remove(tree, "sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages");
	assert_int_equal(memory_pool_path(&tree->root, 2 * M, 0, "nr_hugepages", path), -ENOENT);
	assert_true(memory_read_available(&tree->root) == 244 * G);
	assert_true(memory_read_free(&tree->root, -1) == 240 * G);
	assert_true(memory_read_free(&tree->root, 0) == 118 * G);
}

static void free_blocks(void **state)
{
	const struct tree *tree = *state;
	uint64_t base = (uint64_t)sysconf(_SC_PAGESIZE);

	tree_write(tree, "proc/buddyinfo",
	           "Node 0, zone      DMA      1      2      4\nNode 0, zone   Normal   100     10      3\n"
	           "Node 1, zone   Normal     7      0      5\n");
	assert_int_equal(memory_read_blocks(&tree->root, base, 1), 7 + 4 * 5); /* larger ones hold several */
	assert_int_equal(memory_read_blocks(&tree->root, 2 * base, 0), 2 + 2 * 4 + 10 + 2 * 3);
	assert_int_equal(memory_read_blocks(&tree->root, 4 * base, -1), 4 + 3 + 5);
	assert_true(memory_read_blocks(&tree->root, 8 * base, -1) == MEMORY_UNKNOWN);
	assert_true(memory_read_blocks(&tree->root, base, 2) == MEMORY_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(two_sockets), tree_test(nodes_in_order_and_without_memory), tree_test(without_numa),
		tree_test(what_cannot_be_read_is_unknown), tree_test(one_look), tree_test(free_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
