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
};

/*
 * For these functions (ascending indexes of host->pci.functions, no bridges). host was read with all details, storage,
 * CPUs and memory; both must outlive the suggestion. 0 or -ENOMEM; suggestion_done releases either way.
 */
int suggestion_build(const struct host *host, const size_t *functions, size_t count, struct suggestion *ret);
void suggestion_done(struct suggestion *suggestion);

/*
 * Prints it as a config, with the reasons as comments. A ';' without a blank behind it stands before what is proposed
 * and not in force. Every line is valid UTF-8 and shorter than the config's limit.
 */
void suggestion_print(FILE *out, const struct suggestion *suggestion, struct pci_access *names);

/* True where `also =` of the section brings that function along with the one that it lists. */
bool suggestion_brings(const struct suggestion *suggestion, const struct device_section *section, size_t function);

#endif
