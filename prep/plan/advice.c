/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/advice.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "plan/advice_parts.h"

size_t advice_count(const struct advice *advice, enum advice_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < advice->count; i++)
		count += advice->items[i].kind == kind;
	return count;
}

const struct advice_item *advice_find(const struct advice *advice, enum advice_kind kind, const char *parameter)
{
	for (size_t i = 0; i < advice->count; i++)
		if (advice->items[i].kind == kind && strcmp(advice->items[i].parameter, parameter) == 0)
			return &advice->items[i];
	return NULL;
}

/* Takes over parameter, NULL without memory. */
__attribute__((format(printf, 4, 0)))
static int add_item(struct advice *advice, enum advice_kind kind, char *parameter, const char *why, va_list arguments)
{
	struct advice_item *item;

	if (!parameter)
		return -ENOMEM;
	if (advice_find(advice, kind, parameter)) {
		free(parameter);
		return 0;
	}
	item = array_add(&advice->items, &advice->count, sizeof(*item));
	if (!item) {
		free(parameter);
		return -ENOMEM;
	}
	item->kind = kind;
	item->parameter = parameter;
	vsnprintf(item->why, sizeof(item->why), why, arguments);
	return 0;
}

int advise(struct advice *advice, enum advice_kind kind, const char *parameter, const char *why, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, why);
	r = add_item(advice, kind, cmdline_format(parameter, NULL), why, arguments);
	va_end(arguments);
	return r;
}

int advise_given(struct advice *advice, enum advice_kind kind, const struct cmdline_parameter *parameter,
                 const char *why, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, why);
	r = add_item(advice, kind, cmdline_format(parameter->key, parameter->value), why, arguments);
	va_end(arguments);
	return r;
}

int advise_value(struct advice *advice, enum advice_kind kind, const char *key, const char *value, const char *why, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, why);
	r = add_item(advice, kind, cmdline_format(key, value), why, arguments);
	va_end(arguments);
	return r;
}

const struct cmdline_parameter *advice_next(const struct host *host, const char *key, size_t *from)
{
	while (*from < host->cmdline.count) {
		const struct cmdline_parameter *parameter = &host->cmdline.parameters[*from];

		if (strcmp(parameter->key, "--") == 0 && !parameter->value)
			return NULL;
		(*from)++;
		if (cmdline_keys_equal(parameter->key, key))
			return parameter;
	}
	return NULL;
}

size_t advice_word(const char **text, const char **ret_word)
{
	size_t size;

	while (**text == ',')
		(*text)++;
	*ret_word = *text;
	size = strcspn(*text, ",");
	*text += size;
	return size;
}

bool advice_unknown_to_kernel(const struct host *host, const char *key)
{
	/* init/main.c, print_unknown_bootoptions(), since 5.14; the parameters follow with a blank between them */
	static const char lead[] = "Unknown kernel command line parameters \"";
	size_t key_size = strlen(key);

	for (size_t i = 0; i < host->log.count; i++) {
		const char *text = host->log.entries[i].text;

		if (strncmp(text, lead, sizeof(lead) - 1) != 0)
			continue;
		for (text += sizeof(lead) - 1; *text; text += strcspn(text, " "), text += *text == ' ')
			if (strncmp(text, key, key_size) == 0 && (text[key_size] == '=' || text[key_size] == ' ' ||
			                                         text[key_size] == '"'))
				return true;
	}
	return false;
}

/*
 * Parameters of our own field that this kernel does not have: a typing error, a patch that another kernel had, or an
 * option that it is built without. What the config asks for is kept: the next kernel may know it.
 */
static int advise_unknown(const struct host *host, struct advice *advice)
{
	static const char *const keys[] = {
		"isolcpus", "nohz_full", "rcu_nocbs", "irqaffinity", "intel_iommu", "amd_iommu", "iommu", "pcie_acs_override",
		"hugepagesz", "hugepages", "default_hugepagesz",
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct cmdline_parameter *parameter;
		size_t at = 0;

		if (!advice_unknown_to_kernel(host, keys[i]))
			continue;
		while ((parameter = advice_next(host, keys[i], &at))) {
			bool settled = false;
			char *text = cmdline_format(parameter->key, parameter->value);

			for (size_t j = 0; text && j < advice->count; j++)
				settled |= advice->items[j].kind != ADVICE_ADD && strcmp(advice->items[j].parameter, text) == 0;
			free(text);
			if (!text || (!settled && advise_given(advice, ADVICE_DROP, parameter, "this kernel has no such parameter: "
			                                       "it says so in its log, and hands it to init") < 0))
				return -ENOMEM;
		}
	}
	return 0;
}

int advice_build(const struct config *config, const struct host *host, const struct isolation *isolation,
                 const struct advice_pages *pages, size_t page_count, struct advice *ret)
{
	int r;

	*ret = (struct advice){ .unknown = !host->cmdline.text };
	if (ret->unknown || !config->enabled)
		return 0;
	r = advise_cpus(config, host, isolation, ret);
	if (r == 0)
		r = advise_pages(host, pages, page_count, ret);
	if (r == 0)
		r = advise_devices(config, host, ret);
	return r < 0 ? r : advise_unknown(host, ret);
}

void advice_done(struct advice *advice)
{
	if (!advice)
		return;
	for (size_t i = 0; i < advice->count; i++)
		free(advice->items[i].parameter);
	free(advice->items);
	*advice = (struct advice){ 0 };
}

int advice_build_all(const struct config *config, const struct host *host, const struct isolation *isolation,
                     const struct pages *pages, struct advice *ret)
{
	_cleanup_free_ struct advice_pages *wanted = calloc(pages->count + 1, sizeof(*wanted));
	size_t count = 0;

	*ret = (struct advice){ 0 };
	if (!wanted)
		return -ENOMEM;
	for (size_t i = 0; i < pages->count; i++) {
		const struct page_pool *pool = pages->items[i].pool;

		/* What cannot be had at all, the command line cannot give either. */
		if (pages->items[i].guard != GUARD_NONE || !pages->items[i].known)
			continue;
		wanted[count++] = (struct advice_pages){
			.page_size = pool->page_size, .node = pool->node, .wanted = pool->pages,
			.missing = pages_missing(pages, pool->page_size, pool->node),
		};
	}
	return advice_build(config, host, isolation, wanted, count, ret);
}
