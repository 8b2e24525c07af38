/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leases, /run/vfio-prep/leases: what a running guest has been given, so that it can be taken back however the guest
 * ended. NAME.lease is of one guest: its holder, and the steps that were done for it alone. "host" is of all of them:
 * what each unit, interrupt and mask was before the first guest. Both are records (apply/record.h), written before
 * and after each step.
 *
 * Whoever changes one holds the lock of /run/vfio-prep. So a lease that is not "held" to whoever has the lock is one
 * whose maker died in the middle.
 */
#ifndef VFIO_PREP_APPLY_LEASE_H
#define VFIO_PREP_APPLY_LEASE_H

#include "apply/record.h"
#include "host/process.h"

#define LEASE_DIRECTORY RUN_DIRECTORY "/leases"
#define LEASE_HOST LEASE_DIRECTORY "/host"

#define LEASE_ACQUIRING "acquiring"
#define LEASE_HELD "held"
#define LEASE_RELEASING "releasing"

#define LEASE_PATH_MAX 96

struct lease {
	char guest[CONFIG_NAME_MAX]; /* the NAME of [vm NAME] */
	char path[LEASE_PATH_MAX];
	struct record record;
	int error; /* 0, or the errno (negative) of reading it: then there is nothing but the name */
	bool stays; /* how its CPUs save power could not be given back in this call */
};

struct leases {
	struct lease **items; /* each by itself: records point into them */
	size_t count;
};

/* All leases of this boot, by name. 0 or -ENOMEM; the errno of reading the directory, unless it is not there. */
int leases_read(const struct root *root, const char *boot_id, struct leases *ret);
void leases_done(struct leases *leases);

/* True where the guest has a file, whatever is in it. */
bool lease_exists(const struct root *root, const char *guest);

/* The lease of a guest; NULL. */
struct lease *leases_find(const struct leases *leases, const char *guest);

/* Adds a lease that is not in its file yet. NULL without memory. */
struct lease *leases_add(struct leases *leases, const char *guest, const char *boot_id);

/* Removes the file, and the lease from the list. 0 or the errno of that. */
int leases_remove(const struct root *root, struct leases *leases, struct lease *lease);

/*
 * Whether the guest has it: yes while its holder lives or its scope has a process, and while one without a holder is
 * not given back; no for the rest of a lease that was being made, or given back.
 */
enum answer lease_is_live(const struct root *root, const struct lease *lease);

/* True where it is on its way back, or was when that was cut off. */
bool lease_is_being_returned(const struct lease *lease);

/* Who holds it from now on (NULL: nobody), and the cgroup of the guest's scope, "" none. It is not written. */
void lease_set_holder(struct lease *lease, const struct process *holder, const char *cgroup);

/* The CPUs of a lease; empty where it has none. */
void lease_cpus(const struct lease *lease, struct cpus *ret);

/* Tells memory which pages are of guests. 0 or -ENOMEM. */
int leases_mark_pages(const struct leases *leases, struct memory *memory);

/* Who holds it, for people: "process 1234 (qemu-system-x86)"; text has LEASE_HOLDER_MAX bytes, and is returned. */
#define LEASE_HOLDER_MAX 80
const char *lease_holder(const struct root *root, const struct lease *lease, char *text);

#endif
