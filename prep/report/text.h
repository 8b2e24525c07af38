/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports, plans and lists for people. */
#ifndef VFIO_PREP_REPORT_TEXT_H
#define VFIO_PREP_REPORT_TEXT_H

#include "plan/isolate.h"
#include "plan/plan.h"
#include "report/advised.h"
#include "report/report.h"
#include "report/style.h"

struct pci_access;

enum verbosity { VERBOSITY_QUIET, VERBOSITY_NORMAL, VERBOSITY_VERBOSE };

/* quiet: only what does not pass, and no summary where all passes. verbose: with sources. */
void text_report(const struct style *style, enum verbosity verbosity, const struct report *report,
                 const struct host *host, struct pci_access *names);

/*
 * A finding's fix, from column on: a command is broken with backslashes, a comment begins anew on each line, so that
 * the lines work when they are pasted.
 */
void text_fix(const struct style *style, int column, const char *text);

void text_plan(const struct style *style, enum verbosity verbosity, const struct plan *plan,
               const struct config *config, const struct host *host, const struct advised *advised, enum view view,
               struct pci_access *names);

/* A tree: IOMMU groups, their devices, and behind each what is known. */
void text_list(const struct style *style, enum verbosity verbosity, const struct host *host, struct pci_access *names);

/*
 * A picture of CPUs, caches and nodes, at most 80 columns wide, with the config's devices on their nodes (goals) and
 * the guests' CPUs. quiet: only what is wrong with the isolation. 0 or -ENOMEM.
 */
int text_topology(const struct style *style, enum verbosity verbosity, const struct config *config,
                  const struct host *host, const struct goals *goals, const struct isolation *isolation,
                  struct pci_access *names);

/* What is wrong with an isolation, and what would work. */
void text_faults(const struct style *style, const struct isolation *isolation);

/* Parameters to add and to drop with their reasons, and the command; verbose: also those that are right. */
void text_advice(const struct style *style, enum verbosity verbosity, const struct config *config,
                 const struct advised *advised);

#endif
