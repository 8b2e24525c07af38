/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a running kernel is tuned for isolated CPUs: where interrupts and the kernel's own workers may run, and
 * how CPUs save power (Documentation/core-api/irq/irq-affinity.rst, core-api/workqueue.rst, admin-guide/pm/).
 */
#ifndef VFIO_PREP_HOST_TUNING_H
#define VFIO_PREP_HOST_TUNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpus.h"

#define IRQ_DIRECTORY "proc/irq"
#define IRQ_DEFAULT IRQ_DIRECTORY "/default_smp_affinity"
#define WORKQUEUE_MASK "sys/devices/virtual/workqueue/cpumask"
#define TUNING_STATES 16 /* CPUIDLE_STATE_MAX is 10 */
#define TUNING_NAME_MAX 32

struct pci;
struct root;

/* Who decides where an interrupt goes. */
enum irq_owner {
	IRQ_OWNER_HOST,   /* whoever writes its smp_affinity */
	IRQ_OWNER_VFIO,   /* a guest's device: who pins the guest wants it there */
	IRQ_OWNER_KERNEL, /* a queue of a storage device, one a CPU, that only this CPU's own I/O raises */
};

/* An interrupt that somebody handles. */
struct irq {
	unsigned int number;
	enum irq_owner owner;
	char action[TUNING_NAME_MAX]; /* of those who share it the first by name: "nvme0q0" */
	struct cpus affinity;  /* where it may go */
	struct cpus effective; /* where it goes; the same as affinity where the kernel does not tell */
};

/* How one CPU saves power. */
struct cpu_power {
	bool has_frequency, has_idle;        /* the kernel drives its frequency, its idle states */
	char governor[TUNING_NAME_MAX];      /* "" unknown or none */
	char governors[128];                 /* that it can have, blank-separated; "" unknown */
	char preference[TUNING_NAME_MAX];    /* energy_performance_preference; "" none */
	size_t state_count;
	struct idle_state {
		uint64_t latency_us; /* to leave it; UINT64_MAX unknown */
		bool closed;         /* somebody disabled it */
	} states[TUNING_STATES];
};

/* A cgroup that is, or wants to be, a partition of CPUs of its own (Documentation/admin-guide/cgroup-v2.rst). */
struct cpu_partition {
	char name[128];   /* below /sys/fs/cgroup */
	char state[160];  /* cpuset.cpus.partition: "isolated", "root", "isolated invalid (REASON)" */
	struct cpus cpus; /* that it asked for; those in force where it is valid */
};

struct tuning {
	struct cpus irq_default; /* where a new interrupt goes */
	int irq_default_error;   /* 0, or the errno (negative) of reading it: -ENOENT on a kernel for one CPU */
	struct cpus workqueues;  /* where workers run that belong to no CPU */
	int workqueues_error;
	/* With TUNING_RUNNING: */
	struct irq *irqs; /* by number, CPUS_MAX at most: sets hold them */
	size_t irq_count;
	int irqs_error;
	struct cpu_power *powers; /* by CPU number; of use for online ones */
	size_t power_count;
	/* With TUNING_KERNEL: */
	struct cpus offloaded; /* CPUs whose RCU callbacks others call */
	bool offloaded_known;
	bool offload_unread;   /* some thread could not be looked at: there may be more of them */
	int boost;             /* 1 on, 0 off, -1 unknown or no such thing */
	char boost_source[64]; /* the file */
	char clocksource[TUNING_NAME_MAX]; /* "" unknown */
	bool has_tsc;          /* the kernel offers the tsc as a clock source */
	struct cpus partitioned; /* isolated by cpusets: cpuset.cpus.isolated, or the valid partitions */
	bool cpusets_known;
	struct cpu_partition *partitions; /* those that are no plain members */
	size_t partition_count;
};

enum tuning_scope { TUNING_RUNNING = 1 << 0, TUNING_KERNEL = 1 << 1 };

/* 0 or -ENOMEM: everything else that goes wrong is part of the result. tuning_done releases it either way. */
int tuning_read(const struct root *root, const struct cpus *online, const struct pci *pci, unsigned int scope,
                struct tuning *ret);
void tuning_done(struct tuning *tuning);

/* The power settings of a CPU; NULL where they were not read. */
const struct cpu_power *tuning_power(const struct tuning *tuning, unsigned int cpu);

/* One of these masks (IRQ_DEFAULT, WORKQUEUE_MASK), or a list where there is "_list" at the path's end. 0 or an
 * errno. */
int tuning_read_set(const struct root *root, const char *path, struct cpus *ret);

/* The interrupts (tuning_irqs.c), and what the kernel tells of itself (tuning_kernel.c). 0 or -ENOMEM. */
int tuning_read_irqs(const struct root *root, const struct pci *pci, struct tuning *tuning);
int tuning_read_kernel(const struct root *root, struct tuning *tuning);

#endif
