/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "plan/guards.h"

static int add_missing(struct goals *goals, const struct device_section *section)
{
	const struct device_section **missing = array_add(&goals->missing, &goals->missing_count, sizeof(*goals->missing));

	if (missing)
		*missing = section;
	return missing ? 0 : -ENOMEM;
}

/* What is a goal already stays as it is judged there: another section wants it at boot, or an earlier guest. */
static int add_of_guest(const struct goals_of *of, const struct config *config, const struct vm_section *vm,
                        const struct goals *judged, size_t known, struct goals *goals)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < judged->count; i++) {
		const struct goal *goal = &judged->items[i];
		const struct goals before = { .items = goals->items, .count = known };
		struct goal *added;

		/* A section that several guests have is judged once, for the first; for none where one of them runs. */
		if (config_vm_of_device(config, goal->section->name) != vm || goals_of_section(of, config, goal->section) ||
		    (goal->guard != GUARD_IDENTITY && goals_find(&before, goal->function)))
			continue;
		added = array_add(&goals->items, &goals->count, sizeof(*goals->items));
		if (added)
			*added = *goal;
		else
			r = -ENOMEM;
	}
	for (size_t i = 0; r == 0 && i < judged->missing_count; i++)
		if (config_vm_of_device(config, judged->missing[i]->name) == vm &&
		    !goals_of_section(of, config, judged->missing[i]))
			r = add_missing(goals, judged->missing[i]);
	return r;
}

int goals_add_resting(const struct goals_of *of, const struct config *config, const struct host *host, enum view view,
                      struct goals *goals)
{
	_cleanup_free_ const struct vm_section **guests = calloc(of->guest_count + 1, sizeof(*guests));
	const struct goals_of with = { .boot = of->boot, .guests = guests, .guest_count = of->guest_count + 1 };
	int r = guests ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < of->guest_count; i++)
		guests[i] = of->guests[i];
	for (size_t i = 0; r == 0 && i < config->vm_count; i++) {
		struct goals judged;

		if (!config->vms[i].device_count)
			continue;
		guests[of->guest_count] = &config->vms[i];
		r = goals_build_of(&with, config, host, &judged);
		if (r == 0) {
			guards_apply(&judged, host, view);
			r = add_of_guest(of, config, &config->vms[i], &judged, goals->count, goals);
		}
		goals_done(&judged);
		goals_sort(goals);
	}
	return r;
}
