/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of guest_plan_build. Each returns 0 or -ENOMEM. */
#ifndef VFIO_PREP_PLAN_GUEST_PARTS_H
#define VFIO_PREP_PLAN_GUEST_PARTS_H

#include "plan/guest.h"

/* The steps of its pages, near its devices (plan->goals), and what speaks against them. */
int guest_add_pages(struct guest_plan *plan, const struct config *config, const struct vm_section *vm,
                    const struct host *host);

/* Adds a refusal; its reason is printed. */
__attribute__((format(printf, 4, 5)))
int guest_refuse(struct guest_plan *plan, const char *target, enum guard guard, const char *why, ...);

#endif
