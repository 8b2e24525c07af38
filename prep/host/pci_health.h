/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tells whether a function can work for a guest: its power, link, BARs' sizes on offer, errors, resets, and
 * what the firmware reserves for it. Only the report asks for it, and only of functions that are to be taken.
 *
 * None of these attributes takes the device's lock (drivers/pci/pci-sysfs.c, 6.1 and 6.12). power_state, reset_method
 * and aer_dev_* show what the kernel remembers. config, resourceN_resize, and since a fix of 2025 *_link_* too, wake
 * a function in D3cold (pci_config_pm_runtime_get), without that fix links of it read as ones: of such a function
 * they are not read. Its bridge they wake in any case, as lspci does, and they wait for a reset that is under way.
 */
#ifndef VFIO_PREP_HOST_PCI_HEALTH_H
#define VFIO_PREP_HOST_PCI_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/pci.h"

#define PCI_LINKS 4 /* of a card behind a switch behind a switch, and one more */

/* The link between a function and the port above it. */
struct pci_link {
	struct pci_address below, above;
	bool known;                    /* all of it could be read */
	unsigned int speed, max_speed; /* tenths of GT/s; max: what both ends can */
	unsigned int width, max_width; /* lanes */
};

enum pci_aer { PCI_AER_FATAL, PCI_AER_NONFATAL, PCI_AER_CORRECTABLE, PCI_AER_KINDS };

#define PCI_AER_NONE UINT64_MAX          /* the kernel counts no such errors of it */
#define PCI_AER_UNKNOWN (UINT64_MAX - 1) /* its count cannot be read */

struct pci_health {
	char power[16];        /* D0, D1, D2, D3hot, D3cold, unknown, error; "" unknown to us, too (before Linux 5.11) */
	int answers;           /* its configuration space: 1; 0 only ones come back; -1 it was not read */
	int reset_error;       /* negative errno: reset_method is there, or may be, and could not be read; else 0 */
	bool has_reset_method; /* pci_detail.reset is all that there is, if only "" */
	bool has_reset;        /* the attribute that resets it: there for every function that the kernel can reset alone */
	bool has_resource;     /* it could be read: pci_detail.bars is all that there is */
	/* From the function upwards. A card may have a switch of its own, and then its slot is the second link. */
	struct pci_link links[PCI_LINKS];
	size_t link_count; /* 0: it has none, or is in D3cold */
	struct pci_rebar {
		int error;      /* 0; -ENOENT: it has one size only; another errno (negative): unknown */
		uint64_t sizes; /* on offer: bit N is 2^N MiB */
	} rebars[PCI_BARS];
	uint64_t errors[PCI_AER_KINDS]; /* since boot, or since the device was plugged in */
	int reserved_error;             /* 0, or the errno (negative) of reading its group's reserved regions */
	size_t direct_count;            /* regions of type direct: the firmware's own DMA, which must go on */
	uint64_t direct_start, direct_end; /* the first of these */
};

/* Reads the health of a function whose details were read, once. 0 or -ENOMEM: what cannot be read is unknown. */
int pci_health_read(const struct root *root, struct pci_function *function);

#endif
