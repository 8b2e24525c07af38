/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel made of files: the effect table over a tree of a recorded machine, which reacts to what is
 * written as Linux does. It keeps the `driver` links, the links below drivers/, the DRIVER= line of
 * uevent, /sys/module and /dev/vfio in step with each other.
 *
 *   driver_override   no bytes do nothing; up to the first newline it is kept, an empty one reads (null)
 *   drivers/X/unbind  -ENODEV where X does not have the device
 *   drivers/X/bind    -ENODEV where X does not match it, -EBUSY where it is bound, and X's own errno
 *   drivers_probe     -ENODEV where there is no such device, else always success
 *   uevent            "add": udev loads the device's own module, if it knows one
 *   load              registers the driver, which then takes every device without one that matches it
 *
 * A block device that the machine was recorded with is there, with udev's entry for it, as long as the function
 * that it hangs on has a driver of the host, and one that is made of others as long as those are there.
 *
 * Pools of huge pages: fake_pages.h. Interrupts and CPUs: fake_tuning.h.
 *
 * vfio's drivers refuse a device without an IOMMU group and a bridge (-EINVAL), and a physical function
 * with its virtual ones enabled (-EBUSY).
 */
#ifndef VFIO_PREP_TESTS_FAKE_KERNEL_H
#define VFIO_PREP_TESTS_FAKE_KERNEL_H

#include <stdbool.h>

#include "apply/effects.h"
#include "fake_pages.h"
#include "support.h"

#define FAKE_FAULTS 8
#define FAKE_NAME 64

struct fake_device {
	char address[FAKE_NAME];
	char *directory;        /* below the tree: sys/devices/... */
	char native[FAKE_NAME]; /* the driver whose ids it has; "" none */
};

struct fake_driver {
	char name[FAKE_NAME];
	char module[FAKE_NAME]; /* "" built in */
};

struct fake_block {
	char name[FAKE_NAME];
	char owner[FAKE_NAME];  /* the address of the function that it hangs on; "" none */
	char *link;             /* of sys/class/block/NAME */
	char *path, *udev;      /* udev's entry and its text; NULL none */
	struct names slaves;
	bool there;
};

enum fake_call { FAKE_WRITE, FAKE_LOAD, FAKE_TAKE };

/* One call that fails. */
struct fake_fault {
	enum fake_call call;  /* FAKE_TAKE: a vfio driver's own probe of a device */
	const char *contains; /* in the path, the module or the address; NULL any */
	unsigned int nth;     /* the n-th such call only, from 1; 0 each */
	int error;            /* negative */
	bool silent;          /* a write that reports success and does nothing */
	unsigned int seen;
};

struct fake_kernel {
	struct effects effects; /* first: what the calls get is this */
	const struct tree *tree;
	struct fake_device *devices;
	size_t device_count;
	struct fake_driver *drivers; /* those that the machine knows, loaded or not */
	size_t driver_count;
	struct fake_block *blocks;
	size_t block_count;
	char *mounts, *swaps;   /* as recorded */
	struct fake_pages pages;
	struct fake_fault faults[FAKE_FAULTS];
	size_t fault_count;
	bool no_udev;           /* "add" events reach nobody */
	unsigned int writes, loads;
	char *log;              /* one line a call: "write PATH TEXT", "load MODULE" */
	uint64_t usec;
};

/*
 * A kernel over the tree in its present state. The own driver of a device is the one it is bound to, or
 * what the file .native/ADDRESS names.
 */
void fake_kernel_new(struct fake_kernel *kernel, const struct tree *tree);
void fake_kernel_done(struct fake_kernel *kernel);

/*
 * Back to what early boot finds: no override, nothing loaded, no device with a driver but those whose
 * drivers are built in, no virtual function, no huge page, interrupts anywhere, nothing mounted, nothing in /run and
 * /dev/vfio.
 */
void fake_kernel_early(struct fake_kernel *kernel);

/* After another process has driven the kernel: the files say what is there. */
void fake_kernel_refresh(struct fake_kernel *kernel);

/* What udev does after early boot: every device's own module is loaded. */
void fake_kernel_coldplug(struct fake_kernel *kernel);

/* Then the root is mounted, and everything else that was as the machine was recorded. */
void fake_kernel_mount(struct fake_kernel *kernel);

/* Adds a fault; contains must outlive the kernel. */
void fake_kernel_fail(struct fake_kernel *kernel, struct fake_fault fault);

/* The driver of a device ("" none) and its override as it reads; to be freed. */
char *fake_driver_of(const struct fake_kernel *kernel, const char *address);
char *fake_override_of(const struct fake_kernel *kernel, const char *address);

struct fake_device *fake_device(const struct fake_kernel *kernel, const char *address);

#endif
