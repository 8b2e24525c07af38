/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of tuning: interrupts, workers, governors, idle states (plan/tuning.h). */
#ifndef VFIO_PREP_APPLY_TUNING_H
#define VFIO_PREP_APPLY_TUNING_H

#include "apply/effects.h"
#include "apply/record.h"

/*
 * Gives the members of the entry's target its value, and reads it back. entry->before gets what they had: a step is
 * of members that have the same, and one that has something else by now is left alone. An interrupt that the kernel
 * places itself (EIO, EPERM) is left as it is, which is no failure, and told in entry->why; so is one that is gone.
 *
 * 0; -ENODATA where no member can be read; the errno of a write; -EIO where another value reads back.
 */
int tuning_step(const struct effects *effects, struct record *record, struct record_entry *entry);

#endif
