/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --acquire, --release and --run share. */
#ifndef VFIO_PREP_MODES_GUEST_H
#define VFIO_PREP_MODES_GUEST_H

#include <signal.h>

#include "apply/tenants.h"
#include "modes/modes.h"

/* The leases of this machine while its lock is held. */
struct visit {
	struct session *session;
	struct effects effects;
	struct tenants guests;
	int lock;
};

/* With the lock held already: gives back what guests that are gone have left, and tells of it. EXIT_GOOD or
 * EXIT_TROUBLE. */
int settle_guests(struct session *session);

/*
 * Takes the lock, reads the leases, gives back those whose guests are gone, and tells of it. EXIT_GOOD, or the exit
 * code to leave with; visit_done either way. What could not be given back is told and is no reason to leave.
 */
int visit_open(struct session *session, struct visit *ret);

/* The same without giving back: whose guest has just ended needs not be told so. */
int visit_open_only(struct session *session, struct visit *ret);
void visit_done(struct visit *visit);

/* Tells what is new of the notes. */
void visit_tell(struct visit *visit);

/* The exit code of what tenants_acquire, tenants_release or tenants_settle returned. */
int visit_exit_code(int result);

/* The section of a guest; NULL with a complaint that names those there are. */
const struct vm_section *find_vm(const struct config *config, const char *name);

/* "2 devices, 4G of pages, CPUs 4-7" of a guest's section, into text (of size bytes). */
void describe_vm(const struct vm_section *vm, char *text, size_t size);

/*
 * Holds back what would end this program in the middle of its work, and a pipe that nobody reads. What comes meanwhile
 * waits. *ret is how signals were.
 */
struct held_signals {
	sigset_t mask;
	struct sigaction pipe;
};

void signals_hold(struct held_signals *ret);
void signals_let(const struct held_signals *held);

/* True where one that would have ended this program waits. */
bool signals_wait(void);

#endif
