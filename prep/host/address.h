/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI addresses and bridge paths as text. */
#ifndef VFIO_PREP_HOST_ADDRESS_H
#define VFIO_PREP_HOST_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#define PCI_ADDRESS_MAX 17 /* "10000:e1:00.0", up to eight digits of domain, with the NUL */
#define PCI_PATH_MAX 160   /* a root device and over twenty bridges */

struct pci_address {
	uint32_t domain; /* more than four digits behind a VMD (drivers/pci/controller/vmd.c) */
	uint8_t bus;
	uint8_t device;   /* 0 to 0x1f */
	uint8_t function; /* 0 to 7 */
};

/* Reads [DDDD:]BB:DD.F in hex; a domain has four to eight digits, 0000 where left out. 0 or -EINVAL. */
int pci_address_parse(const char *text, struct pci_address *ret);

/* Writes "%04x:%02x:%02x.%x" into text, which holds PCI_ADDRESS_MAX bytes; returns text. */
const char *pci_address_format(const struct pci_address *address, char *text);

/* As strcmp: by domain, bus, device, function. */
int pci_address_compare(const struct pci_address *a, const struct pci_address *b);

/* True for two functions of one slot (the same domain, bus and device number). */
bool pci_address_same_slot(const struct pci_address *a, const struct pci_address *b);

/*
 * Reads a bridge path: the address of a device on the root bus, then device.function of what is behind
 * each bridge, "0000:00:01.1/00.0". Writes it in its one canonical form into path (PCI_PATH_MAX bytes).
 * 0 or -EINVAL.
 */
int pci_path_parse(const char *text, char *path);

/*
 * Makes the bridge path from where sysfs puts a device: ".../devices/pci0000:00/0000:00:01.1/0000:01:00.0".
 * It begins at the last root bus, so behind a VMD at the VMD's own domain. 0, or -EINVAL where the
 * text holds no root bus.
 */
int pci_path_from_sysfs(const char *link, char *path);

#endif
