/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A config for devices of this machine, as --plan takes it. */
#ifndef VFIO_PREP_REPORT_SUGGEST_H
#define VFIO_PREP_REPORT_SUGGEST_H

#include <stdio.h>

#include "plan/goals.h"
#include "plan/isolate.h"
#include "plan/pages.h"

struct pci_access;

struct suggestion {
	struct config config; /* the sections that are live; and the CPUs and the pool that are proposed */
	const struct host *host;
	struct goals goals; /* what the next boot does with the sections, guards applied */
	struct isolation isolation;
	struct pages pages;
	const size_t *functions; /* that are asked for */
	size_t function_count;
	bool exact; /* of a slot only what is asked for, and the group's sake */
};

/*
 * For these functions (ascending indexes of host->pci.functions, no bridges). host was read with all details, storage,
 * CPUs and memory; both must outlive the suggestion. 0 or -ENOMEM; suggestion_done releases either way.
 */
int suggestion_build(const struct host *host, const size_t *functions, size_t count, struct suggestion *ret);

/*
 * Only the sections and their goals. exact: a slot comes as a whole where all of it is asked for, or its group demands
 * it; else a graphics card comes as a whole. The driver is the vfio driver that has the function now.
 */
int suggestion_build_devices(const struct host *host, const size_t *functions, size_t count, bool exact,
                             struct suggestion *ret);

/* Builds the goals anew after a change of the sections. 0 or -ENOMEM. */
int suggestion_judge(struct suggestion *suggestion);
void suggestion_done(struct suggestion *suggestion);

/*
 * Prints it as a config, with the reasons as comments. A ';' without a blank behind it stands before what is proposed
 * and not in force. Every line is valid UTF-8 and shorter than the config's limit.
 */
void suggestion_print(FILE *out, const struct suggestion *suggestion, struct pci_access *names);

/* One section with its reasons, after an empty line. */
void suggestion_print_section(FILE *out, const struct suggestion *suggestion, const struct device_section *section,
                              struct pci_access *names);

/* A comment, broken where it gets long; what would be no text in a config stands in it as '?'. */
__attribute__((format(printf, 2, 3))) void suggestion_comment(FILE *out, const char *format, ...);

/* "; LEADADDRESS  NAME (10de:2684)TAIL" */
void suggestion_print_function(FILE *out, const char *lead, const struct pci_function *function, const char *tail,
                               struct pci_access *names);

/* True where `also =` of the section brings that function along with the one that it lists. */
bool suggestion_brings(const struct suggestion *suggestion, const struct device_section *section, size_t function);

#endif
