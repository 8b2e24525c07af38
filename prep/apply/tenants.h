/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests come and go: what [vm NAME] asks for is acquired as a lease (apply/lease.h), all of it or nothing, and given
 * back in reverse order. There is one way back for a guest that ended, for one whose holder was killed, and for a lease
 * that was half made: tenants_settle.
 *
 * Whoever calls these has the lock of /run/vfio-prep.
 */
#ifndef VFIO_PREP_APPLY_TENANTS_H
#define VFIO_PREP_APPLY_TENANTS_H

#include "apply/effects.h"
#include "apply/lease.h"

/* What an administrator should know of it, in the order that it came about. */
struct tenants_note {
	char guest[CONFIG_NAME_MAX]; /* "" of the host */
	char text[400];
};

struct tenants {
	const struct effects *effects;
	const struct config *config; /* as it is now: a lease knows by itself what to give back */
	char boot_id[48];
	struct leases leases;
	struct record host; /* LEASE_HOST */
	struct tenants_note *notes;
	size_t note_count;
};

/* Reads the leases. 0 or -ENOMEM; the errno of reading them. tenants_close releases either way. */
int tenants_open(const struct effects *effects, const struct config *config, struct tenants *ret);
void tenants_close(struct tenants *guests);

/*
 * Gives back every lease whose guest is gone, and lets the host be as the remaining ones need it. 0; -EBUSY where
 * something could not be given back (notes tell): it is tried again with the next call; -ENOMEM.
 */
int tenants_settle(struct tenants *guests);

/* Whether a held lease changes hands. */
enum hold { HOLD_NEW, HOLD_SAME, HOLD_MOVED };

/*
 * Acquires what the guest asks for; guests are settled before. holder: the process whose end gives it back; NULL: it
 * stands until tenants_release. started: the guest is started by us, in a scope. Of a lease that is held only the
 * holder changes, where one is given.
 *
 * 0; -EPERM where something is refused or missing, and nothing (any more) is done; -EIO where a step failed, and what
 * came before it is given back; -EBUSY where that could not be; -ENOMEM; the errno of writing the lease: nothing is
 * done then. Notes tell.
 */
int tenants_acquire(struct tenants *guests, const struct vm_section *vm, const struct process *holder, bool started,
                   enum hold *ret);

/* The guest is started: its process, and the cgroup of its scope ("" none), hold the lease now. 0 or an errno. */
int tenants_hold(struct tenants *guests, const char *guest, const struct process *holder, const char *cgroup);

/*
 * Gives back the lease of a guest, whoever holds it. 0; -ENOENT where there is none; -EPERM where a process has a
 * device of it open: nothing is done then; -EBUSY and -ENOMEM as tenants_settle.
 */
int tenants_release(struct tenants *guests, const char *guest);

/* Adds a note; what does not fit into memory is not told. */
__attribute__((format(printf, 3, 4)))
void tenants_tell(struct tenants *guests, const char *guest, const char *format, ...);

/* Parts of the above. */

/* Writes the lease with this state. 0, -ENOMEM, or the errno of writing it. */
int tenants_set_state(struct tenants *guests, struct lease *lease, const char *state);

/* The host's units, interrupts and workers, as the leases that are held or being made need them. 0, -EBUSY, -ENOMEM. */
int tenants_share_host(struct tenants *guests);

/* What was done for a lease alone: first how its CPUs save power, last its devices and pages. 0, -EBUSY, -ENOMEM. */
int tenants_return_power(struct tenants *guests, struct lease *lease);
int tenants_return_rest(struct tenants *guests, struct lease *lease);

/*
 * Pages that its guest has left in use stay in the pool where others have theirs there, and are one of those' from now
 * on. host is read with HOST_MEMORY. 0, -ENOMEM, or the errno of writing that lease.
 */
int tenants_keep_left(struct tenants *guests, struct lease *lease, const struct host *host);

/* Devices that a lease took, whatever was given back since: undo_build of UNDO_RESUME looks at them. */
size_t tenants_taken(const struct record *record, struct taken *taken, size_t room);

/* Walks steps, and tells the first that failed. 0; -EPERM where that was for want of pages; -EIO. */
int tenants_walk(struct tenants *guests, const char *guest, const struct steps *steps, enum writer writer,
                struct record *record);

#endif
