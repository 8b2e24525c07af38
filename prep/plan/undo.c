/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/undo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/holders.h"

static struct refusal *refuse(struct undo *undo, const char *address, enum guard guard)
{
	struct refusal *refusal = array_add(&undo->refused, &undo->refused_count, sizeof(*refusal));

	if (!refusal)
		return NULL;
	snprintf(refusal->target, sizeof(refusal->target), "%s", address);
	refusal->guard = guard;
	return refusal;
}

static int refuse_held(struct undo *undo, const char *address, const struct holder *holder)
{
	struct refusal *refusal = refuse(undo, address, GUARD_IN_USE);

	if (!refusal)
		return -ENOMEM;
	snprintf(refusal->why, sizeof(refusal->why), "process %d (%s) holds %s open: end it first", holder->pid,
	         holder->command, holder->node);
	return 0;
}

static int refuse_stuck(struct undo *undo, const char *address)
{
	struct refusal *refusal = refuse(undo, address, GUARD_STUCK);

	if (!refusal)
		return -ENOMEM;
	snprintf(refusal->why, sizeof(refusal->why), "its driver's probe or removal hangs in the kernel: only a reboot frees it");
	return 0;
}

int undo_build(const struct taken *taken, size_t count, const struct host *host, enum undo_scope scope,
               struct undo *ret)
{
	*ret = (struct undo){ 0 };
	for (size_t i = 0; i < count; i++) {
		const struct pci_function *function = pci_find(&host->pci, &taken[i].address);
		const struct holder *holder;
		char address[PCI_ADDRESS_MAX];
		bool bound;
		int r;

		if (function && function->detail && function->detail->stuck) {
			r = refuse_stuck(ret, pci_address_format(&taken[i].address, address));
			if (r < 0)
				return r;
			continue;
		}
		if (!function || !function->detail || strcmp(function->detail->driver_override, taken[i].driver) != 0)
			continue;
		pci_address_format(&taken[i].address, address);
		bound = pci_driver_is_vfio(function->driver);
		if (scope == UNDO_UNBOUND && function->driver[0])
			continue;
		holder = host_holder(host, (size_t)(function - host->pci.functions));
		if (bound && holder) {
			r = refuse_held(ret, address, holder);
			if (r < 0)
				return r;
			continue;
		}
		r = steps_add(&ret->steps, STEP_OVERRIDE, STAGE_EARLY, address, taken[i].override);
		if (r == 0 && bound)
			r = steps_add(&ret->steps, STEP_UNBIND, STAGE_EARLY, address, function->driver);
		if (r == 0 && (bound || !function->driver[0]))
			r = steps_add(&ret->steps, STEP_PROBE, STAGE_EARLY, address, "");
		if (r < 0)
			return r;
	}
	return 0;
}

void undo_done(struct undo *undo)
{
	if (!undo)
		return;
	steps_done(&undo->steps);
	free(undo->refused);
	*undo = (struct undo){ 0 };
}
