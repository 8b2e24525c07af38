/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/goals.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/select.h"

const char *guard_name(enum guard guard)
{
	static const char *const names[] = {
		[GUARD_NONE] = "none",         [GUARD_IDENTITY] = "identity", [GUARD_BRIDGE] = "bridge",
		[GUARD_IN_USE] = "in-use",     [GUARD_BOOT_DISPLAY] = "boot-display",
		[GUARD_STORAGE] = "storage",   [GUARD_USB] = "usb",           [GUARD_NETWORK] = "network",
		[GUARD_GROUP] = "group",       [GUARD_SKIP] = "skip",         [GUARD_CONFLICT] = "conflict",
		[GUARD_STUCK] = "stuck",
		[GUARD_MEMORY] = "memory",     [GUARD_CPUS] = "cpus",
	};

	return names[guard];
}

bool guard_has_waiver(enum guard guard)
{
	return guard == GUARD_BOOT_DISPLAY || guard == GUARD_STORAGE || guard == GUARD_USB || guard == GUARD_NETWORK ||
	       guard == GUARD_GROUP;
}

const char *stage_name(enum stage stage)
{
	return stage == STAGE_LATE ? "late" : "early";
}

struct goal *goals_find(const struct goals *goals, size_t function)
{
	size_t low = 0, high = goals->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (goals->items[middle].function < function)
			low = middle + 1;
		else
			high = middle;
	}
	return low < goals->count && goals->items[low].function == function ? &goals->items[low] : NULL;
}

bool goals_take(const struct goals *goals, size_t function)
{
	const struct goal *goal = goals_find(goals, function);

	return goal && goal->guard == GUARD_NONE;
}

/* The goals while they are collected: one slot a function, so that finding them again costs nothing. */
struct wishes {
	struct goal *of;
	bool *set;
	bool *mistaken; /* some section names its place and means another device */
	struct goal *mistakes;
	size_t mistake_count;
};

static void wish(struct wishes *wishes, size_t function, const struct device_section *section, bool companion)
{
	struct goal *goal = &wishes->of[function];

	if (!wishes->set[function]) {
		*goal = (struct goal){ .function = function, .section = section, .companion = companion };
		wishes->set[function] = true;
		return;
	}
	if (strcmp(goal->section->driver, section->driver) != 0) {
		goal->guard = GUARD_CONFLICT;
		snprintf(goal->why, sizeof(goal->why), "[device %s] wants it for %s and [device %s] for %s",
		         goal->section->name, goal->section->driver, section->name, section->driver);
	}
}

static void format_id(const struct id_pattern *id, char *text, size_t size)
{
	const int32_t parts[] = { id->vendor, id->device, id->subvendor, id->subdevice };
	size_t used = 0, count = id->subvendor < 0 && id->subdevice < 0 ? 2 : 4;

	for (size_t i = 0; i < count && used < size; i++)
		used += (size_t)(parts[i] < 0 ? snprintf(text + used, size - used, "%s*", i ? ":" : "")
		                              : snprintf(text + used, size - used, "%s%04x", i ? ":" : "",
		                                         (unsigned int)parts[i]));
}

static int mistake(struct wishes *wishes, const struct host *host, size_t function,
                   const struct device_section *section)
{
	const struct pci_function *f = &host->pci.functions[function];
	struct goal *goal = array_add(&wishes->mistakes, &wishes->mistake_count, sizeof(*goal));
	char wanted[48] = "";

	if (!goal)
		return -ENOMEM;
	*goal = (struct goal){ .function = function, .section = section, .guard = GUARD_IDENTITY };
	wishes->mistaken[function] = true;
	format_id(&section->ids[0], wanted, sizeof(wanted));
	snprintf(goal->why, sizeof(goal->why), "[device %s] expects %s%s there, this is %04x:%04x:%04x:%04x",
	         section->name, wanted, section->id_count > 1 ? " (or another of its ids)" : "", f->vendor, f->device,
	         f->subvendor, f->subdevice);
	return 0;
}

/*
 * What `also =` brings along: no bridge, and nothing that a section has mistaken for another device.
 */
static void wish_companion(struct wishes *wishes, const struct host *host, size_t function,
                           const struct device_section *section)
{
	if (pci_is_bridge(&host->pci.functions[function]) || wishes->mistaken[function])
		return;
	wish(wishes, function, section, true); /* where it is listed by itself, only a conflict comes of it */
}

static void wish_companions(struct wishes *wishes, const struct host *host, size_t function,
                            const struct device_section *section)
{
	const struct pci *pci = &host->pci;

	if (section->also == ALSO_SLOT) {
		size_t first, end = pci_slot(pci, function, &first);

		for (size_t i = first; i < end; i++)
			if (i != function)
				wish_companion(wishes, host, i, section);
	} else if (section->also == ALSO_GROUP) {
		const struct iommu_group *group = host_group(host, pci->functions[function].detail->group);

		for (size_t i = 0; group && i < group->member_count; i++)
			if (group->members[i] != function)
				wish_companion(wishes, host, group->members[i], section);
	}
}

/* Lets a section mark the functions that it lists. *ret_matched counts those, and those that it mistakes. */
static int section_wishes(struct wishes *wishes, const struct host *host, const struct device_section *section,
                          size_t *ret_matched)
{
	size_t matched = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < host->pci.count; i++) {
		const struct pci_function *function = &host->pci.functions[i];
		enum match match;

		if (!function->detail)
			continue; /* the reader found that no section speaks of it */
		match = select_match(section, function, function->detail->path);
		matched += match != MATCH_NO;
		if (match == MATCH_IDENTITY)
			r = mistake(wishes, host, i, section);
		else if (match == MATCH_YES)
			wish(wishes, i, section, false);
	}
	*ret_matched = matched;
	return r;
}

/* By function; the goal of a function before the mistakes about it. */
static int compare_goals(const void *a, const void *b)
{
	const struct goal *left = a, *right = b;

	if (left->function != right->function)
		return left->function < right->function ? -1 : 1;
	if ((left->guard == GUARD_IDENTITY) != (right->guard == GUARD_IDENTITY))
		return left->guard == GUARD_IDENTITY ? 1 : -1;
	return left->section->line < right->section->line ? -1 : left->section->line > right->section->line;
}

void goals_sort(struct goals *goals)
{
	if (goals->count)
		qsort(goals->items, goals->count, sizeof(*goals->items), compare_goals);
}

/* Makes one array of the goals and the mistakes. */
static int collect(const struct wishes *wishes, const struct host *host, struct goals *goals)
{
	for (size_t i = 0; i < host->pci.count; i++) {
		struct goal *goal;

		if (!wishes->set[i])
			continue;
		goal = array_add(&goals->items, &goals->count, sizeof(*goals->items));
		if (!goal)
			return -ENOMEM;
		*goal = wishes->of[i];
	}
	for (size_t i = 0; i < wishes->mistake_count; i++) {
		struct goal *goal = array_add(&goals->items, &goals->count, sizeof(*goals->items));

		if (!goal)
			return -ENOMEM;
		*goal = wishes->mistakes[i];
	}
	goals_sort(goals);
	return 0;
}

bool goals_of_section(const struct goals_of *of, const struct config *config, const struct device_section *section)
{
	for (size_t i = 0; of && i < of->guest_count; i++)
		if (vm_has_device(of->guests[i], section->name))
			return true;
	return (of && of->every) || ((!of || of->boot) && !config_vm_of_device(config, section->name));
}

int goals_build(const struct config *config, const struct host *host, struct goals *ret)
{
	const struct goals_of boot = { .boot = true };

	return goals_build_of(&boot, config, host, ret);
}

int goals_build_of(const struct goals_of *of, const struct config *config, const struct host *host, struct goals *ret)
{
	size_t room = host->pci.count + 1;
	struct wishes wishes = {
		.of = calloc(room, sizeof(*wishes.of)),
		.set = calloc(room, sizeof(*wishes.set)),
		.mistaken = calloc(room, sizeof(*wishes.mistaken)),
	};
	int r = wishes.of && wishes.set && wishes.mistaken ? 0 : -ENOMEM;

	*ret = (struct goals){ 0 };
	for (size_t i = 0; r == 0 && config->enabled && i < config->device_count; i++) {
		const struct device_section **missing;
		size_t matched;

		if (!goals_of_section(of, config, &config->devices[i]))
			continue;
		r = section_wishes(&wishes, host, &config->devices[i], &matched);
		if (r < 0 || matched)
			continue;
		missing = array_add(&ret->missing, &ret->missing_count, sizeof(*ret->missing));
		if (missing)
			*missing = &config->devices[i];
		else
			r = -ENOMEM;
	}
	for (size_t i = 0; r == 0 && i < host->pci.count; i++)
		if (wishes.set[i] && !wishes.of[i].companion)
			wish_companions(&wishes, host, i, wishes.of[i].section);
	if (r == 0)
		r = collect(&wishes, host, ret);
	free(wishes.of);
	free(wishes.set);
	free(wishes.mistaken);
	free(wishes.mistakes);
	return r;
}

void goals_done(struct goals *goals)
{
	if (!goals)
		return;
	free(goals->items);
	free(goals->missing);
	*goals = (struct goals){ 0 };
}
