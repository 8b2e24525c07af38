/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NUMA nodes, and what hangs on them. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/pci.h"
#include "host/topology_read.h"

#define NODE_DIRECTORY "sys/devices/system/node"

static int compare_nodes(const void *a, const void *b)
{
	const struct topology_node *left = a, *right = b;

	return left->number < right->number ? -1 : left->number > right->number;
}

static int list_nodes(const struct root *root, struct topology *topology)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = root_list(root, NODE_DIRECTORY, &names);

	if (r == -ENOMEM)
		return r;
	for (size_t i = 0; i < names.count; i++) {
		char path[ROOT_PATH_MAX];
		struct topology_node *node;
		uint64_t number;
		struct cpus cpus;

		if (strncmp(names.items[i], "node", 4) != 0 || parse_number(names.items[i] + 4, INT_MAX, &number) < 0)
			continue;
		snprintf(path, sizeof(path), NODE_DIRECTORY "/node%u/cpulist", (unsigned int)number);
		if (topology_read_list(root, path, &cpus) < 0)
			continue;
		cpus_and(&cpus, &topology->online);
		node = array_add(&topology->nodes, &topology->node_count, sizeof(*node));
		if (!node)
			return -ENOMEM;
		*node = (struct topology_node){ (int)number, cpus };
	}
	if (topology->node_count)
		qsort(topology->nodes, topology->node_count, sizeof(*topology->nodes), compare_nodes);
	return 0;
}

/* "distance": a number for each node that is online, by number. */
static void read_distances(const struct root *root, const struct topology *topology, size_t from)
{
	unsigned int *row = &topology->distances[from * topology->node_count];
	_cleanup_free_ char *text = NULL;
	char path[ROOT_PATH_MAX], *next, *word;
	size_t size;

	for (size_t to = 0; to < topology->node_count; to++)
		row[to] = to == from ? TOPOLOGY_LOCAL : TOPOLOGY_REMOTE;
	snprintf(path, sizeof(path), NODE_DIRECTORY "/node%d/distance", topology->nodes[from].number);
	if (root_read_all(root, path, 64 << 10, &text, &size) < 0)
		return;
	next = text;
	for (size_t to = 0; to < topology->node_count && (word = parse_word(&next, " \n")); to++) {
		uint64_t distance;

		if (parse_number(word, UINT_MAX, &distance) == 0)
			row[to] = (unsigned int)distance;
	}
}

int topology_read_nodes(const struct root *root, struct topology *topology)
{
	struct cpus rest = topology->online;
	int r = list_nodes(root, topology);

	if (r < 0)
		return r;
	for (size_t i = 0; i < topology->node_count; i++)
		cpus_minus(&rest, &topology->nodes[i].cpus);
	/* Without NUMA, the whole machine is node 0; CPUs that no node lists are counted with the first. */
	if (!topology->node_count && !array_add(&topology->nodes, &topology->node_count, sizeof(*topology->nodes)))
		return -ENOMEM;
	cpus_or(&topology->nodes[0].cpus, &rest);
	for (size_t i = 0; i < topology->node_count; i++)
		CPUS_FOR_EACH(cpu, &topology->nodes[i].cpus)
			topology->cpus[cpu].node = (int)i;
	topology->distances = calloc(topology->node_count * topology->node_count, sizeof(*topology->distances));
	if (!topology->distances)
		return -ENOMEM;
	for (size_t i = 0; i < topology->node_count; i++)
		read_distances(root, topology, i);
	return 0;
}

/* The node that has all of these CPUs; -1. */
static int node_of(const struct topology *topology, const struct cpus *cpus)
{
	for (size_t i = 0; i < topology->node_count; i++)
		if (!cpus_empty(cpus) && cpus_subset(cpus, &topology->nodes[i].cpus))
			return topology->nodes[i].number;
	return -1;
}

void topology_place_devices(const struct root *root, const struct topology *topology, struct pci *pci)
{
	for (size_t i = 0; topology->node_count > 1 && i < pci->count; i++) {
		struct pci_function *function = &pci->functions[i];
		char path[ROOT_PATH_MAX], address[PCI_ADDRESS_MAX];
		struct cpus cpus;

		if (!function->detail || function->detail->node >= 0)
			continue;
		snprintf(path, sizeof(path), PCI_DEVICES "/%s/local_cpulist", pci_address_format(&function->address, address));
		if (topology_read_list(root, path, &cpus) < 0)
			continue;
		cpus_and(&cpus, &topology->online);
		function->detail->node = node_of(topology, &cpus);
	}
}
