/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole plan: goals, what guards refuse of them, and the steps to the rest. Pure. */
#ifndef VFIO_PREP_PLAN_PLAN_H
#define VFIO_PREP_PLAN_PLAN_H

#include "plan/isolate.h"
#include "plan/pages.h"
#include "plan/steps.h"

struct plan {
	struct goals goals;
	struct pages pages;
	struct isolation isolation;
	struct steps steps;
};

/* 0 or -ENOMEM; plan_done releases either way. The plan points into config. */
int plan_build(const struct config *config, const struct host *host, enum view view, struct plan *ret);

/* The same with the devices of guests that run (goals.h). */
int plan_build_of(const struct goals_of *of, const struct config *config, const struct host *host, enum view view,
                  struct plan *ret);
void plan_done(struct plan *plan);

/* Only what the present state lacks of tuning (VIEW_NOW of tuning_add_steps): no devices, no pages. */
int plan_build_tuning(const struct config *config, const struct host *host, struct plan *ret);

/* Builds the steps anew, after goals were deferred. 0 or -ENOMEM. */
int plan_build_steps(const struct config *config, const struct host *host, enum view view, struct plan *plan);

/* How many goals are refused, of devices, of pages, and the isolation of CPUs. */
size_t plan_refused(const struct plan *plan);

/* True where something that the config requires is refused or missing: exit code 3. */
bool plan_is_unmet(const struct plan *plan);

#endif
