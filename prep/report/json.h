/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON of design.md section 8. Each prints one document and a newline; 0, -ENOMEM, -EIO. */
#ifndef VFIO_PREP_REPORT_JSON_H
#define VFIO_PREP_REPORT_JSON_H

#include <stdio.h>

#include "plan/isolate.h"
#include "plan/plan.h"
#include "report/advised.h"
#include "report/report.h"

struct import;
struct pci_access;

int json_report(FILE *out, const char *version, const struct report *report);
int json_plan(FILE *out, const struct plan *plan, const struct host *host, const struct advised *advised);
int json_advice(FILE *out, const struct advised *advised);
int json_list(FILE *out, const struct host *host, struct pci_access *names);
int json_import(FILE *out, const struct import *import, struct pci_access *names);
int json_topology(FILE *out, const struct host *host, const struct goals *goals, const struct isolation *isolation);

#endif
