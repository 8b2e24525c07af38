/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The huge pages that [hugepages] asks for: how many each pool shall have, and what cannot be. Pure. */
#ifndef VFIO_PREP_PLAN_PAGES_H
#define VFIO_PREP_PLAN_PAGES_H

#include "plan/guards.h"
#include "plan/steps.h"

struct page_goal {
	const struct page_pool *pool;
	char target[STEP_TEXT_MAX]; /* "1G@0", "2M" */
	enum stage stage;  /* late where resume= is on the command line: the pages would be in its way */
	bool deferred;     /* to be reserved, but not in this run */
	bool known;        /* how many there are could be read */
	uint64_t have;     /* pages that are there for it, at most as many as it asks for */
	uint64_t count;    /* that the kernel's file shall hold; for a pool without node those of the nodes are in it */
	enum guard guard;  /* GUARD_NONE or GUARD_MEMORY */
	char why[240];     /* where refused */
	uint64_t most;     /* where refused for its amount: so many pages would fit */
};

struct pages {
	struct page_goal *items; /* in the order of reserving: large pages first, nodes before the kernel's spread */
	size_t count;
};

/*
 * The pools of config, and what host (read with this config) has of them. In VIEW_NEXT_BOOT that is what the
 * kernel command line reserves. 0 or -ENOMEM; pages_done releases either way. Points into config.
 */
int pages_build(const struct config *config, const struct host *host, enum view view, struct pages *ret);
void pages_done(struct pages *pages);

/* The steps to what is missing and not refused, and what they leave free. 0 or -ENOMEM. */
int pages_add_steps(const struct pages *pages, const struct config *config, struct steps *steps);

/* "1G@0", "2M": how steps and checks call a pool. target has STEP_TEXT_MAX bytes. */
void page_pool_name(const struct page_pool *pool, char *target);

/* True where the pool has what it asks for. */
bool page_goal_is_met(const struct page_goal *goal);

/*
 * How many pages of this size (bytes) are missing in the pool of this node (-1: in the one without node); 0 also
 * where the config has no such pool. What is refused is missing; what is unknown is not.
 */
uint64_t pages_missing(const struct pages *pages, uint64_t page_size, int node);

#endif
