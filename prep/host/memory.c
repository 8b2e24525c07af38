/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/boot_pages.h"

#define POOLS "sys/kernel/mm/hugepages"
#define NODES "sys/devices/system/node"
#define NODE_MAX 1023 /* NODES_SHIFT is 10 at most */

int memory_size(const struct memory *memory, uint64_t page_size)
{
	for (size_t i = 0; i < memory->size_count; i++)
		if (memory->sizes[i] == page_size)
			return (int)i;
	return -1;
}

const struct memory_node *memory_node(const struct memory *memory, int number)
{
	for (size_t i = 0; i < memory->node_count; i++)
		if (number >= 0 && memory->nodes[i].number == (unsigned int)number)
			return &memory->nodes[i];
	return NULL;
}

uint64_t page_counts_kept(const struct page_counts *counts)
{
	if (counts->pages == MEMORY_UNKNOWN)
		return MEMORY_UNKNOWN;
	return counts->surplus == MEMORY_UNKNOWN || counts->surplus > counts->pages ? counts->pages
	                                                                            : counts->pages - counts->surplus;
}

void memory_add_guest(struct memory *memory, uint64_t page_size, int node, uint64_t pages)
{
	int size = memory_size(memory, page_size);

	if (size < 0)
		return;
	memory->guest_pages[size] += pages;
	for (size_t i = 0; i < memory->node_count; i++)
		if (node >= 0 && memory->nodes[i].number == (unsigned int)node)
			memory->nodes[i].guest_pages[size] += pages;
}

/* Pools */

int memory_pool_path(const struct root *root, uint64_t page_size, int node, const char *attribute, char *path)
{
	unsigned long long kilobytes = page_size >> 10;

	if (node >= 0) {
		snprintf(path, ROOT_PATH_MAX, NODES "/node%d/hugepages/hugepages-%llukB/%s", node, kilobytes, attribute);
		if (root_exists(root, path))
			return 0;
		/* A node of a machine that has them keeps no such pool: the global file would fill another node. */
		if (node > 0 || root_exists(root, NODES "/node0/hugepages"))
			return -ENOENT;
	}
	snprintf(path, ROOT_PATH_MAX, POOLS "/hugepages-%llukB/%s", kilobytes, attribute);
	return root_exists(root, path) ? 0 : -ENOENT;
}

static uint64_t read_attribute(const struct root *root, uint64_t page_size, int node, const char *attribute)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];
	uint64_t value;

	if (memory_pool_path(root, page_size, node, attribute, path) < 0 || root_read(root, path, text, sizeof(text)) < 0 ||
	    parse_number(text, MEMORY_UNKNOWN - 1, &value) < 0)
		return MEMORY_UNKNOWN;
	return value;
}

void memory_read_counts(const struct root *root, uint64_t page_size, int node, struct page_counts *ret)
{
	*ret = (struct page_counts){
		.pages = read_attribute(root, page_size, node, "nr_hugepages"),
		.free = read_attribute(root, page_size, node, "free_hugepages"),
		.surplus = read_attribute(root, page_size, node, "surplus_hugepages"),
		.reserved = node < 0 ? read_attribute(root, page_size, node, "resv_hugepages") : MEMORY_UNKNOWN,
	};
}

static int compare_sizes(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return *left > *right ? -1 : *left < *right;
}

static int read_sizes(const struct root *root, struct memory *memory)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = root_list(root, POOLS, &names);

	if (r < 0) {
		/* Without /sys/kernel/mm it is not the kernel that lacks them: sysfs is not mounted, or not recorded. */
		memory->sizes_error = r == -ENOENT && !root_exists(root, "sys/kernel/mm") ? -ENODATA : r;
		return r == -ENOMEM ? r : 0;
	}
	for (size_t i = 0; i < names.count && memory->size_count < MEMORY_SIZES; i++) {
		unsigned long long kilobytes;
		int end = 0;

		if (sscanf(names.items[i], "hugepages-%llukB%n", &kilobytes, &end) == 1 && end && !names.items[i][end])
			memory->sizes[memory->size_count++] = kilobytes << 10;
	}
	qsort(memory->sizes, memory->size_count, sizeof(memory->sizes[0]), compare_sizes);
	for (size_t i = 0; i < memory->size_count; i++)
		memory_read_counts(root, memory->sizes[i], -1, &memory->pages[i]);
	return 0;
}

/* Amounts */

/* The value of "KEY: N kB" in meminfo, in bytes; a node's lines have "Node N " before the key. */
static uint64_t find_amount(const char *text, const char *key)
{
	size_t size = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		unsigned long long kilobytes;
		int skip = 0;

		line += *line == '\n';
		if (sscanf(line, "Node %*u %n", &skip) == EOF)
			return MEMORY_UNKNOWN;
		if (strncmp(line + skip, key, size) == 0 && sscanf(line + skip + size, ": %llu kB", &kilobytes) == 1)
			return kilobytes << 10;
	}
	return MEMORY_UNKNOWN;
}

/* The meminfo of a node, or of the machine for -1. "" where it cannot be read: then nothing is found in it. */
static void read_meminfo(const struct root *root, int node, char *text, size_t size)
{
	char path[ROOT_PATH_MAX] = "proc/meminfo";

	if (node >= 0)
		snprintf(path, sizeof(path), NODES "/node%d/meminfo", node);
	if (root_read(root, path, text, size) < 0)
		text[0] = '\0';
}

uint64_t memory_read_available(const struct root *root)
{
	char text[ROOT_ATTRIBUTE];

	read_meminfo(root, -1, text, sizeof(text));
	return find_amount(text, "MemAvailable");
}

uint64_t memory_read_free(const struct root *root, int node)
{
	char text[ROOT_ATTRIBUTE];

	read_meminfo(root, node, text, sizeof(text));
	return find_amount(text, "MemFree");
}

uint64_t memory_read_blocks(const struct root *root, uint64_t page_size, int node)
{
	_cleanup_free_ char *text = NULL;
	unsigned long base = (unsigned long)sysconf(_SC_PAGESIZE);
	unsigned int order = 0;
	uint64_t blocks = 0;
	bool any = false;
	char *next, *line;
	size_t size;

	while (base << order < page_size)
		order++;
	if (root_read_all(root, "proc/buddyinfo", 1 << 20, &text, &size) < 0)
		return MEMORY_UNKNOWN;
	next = text;
	/* "Node 0, zone   Normal   8901   5098 ...": how many free blocks of each order, from single pages on. */
	while ((line = parse_word(&next, "\n"))) {
		char *word;
		unsigned int column = 0, number;
		int end = 0;

		if (sscanf(line, "Node %u, zone %*s%n", &number, &end) != 1 || !end ||
		    (node >= 0 && number != (unsigned int)node))
			continue;
		line += end;
		for (; (word = parse_word(&line, " ")); column++) {
			uint64_t count;

			if (column < order || parse_number(word, UINT32_MAX, &count) < 0)
				continue;
			any = true;
			blocks += count << (column - order);
		}
	}
	return any ? blocks : MEMORY_UNKNOWN;
}

/* Nodes */

static int compare_nodes(const void *a, const void *b)
{
	const struct memory_node *left = a, *right = b;

	return left->number < right->number ? -1 : left->number > right->number;
}

static void read_node(const struct root *root, const struct memory *memory, struct memory_node *node)
{
	char text[ROOT_ATTRIBUTE];

	read_meminfo(root, (int)node->number, text, sizeof(text));
	node->total = find_amount(text, "MemTotal");
	node->free = find_amount(text, "MemFree");
	/* A node whose amount is unknown is not known to be without memory. */
	node->has_memory = node->total > 0;
	for (size_t i = 0; i < memory->size_count; i++)
		memory_read_counts(root, memory->sizes[i], (int)node->number, &node->pages[i]);
}

static int read_nodes(const struct root *root, struct memory *memory)
{
	_cleanup_(names_done) struct names names = { 0 };
	struct memory_node *node;
	int r = root_list(root, NODES, &names);

	if (r == -ENOMEM)
		return r;
	for (size_t i = 0; i < names.count; i++) {
		uint64_t number;

		if (strncmp(names.items[i], "node", 4) != 0 || parse_number(names.items[i] + 4, NODE_MAX, &number) < 0)
			continue;
		node = array_add(&memory->nodes, &memory->node_count, sizeof(*node));
		if (!node)
			return -ENOMEM;
		node->number = (unsigned int)number;
		read_node(root, memory, node);
	}
	memory->numa = memory->node_count > 0;
	if (memory->numa) {
		qsort(memory->nodes, memory->node_count, sizeof(*memory->nodes), compare_nodes);
		return 0;
	}
	/* A kernel without CONFIG_NUMA: the whole machine is node 0. */
	node = array_add(&memory->nodes, &memory->node_count, sizeof(*node));
	if (!node)
		return -ENOMEM;
	*node = (struct memory_node){ .has_memory = true, .total = memory->total, .free = memory->free };
	memcpy(node->pages, memory->pages, sizeof(node->pages));
	return 0;
}

int memory_read(const struct root *root, const struct cmdline *cmdline, struct memory *ret)
{
	char text[ROOT_ATTRIBUTE];
	uint64_t size;
	int r;

	*ret = (struct memory){ .read = true };
	read_meminfo(root, -1, text, sizeof(text));
	ret->total = find_amount(text, "MemTotal");
	ret->free = find_amount(text, "MemFree");
	ret->available = find_amount(text, "MemAvailable");
	size = find_amount(text, "Hugepagesize");
	ret->default_size = size == MEMORY_UNKNOWN ? 0 : size;
	r = read_sizes(root, ret);
	if (r == 0)
		r = read_nodes(root, ret);
	if (r == 0)
		boot_pages_read(cmdline, ret);
	return r;
}

void memory_done(struct memory *memory)
{
	if (!memory)
		return;
	free(memory->nodes);
	free(memory->settings.mounts);
	*memory = (struct memory){ 0 };
}
