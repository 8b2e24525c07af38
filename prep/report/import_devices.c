/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which devices vfio-pci has today, or would have, and for which setting. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/modprobe.h"
#include "base/array.h"
#include "base/parse.h"
#include "report/checks.h"
#include "report/import_parts.h"

bool import_driver_is_guests(const char *driver)
{
	return pci_driver_is_vfio(driver) || strcmp(driver, "pci-stub") == 0;
}

bool import_is_held(const struct pci_function *function)
{
	return import_driver_is_guests(function->driver);
}

/* vfio_pci_fill_ids() in drivers/vfio/pci/vfio_pci.c: six numbers in hex, the first two always; what is behind them is
 * passed over. */
static bool is_id(const char *text)
{
	unsigned int vendor, device;

	return isxdigit((unsigned char)*text) && sscanf(text, "%8x:%8x", &vendor, &device) == 2;
}

static bool is_bridge_with(const struct pci_function *function, const char *id)
{
	unsigned int vendor, device;

	return pci_is_bridge(function) && sscanf(id, "%8x:%8x", &vendor, &device) == 2 && function->vendor == vendor &&
	       function->device == device;
}

static int add_ids(struct import *import, const struct inherited_item *item, const char *value)
{
	char copy[1024], *next = copy, *part;

	snprintf(copy, sizeof(copy), "%s", value);
	while ((part = parse_word(&next, ","))) {
		struct import_id *id = array_add(&import->ids, &import->id_count, sizeof(*id));

		if (!id)
			return -ENOMEM;
		id->item = item;
		snprintf(id->text, sizeof(id->text), "%s", part);
		id->valid = strlen(part) < sizeof(id->text) && is_id(part);
		for (size_t i = 0; id->valid && i < import->host->pci.count; i++) {
			id->matches += check_ids_take(id->text, &import->host->pci.functions[i]);
			id->bridges += is_bridge_with(&import->host->pci.functions[i], id->text);
		}
	}
	return 0;
}

/* A parameter that the loader has for the next boot comes beside what is in force now. */
static bool is_pending(const struct inherited_item *item)
{
	return item->form == FORM_PARAMETER && !item->running;
}

static int collect_ids(struct import *import)
{
	for (size_t i = 0; i < import->inherited->count; i++) {
		const struct inherited_item *item = &import->inherited->items[i];
		char value[1024];

		if (item->kind == INHERITED_OPTIONS && modprobe_option(item->value, "ids", value, sizeof(value)) &&
		    (cmdline_keys_equal(item->module, "vfio-pci") || cmdline_keys_equal(item->module, "pci-stub")) &&
		    add_ids(import, item, value) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < import->id_count; i++) {
		struct import_id *id = &import->ids[i];

		id->in_force = true;
		for (size_t j = i + 1; j < import->id_count && !is_pending(id->item); j++)
			if (import->ids[j].item != id->item && !is_pending(import->ids[j].item) &&
			    strcmp(import->ids[j].item->module, id->item->module) == 0)
				id->in_force = false;
	}
	return 0;
}

bool import_is_for(const struct import *import, const struct inherited_item *item, size_t function)
{
	const struct pci_function *f = &import->host->pci.functions[function];

	if (item->kind == INHERITED_SAVED)
		return pci_address_compare(&item->address, &f->address) == 0 &&
		       import_driver_is_guests(item->value);
	for (size_t i = 0; i < import->id_count; i++)
		if (import->ids[i].item == item && import->ids[i].valid && check_ids_take(import->ids[i].text, f))
			return true;
	return false;
}

static void choose(struct import *import, size_t function)
{
	if (!import_takes(import, function))
		import->functions[import->function_count++] = function;
}

static bool is_of_domain(const struct import *import, const struct pci_function *function)
{
	for (size_t i = 0; i < import->inherited->count; i++)
		if (import->inherited->items[i].kind == INHERITED_DOMAIN &&
		    pci_address_compare(&import->inherited->items[i].address, &function->address) == 0)
			return true;
	return false;
}

static bool is_for_any(const struct import *import, size_t function)
{
	for (size_t i = 0; i < import->inherited->count; i++)
		if (import_is_for(import, &import->inherited->items[i], function))
			return true;
	return false;
}

/* What vfio-pci has, unless only libvirt gave it for as long as a guest runs; and what driverctl will give it. */
static void choose_held(struct import *import)
{
	const struct pci *pci = &import->host->pci;

	for (size_t i = 0; i < pci->count; i++)
		if (import_is_held(&pci->functions[i]) && !pci_is_bridge(&pci->functions[i]) &&
		    (is_for_any(import, i) || !is_of_domain(import, &pci->functions[i])))
			choose(import, i);
	for (size_t i = 0; i < import->inherited->count; i++)
		for (size_t j = 0; import->inherited->items[i].kind == INHERITED_SAVED && j < pci->count; j++)
			if (import_is_for(import, &import->inherited->items[i], j) && !pci_is_bridge(&pci->functions[j]))
				choose(import, j);
}

static bool shares_slot(const struct import *import, size_t function)
{
	const struct pci *pci = &import->host->pci;

	for (size_t i = 0; i < import->function_count; i++)
		if (pci_address_same_slot(&pci->functions[import->functions[i]].address, &pci->functions[function].address))
			return true;
	return false;
}

/* What the host cannot spare, and has kept until now. */
static bool is_hosts(const struct goal *goal)
{
	return goal && goal->guard != GUARD_NONE && goal->guard != GUARD_GROUP;
}

/*
 * An id that vfio-pci has nothing of today: another driver was first, or no boot has been since. Of alike functions
 * those that belong to a card that is taken are meant; else all that the host can spare.
 */
static int choose_unheld(struct import *import, const struct import_id *id)
{
	const struct pci *pci = &import->host->pci;
	bool beside = false;
	int r = 0;

	for (size_t i = 0; i < pci->count; i++) {
		if (!check_ids_take(id->text, &pci->functions[i]))
			continue;
		if (import_is_held(&pci->functions[i]) || import_takes(import, i))
			return 0;
		beside |= shares_slot(import, i);
	}
	for (size_t i = 0; r == 0 && i < pci->count; i++) {
		struct suggestion alone;
		const struct goal *goal;

		if (!check_ids_take(id->text, &pci->functions[i]) || (beside && !shares_slot(import, i)))
			continue;
		r = suggestion_build_devices(import->host, &i, 1, true, &alone);
		goal = goals_find(&alone.goals, i);
		if (r == 0 && is_hosts(goal))
			r = import_leave(import, id, i, goal->why);
		else if (r == 0)
			choose(import, i);
		suggestion_done(&alone);
	}
	return r;
}

static int compare_numbers(const void *a, const void *b)
{
	const size_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* Of what vfio-pci has today it is known that this host lives without it. */
static int waive(struct import *import)
{
	struct suggestion *suggestion = &import->suggestion;
	bool changed = false;

	for (size_t i = 0; i < suggestion->goals.count; i++) {
		const struct goal *goal = &suggestion->goals.items[i];
		unsigned int waiver = goal->guard == GUARD_BOOT_DISPLAY ? WAIVE_BOOT_DISPLAY
		                      : goal->guard == GUARD_NETWORK    ? WAIVE_NETWORK
		                                                        : 0;

		if (!waiver || !import_is_held(&import->host->pci.functions[goal->function]))
			continue;
		for (size_t j = 0; j < suggestion->config.device_count; j++)
			if (&suggestion->config.devices[j] == goal->section)
				suggestion->config.devices[j].allow |= waiver;
		changed = true;
	}
	return changed ? suggestion_judge(suggestion) : 0;
}

static int suggest(struct import *import)
{
	int r = suggestion_build_devices(import->host, import->functions, import->function_count, true,
	                                 &import->suggestion);

	return r < 0 ? r : waive(import);
}

int import_devices(struct import *import)
{
	int r = collect_ids(import);
	bool dropped;

	import->functions = calloc(import->host->pci.count + 1, sizeof(*import->functions));
	if (!import->functions)
		return -ENOMEM;
	if (r == 0)
		choose_held(import);
	for (size_t i = 0; r == 0 && i < import->id_count; i++)
		if (import->ids[i].valid && import->ids[i].in_force)
			r = choose_unheld(import, &import->ids[i]);
	if (r < 0)
		return r;
	qsort(import->functions, import->function_count, sizeof(*import->functions), compare_numbers);
	r = suggest(import);
	if (r == 0)
		r = import_drop_twins(import, &dropped);
	if (r == 0 && dropped) {
		suggestion_done(&import->suggestion);
		r = suggest(import);
	}
	return r < 0 ? r : import_leave_twins(import);
}
