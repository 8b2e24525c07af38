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
};

static void wish(struct wishes *wishes, size_t function, const struct device_section *section, bool companion)
{
	struct goal *goal = &wishes->of[function];

	if (!wishes->set[function]) {
		*goal = (struct goal){ .function = function, .section = section, .companion = companion };
		wishes->set[function] = true;
		return;
	}
	if (goal->guard == GUARD_IDENTITY) /* one section mistook its place, this one means this device */
		*goal = (struct goal){ .function = function, .section = section, .companion = companion };
	else if (strcmp(goal->section->driver, section->driver) != 0) {
		goal->guard = GUARD_CONFLICT;
		snprintf(goal->why, sizeof(goal->why), "[device %s] wants it for %s and [device %s] for %s",
		         goal->section->name, goal->section->driver, section->name, section->driver);
	} else if (goal->companion && !companion) { /* listed by itself: its own section speaks for it */
		goal->section = section;
		goal->companion = false;
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

static void mistake(struct wishes *wishes, const struct host *host, size_t function, const struct device_section *section)
{
	const struct pci_function *f = &host->pci.functions[function];
	struct goal *goal = &wishes->of[function];
	char wanted[48] = "";

	if (wishes->set[function])
		return; /* another section knows better what it is */
	*goal = (struct goal){ .function = function, .section = section, .guard = GUARD_IDENTITY };
	wishes->set[function] = true;
	format_id(&section->ids[0], wanted, sizeof(wanted));
	snprintf(goal->why, sizeof(goal->why), "[device %s] expects %s%s there, this is %04x:%04x:%04x:%04x",
	         section->name, wanted, section->id_count > 1 ? " (or another of its ids)" : "", f->vendor, f->device,
	         f->subvendor, f->subdevice);
}

/* What `also =` brings along with a function; bridges never come along. */
static void wish_companions(struct wishes *wishes, const struct host *host, size_t function,
                            const struct device_section *section)
{
	const struct pci *pci = &host->pci;

	if (section->also == ALSO_SLOT) {
		size_t first, end = pci_slot(pci, function, &first);

		for (size_t i = first; i < end; i++)
			if (i != function && !pci_is_bridge(&pci->functions[i]))
				wish(wishes, i, section, true);
	} else if (section->also == ALSO_GROUP) {
		const struct iommu_group *group = host_group(host, pci->functions[function].detail->group);

		for (size_t i = 0; group && i < group->member_count; i++)
			if (group->members[i] != function && !pci_is_bridge(&pci->functions[group->members[i]]))
				wish(wishes, group->members[i], section, true);
	}
}

/* Lets a section mark its functions. Returns how many it selects or mistakes. */
static size_t section_wishes(struct wishes *wishes, const struct host *host, const struct device_section *section)
{
	size_t matched = 0;

	for (size_t i = 0; i < host->pci.count; i++) {
		const struct pci_function *function = &host->pci.functions[i];
		enum match match;

		if (!function->detail)
			continue; /* the reader found that no section speaks of it */
		match = select_match(section, function, function->detail->path);
		if (match == MATCH_NO)
			continue;
		matched++;
		if (match == MATCH_IDENTITY) {
			mistake(wishes, host, i, section);
			continue;
		}
		wish(wishes, i, section, false);
		wish_companions(wishes, host, i, section);
	}
	return matched;
}

int goals_build(const struct config *config, const struct host *host, struct goals *ret)
{
	struct wishes wishes = {
		.of = calloc(host->pci.count + 1, sizeof(*wishes.of)),
		.set = calloc(host->pci.count + 1, sizeof(*wishes.set)),
	};
	int r = wishes.of && wishes.set ? 0 : -ENOMEM;

	*ret = (struct goals){ 0 };
	for (size_t i = 0; r == 0 && config->enabled && i < config->device_count; i++) {
		const struct device_section **missing;

		if (section_wishes(&wishes, host, &config->devices[i]))
			continue;
		missing = array_add(&ret->missing, &ret->missing_count, sizeof(*ret->missing));
		if (missing)
			*missing = &config->devices[i];
		else
			r = -ENOMEM;
	}
	for (size_t i = 0; r == 0 && i < host->pci.count; i++) {
		struct goal *goal;

		if (!wishes.set[i])
			continue;
		goal = array_add(&ret->items, &ret->count, sizeof(*ret->items));
		if (goal)
			*goal = wishes.of[i];
		else
			r = -ENOMEM;
	}
	free(wishes.of);
	free(wishes.set);
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
