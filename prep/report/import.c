/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/import_parts.h"

int import_build(const struct host *host, const struct inherited *inherited, const struct loader *loader,
                 const char *rebuild, struct import *ret)
{
	int r;

	*ret = (struct import){ .host = host, .inherited = inherited, .rebuild = rebuild, .keep_free = UINT64_MAX };
	r = import_devices(ret);
	if (r == 0)
		r = import_pages(ret);
	if (r == 0)
		r = import_cpus(ret);
	return r < 0 ? r : import_removals(ret, loader);
}

static void free_actions(struct import_action *actions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(actions[i].what);
		free(actions[i].command);
	}
	free(actions);
}

void import_done(struct import *import)
{
	if (!import)
		return;
	suggestion_done(&import->suggestion);
	free_actions(import->removals, import->removal_count);
	free_actions(import->kept, import->kept_count);
	free(import->ids);
	free(import->functions);
	free(import->left);
	free(import->pools);
	*import = (struct import){ 0 };
}

static bool has_absent(const struct import *import)
{
	for (size_t i = 0; i < import->id_count; i++)
		if (import->ids[i].valid && !import->ids[i].matches)
			return true;
	return false;
}

bool import_is_empty(const struct import *import)
{
	return !import->function_count && !import->left_count && !has_absent(import) && !import->pool_count &&
	       !import->cpus.wanted && !import->removal_count;
}

bool import_takes(const struct import *import, size_t function)
{
	for (size_t i = 0; i < import->function_count; i++)
		if (import->functions[i] == function)
			return true;
	return false;
}

const struct device_section *import_section(const struct import *import, size_t function)
{
	const struct suggestion *suggestion = &import->suggestion;

	for (size_t i = 0; i < suggestion->config.device_count; i++) {
		const struct device_section *section = &suggestion->config.devices[i];

		if (pci_address_compare(&section->addresses[0], &import->host->pci.functions[function].address) == 0 ||
		    suggestion_brings(suggestion, section, function))
			return section;
	}
	return NULL;
}

const char *import_place(const struct inherited_item *item, char *text, size_t size)
{
	bool of_cmdline = item->form == FORM_PARAMETER || strcmp(item->file, "proc/cmdline") == 0;
	char number[16] = "";

	if (item->line)
		snprintf(number, sizeof(number), ":%u", item->line);
	if (of_cmdline)
		snprintf(text, size, "%.*s= %s (/%s%s)", (int)strcspn(item->text, "="), item->text,
		         item->running ? "on the kernel command line" : "for the next boot", item->file, number);
	else
		snprintf(text, size, "/%s%s", item->file, number);
	return text;
}
