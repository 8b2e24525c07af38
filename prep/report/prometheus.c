/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/prometheus.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"

static const enum status by_severity[] = { STATUS_FAIL, STATUS_WARN, STATUS_UNKNOWN, STATUS_PASS, STATUS_INFO };

/* Of two findings about one thing the lower rank counts. */
static size_t rank(enum status status)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(by_severity) && by_severity[i] != status)
		i++;
	return i;
}

static bool same_series(const struct reported *a, const struct reported *b)
{
	return strcmp(a->id, b->id) == 0 && strcmp(a->target, b->target) == 0;
}

static int compare(const void *a, const void *b)
{
	const struct reported *left = *(const struct reported *const *)a, *right = *(const struct reported *const *)b;
	int order = strcmp(left->id, right->id);

	if (order == 0)
		order = strcmp(left->target, right->target);
	return order ? order : (int)rank(left->status) - (int)rank(right->status);
}

/* One finding a series, the worst: Prometheus refuses a file that has one twice. Returns their count. */
static size_t collect(const struct report *report, const struct reported **series)
{
	size_t count = 0;

	for (size_t i = 0; i < report->count; i++)
		series[i] = &report->findings[i];
	qsort(series, report->count, sizeof(*series), compare);
	for (size_t i = 0; i < report->count; i++)
		if (i == 0 || !same_series(series[i], series[i - 1]))
			series[count++] = series[i];
	return count;
}

static void print_head(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* NAME="VALUE". Values are UTF-8: a text that was cut inside of a character loses what is not ASCII. */
static void print_label(FILE *out, const char *name, const char *value)
{
	bool utf8 = parse_is_utf8(value, strlen(value));

	fprintf(out, "%s=\"", name);
	for (const char *c = value; *c; c++)
		if (*c == '\n')
			fputs("\\n", out);
		else if (*c == '\\' || *c == '"')
			fprintf(out, "\\%c", *c);
		else
			fputc(utf8 || (unsigned char)*c < 0x80 ? *c : '?', out);
	fputc('"', out);
}

static void print_series(FILE *out, const struct reported *const *series, size_t count)
{
	print_head(out, "vfio_prep_check",
	           "Each check of vfio-prep --check with its present status, always 1 (a status that has passed is gone).");
	for (size_t i = 0; i < count; i++) {
		fputs("vfio_prep_check{", out);
		print_label(out, "check", series[i]->id);
		fputc(',', out);
		print_label(out, "target", series[i]->target);
		fputc(',', out);
		print_label(out, "status", status_name(series[i]->status));
		fputs("} 1\n", out);
	}
}

/* All of them, so that an alert or a graph finds the 0 of a status that no check has. */
static void print_counts(FILE *out, const struct reported *const *series, size_t count)
{
	size_t counts[STATUSES] = { 0 };

	for (size_t i = 0; i < count; i++)
		counts[series[i]->status]++;
	print_head(out, "vfio_prep_checks", "How many checks have this status.");
	for (int status = 0; status < STATUSES; status++)
		fprintf(out, "vfio_prep_checks{status=\"%s\"} %zu\n", status_name((enum status)status), counts[status]);
}

static void print_status(FILE *out, enum status present)
{
	print_head(out, "vfio_prep_status", "The status of this host: 1 for the one that it has, 0 for the others.");
	for (size_t i = 0; i < ARRAY_SIZE(by_severity); i++)
		if (by_severity[i] != STATUS_INFO) /* which no host has as a whole */
			fprintf(out, "vfio_prep_status{status=\"%s\"} %d\n", status_name(by_severity[i]),
			        by_severity[i] == present);
}

int prometheus_report(FILE *out, const char *version, uint64_t now, const struct report *report)
{
	_cleanup_free_ const struct reported **series = calloc(report->count + 1, sizeof(const struct reported *));
	size_t count;

	if (!series)
		return -ENOMEM;
	count = collect(report, series);
	print_head(out, "vfio_prep_build_info", "The version of vfio-prep that wrote this.");
	fputs("vfio_prep_build_info{", out);
	print_label(out, "version", version);
	fputs("} 1\n", out);
	print_head(out, "vfio_prep_last_run_timestamp_seconds", "When vfio-prep --check looked at this host.");
	fprintf(out, "vfio_prep_last_run_timestamp_seconds %" PRIu64 "\n", now);
	print_status(out, report_status(report));
	print_counts(out, series, count);
	print_series(out, series, count);
	return fflush(out) == EOF || ferror(out) ? -EIO : 0;
}
