/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel log tells about a device: which drivers spoke for it. */
#ifndef VFIO_PREP_HOST_KERNEL_LOG_H
#define VFIO_PREP_HOST_KERNEL_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "host/pci.h"

struct root;

struct log_entry {
	uint64_t usec;      /* since boot; 0 where the line has no time */
	const char *text;   /* the message alone */
};

struct kernel_log {
	char *bytes;
	struct log_entry *entries;
	size_t count;
};

/*
 * Reads dev/kmsg: the device's records, or a text file (records, or dmesg's "[    1.234567] TEXT").
 * 0, -EPERM (dmesg_restrict), -ENOENT, -ENOMEM.
 */
int kernel_log_read(const struct root *root, struct kernel_log *ret);
void kernel_log_done(struct kernel_log *log);

/*
 * The first line that a driver wrote for this device through dev_printk ("DRIVER ADDRESS: ..."), other
 * than the PCI core and vfio's drivers. NULL where there is none. Its driver's name goes into driver
 * (DRIVER_NAME_MAX bytes).
 */
const struct log_entry *kernel_log_foreign(const struct kernel_log *log, const struct pci_address *address,
                                           char *driver);

#endif
