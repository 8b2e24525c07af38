/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parent of the workers of early boot. A worker does everything, and the parent nothing that the kernel could
 * let it wait for. Where a step does not return, its worker is left behind and another one goes on without the
 * device or module of that step.
 */
#ifndef VFIO_PREP_EARLY_SUPERVISOR_H
#define VFIO_PREP_EARLY_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "apply/effects.h"

/* What a child is to do; exits with success where it returns. */
typedef void supervised_work(const struct effects *effects);

/*
 * Runs work, each time in a child of its own, until one has ended well, or no time is left; then, where one did
 * not end well, give_back. At most deadline_usec pass, or what the child says with supervisor_tell_timeout: of them
 * a quarter, 5 s at most, is kept for give_back. A step counts as stuck after a third of the time that was left to it.
 * The children of work see on_step of the effects set. True where the first child ended well.
 */
bool supervisor_run(struct effects *effects, supervised_work *work, supervised_work *give_back,
                    uint64_t deadline_usec);

/* Called by the child: the whole time that the config gives, in microseconds since supervisor_run began. */
void supervisor_tell_timeout(uint64_t usec);

#endif
