/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of one value for many CPUs or interrupts: the record stays small on a machine that has hundreds. */
#ifndef VFIO_PREP_PLAN_TUNING_PARTS_H
#define VFIO_PREP_PLAN_TUNING_PARTS_H

#include "base/cpus.h"
#include "plan/tuning.h"

#define IRQ_TARGET_DEFAULT "default"
#define WORKQUEUE_TARGET "unbound"

/* Members with the same text. */
struct tuning_group {
	char text[STEP_TEXT_MAX];
	struct cpus members;
};

struct tuning_groups {
	struct tuning_group *items;
	size_t count;
};

int groups_add(struct tuning_groups *groups, const char *text, unsigned int member);
void groups_done(struct tuning_groups *groups);

/*
 * A step for each group, or several where the list of its members does not fit into one target; prefix stands before
 * the list. The value is the same for all, or where NULL that of the group. 0 or -ENOMEM.
 */
int groups_add_steps(const struct tuning_groups *groups, enum step_kind kind, const char *prefix, const char *value,
                     struct steps *steps);

/*
 * What was done to a member: what it was before the first of these steps (in their order), and what the last of them
 * made of it; both NULL where nothing was, or all was undone. Where that last one did not come to its end, *ret_begun
 * is what the one before it had made of it, else NULL. lists tells of each step which members it is of.
 */
void tuned_chain(const struct tuned *tuned, const struct cpus *lists, size_t count, unsigned int member,
                 const char **ret_original, const char **ret_last, const char **ret_begun);

/*
 * What a member has now, as a step writes it, into text (STEP_TEXT_MAX bytes); false where unknown. state is of
 * STEP_IDLE_STATE. A member of STEP_IRQ_AFFINITY is an interrupt; of the masks there is one (tuning_text_of_mask).
 */
bool tuning_text(const struct host *host, enum step_kind kind, size_t state, unsigned int member, char *text);
bool tuning_text_of_mask(const struct host *host, enum step_kind kind, char *text);

#endif
