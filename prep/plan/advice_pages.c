/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages that the kernel finds only at its start, before memory is in use: from 1G on. mm/hugetlb.c,
 * hugepages_setup(): "hugepagesz=1G hugepages=16", or "hugepages=0:8,1:8" for nodes; the size comes first.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "plan/advice_parts.h"

#define SIZE_AT_START (UINT64_C(1) << 30)
#define NODES_MAX 1024 /* CONFIG_NODES_SHIFT is 10 at most */
#define VALUE_MAX 512

/* Pages of one size. */
struct amount {
	uint64_t anywhere; /* without a node */
	uint64_t nodes[NODES_MAX];
	bool by_node;
};

static bool amounts_equal(const struct amount *a, const struct amount *b)
{
	return a->by_node == b->by_node && a->anywhere == b->anywhere && memcmp(a->nodes, b->nodes, sizeof(a->nodes)) == 0;
}

/* "1G" as memparse() takes it, in either case; 0 where it is none. */
static uint64_t read_size(const char *value)
{
	uint64_t bytes;
	bool bare;

	return value && parse_size(value, &bytes, &bare) == 0 ? bytes : 0;
}

/* "16" or "0:8,1:8". */
static bool read_amount(const char *value, struct amount *ret)
{
	const char *word;
	size_t size;

	*ret = (struct amount){ 0 };
	while (value && (size = advice_word(&value, &word))) {
		char text[48], *colon;
		uint64_t node, pages;

		if (size >= sizeof(text))
			return false;
		memcpy(text, word, size);
		text[size] = '\0';
		colon = strchr(text, ':');
		if (colon)
			*colon++ = '\0';
		if (parse_number(colon ? colon : text, UINT64_MAX, &pages) < 0)
			return false;
		if (!colon) {
			ret->anywhere = pages;
			continue;
		}
		if (parse_number(text, NODES_MAX - 1, &node) < 0)
			return false;
		ret->by_node = true;
		ret->nodes[node] = pages;
	}
	return value;
}

/* Where some pages are for nodes and others for anywhere, the kernel can be told of one kind: the nodes'. */
static uint64_t collect(const struct advice_pages *pages, size_t count, uint64_t page_size, struct amount *ret)
{
	uint64_t missing = 0;

	*ret = (struct amount){ 0 };
	for (size_t i = 0; i < count; i++)
		if (pages[i].page_size == page_size) {
			missing += pages[i].missing;
			if (pages[i].node >= 0 && pages[i].node < NODES_MAX) {
				ret->by_node = true;
				ret->nodes[pages[i].node] += pages[i].wanted;
			} else {
				ret->anywhere += pages[i].wanted;
			}
		}
	if (ret->by_node)
		ret->anywhere = 0;
	return missing;
}

/* False where the value would be longer than any hand writes. */
static bool format_amount(const struct amount *amount, char *value, size_t size)
{
	size_t used = 0;

	if (!amount->by_node)
		return (size_t)snprintf(value, size, "%llu", (unsigned long long)amount->anywhere) < size;
	for (unsigned int node = 0; node < NODES_MAX && used < size; node++)
		if (amount->nodes[node])
			used += (size_t)snprintf(value + used, size - used, "%s%u:%llu", used ? "," : "", node,
			                         (unsigned long long)amount->nodes[node]);
	return used < size;
}

/*
 * What stands there for one size, kept or dropped. found tells whether it is what is wanted: the first one counts,
 * the kernel ignores a second ("specified twice"). 0 or -ENOMEM.
 */
static int judge_given(const struct host *host, uint64_t page_size, const struct amount *wanted, const char *value,
                       struct advice *advice, bool *ret_found)
{
	const struct cmdline_parameter *sized = NULL;
	bool dropped = false;
	uint64_t size = 0;
	int r = 0;

	*ret_found = false;
	for (size_t i = 0; r == 0 && !*ret_found && i < host->cmdline.count; i++) {
		const struct cmdline_parameter *parameter = &host->cmdline.parameters[i];
		struct amount given;
		enum advice_kind kind;

		if (strcmp(parameter->key, "--") == 0)
			break;
		/* default_hugepagesz= names the size of the pages that follow it, too, and says more: it stays. */
		if (strcmp(parameter->key, "hugepagesz") == 0 || strcmp(parameter->key, "default_hugepagesz") == 0) {
			sized = strcmp(parameter->key, "hugepagesz") == 0 ? parameter : NULL;
			size = read_size(parameter->value);
			continue;
		}
		if (strcmp(parameter->key, "hugepages") != 0 || size != page_size)
			continue;
		*ret_found = !dropped && read_amount(parameter->value, &given) && amounts_equal(&given, wanted);
		kind = *ret_found ? ADVICE_KEEP : ADVICE_DROP;
		dropped = kind == ADVICE_DROP;
		r = sized ? advise_given(advice, kind, sized, "the size of hugepages=%s, which follows it", value) : 0;
		if (r == 0)
			r = kind == ADVICE_KEEP ? advise_given(advice, kind, parameter, "the pages of [hugepages]") :
			                          advise_given(advice, kind, parameter, "stale: [hugepages] makes it %s", value);
	}
	return r;
}

static int advise_size(const struct host *host, const struct advice_pages *pages, size_t count, uint64_t page_size,
                       struct advice *advice)
{
	struct amount wanted;
	uint64_t missing = collect(pages, count, page_size, &wanted);
	char value[VALUE_MAX], size[16];
	struct advice own = { 0 };
	bool found;
	int r;

	if (!format_amount(&wanted, value, sizeof(value)))
		return 0;
	/* What stands there is wrong only where it does not do: other pages may be somebody else's. */
	r = judge_given(host, page_size, &wanted, value, missing ? advice : &own, &found);
	for (size_t i = 0; r == 0 && found && i < own.count; i++)
		r = advise(advice, ADVICE_KEEP, own.items[i].parameter, "%s", own.items[i].why);
	advice_done(&own);
	if (r < 0 || found || !missing)
		return r;
	snprintf(size, sizeof(size), "%lluG", (unsigned long long)(page_size >> 30));
	r = advise_value(advice, ADVICE_ADD, "hugepagesz", size, "the size of hugepages=%s, which follows it", value);
	return r < 0 ? r :
	               advise_value(advice, ADVICE_ADD, "hugepages", value,
	                            "%llu pages of %s are missing, and so large a "
	                            "page is to be had for sure only when the kernel starts",
	                            (unsigned long long)missing, size);
}

int advise_pages(const struct host *host, const struct advice_pages *pages, size_t count, struct advice *advice)
{
	for (size_t i = 0; i < count; i++) {
		bool first = pages[i].page_size >= SIZE_AT_START;
		int r;

		for (size_t j = 0; j < i; j++)
			first &= pages[j].page_size != pages[i].page_size;
		r = first ? advise_size(host, pages, count, pages[i].page_size, advice) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}
