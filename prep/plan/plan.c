/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/plan.h"

#include "plan/tuning.h"

int plan_build(const struct config *config, const struct host *host, enum view view, struct plan *ret)
{
	const struct goals_of boot = { .boot = true };

	return plan_build_of(&boot, config, host, view, ret);
}

int plan_build_of(const struct goals_of *of, const struct config *config, const struct host *host, enum view view,
                  struct plan *ret)
{
	int r;

	*ret = (struct plan){ 0 };
	r = goals_build_of(of, config, host, &ret->goals);
	if (r < 0)
		return r;
	guards_apply(&ret->goals, host, view);
	r = pages_build(config, host, view, &ret->pages);
	if (r == 0 && config->enabled)
		r = isolation_build(config, host, &ret->isolation);
	return r < 0 ? r : plan_build_steps(config, host, view, ret);
}

int plan_build_tuning(const struct config *config, const struct host *host, struct plan *ret)
{
	int r;

	*ret = (struct plan){ 0 };
	r = config->enabled ? isolation_build(config, host, &ret->isolation) : 0;
	return r < 0 ? r : tuning_add_steps(&ret->isolation, config, host, VIEW_NOW, &ret->steps);
}

int plan_build_steps(const struct config *config, const struct host *host, enum view view, struct plan *plan)
{
	int r;

	steps_done(&plan->steps);
	r = steps_build(&plan->goals, host, view, &plan->steps);
	if (r == 0)
		r = pages_add_steps(&plan->pages, config, &plan->steps);
	return r < 0 ? r : tuning_add_steps(&plan->isolation, config, host, view, &plan->steps);
}

void plan_done(struct plan *plan)
{
	if (!plan)
		return;
	goals_done(&plan->goals);
	pages_done(&plan->pages);
	isolation_done(&plan->isolation);
	steps_done(&plan->steps);
}

size_t plan_refused(const struct plan *plan)
{
	size_t refused = 0;

	for (size_t i = 0; i < plan->goals.count; i++)
		refused += plan->goals.items[i].guard != GUARD_NONE;
	for (size_t i = 0; i < plan->pages.count; i++)
		refused += plan->pages.items[i].guard != GUARD_NONE;
	return refused + isolation_is_refused(&plan->isolation);
}

bool plan_is_unmet(const struct plan *plan)
{
	for (size_t i = 0; i < plan->goals.missing_count; i++)
		if (plan->goals.missing[i]->required)
			return true;
	return plan_refused(plan) > 0;
}
