/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must not be taken from the host (design.md section 5). Pure. */
#ifndef VFIO_PREP_PLAN_GUARDS_H
#define VFIO_PREP_PLAN_GUARDS_H

#include "plan/goals.h"

/* From which state a plan looks. */
enum view {
	VIEW_NOW,       /* the present state of a running system: what --apply would do */
	VIEW_EARLY,     /* the present state in early boot: a device without a driver will still get one */
	VIEW_LATE,      /* the present state in the initramfs after the root is mounted */
	VIEW_NEXT_BOOT, /* before any preparation, whatever the present state is */
};

/*
 * Settles the stage of each goal, and marks those that a guard refuses, with the reason. In VIEW_EARLY the
 * goals of the late stage are deferred: nobody can look at a disk before its driver has it. A refusal can bring others
 * with it (a group that loses one member to the host is lost to the guest).
 */
void guards_apply(struct goals *goals, const struct host *host, enum view view);

/*
 * Adds the devices of guests that do not run, which are the host's until then: each as it would be judged if its guest
 * were started now, beside what those of `of` have. goals_of_section tells them from the others. 0 or -ENOMEM.
 */
int goals_add_resting(const struct goals_of *of, const struct config *config, const struct host *host, enum view view,
                      struct goals *goals);

/*
 * True where a function of a group would stay with (or get) a driver of the host, so that vfio refuses
 * the group (drivers/vfio: every endpoint must be without a driver, or with vfio's, or pci-stub).
 */
bool guards_host_keeps(const struct goals *goals, const struct host *host, size_t function, enum view view);

#endif
