/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What else decides whether guests work: read only for the report, and by no other mode. */
#ifndef VFIO_PREP_HOST_SURROUNDINGS_H
#define VFIO_PREP_HOST_SURROUNDINGS_H

#include "host/account.h"
#include "host/host.h"
#include "host/kernel_state.h"
#include "host/memlock.h"
#include "host/rivals.h"
#include "host/vfio_nodes.h"

struct surroundings {
	struct kernel_state kernel;
	struct vfio_nodes nodes;
	struct rivals rivals;
	struct account account;
	struct memlock memlock; /* of the account, where it is found */
};

/* host is what host_read gave. 0 or -ENOMEM; surroundings_done releases either way. */
int surroundings_read(const struct root *root, const struct config *config, const struct host *host,
                      struct surroundings *ret);
void surroundings_done(struct surroundings *surroundings);

#endif
