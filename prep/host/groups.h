/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IOMMU groups and their members (Documentation/ABI/testing/sysfs-kernel-iommu_groups). */
#ifndef VFIO_PREP_HOST_GROUPS_H
#define VFIO_PREP_HOST_GROUPS_H

struct host;
struct pci_function;
struct root;

/*
 * Reads the group of a function whose details were read, with all of its members, into host->groups, which are in
 * the order of their numbers. A machine that was recorded by other means may have only the functions' links, or only
 * the groups' folders: either tells. 0 or -ENOMEM.
 */
int groups_read_of(const struct root *root, struct host *host, struct pci_function *function);

#endif
