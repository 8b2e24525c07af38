/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host needs its block devices for: mounts, swap, resume=, and what fstab, crypttab and units name. */
#ifndef VFIO_PREP_HOST_STORAGE_H
#define VFIO_PREP_HOST_STORAGE_H

#include "host/blocks.h"
#include "host/cmdline.h"

struct storage {
	bool read; /* it was asked for */
	struct blocks blocks;
	size_t unresolved;         /* entries of tables and units, and mounts, that no block here answers to */
	char unresolved_name[128]; /* the first of them */
	const char *pools;         /* what says that the host imports pools of zfs by itself; NULL nothing */
	char network_root[64];     /* how the root comes over the network; "" it does not */
	bool tag_unresolved;       /* one of them is a UUID or label that the boot insists on (no nofail, noauto) */
	/* Not empty where something the host needs could not be matched or read: then no disk can be judged. */
	char incomplete[128];
};

/*
 * Reads the block devices below root, their content, and what they are needed for. system is the root
 * filesystem, with its etc/; in the initramfs it is mounted at mount_point ("/sysroot"), on a running system
 * both are the same and mount_point is "/". 0 or -ENOMEM; storage_done releases either way.
 */
int storage_read(const struct root *root, const struct root *system, const char *mount_point, const struct pci *pci,
                 const struct cmdline *cmdline, struct storage *ret);
void storage_done(struct storage *storage);

#endif
