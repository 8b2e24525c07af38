/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of isolation_build: choosing CPUs, and checking those of a list. */
#ifndef VFIO_PREP_PLAN_ISOLATE_PARTS_H
#define VFIO_PREP_PLAN_ISOLATE_PARTS_H

#include "plan/isolate.h"

/* What choosing came to. */
struct choice {
	struct cpus cpus;
	bool enough; /* as many as were asked for, rounded down to whole cores */
	int kind;    /* index of topology.kinds */
};

/*
 * Chooses `count` logical CPUs (0: as many as the rule of bare auto gives) near to a node (index; -1 none). Where
 * no kind of core has so many, enough is false and cpus are the most that can be given. 0 or -ENOMEM.
 */
int choose_cpus(const struct topology *topology, int near_node, unsigned int count, struct choice *ret);

/* The least number of cores that stays with the host, of so many in all. */
size_t housekeeping_cores(size_t cores);

/* The CPUs of the core of the first online CPU: that one alone where cores are unknown. */
void first_core(const struct topology *topology, struct cpus *ret);

/*
 * Checks a list, and settles isolation->guest by it, unless that is refused. A fault's cure is what comes before the
 * list that would do, or all of it. 0 or -ENOMEM.
 */
int check_list(const struct config *config, const struct host *host, const struct cpus *list,
               struct isolation *isolation);

/* How many cores stay whole with the host where these CPUs are the guests'. */
size_t cores_left(const struct topology *topology, const struct cpus *guest);

/* Writes into the faults of the config's list the one that would do, which has no fault itself. 0 or -ENOMEM. */
int cure_list(const struct config *config, const struct host *host, struct isolation *isolation);

/* Checks the lists of the guests against each other and against isolation->guest. 0 or -ENOMEM. */
int check_vms(const struct config *config, const struct host *host, struct isolation *isolation);

/* Adds a fault; its text is printed. NULL without memory. */
__attribute__((format(printf, 4, 5)))
struct isolation_fault *add_fault(struct isolation *isolation, enum isolation_fault_kind kind, const char *section,
                                  const char *text, ...);

/* "isolate = 4-7" as the cure, with what stands in front of it ("" nothing). */
void cure_by_list(struct isolation_fault *fault, const char *lead, const char *key, const struct cpus *cpus);

#endif
