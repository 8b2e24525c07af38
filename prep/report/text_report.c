/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "report/names.h"
#include "report/text.h"

#define STATUS_COLUMN 2
#define ID_COLUMN 11
#define TEXT_COLUMN 37

static enum ink status_ink(enum status status)
{
	static const enum ink inks[STATUSES] = {
		[STATUS_PASS] = INK_GREEN, [STATUS_INFO] = INK_BLUE,       [STATUS_WARN] = INK_YELLOW,
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

static void print_detail(const struct style *style, const char *label, const char *text)
{
	if (!text[0])
		return;
	fprintf(style->out, "%*s", ID_COLUMN, "");
	style_print(style, INK_DIM, 7, label);
	style_wrap(style, ID_COLUMN + 7, text);
}

static void print_finding(const struct style *style, enum verbosity verbosity, const struct finding *finding)
{
	bool good = finding->status == STATUS_PASS || finding->status == STATUS_INFO;

	fprintf(style->out, "%*s", STATUS_COLUMN, "");
	style_print(style, status_ink(finding->status), ID_COLUMN - STATUS_COLUMN, status_word(finding->status));
	style_print(style, INK_PLAIN, TEXT_COLUMN - ID_COLUMN, finding->id);
	style_wrap(style, TEXT_COLUMN, finding->summary);
	if (!good || verbosity == VERBOSITY_VERBOSE) {
		print_detail(style, "want", finding->want);
		print_detail(style, "have", finding->have);
		print_detail(style, "where", finding->source);
		print_detail(style, "fix", finding->fix);
	}
}

/* "0000:01:00.0  NVIDIA ... (10de:2684)" for a device, else the target as it is. */
static void print_target(const struct style *style, const char *target, const struct host *host, struct pci_access *names)
{
	const struct pci_function *function = NULL;
	struct pci_address address;
	char name[160];

	fprintf(style->out, " ");
	if (pci_address_parse(target, &address) == 0)
		function = pci_find(&host->pci, &address);
	if (!function) {
		fprintf(style->out, "[device %s]\n", target);
		return;
	}
	style_print(style, INK_BOLD, 0, target);
	fprintf(style->out, "  %s (%04x:%04x)\n", names_device(names, function, name, sizeof(name)), function->vendor,
	        function->device);
}

static bool shown(const struct finding *finding, enum verbosity verbosity)
{
	return verbosity != VERBOSITY_QUIET || (finding->status != STATUS_PASS && finding->status != STATUS_INFO);
}

/* All findings of one heading about one target, from the finding on that is the first of them. */
static void print_target_findings(const struct style *style, enum verbosity verbosity, const struct report *report,
                                  size_t first)
{
	for (size_t i = first; i < report->count; i++)
		if (strcmp(check_heading(report->findings[i].id), check_heading(report->findings[first].id)) == 0 &&
		    strcmp(report->findings[i].target, report->findings[first].target) == 0 &&
		    shown(&report->findings[i], verbosity))
			print_finding(style, verbosity, &report->findings[i]);
}

/* True where an earlier finding has the same heading (and target, where one is given) and is shown too. */
static bool seen(const struct report *report, size_t number, bool with_target, enum verbosity verbosity)
{
	const struct finding *finding = &report->findings[number];

	for (size_t i = 0; i < number; i++)
		if (shown(&report->findings[i], verbosity) &&
		    strcmp(check_heading(report->findings[i].id), check_heading(finding->id)) == 0 &&
		    (!with_target || strcmp(report->findings[i].target, finding->target) == 0))
			return true;
	return false;
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
}

void text_report(const struct style *style, enum verbosity verbosity, const struct report *report,
                 const struct host *host, struct pci_access *names)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct finding *finding = &report->findings[i];

		/* A heading prints all of its targets at its first finding, a target all of its own at its first. */
		if (!shown(finding, verbosity) || seen(report, i, false, verbosity))
			continue;
		if (i > 0 && verbosity != VERBOSITY_QUIET)
			fputc('\n', style->out);
		style_print(style, INK_BOLD, 0, check_heading(finding->id));
		fputc('\n', style->out);
		for (size_t j = i; j < report->count; j++) {
			const struct finding *other = &report->findings[j];

			if (strcmp(check_heading(other->id), check_heading(finding->id)) != 0 || !shown(other, verbosity) ||
			    seen(report, j, true, verbosity))
				continue;
			if (other->target[0])
				print_target(style, other->target, host, names);
			print_target_findings(style, verbosity, report, j);
		}
	}
	if (verbosity != VERBOSITY_QUIET || report_status(report) != STATUS_PASS)
		print_summary(style, report);
}
