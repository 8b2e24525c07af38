/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The health report for Prometheus (its text format 0.0.4), as node_exporter's textfile collector takes it. */
#ifndef VFIO_PREP_REPORT_PROMETHEUS_H
#define VFIO_PREP_REPORT_PROMETHEUS_H

#include <stdint.h>
#include <stdio.h>

#include "report/report.h"

/*
 * Each check has one series, whose label says its status: an alert names what it means, and the number of series does
 * not grow with the number of statuses. now is in seconds since 1970. 0, -ENOMEM, -EIO.
 */
int prometheus_report(FILE *out, const char *version, uint64_t now, const struct report *report);

#endif
