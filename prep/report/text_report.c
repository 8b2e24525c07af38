/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/names.h"
#include "report/text.h"

#define STATUS_COLUMN 2
#define ID_COLUMN 11
#define TEXT_COLUMN 37
#define LABEL_WIDTH 7

static enum ink status_ink(enum status status)
{
	static const enum ink inks[STATUSES] = {
		[STATUS_PASS] = INK_GREEN, [STATUS_INFO] = INK_CYAN,       [STATUS_WARN] = INK_YELLOW,
		[STATUS_FAIL] = INK_RED,   [STATUS_UNKNOWN] = INK_MAGENTA,
	};

	return inks[status];
}

/* What asks for somebody is in capitals, so that it stands out without colours too. */
static const char *status_word(enum status status)
{
	static const char *const words[STATUSES] = { "pass", "info", "WARN", "FAIL", "unknown" };

	return words[status];
}

static void print_detail(const struct style *style, const char *label, const char *text,
                         void (*print)(const struct style *style, int column, const char *text))
{
	if (!text[0])
		return;
	fprintf(style->out, "%*s", ID_COLUMN, "");
	style_print(style, INK_DIM, LABEL_WIDTH, label);
	print(style, ID_COLUMN + LABEL_WIDTH, text);
}

static void print_finding(const struct style *style, enum verbosity verbosity, const struct reported *finding)
{
	bool good = finding->status == STATUS_PASS || finding->status == STATUS_INFO;

	fprintf(style->out, "%*s", STATUS_COLUMN, "");
	style_print(style, status_ink(finding->status), ID_COLUMN - STATUS_COLUMN, status_word(finding->status));
	style_print(style, INK_PLAIN, TEXT_COLUMN - ID_COLUMN, finding->id);
	style_wrap(style, TEXT_COLUMN, finding->summary);
	if (!good || verbosity == VERBOSITY_VERBOSE) {
		print_detail(style, "want", finding->want, style_wrap);
		print_detail(style, "have", finding->have, style_wrap);
		print_detail(style, "where", finding->source, style_wrap);
		print_detail(style, "fix", finding->fix, text_fix);
	}
}

/* "0000:01:00.0  NVIDIA ... (10de:2684)" for a device, "[device gpu]" for its section, else the target as it is. */
static void print_target(const struct style *style, const struct reported *finding, const struct host *host,
                         struct pci_access *names)
{
	const char *target = finding->target;
	const struct pci_function *function = NULL;
	struct pci_address address;
	char name[160];

	fprintf(style->out, " ");
	if (pci_address_parse(target, &address) == 0)
		function = pci_find(&host->pci, &address);
	if (!function) {
		bool section = strncmp(finding->id, "device.", 7) == 0;

		style_print(style, section ? INK_PLAIN : INK_BOLD, 0, section ? "[device " : target);
		fprintf(style->out, "%s%s\n", section ? target : "", section ? "]" : "");
		return;
	}
	style_print(style, INK_BOLD, 0, target);
	fprintf(style->out, "  %s (%04x:%04x)\n", names_device(names, function, name, sizeof(name)), function->vendor,
	        function->device);
}

static bool shown(const struct reported *finding, enum verbosity verbosity)
{
	return verbosity != VERBOSITY_QUIET || (finding->status != STATUS_PASS && finding->status != STATUS_INFO);
}

/* A finding's place in the text: under its heading, beside the others of its target. */
struct place {
	const struct reported *finding;
	size_t heading; /* the first row of the table that has it */
	size_t first;   /* the first finding of the same heading and target */
	size_t number;
};

static int compare_targets(const void *a, const void *b)
{
	const struct place *left = a, *right = b;
	int order;

	if (left->heading != right->heading)
		return left->heading < right->heading ? -1 : 1;
	order = strcmp(left->finding->target, right->finding->target);
	return order ? order : left->number < right->number ? -1 : 1;
}

static int compare_places(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	if (left->heading != right->heading)
		return left->heading < right->heading ? -1 : 1;
	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	return left->number < right->number ? -1 : left->number > right->number;
}

/* The findings that are shown, in the order of the text. Returns their count. */
static size_t arrange(const struct report *report, enum verbosity verbosity, struct place *places)
{
	size_t count = 0;

	for (size_t i = 0; i < report->count; i++)
		if (shown(&report->findings[i], verbosity))
			places[count++] = (struct place){ &report->findings[i], check_heading_rank(report->findings[i].id), i, i };
	qsort(places, count, sizeof(*places), compare_targets);
	for (size_t i = 1; i < count; i++)
		if (places[i].heading == places[i - 1].heading &&
		    strcmp(places[i].finding->target, places[i - 1].finding->target) == 0)
			places[i].first = places[i - 1].first;
	/* What is about the host as a whole stands right under its heading. */
	for (size_t i = 0; i < count; i++)
		if (!places[i].finding->target[0])
			places[i].first = 0;
	qsort(places, count, sizeof(*places), compare_places);
	return count;
}

/* Where to begin: what the checks further down ask for depends on what those before them found. */
static void print_beginning(const struct style *style, const struct report *report)
{
	enum status status = report_status(report);

	for (size_t i = 0; status != STATUS_PASS && i < report->count; i++) {
		const struct reported *finding = &report->findings[i];

		if (finding->status != status)
			continue;
		fprintf(style->out, "Begin with %s%s%s.\n", finding->id, finding->target[0] ? " of " : "", finding->target);
		return;
	}
}

/* "FAIL: 2 fail, 1 warn, 14 pass" */
static void print_summary(const struct style *style, const struct report *report)
{
	static const enum status order[] = { STATUS_FAIL, STATUS_WARN, STATUS_UNKNOWN, STATUS_INFO, STATUS_PASS };
	enum status status = report_status(report);
	bool first = true;

	fputc('\n', style->out);
	style_print(style, status_ink(status), 0, status_word(status));
	fputc(':', style->out);
	for (size_t i = 0; i < STATUSES; i++) {
		size_t count = report_count(report, order[i]);

		if (!count)
			continue;
		fprintf(style->out, "%s %zu %s", first ? "" : ",", count, status_name(order[i]));
		first = false;
	}
	fputc('\n', style->out);
	if (report_count(report, STATUS_FAIL) + report_count(report, STATUS_WARN) > 1)
		print_beginning(style, report);
}

void text_report(const struct style *style, enum verbosity verbosity, const struct report *report,
                 const struct host *host, struct pci_access *names)
{
	_cleanup_free_ struct place *places = calloc(report->count + 1, sizeof(*places));
	size_t count = places ? arrange(report, verbosity, places) : 0;

	for (size_t i = 0; i < count; i++) {
		const struct place *place = &places[i], *before = i ? &places[i - 1] : NULL;

		if (!before || before->heading != place->heading) {
			if (before && verbosity != VERBOSITY_QUIET)
				fputc('\n', style->out);
			style_print(style, INK_BOLD, 0, check_heading(place->finding->id));
			fputc('\n', style->out);
		}
		if (place->finding->target[0] && (!before || before->first != place->first))
			print_target(style, place->finding, host, names);
		print_finding(style, verbosity, place->finding);
	}
	if (verbosity != VERBOSITY_QUIET || report_status(report) != STATUS_PASS)
		print_summary(style, report);
}
