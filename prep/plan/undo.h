/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way back: which steps give the devices that were taken to their own drivers again. Pure. */
#ifndef VFIO_PREP_PLAN_UNDO_H
#define VFIO_PREP_PLAN_UNDO_H

#include "plan/steps.h"

/* A device that vfio-prep took in this boot, from the record. */
struct taken {
	struct pci_address address;
	char driver[STEP_TEXT_MAX];   /* the override that it wrote */
	char override[STEP_TEXT_MAX]; /* the override before; "" unset */
};

/* Pages that vfio-prep added to a pool in this boot, from the record. */
struct taken_pages {
	char target[STEP_TEXT_MAX]; /* "2M@1" */
	struct page_pool pool;      /* which that is; its amount is not set */
	uint64_t added;
	bool open;                  /* a step was begun and did not tell its end: it began at before and wanted value */
	uint64_t before, value;
};

struct refusal {
	char target[STEP_TEXT_MAX];
	enum guard guard;
	char why[240];
};

struct undo {
	struct steps steps;
	struct refusal *refused; /* held open, or stuck: unbinding would wait for that, past every signal */
	size_t refused_count;
};

enum undo_scope {
	UNDO_ALL,
	UNDO_RESUME,  /* all, and what an earlier way back that was cut off has left of them */
	UNDO_UNBOUND, /* only devices that no driver has: an override was written, and then the program ended */
};

/*
 * host is read with details of all functions and with holders. A device whose override somebody changed
 * since is left to that somebody. 0 or -ENOMEM; undo_done releases either way.
 */
int undo_build(const struct taken *taken, size_t count, const struct host *host, enum undo_scope scope,
               struct undo *ret);
/*
 * Adds the steps that give those pages back, and no others: each pool is left with what it has now less what
 * was added, and with what guests may need (memory_add_guest), which is refused. host is read with HOST_MEMORY; a
 * pool that cannot be read is left alone. 0 or -ENOMEM.
 */
int undo_pages(const struct taken_pages *taken, size_t count, const struct host *host, struct undo *undo);
void undo_done(struct undo *undo);

#endif
