/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOLS "sys/kernel/mm/hugepages"
#define NODES "sys/devices/system/node"
#define NODES_MAX 8

/* The pool of one size, on all nodes; a machine without NUMA files has one node without files. */
struct pool {
	unsigned long long kilobytes;
	size_t node_count;
	bool numa;
	struct {
		int number;
		uint64_t pages, free, surplus, memory; /* free memory in kB */
	} nodes[NODES_MAX];
};

static char *pool_path(const struct pool *pool, int node, const char *attribute)
{
	return node < 0 ? format_text(POOLS "/hugepages-%llukB/%s", pool->kilobytes, attribute)
	                : format_text(NODES "/node%d/hugepages/hugepages-%llukB/%s", node, pool->kilobytes, attribute);
}

static uint64_t get(const struct tree *tree, const struct pool *pool, int node, const char *attribute)
{
	char *path = pool_path(pool, node, attribute), *text = tree_read(tree, path);
	uint64_t value = text ? strtoull(text, NULL, 10) : 0;

	free(text);
	free(path);
	return value;
}

static void set(const struct tree *tree, const struct pool *pool, int node, const char *attribute, uint64_t value)
{
	char *path = pool_path(pool, node, attribute), *text = format_text("%llu\n", (unsigned long long)value);

	if (root_exists(&tree->root, path))
		tree_write(tree, path, text);
	free(text);
	free(path);
}

/* The number behind KEY in a meminfo; NULL where there is no such file or key. */
static char *amount_in(char *text, const char *key)
{
	char *at = text ? strstr(text, key) : NULL;

	return at ? at + strlen(key) + strspn(at + strlen(key), ": ") : NULL;
}

static void change_amount(const struct tree *tree, const char *path, const char *key, uint64_t taken, uint64_t returned)
{
	char *text = tree_read(tree, path), *at = amount_in(text, key), *fresh;

	if (at) {
		uint64_t value = strtoull(at, NULL, 10) + returned;

		value = value > taken ? value - taken : 0;
		fresh = format_text("%.*s%llu%s\n", (int)(at - text), text, (unsigned long long)value,
		                    at + strspn(at, "0123456789"));
		tree_write(tree, path, fresh);
		free(fresh);
	}
	free(text);
}

static uint64_t free_memory(const struct tree *tree, int node)
{
	char *path = node < 0 ? format_text("proc/meminfo") : format_text(NODES "/node%d/meminfo", node);
	char *text = tree_read(tree, path), *at = amount_in(text, "MemFree");
	uint64_t value = at ? strtoull(at, NULL, 10) : UINT64_MAX / 2;

	free(text);
	free(path);
	return value;
}

static void load(const struct tree *tree, unsigned long long kilobytes, struct pool *pool)
{
	*pool = (struct pool){ .kilobytes = kilobytes };
	for (int node = 0; node < NODES_MAX; node++) {
		char *path = pool_path(pool, node, "nr_hugepages");

		if (root_exists(&tree->root, path))
			pool->nodes[pool->node_count++].number = node;
		free(path);
	}
	pool->numa = pool->node_count > 0;
	if (!pool->numa)
		pool->nodes[pool->node_count++].number = -1;
	for (size_t i = 0; i < pool->node_count; i++) {
		pool->nodes[i].pages = get(tree, pool, pool->nodes[i].number, "nr_hugepages");
		pool->nodes[i].free = get(tree, pool, pool->nodes[i].number, "free_hugepages");
		pool->nodes[i].surplus = get(tree, pool, pool->nodes[i].number, "surplus_hugepages");
		pool->nodes[i].memory = free_memory(tree, pool->nodes[i].number);
	}
}

static void save(const struct tree *tree, const struct pool *pool, const struct pool *before)
{
	uint64_t pages = 0, unused = 0, surplus = 0, taken = 0, returned = 0;

	for (size_t i = 0; i < pool->node_count; i++) {
		uint64_t now = pool->nodes[i].pages, then = before->nodes[i].pages;
		uint64_t more = now > then ? (now - then) * pool->kilobytes : 0,
				 less = then > now ? (then - now) * pool->kilobytes : 0;

		set(tree, pool, pool->nodes[i].number, "nr_hugepages", now);
		set(tree, pool, pool->nodes[i].number, "free_hugepages", pool->nodes[i].free);
		set(tree, pool, pool->nodes[i].number, "surplus_hugepages", pool->nodes[i].surplus);
		if (pool->numa) {
			char *path = format_text(NODES "/node%d/meminfo", pool->nodes[i].number);

			change_amount(tree, path, "MemFree", more, less);
			free(path);
		}
		pages += now;
		unused += pool->nodes[i].free;
		surplus += pool->nodes[i].surplus;
		taken += more;
		returned += less;
	}
	set(tree, pool, -1, "nr_hugepages", pages);
	set(tree, pool, -1, "free_hugepages", unused);
	set(tree, pool, -1, "surplus_hugepages", surplus);
	change_amount(tree, "proc/meminfo", "MemFree", taken, returned);
	change_amount(tree, "proc/meminfo", "MemAvailable", taken, returned);
}

static uint64_t limit_of(const struct fake_pages *pages, const struct pool *pool, size_t node)
{
	for (size_t i = 0; i < pages->limit_count; i++)
		if (pages->limits[i].kilobytes == pool->kilobytes && pages->limits[i].node == pool->nodes[node].number)
			return pages->compacted ? pages->limits[i].compacted : pages->limits[i].most;
	return UINT64_MAX;
}

/* One page more on a node; surplus ones are kept again before any is made. */
static bool grow(const struct fake_pages *pages, struct pool *pool, size_t node)
{
	if (pool->nodes[node].surplus) {
		pool->nodes[node].surplus--;
		return true;
	}
	if (pool->nodes[node].pages >= limit_of(pages, pool, node) || pool->nodes[node].memory < pool->kilobytes)
		return false;
	pool->nodes[node].pages++;
	pool->nodes[node].free++;
	pool->nodes[node].memory -= pool->kilobytes;
	return true;
}

static bool shrink(struct pool *pool, size_t node)
{
	if (pool->nodes[node].free) {
		pool->nodes[node].pages--;
		pool->nodes[node].free--;
		return true;
	}
	if (pool->nodes[node].pages == pool->nodes[node].surplus)
		return false;
	pool->nodes[node].surplus++;
	return true;
}

/* Brings the pages that are kept on a node (-1: on all) to count, as far as it goes. */
static void bring(const struct fake_pages *pages, struct pool *pool, int node, uint64_t count)
{
	uint64_t kept = 0;
	bool moved = true;

	for (size_t i = 0; i < pool->node_count; i++)
		if (node < 0 || pool->nodes[i].number == node)
			kept += pool->nodes[i].pages - pool->nodes[i].surplus;
	while (kept != count && moved) {
		moved = false;
		for (size_t i = 0; i < pool->node_count && kept != count; i++) {
			if (node >= 0 && pool->nodes[i].number != node)
				continue;
			if (kept < count && grow(pages, pool, i)) {
				kept++;
				moved = true;
			} else if (kept > count && shrink(pool, i)) {
				kept--;
				moved = true;
			}
		}
	}
}

bool fake_pages_write(struct fake_pages *pages, const char *path, const char *text, int *ret)
{
	unsigned long long kilobytes;
	struct pool pool, before;
	int node = -1, end = 0;

	*ret = 0;
	if (strcmp(path, "proc/sys/vm/compact_memory") == 0) {
		*ret = root_exists(&pages->tree->root, path) ? 0 : -ENOENT;
		pages->compacted |= *ret == 0;
		return true;
	}
	if (sscanf(path, NODES "/node%d/hugepages/hugepages-%llukB/nr_hugepages%n", &node, &kilobytes, &end) != 2 || !end) {
		node = -1;
		if (sscanf(path, POOLS "/hugepages-%llukB/nr_hugepages%n", &kilobytes, &end) != 1 || !end)
			return false;
	}
	if (!root_exists(&pages->tree->root, path)) {
		*ret = -ENOENT;
		return true;
	}
	load(pages->tree, kilobytes, &pool);
	before = pool;
	bring(pages, &pool, node, strtoull(text, NULL, 10));
	save(pages->tree, &pool, &before);
	return true;
}

void fake_pages_reset(struct fake_pages *pages)
{
	struct names names;

	if (root_list(&pages->tree->root, POOLS, &names) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		struct pool pool, before;

		load(pages->tree, strtoull(names.items[i] + strlen("hugepages-"), NULL, 10), &pool);
		before = pool;
		for (size_t j = 0; j < pool.node_count; j++)
			pool.nodes[j].pages = pool.nodes[j].free = pool.nodes[j].surplus = 0;
		save(pages->tree, &pool, &before);
	}
	names_done(&names);
}

void fake_pages_use(struct fake_pages *pages, unsigned long long kilobytes, int node, uint64_t count)
{
	struct pool pool;

	load(pages->tree, kilobytes, &pool);
	for (size_t i = 0; i < pool.node_count; i++)
		if (pool.nodes[i].number == node) {
			assert_true(pool.nodes[i].free >= count);
			pool.nodes[i].free -= count;
		}
	save(pages->tree, &pool, &pool);
}
