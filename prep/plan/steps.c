/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/steps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static const char *const kind_names[STEP_KINDS] = {
	[STEP_OVERRIDE] = "override",
	[STEP_LOAD] = "load",
	[STEP_RELEASE_FRAMEBUFFER] = "release-framebuffer",
	[STEP_UNBIND] = "unbind",
	[STEP_PROBE] = "probe",
	[STEP_PAGES] = "pages",
	[STEP_IRQ_AFFINITY] = "irq-affinity",
	[STEP_WORKQUEUES] = "workqueues",
	[STEP_GOVERNOR] = "governor",
	[STEP_PREFERENCE] = "energy-preference",
	[STEP_IDLE_STATE] = "idle-state",
	[STEP_CONFINE] = "confine",
};

const char *step_kind_name(enum step_kind kind)
{
	return kind_names[kind];
}

int step_kind_parse(const char *name, enum step_kind *ret)
{
	for (size_t i = 0; i < STEP_KINDS; i++)
		if (strcmp(name, kind_names[i]) == 0) {
			*ret = (enum step_kind)i;
			return 0;
		}
	return -EINVAL;
}

int steps_add(struct steps *steps, enum step_kind kind, enum stage stage, const char *target, const char *value)
{
	struct step *step = array_add(&steps->items, &steps->count, sizeof(*step));

	if (!step)
		return -ENOMEM;
	step->kind = kind;
	step->stage = stage;
	snprintf(step->target, sizeof(step->target), "%s", target);
	snprintf(step->value, sizeof(step->value), "%s", value);
	return 0;
}

void steps_done(struct steps *steps)
{
	if (!steps)
		return;
	free(steps->items);
	*steps = (struct steps){ 0 };
}

/* What one function lacks. */
struct lack {
	bool override, driver, unbind, framebuffer;
};

static struct lack lack_of(const struct host *host, const struct goal *goal, enum view view)
{
	const struct pci_function *function = &host->pci.functions[goal->function];
	bool framebuffer = function->detail->framebuffer[0] && host->framebuffer_driver == ANSWER_YES;

	if (view == VIEW_NEXT_BOOT) /* by the late stage a device has got the driver that it has now */
		return (struct lack){ .override = true, .driver = true, .framebuffer = framebuffer,
		                      .unbind = goal->stage == STAGE_LATE && !pci_driver_is_harmless(function->driver) };
	return (struct lack){
		.override = strcmp(function->detail->driver_override, goal->section->driver) != 0,
		/* Any of vfio's drivers serves a guest; taking it from one to give it to another would not help. */
		.driver = !pci_driver_is_vfio(function->driver),
		.unbind = function->driver[0] && !pci_driver_is_vfio(function->driver),
		.framebuffer = framebuffer,
	};
}

static bool is_to_do(const struct goal *goal)
{
	return goal->guard == GUARD_NONE && !goal->deferred;
}

/* Among the steps from this one on: those of devices before it are as many as there are devices. */
static bool has_load(const struct steps *steps, size_t from, const char *module)
{
	for (size_t i = from; i < steps->count; i++)
		if (steps->items[i].kind == STEP_LOAD && strcmp(steps->items[i].target, module) == 0)
			return true;
	return false;
}

/* A driver is loaded as early as the first device that needs it; "" any driver. */
static enum stage load_stage(const struct goals *goals, const struct host *host, enum view view, const char *driver)
{
	for (size_t i = 0; i < goals->count; i++) {
		const struct goal *goal = &goals->items[i];

		if (is_to_do(goal) && goal->stage == STAGE_EARLY &&
		    (!driver[0] || (strcmp(goal->section->driver, driver) == 0 && lack_of(host, goal, view).driver)))
			return STAGE_EARLY;
	}
	return STAGE_LATE;
}

static int add_loads(struct steps *steps, const struct goals *goals, const struct host *host, enum view view)
{
	size_t first = steps->count;
	bool wanted = false;
	int r = 0;

	for (size_t i = 0; r == 0 && i < goals->count; i++) {
		const struct goal *goal = &goals->items[i];
		const struct wanted_driver *driver = host_driver(host, goal->section->driver);

		if (!is_to_do(goal))
			continue;
		wanted = true;
		if (!lack_of(host, goal, view).driver || has_load(steps, first, goal->section->driver))
			continue;
		if (view != VIEW_NEXT_BOOT && driver && driver->hangs)
			continue; /* whoever loads it now waits for its loading to end */
		if (view == VIEW_NEXT_BOOT ? driver && driver->built_in : driver && driver->registered)
			continue;
		r = steps_add(steps, STEP_LOAD, load_stage(goals, host, view, goal->section->driver), goal->section->driver,
		              "");
	}
	/* Only a softdep of vfio, which not every way of loading follows, and no guest starts without it. */
	if (r == 0 && wanted && (view == VIEW_NEXT_BOOT ? !host->type1_built_in :
	                         host->type1 != ANSWER_YES && !host->type1_hangs))
		r = steps_add(steps, STEP_LOAD, load_stage(goals, host, view, ""), "vfio_iommu_type1", "");
	return r;
}

int steps_build(const struct goals *goals, const struct host *host, enum view view, struct steps *ret)
{
	/* All overrides come before any driver is loaded: from then on no other driver can have the device. A
	 * framebuffer is released before the load, because loading binds what has the override. */
	static const enum step_kind order[] = {
		STEP_OVERRIDE, STEP_RELEASE_FRAMEBUFFER, STEP_LOAD, STEP_UNBIND, STEP_PROBE,
	};
	int r = 0;

	*ret = (struct steps){ 0 };
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(order); i++) {
		if (order[i] == STEP_LOAD) {
			r = add_loads(ret, goals, host, view);
			continue;
		}
		for (size_t j = 0; r == 0 && j < goals->count; j++) {
			const struct goal *goal = &goals->items[j];
			const struct pci_function *function = &host->pci.functions[goal->function];
			struct lack lack = lack_of(host, goal, view);
			char address[PCI_ADDRESS_MAX];

			if (!is_to_do(goal))
				continue;
			pci_address_format(&function->address, address);
			if (order[i] == STEP_OVERRIDE && lack.override)
				r = steps_add(ret, STEP_OVERRIDE, goal->stage, address, goal->section->driver);
			else if (order[i] == STEP_RELEASE_FRAMEBUFFER && lack.framebuffer)
				r = steps_add(ret, STEP_RELEASE_FRAMEBUFFER, goal->stage, address, function->detail->framebuffer);
			else if (order[i] == STEP_UNBIND && lack.unbind)
				r = steps_add(ret, STEP_UNBIND, goal->stage, address, function->driver);
			else if (order[i] == STEP_PROBE && lack.driver)
				r = steps_add(ret, STEP_PROBE, goal->stage, address, goal->section->driver);
		}
	}
	return r;
}
