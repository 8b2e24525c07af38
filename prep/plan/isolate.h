/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which CPUs are the guests', and which stay with the host as housekeeping: what [cpus] isolate says, or what it
 * leaves to us (design.md section 3). Pure.
 *
 * Whole cores of one kind only. The core of the first online CPU always stays, and two cores where there are four.
 */
#ifndef VFIO_PREP_PLAN_ISOLATE_H
#define VFIO_PREP_PLAN_ISOLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cpus.h"
#include "host/config.h"
#include "host/host.h"

enum isolation_fault_kind {
	/* Nothing can be isolated so. */
	ISOLATION_FIRST_CPU,  /* the list has CPU 0: the kernel's own work is done there */
	ISOLATION_NOTHING_LEFT, /* the list has every CPU */
	ISOLATION_NO_CPU,     /* no CPU of the list is online */
	ISOLATION_TOO_MANY,   /* auto:N is more than can be spared */
	ISOLATION_TOO_FEW,    /* auto:N is less than a core, or the machine has no core to spare */
	ISOLATION_NO_CORES,   /* auto, and the kernel does not tell which CPUs are one core */
	/* It can, and is not what it should be. */
	ISOLATION_WARNINGS,
	ISOLATION_SPLIT_CORE = ISOLATION_WARNINGS,
	ISOLATION_ABSENT,
	ISOLATION_OFFLINE,
	ISOLATION_FEW_LEFT,   /* one core for the host */
	ISOLATION_FAR,        /* on another node than the device */
	ISOLATION_MIXED,      /* kinds of core */
	ISOLATION_TICK,       /* tick = yes, and the kernel cannot */
	ISOLATION_VM_OVERLAP, /* two guests on one CPU */
	ISOLATION_VM_OUTSIDE, /* a guest on a CPU that is not isolated */
};

struct isolation_fault {
	enum isolation_fault_kind kind;
	char section[CONFIG_NAME_MAX + 8]; /* "cpus", "vm win10" */
	char text[240]; /* what is wrong */
	char cure[240]; /* what would work: a line for the config, or words */
};

struct isolation {
	bool wanted;  /* the config asks for it */
	bool unknown; /* asked for, and the machine's CPUs cannot be read: nothing below is known */
	/* Disjoint, together all online CPUs. Guest is empty where nothing is wanted or a fault is no warning. */
	struct cpus guest, housekeeping;
	size_t near_function; /* the function that they shall be near to: index of host.pci.functions; SIZE_MAX none */
	int near_node;        /* its node: index of host.topology.nodes; -1 unknown or none */
	struct isolation_fault *faults;
	size_t fault_count;
};

/*
 * What config asks of this host, which was read with it (or with HOST_CPUS). The same config and host give the
 * same CPUs. 0 or -ENOMEM; isolation_done releases either way.
 */
int isolation_build(const struct config *config, const struct host *host, struct isolation *ret);
void isolation_done(struct isolation *isolation);

/* True where the fault keeps CPUs from being isolated; else it is a warning. */
bool isolation_fault_is_fatal(const struct isolation_fault *fault);
bool isolation_is_refused(const struct isolation *isolation);

/* The first fault that does; NULL where none does. */
const struct isolation_fault *isolation_refusal(const struct isolation *isolation);

#endif
