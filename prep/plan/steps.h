/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to do, in order, as data: the difference between the goals and the machine. Pure. */
#ifndef VFIO_PREP_PLAN_STEPS_H
#define VFIO_PREP_PLAN_STEPS_H

#include "plan/goals.h"
#include "plan/guards.h"

enum step_kind {
	STEP_OVERRIDE,            /* target: address, value: driver; "" clears it */
	STEP_LOAD,                /* target: module */
	STEP_RELEASE_FRAMEBUFFER, /* target: address, value: what /proc/iomem calls it */
	STEP_UNBIND,              /* target: address, value: the driver that has it ("" whichever) */
	STEP_PROBE,               /* target: address, value: the driver that shall have it then ("" its own) */
	STEP_PAGES,               /* target: a pool, "1G@0" or "2M", value: how many pages it shall have */
	/* What follows is of interrupts and CPUs (plan/tuning.h). Sets of CPUs are lists, or "0x" and a mask
	   (cpus_format_short). */
	STEP_IRQ_AFFINITY, /* target: "default" or a list of interrupts, value: the CPUs where they may go */
	STEP_WORKQUEUES,   /* target: "unbound", value: the CPUs where the kernel's workers may run */
	STEP_GOVERNOR,     /* target: CPUs, value: governor */
	STEP_PREFERENCE,   /* target: CPUs, value: energy_performance_preference */
	STEP_IDLE_STATE,   /* target: "state3@" and CPUs, value: "1" closes it, "0" opens it */
	STEP_CONFINE,      /* target: a unit of the host's processes, value: the CPUs that it may use, or "any" */
	STEP_KINDS,
};

#define CONFINE_ANY "any"

#define STEP_TEXT_MAX 160 /* "before = " and that is a line that the record can be read back from (host/ini.h) */

struct step {
	enum step_kind kind;
	enum stage stage;
	char target[STEP_TEXT_MAX];
	char value[STEP_TEXT_MAX];
};

struct steps {
	struct step *items;
	size_t count;
	uint64_t keep_free; /* bytes: what steps of pages leave of MemAvailable */
};

/* "override"; the names are those of the JSON and of the record. */
const char *step_kind_name(enum step_kind kind);

/* 0 or -EINVAL */
int step_kind_parse(const char *name, enum step_kind *ret);

/*
 * The steps that reach the goals which are not refused. A goal that is met gives none. With VIEW_NEXT_BOOT
 * they start from the state before any preparation. 0 or -ENOMEM; steps_done releases either way.
 */
int steps_build(const struct goals *goals, const struct host *host, enum view view, struct steps *ret);
void steps_done(struct steps *steps);

/* Adds one step. 0 or -ENOMEM. */
int steps_add(struct steps *steps, enum step_kind kind, enum stage stage, const char *target, const char *value);

#endif
