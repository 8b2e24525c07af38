/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"

#define CPU "sys/devices/system/cpu/"
#define NODE "sys/devices/system/node/"

static void write_cpu(const struct tree *tree, unsigned int cpu, const char *file, const char *text)
{
	char *path = format_text(CPU "cpu%u/%s", cpu, file);

	tree_write(tree, path, text);
	free(path);
}

static void expect_cpus(const struct cpus *cpus, const char *list)
{
	static char text[CPUS_TEXT_MAX];

	cpus_format(cpus, text, sizeof(text));
	assert_string_equal(text, list);
}

static void expect_sharing(const struct topology *topology, enum level level, unsigned int cpu, const char *list)
{
	struct cpus cpus;

	topology_sharing(topology, level, cpu, &cpus);
	expect_cpus(&cpus, list);
}

static void nothing(void **state)
{
	const struct tree *tree = *state;
	struct topology topology;

	assert_int_equal(topology_read(&tree->root, &topology), 0);
	assert_int_equal(topology.error, -ENOENT);
	assert_int_equal(topology.cpu_count, 0);
	topology_done(&topology);
	tree_write(tree, CPU "online", "0-\n");
	assert_int_equal(topology_read(&tree->root, &topology), 0);
	assert_int_equal(topology.error, -EINVAL);
	topology_done(&topology);
	tree_write(tree, CPU "online", "\n");
	assert_int_equal(topology_read(&tree->root, &topology), 0);
	assert_int_equal(topology.error, -ENODATA);
	topology_done(&topology);
	topology_done(NULL);
}

static void online_only(void **state)
{
	const struct tree *tree = *state;
	struct topology topology;

	tree_write(tree, CPU "online", "1,3\n");
	assert_int_equal(topology_read(&tree->root, &topology), 0);
	assert_int_equal(topology.error, 0);
	assert_int_equal(topology.cpu_count, 4);
	assert_int_equal(topology.counts[LEVEL_CORE], 0);
	assert_int_equal(topology.counts[LEVEL_L3], 0);
	assert_int_equal(topology.cpus[3].in[LEVEL_PACKAGE], -1);
	expect_sharing(&topology, LEVEL_CORE, 3, "3");
	/* No NUMA: all is node 0. */
	assert_int_equal(topology.node_count, 1);
	assert_int_equal(topology.nodes[0].number, 0);
	expect_cpus(&topology.nodes[0].cpus, "1,3");
	assert_int_equal(topology_distance(&topology, 0, 0), 10);
	assert_int_equal(topology.kind_count, 1);
	assert_int_equal(topology.cpus[1].kind, 0);
	assert_int_equal(topology.isolated_error, -ENOENT);
	assert_int_equal(topology.nohz_full_error, -ENOENT);
	assert_string_equal(topology.smt, "");
	topology_done(&topology);
}

static void desktop(void **state)
{
	const struct tree *tree = *state;
	struct topology topology;

	tree_unpack(tree, "desktop-two-caches");
	assert_int_equal(topology_read(&tree->root, &topology), 0);
	assert_int_equal(topology.counts[LEVEL_CORE], 8);
	assert_int_equal(topology.counts[LEVEL_L3], 2);
	assert_int_equal(topology.counts[LEVEL_DIE], 1);
	assert_int_equal(topology.counts[LEVEL_PACKAGE], 1);
	expect_sharing(&topology, LEVEL_CORE, 13, "5,13");
	expect_sharing(&topology, LEVEL_L3, 13, "4-7,12-15");
	expect_sharing(&topology, LEVEL_PACKAGE, 13, "0-15");
	assert_int_equal(topology.nohz_full_error, 0);
	assert_true(cpus_empty(&topology.nohz_full));
	assert_string_equal(topology.smt, "on");
	topology_done(&topology);
}

/* Any index may be the third level, or none; the fallbacks of older kernels. */
static void odd_files(void **state)
{
	const struct tree *tree = *state;
	struct topology topology;

	tree_write(tree, CPU "online", "0-3\n");
	for (unsigned int i = 0; i < 4; i++) {
		write_cpu(tree, i, "topology/core_cpus_list", i < 2 ? "0-1\n" : "2-3\n");
		write_cpu(tree, i, "topology/core_siblings_list", "0-3\n");
		write_cpu(tree, i, "cache/index0/level", i < 2 ? "3\n" : "1\n");
		write_cpu(tree, i, "cache/index0/shared_cpu_list", i < 2 ? "0-1\n" : "2\n");
		write_cpu(tree, i, "cache/index1/level", "2\n");
		write_cpu(tree, i, "cache/index1/shared_cpu_list", "0-3\n");
	}
	tree_write(tree, CPU "nohz_full", "  (null)\n");
	tree_write(tree, CPU "isolated", "2-3\n");
	assert_int_equal(topology_read(&tree->root, &topology), 0);
	expect_sharing(&topology, LEVEL_CORE, 3, "2-3");
	expect_sharing(&topology, LEVEL_PACKAGE, 3, "0-3");
	assert_int_equal(topology.counts[LEVEL_L3], 1);
	expect_sharing(&topology, LEVEL_L3, 1, "0-1");
	assert_int_equal(topology.cpus[2].in[LEVEL_L3], -1);
	assert_int_equal(topology.counts[LEVEL_DIE], 0);
	assert_int_equal(topology.nohz_full_error, 0);
	assert_true(cpus_empty(&topology.nohz_full));
	expect_cpus(&topology.isolated, "2-3");
	topology_done(&topology);
}

/* Lists that contradict each other: every CPU is in just one core, and a list without its own CPU is no loss. */
static void broken_lists(void **state)
{
	const struct tree *tree = *state;
	struct topology topology;

	tree_write(tree, CPU "online", "0-3\n");
	write_cpu(tree, 0, "topology/thread_siblings_list", "0-2,9\n");
	write_cpu(tree, 1, "topology/thread_siblings_list", "1\n");
	write_cpu(tree, 2, "topology/thread_siblings_list", "2-3\n");
	write_cpu(tree, 3, "topology/thread_siblings_list", "2\n");
	tree_write(tree, NODE "node1/cpulist", "1-2\n");
	tree_write(tree, NODE "node1/distance", "10 x 30\n");
	tree_write(tree, NODE "node10/cpulist", "\n");
	tree_write(tree, NODE "nodeX/cpulist", "0\n");
	tree_write(tree, NODE "node4/distance", "10\n");
	assert_int_equal(topology_read(&tree->root, &topology), 0);
	expect_sharing(&topology, LEVEL_CORE, 0, "0-2");
	expect_sharing(&topology, LEVEL_CORE, 3, "3");
	assert_int_equal(topology.counts[LEVEL_CORE], 2);
	assert_int_equal(topology.cpus[3].in[LEVEL_CORE], 1);
	/* CPUs that no node lists are counted with the first; a node without CPUs is one. */
	assert_int_equal(topology.node_count, 2);
	assert_int_equal(topology_node_index(&topology, 1), 0);
	assert_int_equal(topology_node_index(&topology, 10), 1);
	assert_int_equal(topology_node_index(&topology, 4), -1);
	expect_cpus(&topology.nodes[0].cpus, "0-3");
	expect_cpus(&topology.nodes[1].cpus, "");
	assert_int_equal(topology_distance(&topology, 0, 1), TOPOLOGY_REMOTE);
	topology_done(&topology);
}

static void nodes(void **state)
{
	const struct tree *tree = *state;
	struct pci_address address;
	struct host host;

	tree_unpack(tree, "server-sub-numa");
	assert_int_equal(host_read(&tree->root, NULL, HOST_ALL_DETAILS | HOST_CPUS, &host), 0);
	assert_int_equal(host.topology.node_count, 4);
	expect_cpus(&host.topology.nodes[1].cpus, "8-15,40-47");
	assert_int_equal(topology_distance(&host.topology, 0, 1), 12);
	assert_int_equal(topology_distance(&host.topology, 3, 1), 21);
	assert_int_equal(host.topology.cpus[63].node, 3);
	/* Its numa_node is -1, its local CPUs are those of node 1. */
	assert_int_equal(pci_address_parse("17:00.0", &address), 0);
	assert_int_equal(pci_find(&host.pci, &address)->detail->node, 1);
	host_done(&host);
	/* All CPUs are local: the kernel does not know. */
	tree_write(tree, "sys/bus/pci/devices/0000:17:00.0/local_cpulist", "0-63\n");
	assert_int_equal(host_read(&tree->root, NULL, HOST_ALL_DETAILS | HOST_CPUS, &host), 0);
	assert_int_equal(pci_find(&host.pci, &address)->detail->node, -1);
	host_done(&host);
	/* Nobody asked. */
	assert_int_equal(host_read(&tree->root, NULL, HOST_ALL_DETAILS, &host), 0);
	assert_int_equal(host.topology.cpu_count, 0);
	host_done(&host);
}

static void offline(void **state)
{
	const struct tree *tree = *state;
	struct topology topology;

	tree_unpack(tree, "server-offline-cpus");
	assert_int_equal(topology_read(&tree->root, &topology), 0);
	expect_cpus(&topology.possible, "0-47");
	expect_cpus(&topology.present, "0-23");
	expect_cpus(&topology.online, "0-3,5-8,10-12,14-15,17-19");
	expect_sharing(&topology, LEVEL_CORE, 1, "1");
	expect_sharing(&topology, LEVEL_CORE, 17, "5,17");
	assert_int_equal(topology.cpus[13].in[LEVEL_CORE], -1);
	assert_int_equal(topology.nohz_full_error, -ENOENT);
	topology_done(&topology);
}

static void kinds(void **state)
{
	const struct tree *tree = *state;
	struct topology topology;

	tree_unpack(tree, "desktop-intel-z690");
	assert_int_equal(topology_read(&tree->root, &topology), 0);
	assert_int_equal(topology.kind_count, 2);
	assert_string_equal(topology.kinds[0].name, "P");
	expect_cpus(&topology.kinds[0].cpus, "0-15");
	assert_string_equal(topology.kinds[1].name, "E");
	assert_int_equal(topology.cpus[16].kind, 1);
	topology_done(&topology);
	/* Two of the efficient ones are out of reach of the third level cache. */
	tree_write(tree, CPU "cpu0/cache/index3/shared_cpu_list", "0-17\n");
	assert_int_equal(topology_read(&tree->root, &topology), 0);
	assert_int_equal(topology.kind_count, 3);
	expect_cpus(&topology.kinds[1].cpus, "16-17");
	assert_string_equal(topology.kinds[2].name, "LP-E");
	expect_cpus(&topology.kinds[2].cpus, "18-19");
	topology_done(&topology);
	/* Only one kind is online. */
	tree_write(tree, CPU "online", "0-15\n");
	assert_int_equal(topology_read(&tree->root, &topology), 0);
	assert_int_equal(topology.kind_count, 1);
	assert_string_equal(topology.kinds[0].name, "");
	topology_done(&topology);
}

static void capacities(void **state)
{
	const struct tree *tree = *state;
	struct topology topology;

	tree_unpack(tree, "board-arm64");
	assert_int_equal(topology_read(&tree->root, &topology), 0);
	assert_int_equal(topology.kind_count, 2);
	assert_string_equal(topology.kinds[0].name, "capacity 1024");
	expect_cpus(&topology.kinds[0].cpus, "4-7"); /* 1018 is no kind of its own */
	assert_string_equal(topology.kinds[1].name, "capacity 530");
	topology_done(&topology);
	/* More kinds than there is room for: the last one has the rest. */
	for (unsigned int i = 0; i < 8; i++) {
		char *capacity = format_text("%u\n", 1024 - 120 * i);

		write_cpu(tree, i, "cpu_capacity", capacity);
		free(capacity);
	}
	assert_int_equal(topology_read(&tree->root, &topology), 0);
	assert_int_equal(topology.kind_count, TOPOLOGY_KINDS);
	expect_cpus(&topology.kinds[0].cpus, "0");
	expect_cpus(&topology.kinds[3].cpus, "3-7");
	topology_done(&topology);
	/* One CPU does not tell: nobody's kind is known. */
	tree_remove(tree, CPU "cpu5/cpu_capacity");
	assert_int_equal(topology_read(&tree->root, &topology), 0);
	assert_int_equal(topology.kind_count, 1);
	topology_done(&topology);
}

/* As many as there can be, threads far apart, so that lists are longer than a page. */
static void largest(void **state)
{
	const struct tree *tree = *state;
	static char text[CPUS_TEXT_MAX];
	struct topology topology;
	struct cpus even = { 0 };

	tree_write(tree, CPU "online", "0-8191\n");
	for (unsigned int i = 0; i < CPUS_MAX; i += 2)
		cpus_add(&even, i);
	assert_true(cpus_format(&even, text, sizeof(text)));
	assert_true(strlen(text) > 4096);
	write_cpu(tree, 0, "topology/thread_siblings_list", "0,8191\n");
	write_cpu(tree, 0, "topology/package_cpus_list", text);
	assert_int_equal(topology_read(&tree->root, &topology), 0);
	assert_int_equal(topology.cpu_count, CPUS_MAX);
	expect_sharing(&topology, LEVEL_CORE, 8191, "0,8191");
	assert_int_equal(topology.cpus[8190].in[LEVEL_PACKAGE], 0);
	assert_int_equal(topology.cpus[8191].in[LEVEL_PACKAGE], -1);
	topology_done(&topology);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(nothing), tree_test(online_only), tree_test(desktop), tree_test(odd_files), tree_test(broken_lists),
		tree_test(nodes), tree_test(offline), tree_test(kinds), tree_test(capacities), tree_test(largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
