/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What [vm NAME] asks for while its guest runs: pages and devices of its own, CPUs that are used for nothing else and
 * do not sleep. Pure. What follows from all guests together for the host is in plan/share.h.
 */
#ifndef VFIO_PREP_PLAN_GUEST_H
#define VFIO_PREP_PLAN_GUEST_H

#include "plan/isolate.h"
#include "plan/undo.h"

/* What another guest that runs has already. */
struct guest_claim {
	const char *guest;
	struct cpus cpus;
	const struct taken *taken;
	size_t taken_count;
};

struct guest_plan {
	struct goals goals; /* of its devices; those of a boot and of other guests are in it and deferred */
	/* Three walks, in this order: the one that fails most often is the cheapest to take back. */
	struct steps pages, devices, power;
	struct refusal *refused; /* with one of these, nothing is done; GUARD_NONE: a required device is missing */
	size_t refused_count;
	unsigned int lacks; /* enum tuning_lack (plan/tuning.h): asked for, and this machine has no such thing */
};

/*
 * host is read with config and HOST_HOLDERS, HOST_STORAGE, HOST_MEMORY, HOST_TUNING. Pages are added to what the pools
 * have: on the node of the guest's devices, else of its CPUs, else on the kernel's own spread. 0 or -ENOMEM;
 * guest_plan_done releases either way. Points into config.
 */
int guest_plan_build(const struct config *config, const struct vm_section *vm, const struct host *host,
                     const struct guest_claim *claims, size_t claim_count, struct guest_plan *ret);
void guest_plan_done(struct guest_plan *plan);

#endif
