/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other tools that keep devices for drivers: driverctl(8), and Xen's pciback. */
#ifndef VFIO_PREP_HOST_RIVALS_H
#define VFIO_PREP_HOST_RIVALS_H

#include <stdbool.h>
#include <stddef.h>

#include "host/pci.h"

struct root;

#define DRIVERCTL_DIRECTORY "etc/driverctl.d"
#define PCIBACK_SLOTS PCI_DRIVERS "/pciback/slots"

/* A file of driverctl's: its udev rule gives the device to this driver when it appears. */
struct saved_override {
	struct pci_address address;
	char driver[DRIVER_NAME_MAX];
};

struct rivals {
	struct saved_override *saved;
	size_t saved_count;
	struct pci_address *seized; /* what pciback has, or waits for */
	size_t seized_count;
};

/* 0 or -ENOMEM; rivals_done releases either way. What is not there claims nothing. */
int rivals_read(const struct root *root, struct rivals *ret);
void rivals_done(struct rivals *rivals);

/* The saved override of a device; NULL. */
const struct saved_override *rivals_saved(const struct rivals *rivals, const struct pci_address *address);
bool rivals_seized(const struct rivals *rivals, const struct pci_address *address);

/*
 * True where the value of pciback's hide=, "(0000:01:00.0)(02:00.*)", names the device: slot and function may be '*',
 * and the domain may be left out (drivers/xen/xen-pciback/pci_stub.c, pcistub_init).
 */
bool pciback_hides(const char *value, const struct pci_address *address);

#endif
