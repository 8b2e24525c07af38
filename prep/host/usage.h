/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host itself uses a PCI function for: mounted filesystems, swap, the default route. */
#ifndef VFIO_PREP_HOST_USAGE_H
#define VFIO_PREP_HOST_USAGE_H

struct host;
struct root;

enum usage {
	USAGE_ROOT = 1 << 0,
	USAGE_MOUNTED = 1 << 1,
	USAGE_SWAP = 1 << 2,
	USAGE_DEFAULT_ROUTE = 1 << 3,
};

/*
 * Marks the functions with details (pci_detail.usage) through which a mount, a swap area or a default
 * route goes, through bridges and bonds; mounts and swap are those of host->storage. 0 or -ENOMEM.
 */
int usage_read(const struct root *root, struct host *host);

#endif
