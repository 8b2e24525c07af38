/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a [vm NAME] asks for, as a libvirt domain has it (https://libvirt.org/formatdomain.html). */
#ifndef VFIO_PREP_REPORT_DOMAIN_H
#define VFIO_PREP_REPORT_DOMAIN_H

#include <stdio.h>

#include "plan/goals.h"
#include "plan/isolate.h"

/* Virtual CPUs, in the order in which QEMU counts them: threads of a core, cores of a die, dies of a socket. */
struct domain_cpus {
	unsigned int *pins; /* the CPU of each virtual one; NULL where the guest has none of its own */
	size_t count;
	unsigned int sockets, dies, cores, threads; /* their product is count */
	bool uneven;          /* cores of several threads that cannot be told to the guest: not all have as many */
	struct cpus emulator; /* where QEMU's other threads belong: of the host, near; empty where no CPU is left */
};

/*
 * The CPUs of the guest that are online. isolation is what the whole config asks for. 0 or -ENOMEM; domain_cpus_done
 * releases either way.
 */
int domain_cpus_build(const struct config *config, const struct vm_section *vm, const struct host *host,
                      const struct isolation *isolation, struct domain_cpus *ret);
void domain_cpus_done(struct domain_cpus *cpus);

/*
 * The node (the kernel's number) that memory of the guest comes from: its devices', else its CPUs', as where the pages
 * of --acquire are; -1 where there is one node only, or none can be told.
 */
int domain_node(const struct vm_section *vm, const struct host *host, const struct goals *goals);

/*
 * Prints the <hostdev> elements of what is taken for a section, each line behind indent. *slots counts the slots of
 * several functions so far: each has a bus of the guest to itself, with its functions as they are on the host.
 */
void domain_print_hostdevs(FILE *out, const char *indent, const struct host *host, const struct goals *goals,
                           const struct device_section *section, unsigned int *slots);

/* How many of a section's functions are taken. */
size_t domain_taken(const struct goals *goals, const struct device_section *section);

/*
 * Prints one document that virt-xml-validate(1) accepts: a domain with the pieces in it, and what to do with them as
 * comments. goals are those of every section, guards applied. host was read with HOST_CPUS and HOST_CHECKS.
 * 0 or -ENOMEM.
 */
int domain_print(FILE *out, const struct config *config, const struct vm_section *vm, const struct host *host,
                 const struct goals *goals, const struct isolation *isolation);

#endif
