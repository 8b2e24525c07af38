/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading what the kernel may never give. */
#ifndef VFIO_PREP_BASE_PATIENCE_H
#define VFIO_PREP_BASE_PATIENCE_H

#include <stdint.h>
#include <sys/types.h>

struct root;

#define PATIENCE_USEC 250000 /* for an attribute, which the kernel gives in microseconds */

/*
 * root_read in a process of its own, which is left behind where it does not come back within usec
 * microseconds: -ETIMEDOUT. A device whose probe hangs holds its lock, and whoever then reads its
 * driver_override or uevent waits for it, past every signal (drivers/pci/pci-sysfs.c, driver_override_show;
 * drivers/base/core.c, uevent_show, in some stable kernels).
 * Otherwise as root_read, or the errno of pipe(2) or fork(2).
 */
ssize_t root_read_patiently(const struct root *root, const char *path, char *buffer, size_t size, uint64_t usec);

#endif
