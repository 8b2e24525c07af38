/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The huge pages of the kernel command line (mm/hugetlb.c, hugepages_setup()) and of sysctl.d as pools. The command
 * line's first number for a size counts; sysctl.d comes later in a boot, and sets the pool of the default size anew.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/format.h"
#include "base/parse.h"
#include "plan/pages.h"
#include "report/import_parts.h"

static int add_pool(struct import *import, uint64_t page_size, int node, uint64_t pages, const char *from)
{
	struct import_pool *pool;

	if (!page_size || !pages || pages > UINT64_MAX / page_size)
		return 0;
	pool = array_add(&import->pools, &import->pool_count, sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	pool->pool = (struct page_pool){ .page_size = page_size, .node = node, .pages = pages };
	snprintf(pool->from, sizeof(pool->from), "%s", from);
	return 0;
}

static bool has_pool(const struct import *import, uint64_t page_size, int node)
{
	for (size_t i = 0; i < import->pool_count; i++)
		if (import->pools[i].pool.page_size == page_size && (node == -2 || import->pools[i].pool.node == node))
			return true;
	return false;
}

/* "16" or "0:8,1:8"; a part that the kernel does not understand ends it. */
static int take_pages(struct import *import, uint64_t page_size, const char *value)
{
	char copy[512], *next = copy, *word, from[200], size[FORMAT_SIZE_MAX];
	uint64_t node, pages;
	int r = 0;

	snprintf(copy, sizeof(copy), "%s", value);
	snprintf(from, sizeof(from), "hugepages=%s of %s on the kernel command line", value, format_size(page_size, size));
	if (parse_number(copy, UINT32_MAX, &pages) == 0)
		return add_pool(import, page_size, -1, pages, from);
	while (r == 0 && (word = parse_word(&next, ","))) {
		char *colon = strchr(word, ':');

		if (colon)
			*colon++ = '\0';
		if (!colon || parse_number(word, 1023, &node) < 0 || parse_number(colon, UINT32_MAX, &pages) < 0)
			break;
		if (!has_pool(import, page_size, (int)node))
			r = add_pool(import, page_size, (int)node, pages, from);
	}
	return r;
}

static int read_cmdline(struct import *import, uint64_t default_size)
{
	const struct cmdline *cmdline = &import->host->cmdline;
	uint64_t size = default_size;
	int r = 0;

	for (size_t i = 0; r == 0 && i < cmdline->count; i++) {
		const struct cmdline_parameter *parameter = &cmdline->parameters[i];

		if (strcmp(parameter->key, "--") == 0)
			break;
		if (!parameter->value)
			continue;
		if (strcmp(parameter->key, "hugepagesz") == 0 || strcmp(parameter->key, "default_hugepagesz") == 0)
			size = parse_memory(parameter->value);
		else if (strcmp(parameter->key, "hugepages") == 0 && size && !has_pool(import, size, -2))
			r = take_pages(import, size, parameter->value);
	}
	return r;
}

static uint64_t default_size_of(const struct host *host)
{
	const char *value;

	if (cmdline_has(&host->cmdline, "default_hugepagesz", &value) && value && parse_memory(value))
		return parse_memory(value);
	return host->memory.default_size ? host->memory.default_size : UINT64_C(2) << 20;
}

int import_sysctl_pages(const struct inherited_item *item, uint64_t *ret)
{
	return parse_kernel_number(item->value, UINT32_MAX, ret);
}

bool import_pages_have(const struct import *import, const char *parameter)
{
	for (size_t i = 0; i < import->pool_count; i++)
		if (!import->pools[i].refused[0] && strncmp(import->pools[i].from, parameter, strlen(parameter)) == 0 &&
		    import->pools[i].from[strlen(parameter)] == ' ')
			return true;
	return false;
}

/* Each setting undoes the one before. */
static int read_sysctl(struct import *import, uint64_t size)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < import->inherited->count; i++) {
		const struct inherited_item *item = &import->inherited->items[i];
		char from[200], place[300];
		uint64_t pages;
		size_t kept = 0;

		if (item->kind != INHERITED_PAGES || import_sysctl_pages(item, &pages) < 0)
			continue;
		for (size_t j = 0; j < import->pool_count; j++)
			if (import->pools[j].pool.page_size != size)
				import->pools[kept++] = import->pools[j];
		import->pool_count = kept;
		snprintf(from, sizeof(from), "vm.nr_hugepages (%s)", import_place(item, place, sizeof(place)));
		r = add_pool(import, size, -1, pages, from);
	}
	return r;
}

static int judge(struct import *import, uint64_t keep_free, struct pages *ret)
{
	struct config *config = &import->suggestion.config;

	free(config->pools);
	config->pools = calloc(import->pool_count + 1, sizeof(*config->pools));
	config->pool_count = 0;
	config->keep_free = keep_free;
	if (!config->pools)
		return -ENOMEM;
	for (size_t i = 0; i < import->pool_count; i++)
		if (!import->pools[i].refused[0])
			config->pools[config->pool_count++] = import->pools[i].pool;
	return pages_build(config, import->host, VIEW_NEXT_BOOT, ret);
}

static uint64_t sum_of(const struct import *import)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < import->pool_count; i++)
		if (__builtin_add_overflow(sum, import->pools[i].pool.pages * import->pools[i].pool.page_size, &sum))
			return UINT64_MAX;
	return sum;
}

static bool is_refused(const struct pages *pages)
{
	for (size_t i = 0; i < pages->count; i++)
		if (pages->items[i].guard != GUARD_NONE)
			return true;
	return false;
}

/* A pool that this machine cannot have is no part of the config, and its reason is told. */
static void refuse(struct import *import, const struct pages *pages)
{
	for (size_t i = 0; i < pages->count; i++)
		for (size_t j = 0; pages->items[i].guard != GUARD_NONE && j < import->pool_count; j++) {
			struct import_pool *pool = &import->pools[j];

			if (pool->pool.page_size == pages->items[i].pool->page_size &&
			    pool->pool.node == pages->items[i].pool->node)
				snprintf(pool->refused, sizeof(pool->refused), "%s", pages->items[i].why);
		}
}

int import_pages(struct import *import)
{
	const uint64_t usual = UINT64_C(2) << 30, total = import->host->memory.total, size = default_size_of(import->host);
	uint64_t sum, least;
	struct pages pages = { 0 };
	int r = read_cmdline(import, size);

	if (r == 0)
		r = read_sysctl(import, size);
	if (r < 0 || !import->pool_count)
		return r;
	r = judge(import, usual, &pages);
	sum = sum_of(import);
	/* This host does with less than what is kept free by default, and shall go on so. */
	least = total != MEMORY_UNKNOWN && total > sum ? (total - sum) >> 20 << 20 : 0;
	if (r == 0 && is_refused(&pages) && least && least < usual) {
		pages_done(&pages);
		import->keep_free = least;
		r = judge(import, least, &pages);
	}
	if (r == 0 && is_refused(&pages)) {
		refuse(import, &pages);
		pages_done(&pages);
		r = judge(import, import->suggestion.config.keep_free, &pages);
	}
	pages_done(&pages);
	return r;
}

static void print_pool(FILE *out, const struct import_pool *pool)
{
	char size[FORMAT_SIZE_MAX], amount[FORMAT_SIZE_MAX], node[16] = "";
	uint64_t bytes = pool->pool.pages * pool->pool.page_size;

	if (pool->pool.node >= 0)
		snprintf(node, sizeof(node), "@%d", pool->pool.node);
	suggestion_comment(out, "Set by %s.", pool->from);
	if (pool->refused[0])
		suggestion_comment(out, "This machine cannot have it: %s.", pool->refused);
	fprintf(out, "%s%s%s = %s\n", pool->refused[0] ? ";" : "", format_size(pool->pool.page_size, size), node,
	        format_size(bytes, amount));
}

void import_print_pages(FILE *out, const struct import *import)
{
	char size[FORMAT_SIZE_MAX];

	if (!import->pool_count)
		return;
	fputs("\n[hugepages]\n", out);
	for (size_t i = 0; i < import->pool_count; i++)
		print_pool(out, &import->pools[i]);
	if (import->keep_free == UINT64_MAX)
		return;
	suggestion_comment(out, "The pools leave this machine less than the 2G that are kept free by default.");
	fprintf(out, "keep-free = %s\n", format_size(import->keep_free, size));
}
