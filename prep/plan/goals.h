/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the config asks of this machine: each function that shall belong to a driver, and what is missing. */
#ifndef VFIO_PREP_PLAN_GOALS_H
#define VFIO_PREP_PLAN_GOALS_H

#include <stdbool.h>
#include <stddef.h>

#include "host/config.h"
#include "host/host.h"

/* Why a function is left to the host (design.md section 5, and two reasons that are no guards there). */
enum guard {
	GUARD_NONE,
	GUARD_IDENTITY, /* it stands at the listed place and is another device */
	GUARD_BRIDGE,
	GUARD_IN_USE,   /* a process, a mount or its own virtual functions hold it */
	GUARD_BOOT_DISPLAY,
	GUARD_STORAGE,
	GUARD_USB,
	GUARD_NETWORK,
	GUARD_GROUP,
	GUARD_SKIP,     /* vfio_prep.skip= names it */
	GUARD_STUCK,    /* its probe or removal hangs in the kernel */
	GUARD_CONFLICT, /* two sections want two drivers */
	GUARD_MEMORY,   /* of a pool of huge pages: this machine cannot have it */
	GUARD_CPUS,     /* of [cpus]: these cannot be isolated here */
};

/* When a boot reaches it: before udev, or after the root is mounted. */
enum stage { STAGE_EARLY, STAGE_LATE };

struct goal {
	size_t function; /* index of host.pci.functions */
	const struct device_section *section;
	enum stage stage;
	bool companion; /* its section takes it for `also =` */
	bool deferred;  /* to be taken, but not in this run */
	enum guard guard; /* GUARD_NONE: to be taken */
	char why[240];  /* where refused */
};

struct goals {
	struct goal *items; /* by function: its goal, then those that mistake it for another device (GUARD_IDENTITY) */
	size_t count;
	const struct device_section **missing; /* sections that select nothing */
	size_t missing_count;
};

/*
 * Finds the functions that the sections of config select on host, which was read with this config.
 * Nothing is refused yet but for identity and conflict. 0 or -ENOMEM; goals_done releases either way.
 */
int goals_build(const struct config *config, const struct host *host, struct goals *ret);

/*
 * Devices of a [vm] are bound only while it runs: those sections are no goals of a boot. What goals_build takes is of
 * no guest; this takes those sections too (boot), and those of guests that run, or every section.
 */
struct goals_of {
	bool boot, every;
	const struct vm_section *const *guests;
	size_t guest_count;
};

/* True where the section is one of those (of NULL: of a boot). */
bool goals_of_section(const struct goals_of *of, const struct config *config, const struct device_section *section);

int goals_build_of(const struct goals_of *of, const struct config *config, const struct host *host, struct goals *ret);
void goals_done(struct goals *goals);

/* Sorts the items, after some were added. */
void goals_sort(struct goals *goals);

/* The goal of a function; NULL. */
struct goal *goals_find(const struct goals *goals, size_t function);

/* True where the function is wanted and nothing refuses it. */
bool goals_take(const struct goals *goals, size_t function);

/* "boot-display"; a guard's name is also its waiver's, where it has one. */
const char *guard_name(enum guard guard);
bool guard_has_waiver(enum guard guard);

const char *stage_name(enum stage stage);

#endif
