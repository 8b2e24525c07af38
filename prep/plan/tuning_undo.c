/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way back of tuning: each CPU and each interrupt by itself, because somebody may have changed one of them
 * since. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "plan/tuning.h"
#include "plan/tuning_parts.h"

/* One pass over the steps of a kind. */
struct pass {
	const struct tuned *tuned;
	size_t count;
	const struct host *host;
	enum step_kind kind;
	bool mask;        /* the one mask of its kind, not the members of lists */
	char prefix[16];  /* before the list: "state3@" */
	size_t state;
	struct cpus *lists; /* of each entry; empty for those of other passes */
};

static bool is_mask(const struct tuned *tuned)
{
	return tuned->kind == STEP_WORKQUEUES || strcmp(tuned->target, IRQ_TARGET_DEFAULT) == 0;
}

/* The members of an entry that is of this pass. */
static void read_list(const struct pass *pass, const struct tuned *tuned, struct cpus *ret)
{
	size_t length = strlen(pass->prefix);

	*ret = (struct cpus){ 0 };
	if (tuned->kind != pass->kind || is_mask(tuned) != pass->mask)
		return;
	if (pass->mask)
		cpus_add(ret, 0);
	else if (strncmp(tuned->target, pass->prefix, length) == 0)
		cpus_parse(tuned->target + length, ret);
}

void tuned_chain(const struct tuned *tuned, const struct cpus *lists, size_t count, unsigned int member,
                 const char **ret_original, const char **ret_last, const char **ret_begun)
{
	const char *original = NULL, *last = NULL, *begun = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!cpus_has(&lists[i], member))
			continue;
		if (tuned[i].undo) {
			original = last = begun = NULL;
			continue;
		}
		/* Where it was not as we had left it, somebody's choice came between, which counts. */
		if (!original || strcmp(tuned[i].before, last) != 0)
			original = tuned[i].before;
		begun = tuned[i].open && last && strcmp(tuned[i].before, last) == 0 ? last : NULL;
		last = tuned[i].value;
	}
	*ret_original = original;
	*ret_last = last;
	*ret_begun = begun;
}

/* What a member is to have again; NULL where it is not ours (any more). */
static const char *original_of(const struct pass *pass, unsigned int member)
{
	const char *original, *last, *begun;
	char now[STEP_TEXT_MAX];

	tuned_chain(pass->tuned, pass->lists, pass->count, member, &original, &last, &begun);
	if (!original || strcmp(original, last) == 0)
		return NULL;
	if (!(pass->mask ? tuning_text_of_mask(pass->host, pass->kind, now)
	                 : tuning_text(pass->host, pass->kind, pass->state, member, now)))
		return NULL;
	return strcmp(now, last) == 0 || (begun && strcmp(now, begun) == 0) ? original : NULL;
}

static int run_pass(struct pass *pass, struct steps *steps)
{
	struct tuning_groups groups = { 0 };
	struct cpus members = { 0 };
	int r = 0;

	for (size_t i = 0; i < pass->count; i++) {
		read_list(pass, &pass->tuned[i], &pass->lists[i]);
		cpus_or(&members, &pass->lists[i]);
	}
	CPUS_FOR_EACH(member, &members) {
		const char *original = original_of(pass, member);

		if (r < 0 || !original)
			continue;
		r = pass->mask ? steps_add(steps, pass->kind, STAGE_EARLY,
		                           pass->kind == STEP_WORKQUEUES ? WORKQUEUE_TARGET : IRQ_TARGET_DEFAULT, original) :
		                 groups_add(&groups, original, member);
	}
	if (r == 0)
		r = groups_add_steps(&groups, pass->kind, pass->prefix, NULL, steps);
	groups_done(&groups);
	return r;
}

int undo_tuning(const struct tuned *tuned, size_t count, const struct host *host, struct undo *undo)
{
	/* The order of the steps backwards, but for the preference: with the governor performance there is no other. */
	static const struct {
		enum step_kind kind;
		bool mask;
	} order[] = {
		{ STEP_GOVERNOR, false },   { STEP_PREFERENCE, false },  { STEP_IRQ_AFFINITY, false },
		{ STEP_WORKQUEUES, true },  { STEP_IRQ_AFFINITY, true },
	};
	struct pass pass = { .tuned = tuned, .count = count, .host = host, .kind = STEP_IDLE_STATE };
	int r = 0;

	pass.lists = calloc(count + 1, sizeof(*pass.lists));
	if (!pass.lists)
		return -ENOMEM;
	for (size_t state = TUNING_STATES; r == 0 && state-- > 0;) {
		pass.state = state;
		snprintf(pass.prefix, sizeof(pass.prefix), "state%zu@", state);
		r = run_pass(&pass, &undo->steps);
	}
	pass.prefix[0] = '\0';
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(order); i++) {
		pass.kind = order[i].kind;
		pass.mask = order[i].mask;
		r = run_pass(&pass, &undo->steps);
	}
	free(pass.lists);
	return r;
}
