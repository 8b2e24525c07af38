/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI functions as sysfs shows them (Documentation/ABI/testing/sysfs-bus-pci). A scan reads one file of
 * each function; what only matters for a few is read for those by pci_read_detail.
 */
#ifndef VFIO_PREP_HOST_PCI_H
#define VFIO_PREP_HOST_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/address.h"

#define PCI_DEVICES "sys/bus/pci/devices"
#define PCI_DRIVERS "sys/bus/pci/drivers"
#define DRIVER_NAME_MAX 64
#define PCI_BARS 6

#define PCI_CLASS_BASE(class) ((class) >> 16)
#define PCI_BASE_STORAGE 0x01
#define PCI_BASE_NETWORK 0x02
#define PCI_BASE_DISPLAY 0x03
#define PCI_BASE_MULTIMEDIA 0x04
#define PCI_BASE_BRIDGE 0x06
#define PCI_CLASS_PCI_BRIDGE 0x0604 /* of class >> 8 */
#define PCI_CLASS_USB 0x0c03

struct pci_health;
struct root;

struct pci_detail {
	char path[PCI_PATH_MAX];             /* the bridge path; "" where sysfs does not tell */
	char driver_override[DRIVER_NAME_MAX]; /* "" where unset */
	bool has_override;                   /* the attribute could be read */
	bool stuck;                          /* its probe or removal hangs in the kernel: whoever touches it hangs too */
	int group;                           /* IOMMU group, -1 none */
	int node;                            /* NUMA node, -1 unknown (topology_place_devices knows some more) */
	bool shows_console; /* fb0, the framebuffer of the console, is its driver's, and it has no boot_vga */
	bool has_rom;                        /* it shows an expansion ROM */
	int boot_vga;                        /* 1, 0; -1: no such attribute (other classes than 0300) */
	bool is_vf;                          /* a virtual function: it is there only as long as its physical one says */
	int enabled_vfs;                     /* virtual functions of a physical one that are enabled */
	unsigned int usage;                  /* of enum usage (usage.h), where it was asked for */
	char framebuffer[64];                /* the boot framebuffer in its BARs, as /proc/iomem names it; "" none */
	char reset[64];                      /* the kernel's reset methods, blank-separated; "" none or unknown */
	struct pci_bar {
		uint64_t start, size, flags; /* as in <linux/ioport.h>; size 0: not there */
	} bars[PCI_BARS];
	struct pci_health *health;           /* NULL where not read (pci_health.h) */
};

struct pci_function {
	struct pci_address address;
	uint32_t class; /* six hex digits: base, sub, programming interface */
	uint16_t vendor, device, subvendor, subdevice;
	char driver[DRIVER_NAME_MAX]; /* "" none */
	bool suspect;                 /* some step of early boot did not return: it may hang in the kernel (stuck.h) */
	struct pci_detail *detail;    /* NULL where not read */
};

struct pci {
	struct pci_function *functions; /* by address */
	size_t count;
};

/*
 * Reads all functions. careful: where one of them may hang in the kernel, so that only what asks for no lock of a
 * device is read, five files and a link instead of uevent (see patience.h).
 * 0, -ENOENT (no PCI in this sysfs, or no sysfs), -EACCES, -ENOMEM, ...
 */
int pci_read(const struct root *root, bool careful, struct pci *ret);
void pci_done(struct pci *pci);

/* Reads the details of one function, once. 0 or -ENOMEM: an attribute that cannot be read is unknown. */
int pci_read_detail(const struct root *root, struct pci_function *function);

/* Only its bridge path into path (PCI_PATH_MAX bytes), "" where sysfs does not tell. */
void pci_read_path(const struct root *root, const struct pci_function *function, char *path);

/* The function at an address; NULL. */
struct pci_function *pci_find(const struct pci *pci, const struct pci_address *address);

/* The functions of the slot of function: *ret_first up to the returned end, neighbours in the array. */
size_t pci_slot(const struct pci *pci, size_t function, size_t *ret_first);

/* True for PCI-to-PCI bridges and everything else of base class 06: never a guest's. */
bool pci_is_bridge(const struct pci_function *function);

/* True for vfio-pci and the variant drivers: their names hold "vfio". */
bool pci_driver_is_vfio(const char *driver);

/* True where a driver does not spoil the group for vfio (drivers/vfio/vfio_main.c, vfio_dev_viable). */
bool pci_driver_is_harmless(const char *driver);

#endif
