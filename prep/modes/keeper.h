/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who gives back what a guest of --run had, when it has ended: the caller, or its keeper where that one is killed. */
#ifndef VFIO_PREP_MODES_KEEPER_H
#define VFIO_PREP_MODES_KEEPER_H

#include <sys/types.h>

#include "modes/modes.h"

/*
 * Starts the keeper: a process in a session of its own, which no signal of a terminal reaches, that waits for the end
 * of the guest's process and of what else is in its cgroup ("" none), and then gives back. It has none of the caller's
 * descriptors: nobody who reads what the guest writes waits for it. lock and go are closed in it. 0 or a negative
 * errno.
 */
int keeper_start(struct session *session, const char *name, pid_t guest, const char *cgroup, int lock, int go);

/*
 * Gives back whatever has ended, under the lock; for the guest of this name, a moment is waited for the rest of its
 * processes. With some of them left the keeper goes on waiting, and that is no error. 0 or a negative errno.
 */
int keeper_give_back(struct session *session, const char *name);

#endif
