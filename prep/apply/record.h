/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record, /run/vfio-prep/record: what was tried in this boot and what came of it. It explains a
 * report and carries the values to restore; it never decides a check.
 *
 * Room for every entry and for the text is taken before the first effect, so that writing it later cannot
 * fail for memory.
 */
#ifndef VFIO_PREP_APPLY_RECORD_H
#define VFIO_PREP_APPLY_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"
#include "plan/tuning.h"
#include "plan/undo.h"

#define RUN_DIRECTORY "run/vfio-prep"
#define RECORD_PATH RUN_DIRECTORY "/record"
#define RECORD_CONFIG_PATH RUN_DIRECTORY "/config"
#define RECORD_WHY_MAX 160 /* a line of the record holds 198 bytes (ini.h) */

enum result {
	RESULT_RUNNING,  /* begun; where it stays so, the program ended in this step */
	RESULT_DONE,
	RESULT_FAILED,
	RESULT_SKIPPED,  /* not tried, because an earlier step of the same device failed */
	RESULT_RETURNED, /* a step of giving a device back to the host after a failure */
	RESULTS,
};

/* Who wrote an entry. */
enum writer { WRITER_EARLY, WRITER_LATE, WRITER_RELEASE, WRITER_APPLY, WRITER_UNDO, WRITERS };

struct record_entry {
	enum writer writer;
	enum step_kind kind;
	enum result result;
	char target[STEP_TEXT_MAX];
	char value[STEP_TEXT_MAX];
	char before[STEP_TEXT_MAX]; /* what it was: override, pages, tuning; unbind: the driver that had it */
	char after[STEP_TEXT_MAX];  /* pages: how many there were at the end */
	int error;                  /* a positive errno; 0 none */
	uint64_t usec;              /* how long the step took */
	uint64_t at_usec;           /* when it began: CLOCK_MONOTONIC, about the time since boot */
	char why[RECORD_WHY_MAX];
};

struct record_refusal {
	char target[STEP_TEXT_MAX]; /* an address, or the name of a section that selects nothing */
	char guard[16];             /* "missing" for such a section */
	char why[RECORD_WHY_MAX];
};

/* A slice and a scope: systemd escapes each byte of a name that is not ASCII into four (systemd.unit(5)). */
#define RECORD_CGROUP_MAX 288

/* Who has what the record tells of (apply/lease.h). */
struct record_lease {
	char state[16];                /* acquiring, held or releasing; "": this is no lease */
	uint64_t holder, holder_start; /* a process (host/process.h); 0: none, it stands until it is given back */
	bool started;                  /* the guest is started by us */
	bool irqs;                     /* interrupts and workers keep off its CPUs, too */
	char cgroup[RECORD_CGROUP_MAX]; /* of the guest's scope, below the cgroup root; "" none */
	char cpus[192];                /* a list; "" none: a line of the config holds no longer one */
};

struct record {
	char version[16];
	char boot_id[48];
	enum writer writer;  /* the last program that wrote it */
	char state[16];      /* of that one: running or done */
	char early[16];      /* how early boot ended: done, running (it did not end), off, plan, bad-config,
	                        no-config, error, released (the root did not appear); "" where it did not run */
	char note[RECORD_WHY_MAX]; /* why early boot ended so */
	enum answer udev;    /* udev was running when early boot began */
	struct record_entry *entries;
	size_t count, capacity;
	struct record_refusal *refusals; /* of the last writer */
	size_t refusal_count, refusal_capacity;
	const char *path;          /* of the file; NULL: RECORD_PATH */
	struct record_lease lease; /* only of a lease's own record */
	char *text;
	size_t text_size;
};

/*
 * Reads the record below root, or another file of its format. 0; -ENOENT where there is none; -EBADMSG where it is no
 * record; -ENOMEM.
 */
int record_read(const struct root *root, struct record *ret);
int record_read_from(const struct root *root, const char *path, struct record *ret);
void record_done(struct record *record);

/*
 * Makes room for the entries of so many steps more (with giving back each of them) and so many refusals
 * more. 0 or -ENOMEM.
 */
int record_reserve(struct record *record, size_t steps, size_t refusals);

/* The next entry, or NULL where there is no room: never after a fitting record_reserve. */
struct record_entry *record_add(struct record *record, enum writer writer, const struct step *step);

/* Refusals are those of the last writer: a new one drops the old. */
void record_drop_refusals(struct record *record);
void record_refuse(struct record *record, const char *target, const char *guard, const char *why);

/* Writes it to its path, atomically. 0 or the errno of that. */
int record_save(const struct root *root, struct record *record);

/*
 * The devices that are taken by this record: an override written and not undone since. Returns their
 * count, at most room; needs room for record->count.
 */
size_t record_taken(const struct record *record, struct taken *taken, size_t room);

/*
 * What was added to each pool of huge pages and not undone since (record_pages.c). Returns their count, at most
 * room; needs room for record->count.
 */
size_t record_pages(const struct record *record, struct taken_pages *taken, size_t room);

/*
 * The steps of tuning that may have changed something, in their order, pointing into the record (record_tuned.c).
 * Returns their count, at most room; needs room for record->count.
 */
size_t record_tuned(const struct record *record, struct tuned *tuned, size_t room);

/* The last entry of this kind and target; NULL. */
const struct record_entry *record_last(const struct record *record, enum step_kind kind, const char *target);

/* Why the entry is as it is, as by printf; cut where it is too long. */
__attribute__((format(printf, 2, 3)))
void record_explain(struct record_entry *entry, const char *format, ...);

const char *result_name(enum result result);
const char *writer_name(enum writer writer);

#endif
