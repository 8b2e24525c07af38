/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much memory a user's programs may lock (RLIMIT_MEMLOCK). vfio counts what it pins against the soft limit of the
 * process that maps it, huge pages included, unless that has CAP_IPC_LOCK (drivers/vfio/vfio_iommu_type1.c,
 * vfio_lock_acct), and a process may not go over it.
 */
#ifndef VFIO_PREP_HOST_MEMLOCK_H
#define VFIO_PREP_HOST_MEMLOCK_H

#include <stdint.h>

#include "host/account.h"

struct root;

#define MEMLOCK_UNLIMITED UINT64_MAX
#define MEMLOCK_DEFAULT \
	(8 << 20) /* of the kernel since 5.16 (include/uapi/linux/resource.h, MLOCK_LIMIT) and of systemd */

struct memlock {
	uint64_t bytes;
	char file[160]; /* that sets it, below the root; "" it is the default of kernel and systemd */
};

/*
 * The soft limit of a session of the account: what pam_limits(8) sets at login, from etc/security/limits.conf and
 * limits.d, a line for the user before those of its groups before '*', later lines before earlier ones; else
 * DefaultLimitMEMLOCK= of systemd, which the services that log users in hand down; else the default. A service of its
 * own may have LimitMEMLOCK=, which nobody can tell whose guest is meant by. 0 or -ENOMEM.
 */
int memlock_read(const struct root *root, const struct account *account, struct memlock *ret);

#endif
