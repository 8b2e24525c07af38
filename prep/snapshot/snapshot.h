/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a snapshot for a bug report is made of: a recording without what the checks do not need, and without names. */
#ifndef VFIO_PREP_SNAPSHOT_SNAPSHOT_H
#define VFIO_PREP_SNAPSHOT_SNAPSHOT_H

#include "snapshot/recording.h"
#include "snapshot/secrets.h"

struct host;
struct root;

/*
 * Leaves out processes that hold no device, cgroups without a partition, log lines that no check looks at, mounts
 * that say nothing of disks and pages; and writes what cannot be copied, the content of disks and the kernel log.
 * host is the machine read with every scope.
 */
void snapshot_trim(const struct host *host, struct recording *recording);

/* Adds the names of the machine below root: serial numbers, MAC addresses, hosts and users. */
void secrets_read(const struct root *root, const struct host *host, struct secrets *secrets);

/* Puts stand-ins into all paths, links and contents. 0 or -ENOMEM. */
int snapshot_hide(struct secrets *secrets, struct recording *recording);

#endif
