/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What follows for the host from the CPUs of all guests together: where its units, interrupts and workers may be. Pure.
 *
 * It is a function of those CPUs and of what each thing was before the first guest, so that guests may come and go in
 * any order. What somebody else has set since is that somebody's: it is left alone, or where it is in the way of a
 * guest, given back to.
 */
#ifndef VFIO_PREP_PLAN_SHARE_H
#define VFIO_PREP_PLAN_SHARE_H

#include "plan/isolate.h"
#include "plan/tuning.h"

struct share_unit {
	char name[STEP_TEXT_MAX];
	struct cpus cpus; /* that it may use now; empty: any */
	bool started_only; /* guests that are not started by us cannot enter it: their CPUs do not count */
};

struct share {
	struct cpus guests;  /* CPUs of all guests */
	struct cpus started; /* of those that were started by us */
	struct cpus quiet;   /* of those whom interrupts and workers keep off, too */
	struct cpus others;  /* that the host has no use of either: isolated ones */
	const struct share_unit *units;
	size_t unit_count;
	const struct tuned *tuned; /* what was done for earlier guests */
	size_t tuned_count;
};

struct share_steps {
	/* Three walks, in this order. */
	struct steps follow; /* interrupts that are as old as a guest: what the default becomes; leaves nothing to undo */
	struct steps back;   /* to how it was: this and the one before are to be walked as WRITER_UNDO */
	struct steps on;     /* further away from how it was */
	struct refusal *foreign; /* set by somebody else since, and left so */
	size_t foreign_count;
};

/* host is read with HOST_TUNING. 0 or -ENOMEM; share_steps_done releases either way. */
int share_build(const struct share *share, const struct host *host, struct share_steps *ret);
void share_steps_done(struct share_steps *steps);

#endif
