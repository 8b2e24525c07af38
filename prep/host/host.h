/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot of a machine below a root: read once by host_read, const from then on. */
#ifndef VFIO_PREP_HOST_HOST_H
#define VFIO_PREP_HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "host/cmdline.h"
#include "host/config.h"
#include "host/kernel_log.h"
#include "host/memory.h"
#include "host/pci.h"
#include "host/storage.h"
#include "host/topology.h"
#include "host/tuning.h"

struct root;

/* What cannot be read is unknown, which is neither yes nor no. */
enum answer { ANSWER_UNKNOWN = -1, ANSWER_NO, ANSWER_YES };

struct iommu_group {
	int number;
	size_t *members; /* indexes of host.pci.functions, ascending */
	size_t member_count;
};

/* A driver that the config wants. */
struct wanted_driver {
	char name[DRIVER_NAME_MAX];
	bool registered; /* the PCI bus knows it: its module is loaded, or built in */
	bool built_in;
	bool hangs; /* it is being loaded, and a step of early boot that loads it did not return */
};

struct host {
	struct pci pci;
	int pci_error; /* 0, or the errno (negative) that kept the PCI bus from being read */
	struct iommu_group *groups; /* of the functions with details */
	size_t group_count;
	struct wanted_driver *drivers;
	size_t driver_count;
	enum answer type1; /* vfio_iommu_type1 is there */
	bool type1_built_in, type1_hangs;
	enum answer iommu_units;    /* /sys/class/iommu has an entry */
	enum answer iommu_groups;   /* /sys/kernel/iommu_groups has an entry */
	enum answer firmware_dmar, firmware_ivrs; /* the firmware describes an IOMMU by this ACPI table: Intel's, AMD's */
	enum answer iommu_firmware; /* one of the two */
	enum answer x86;
	enum answer interrupt_remapping;
	struct cmdline cmdline;
	struct switches switches;
	char *stuck; /* names of devices and modules under suspicion (stuck.h); NULL none */
	char boot_id[48]; /* "" unknown */
	unsigned int release; /* of the kernel (release.h), with HOST_CHECKS; 0 unknown */
	enum answer udev_running;
	enum answer framebuffer_driver; /* a driver holds the boot framebuffer (pci_detail.framebuffer tells where) */
	/* With HOST_LOG: */
	struct kernel_log log;
	int log_error; /* 0, or the errno (negative) of reading it */
	struct storage storage; /* with HOST_STORAGE */
	struct memory memory;   /* where the config has pools, with HOST_MEMORY and with HOST_CHECKS */
	struct topology topology; /* with HOST_CPUS and HOST_TUNING, or where the config isolates CPUs */
	struct tuning tuning; /* the same; what runs with HOST_TUNING, and both parts with HOST_CHECKS */
	/* With HOST_HOLDERS (and pci_detail.usage): for functions with a driver and details, who holds them open. */
	struct holder *holders;
	size_t holder_count;
	struct vfio_user *vfio_users; /* with HOST_HOLDERS: who uses vfio, by pid as /proc lists them */
	size_t vfio_user_count;
};

enum host_scope {
	HOST_ALL_DETAILS = 1 << 0, /* details of every function, not only of the config's, their slots and groups */
	HOST_LOG = 1 << 1,         /* the kernel log */
	HOST_CHECKS = 1 << 2,      /* what only the report asks for: /proc/interrupts, settings of memory */
	HOST_HOLDERS = 1 << 3,     /* processes that hold a device open; with HOST_STORAGE mounts and swap too */
	HOST_STORAGE = 1 << 4,     /* what is on the disks, and what fstab and crypttab name */
	HOST_MEMORY = 1 << 5,      /* memory and huge pages, whether the config has pools or not */
	HOST_CPUS = 1 << 6,        /* CPUs, caches, nodes */
	HOST_TUNING = 1 << 7,      /* interrupts, and how CPUs save power, whether the config isolates CPUs or not */
};

/*
 * Reads the machine, as far as config (may be NULL) and scope (enum host_scope, or-ed) ask for it.
 * 0 or -ENOMEM: everything else that goes wrong is part of the result. host_done releases it either way.
 */
int host_read(const struct root *root, const struct config *config, unsigned int scope, struct host *ret);
void host_done(struct host *host);

/* Only the kernel's own state: command line, switches, boot id. 0 or -ENOMEM. */
int host_read_kernel(const struct root *root, struct host *ret);

/*
 * The same in an initramfs, where the root filesystem is mounted at mount_point ("/sysroot"): system is that
 * directory as a root of its own, for what is in its etc/.
 */
int host_read_before_switch(const struct root *root, const struct root *system, const char *mount_point,
                            const struct config *config, unsigned int scope, struct host *ret);

/* The group of this number; NULL. */
const struct iommu_group *host_group(const struct host *host, int number);

/* True of a function that no IOMMU group has though others have one: vfio-pci cannot take it, at no boot. */
bool host_leaves_out(const struct host *host, const struct pci_function *function);

/* The driver of this name among the wanted ones; NULL. */
const struct wanted_driver *host_driver(const struct host *host, const char *name);

#endif
