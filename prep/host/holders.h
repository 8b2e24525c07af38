/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes hold a device of a PCI function open: unbinding it then hangs, or crashes them. */
#ifndef VFIO_PREP_HOST_HOLDERS_H
#define VFIO_PREP_HOST_HOLDERS_H

#include <stddef.h>

struct host;
struct root;

struct holder {
	size_t function; /* index of host.pci.functions */
	int pid;
	char command[20]; /* /proc/PID/comm */
	char node[64];    /* the device node that it holds */
};

/*
 * Adds to host->holders the processes that hold a node of a function with details open: /dev/vfio/GROUP
 * and /dev/vfio/devices/vfioN, and every character or block device below the function in sysfs. One
 * entry a function. 0 or -ENOMEM; a process that cannot be looked into is passed over.
 */
int holders_read(const struct root *root, struct host *host);

/* The holder of a function; NULL. */
const struct holder *host_holder(const struct host *host, size_t function);

#endif
