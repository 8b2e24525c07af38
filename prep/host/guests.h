/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guests that run: every process that holds a device of vfio open, what it was started with, its virtual CPUs and
 * its memory. Most are QEMU; of others (cloud-hypervisor, crosvm, kvmtool; DPDK and SPDK, which are no guests) only
 * what the kernel tells is known.
 */
#ifndef VFIO_PREP_HOST_GUESTS_H
#define VFIO_PREP_HOST_GUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpus.h"
#include "host/host.h"

struct guest_options;

#define GUEST_NAME_MAX 64
#define GUEST_SIZES 4 /* page sizes that one process can use at once, on x86 three */

enum irqchip { IRQCHIP_DEFAULT, IRQCHIP_ON, IRQCHIP_SPLIT, IRQCHIP_OFF };

/* What the command line of QEMU says. */
struct guest_setup {
	char name[GUEST_NAME_MAX]; /* "" none */
	bool libvirt;              /* libvirt started it */
	bool kvm;                  /* it asks for KVM */
	uint64_t ram;              /* bytes that it starts with; 0 unknown */
	bool asks_huge;            /* its memory is to be of huge pages */
	bool shares;               /* its memory is shared, or can be: what KSM does not look at */
	char machine[48];          /* "pc-q35-8.2"; "" none */
	enum irqchip irqchip;
	bool needs_split;          /* a virtual IOMMU that remaps interrupts, or a confidential guest */
	bool merges_off;           /* mem-merge=off */
	unsigned int vcpus, threads; /* -smp: how many there are, and how many make a core; 0 unknown */
	bool has_spinlocks;
	uint64_t spinlocks;
	unsigned int enlightenments; /* hv-...=on, as many as there are */
	bool enlightened_all;        /* hv-passthrough */
	bool local_time;             /* the clock shows local time, as Windows wants it */
	bool uefi;
};

struct guest_vcpu {
	int number; /* as QEMU counts; -1 unknown */
	int tid;
	struct cpus allowed; /* where the scheduler may run it; empty unknown */
};

struct guest_memory {
	/* Bytes; MEMORY_UNKNOWN. */
	uint64_t huge;        /* on pages of hugetlb */
	uint64_t small;       /* resident on others, transparent ones included */
	uint64_t transparent; /* of them those on huge ones */
	struct {
		uint64_t page_size, bytes;
	} sizes[GUEST_SIZES]; /* of hugetlb */
	size_t size_count;
	bool sizes_known;
	struct guest_node {
		int number;
		uint64_t bytes;
	} *nodes; /* where its memory is: what is on hugetlb, or all where nothing is */
	size_t node_count;
	bool nodes_known;
};

struct guest_device {
	struct pci_address address;
	int node; /* -1 unknown */
};

struct guest {
	int pid;
	char name[GUEST_NAME_MAX]; /* QEMU's, or "pid 1234" */
	char program[32];          /* the last component of what was started: "qemu-system-x86_64" */
	bool qemu;
	bool hidden; /* its open files cannot be read: what it holds is known from its command line only */
	struct guest_setup setup; /* of QEMU */
	char os[96]; /* what libvirt was told that it runs: "http://microsoft.com/win/10" (libosinfo); "" unknown */
	struct guest_device *devices;
	size_t device_count;
	struct guest_vcpu *vcpus; /* those that were found, by number */
	size_t vcpu_count;
	unsigned int vcpu_total; /* that it has; 0 unknown */
	struct guest_memory memory;
};

struct guests {
	struct guest *items; /* by pid */
	size_t count;
	struct topology topology; /* of the machine, with guests only */
};

/*
 * Guests of a machine that was read with HOST_HOLDERS. 0 or -ENOMEM: everything else that goes wrong is part of the
 * result. guests_done releases it either way.
 */
int guests_read(const struct root *root, const struct host *host, struct guests *ret);
void guests_done(struct guests *guests);

/* The guest that a user means by its name, "pid 1234" or "1234"; NULL. */
const struct guest *guests_find(const struct guests *guests, const char *name);

/* The parts: guest_setup.c, guest_threads.c, guest_memory.c. Those that return something: 0 or -ENOMEM. */
void guest_setup_read(const struct guest_options *options, struct guest_setup *ret);

/* known: how many virtual CPUs it has open, 0 unknown. */
int guest_threads_read(const struct root *root, unsigned int known, struct guest *guest);

/* many_nodes: the machine has several, so that it matters where memory is. */
int guest_memory_read(const struct root *root, bool many_nodes, struct guest *guest);

#endif
