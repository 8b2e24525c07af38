/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/share.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/stuck.h"
#include "plan/tuning_parts.h"

/* One kind of thing while it is looked at. */
struct look {
	const struct share *share;
	const struct host *host;
	struct share_steps *steps;
	struct cpus *lists; /* of each of share->tuned, its members of this kind */
	char housekeeping[STEP_TEXT_MAX];
};

/* What of a thing is known, and what it is to have: its text again, or housekeeping. */
struct state {
	const char *original, *last; /* NULL where nothing was done to it */
	const char *begun;           /* what it may still be where the last step was cut off; NULL */
	char now[STEP_TEXT_MAX];
};

static bool is_ours(const struct state *state)
{
	return state->original &&
	       (strcmp(state->last, state->now) == 0 || (state->begun && strcmp(state->begun, state->now) == 0));
}

/* What it would have if there were no guest. */
static const char *basis_of(const struct state *state)
{
	return is_ours(state) ? state->original : state->now;
}

static void keep_for_host(const struct look *look, const struct cpus *guests, char *text)
{
	struct cpus rest = look->host->topology.online, narrow;

	cpus_minus(&rest, guests);
	narrow = rest;
	cpus_minus(&narrow, &look->share->others);
	cpus_format_short(cpus_empty(&narrow) ? &rest : &narrow, text, STEP_TEXT_MAX);
}

static int tell_foreign(struct look *look, const char *target, const struct state *state)
{
	struct refusal *refusal = array_add(&look->steps->foreign, &look->steps->foreign_count, sizeof(*refusal));

	if (!refusal)
		return -ENOMEM;
	snprintf(refusal->target, sizeof(refusal->target), "%s", target);
	snprintf(refusal->why, sizeof(refusal->why), "somebody has set it to %.100s since: left so (it was %.100s)",
	         state->now, state->original);
	return 0;
}

/* A step for one thing that has a target of its own. */
static int settle(struct look *look, enum step_kind kind, const char *target, const struct state *state,
                  const char *wanted)
{
	bool back = is_ours(state) && strcmp(wanted, state->original) == 0;

	if (strcmp(wanted, state->now) != 0)
		return steps_add(back ? &look->steps->back : &look->steps->on, kind, STAGE_EARLY, target, wanted);
	if (state->original && !is_ours(state) && strcmp(state->now, state->original) != 0 &&
	    cpus_empty(&look->share->guests))
		return tell_foreign(look, target, state);
	return 0;
}

static bool is_mask(const struct tuned *tuned)
{
	return tuned->kind == STEP_WORKQUEUES || strcmp(tuned->target, IRQ_TARGET_DEFAULT) == 0;
}

/* Which of the steps were of this one thing. */
static void list_members(struct look *look, enum step_kind kind, const char *target)
{
	for (size_t i = 0; i < look->share->tuned_count; i++) {
		look->lists[i] = (struct cpus){ 0 };
		if (look->share->tuned[i].kind == kind && strcmp(look->share->tuned[i].target, target) == 0)
			cpus_add(&look->lists[i], 0);
	}
}

static int settle_mask(struct look *look, enum step_kind kind, const char *target)
{
	struct state state = { 0 };
	struct cpus basis;

	list_members(look, kind, target);
	tuned_chain(look->share->tuned, look->lists, look->share->tuned_count, 0, &state.original, &state.last,
	            &state.begun);
	if (stuck_has(look->host->stuck, target) || !tuning_text_of_mask(look->host, kind, state.now) ||
	    cpus_parse_short(basis_of(&state), &basis) < 0)
		return 0;
	return settle(look, kind, target, &state,
	              cpus_overlap(&basis, &look->share->quiet) ? look->housekeeping : basis_of(&state));
}

static int settle_unit(struct look *look, const struct share_unit *unit)
{
	const struct cpus *guests = unit->started_only ? &look->share->started : &look->share->guests;
	struct state state = { 0 };
	char housekeeping[STEP_TEXT_MAX], narrow[STEP_TEXT_MAX];
	const char *wanted;
	struct cpus basis;

	list_members(look, STEP_CONFINE, unit->name);
	tuned_chain(look->share->tuned, look->lists, look->share->tuned_count, 0, &state.original, &state.last,
	            &state.begun);
	if (cpus_empty(&unit->cpus))
		snprintf(state.now, sizeof(state.now), CONFINE_ANY);
	else
		cpus_format_short(&unit->cpus, state.now, sizeof(state.now));
	wanted = basis_of(&state);
	if (cpus_empty(guests))
		return settle(look, STEP_CONFINE, unit->name, &state, wanted);
	keep_for_host(look, guests, housekeeping);
	/* A unit that an administrator keeps on some CPUs stays within them. */
	if (strcmp(wanted, CONFINE_ANY) != 0 && cpus_parse_short(wanted, &basis) == 0) {
		struct cpus rest = basis;

		cpus_minus(&rest, guests);
		if (!cpus_empty(&rest) && cpus_format_short(&rest, narrow, sizeof(narrow)))
			return settle(look, STEP_CONFINE, unit->name, &state, cpus_equal(&rest, &basis) ? wanted : narrow);
	}
	return settle(look, STEP_CONFINE, unit->name, &state, housekeeping);
}

/* What was done to the default of new interrupts, and what it is to be from now on. */
struct default_irq {
	const char *original, *last; /* NULL: nothing */
	const char *next;
};

static void look_at_default(struct look *look, struct default_irq *ret)
{
	const char *begun;
	struct cpus basis;

	list_members(look, STEP_IRQ_AFFINITY, IRQ_TARGET_DEFAULT);
	tuned_chain(look->share->tuned, look->lists, look->share->tuned_count, 0, &ret->original, &ret->last, &begun);
	ret->next = ret->original;
	if (ret->original && cpus_parse_short(ret->original, &basis) == 0 && cpus_overlap(&basis, &look->share->quiet))
		ret->next = look->housekeeping;
}

/* Interrupts in groups: those that have the same now, and are to have the same. */
struct irq_groups {
	struct tuning_groups on, back, follow, noted;
};

static int sort_irq(struct look *look, const struct irq *irq, const struct default_irq *of_default,
                    struct irq_groups *groups)
{
	struct state state = { 0 };
	struct cpus basis;
	bool in_the_way;

	tuned_chain(look->share->tuned, look->lists, look->share->tuned_count, irq->number, &state.original, &state.last,
	            &state.begun);
	if (!tuning_text(look->host, STEP_IRQ_AFFINITY, 0, irq->number, state.now) ||
	    cpus_parse_short(basis_of(&state), &basis) < 0)
		return 0;
	/* Made while guests run, it has the default of that time, and would keep it for good. */
	if (!state.original && of_default->last && strcmp(state.now, of_default->last) == 0 && irq->owner == IRQ_OWNER_HOST)
		return strcmp(state.now, of_default->next) == 0 ? 0 : groups_add(&groups->follow, state.now, irq->number);
	in_the_way = irq->owner == IRQ_OWNER_HOST &&
	             (is_ours(&state) ? cpus_overlap(&basis, &look->share->quiet) : irq_is_on(irq, &look->share->quiet));
	/* One that is so by itself already is noted, or it would look like one that was made later. */
	if (in_the_way ? strcmp(state.now, look->housekeeping) != 0
	               : !state.original && !cpus_empty(&look->share->quiet) && strcmp(state.now, look->housekeeping) == 0)
		return groups_add(&groups->on, state.now, irq->number);
	if (in_the_way || !is_ours(&state) || strcmp(state.now, state.original) == 0)
		return 0;
	return groups_add(of_default->next && strcmp(state.original, of_default->next) == 0 ? &groups->noted :
	                                                                                      &groups->back,
	                  state.original, irq->number);
}

static int settle_irqs(struct look *look)
{
	struct irq_groups groups = { 0 };
	struct default_irq of_default;
	int r = 0;

	look_at_default(look, &of_default);
	for (size_t i = 0; i < look->share->tuned_count; i++) {
		look->lists[i] = (struct cpus){ 0 };
		if (look->share->tuned[i].kind == STEP_IRQ_AFFINITY && !is_mask(&look->share->tuned[i]))
			cpus_parse(look->share->tuned[i].target, &look->lists[i]);
	}
	for (size_t i = 0; r == 0 && i < look->host->tuning.irq_count; i++)
		r = sort_irq(look, &look->host->tuning.irqs[i], &of_default, &groups);
	if (r == 0)
		r = groups_add_steps(&groups.follow, STEP_IRQ_AFFINITY, "", of_default.next, &look->steps->follow);
	if (r == 0)
		r = groups_add_steps(&groups.on, STEP_IRQ_AFFINITY, "", look->housekeeping, &look->steps->on);
	if (r == 0)
		r = groups_add_steps(&groups.noted, STEP_IRQ_AFFINITY, "", NULL, &look->steps->on);
	if (r == 0)
		r = groups_add_steps(&groups.back, STEP_IRQ_AFFINITY, "", NULL, &look->steps->back);
	groups_done(&groups.follow);
	groups_done(&groups.noted);
	groups_done(&groups.on);
	groups_done(&groups.back);
	return r;
}

int share_build(const struct share *share, const struct host *host, struct share_steps *ret)
{
	struct look look = { .share = share, .host = host, .steps = ret };
	int r = 0;

	*ret = (struct share_steps){ 0 };
	if (host->topology.error)
		return 0;
	look.lists = calloc(share->tuned_count + 1, sizeof(*look.lists));
	if (!look.lists)
		return -ENOMEM;
	keep_for_host(&look, &share->guests, look.housekeeping);
	for (size_t i = 0; r == 0 && i < share->unit_count; i++)
		r = settle_unit(&look, &share->units[i]);
	/* The default first: an interrupt that appears meanwhile is where it should be. */
	if (r == 0)
		r = settle_mask(&look, STEP_IRQ_AFFINITY, IRQ_TARGET_DEFAULT);
	if (r == 0)
		r = settle_mask(&look, STEP_WORKQUEUES, WORKQUEUE_TARGET);
	if (r == 0)
		r = settle_irqs(&look);
	free(look.lists);
	return r;
}

void share_steps_done(struct share_steps *steps)
{
	if (!steps)
		return;
	steps_done(&steps->follow);
	steps_done(&steps->back);
	steps_done(&steps->on);
	free(steps->foreign);
	*steps = (struct share_steps){ 0 };
}
