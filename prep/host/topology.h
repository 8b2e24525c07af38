/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPUs of a machine: cores, caches, dies, packages, NUMA nodes and kinds of core (Documentation/ABI/stable/
 * sysfs-devices-system-cpu and sysfs-devices-node, testing/sysfs-devices-system-cpu). x86 and arm64.
 */
#ifndef VFIO_PREP_HOST_TOPOLOGY_H
#define VFIO_PREP_HOST_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cpus.h"

#define TOPOLOGY_KINDS 4
#define TOPOLOGY_LOCAL 10  /* the kernel's distances where the firmware gives none (include/linux/topology.h) */
#define TOPOLOGY_REMOTE 20

struct pci;
struct root;

/* What CPUs share. */
enum level { LEVEL_CORE, LEVEL_L3, LEVEL_DIE, LEVEL_PACKAGE, LEVELS };

struct topology_cpu {
	/* Which core, third level cache, die, package: each numbered from 0 by its lowest CPU; -1 unknown or none. */
	int in[LEVELS];
	int node; /* index of nodes */
	int kind; /* index of kinds; -1 unknown */
};

struct topology_node {
	int number;       /* the kernel's */
	struct cpus cpus; /* online ones; empty on a node of memory alone */
};

/* CPUs of about the same speed: "P", "E", "LP-E", or "capacity 446" on arm64. */
struct topology_kind {
	char name[16];
	struct cpus cpus;
};

struct topology {
	int error; /* 0, or the errno (negative) of reading the online CPUs: then nothing else is known */
	struct cpus possible, present, online; /* empty where unknown */
	struct topology_cpu *cpus; /* by CPU number; of use for online ones only */
	size_t cpu_count;          /* the highest online CPU and one */
	size_t counts[LEVELS];
	struct topology_node *nodes; /* by number; node 0 with all CPUs where the kernel has no NUMA */
	size_t node_count;
	unsigned int *distances; /* node_count rows of node_count */
	struct topology_kind kinds[TOPOLOGY_KINDS]; /* the fastest first; one without a name where all CPUs are alike */
	size_t kind_count;
	struct cpus isolated;  /* in force: isolcpus= */
	int isolated_error;    /* 0, or the errno (negative) of reading it */
	struct cpus nohz_full; /* in force */
	int nohz_full_error;   /* 0; -ENOENT: a kernel without CONFIG_NO_HZ_FULL; or the errno of reading it */
	char smt[16];          /* on, off, forceoff, notsupported, notimplemented; "" unknown */
};

/* 0 or -ENOMEM: everything else that goes wrong is part of the result. topology_done releases it either way. */
int topology_read(const struct root *root, struct topology *ret);
void topology_done(struct topology *topology);

/*
 * The node of functions with details whose numa_node says nothing, by their local_cpulist: where that is within
 * one node. The kernel gives all CPUs for a device that it cannot place.
 */
void topology_place_devices(const struct root *root, const struct topology *topology, struct pci *pci);

/* The CPUs that share a level with this one, itself included; alone where the level is unknown for it. */
void topology_sharing(const struct topology *topology, enum level level, unsigned int cpu, struct cpus *ret);

/* The node of this number among nodes; -1. */
int topology_node_index(const struct topology *topology, int number);

/* Between two nodes (indexes), as ACPI's SLIT counts: 10 is the node itself. */
unsigned int topology_distance(const struct topology *topology, size_t from, size_t to);

#endif
