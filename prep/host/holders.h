/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which processes hold a device of a PCI function open: unbinding it then hangs, or crashes them. And which ones use
 * vfio: guests, and others that drive a device themselves (DPDK, SPDK).
 */
#ifndef VFIO_PREP_HOST_HOLDERS_H
#define VFIO_PREP_HOST_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>

struct host;
struct root;

struct holder {
	size_t function; /* index of host.pci.functions */
	int pid;
	char command[20]; /* /proc/PID/comm */
	char node[64];    /* the device node that it holds */
};

/* A process that holds a node of vfio open: "8", "noiommu-0", "devices/vfio0" below /dev/vfio. */
struct vfio_user {
	int pid;
	bool hidden; /* its open files cannot be read: whether it holds one is not known */
	char (*nodes)[32];
	size_t node_count;
	unsigned int vcpus; /* virtual CPUs of KVM that it has open; 0 also before Linux 4.20, which does not name them */
};

/*
 * Adds to host->holders the processes that hold a node of a function with details open: /dev/vfio/GROUP
 * and /dev/vfio/devices/vfioN, and every character or block device below the function in sysfs. One
 * entry a function. To host->vfio_users each process that uses vfio, whatever the device, and those that hide
 * their files from us. 0 or -ENOMEM; a process that cannot be looked into holds nothing.
 */
int holders_read(const struct root *root, struct host *host);

/* The holder of a function; NULL. */
const struct holder *host_holder(const struct host *host, size_t function);

void vfio_users_done(struct vfio_user *users, size_t count);

#endif
