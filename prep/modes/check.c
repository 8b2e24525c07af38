/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-prep --check: is this host as the config wants it, and are the guests that run. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "modes/modes.h"
#include "modes/survey.h"
#include "report/json.h"
#include "report/prometheus.h"
#include "report/report.h"
#include "version.h"

static int exit_code(const struct options *options, const struct report *report)
{
	enum status status = report_status(report);

	if (report_all_unknown(report))
		return EXIT_TROUBLE;
	return status == STATUS_FAIL || (status == STATUS_WARN && options->strict) ? EXIT_UNMET : EXIT_GOOD;
}

/* The name under which the report shows the guest that is asked for: one that runs, or that the config speaks of. */
static int find_guest(const struct options *options, const struct session *session, const struct guests *guests,
                      const char **ret)
{
	const char *name = options->operand_count ? options->operands[0] : NULL;
	const struct guest *guest = name ? guests_find(guests, name) : NULL;

	*ret = guest ? guest->name : name;
	if (guest || !name)
		return EXIT_GOOD;
	for (size_t i = 0; i < session->config.vm_count; i++)
		if (strcmp(session->config.vms[i].name, name) == 0)
			return EXIT_GOOD;
	complain("--check '%s'; expected a [vm] of the config or a guest that runs with a device%s", name,
	         guests->count ? ":" : ", and none does");
	for (size_t i = 0; i < guests->count; i++)
		fprintf(stderr, "  %s\n", guests->items[i].name);
	return EXIT_USAGE;
}

static int print(const struct options *options, const struct session *session, const struct report *report)
{
	switch (options->format) {
	case FORMAT_JSON:
		return json_report(stdout, VFIO_PREP_VERSION, report);
	case FORMAT_PROMETHEUS:
		return prometheus_report(stdout, VFIO_PREP_VERSION, (uint64_t)time(NULL), report);
	default:
		text_report(&session->style, options->verbosity, report, &session->host, session->names);
		return 0;
	}
}

static int check(const struct options *options, struct session *session)
{
	_cleanup_(survey_done) struct survey survey = { 0 };
	_cleanup_(report_done) struct report report = { 0 };
	int r;

	if (survey_read(session, &survey) < 0) {
		complain("no memory");
		return EXIT_TROUBLE;
	}
	r = find_guest(options, session, &survey.guests, &survey.input.guest);
	if (r != EXIT_GOOD)
		return r;
	report_build(&survey.input, &report);
	if (report.no_memory) {
		complain("no memory");
		return EXIT_TROUBLE;
	}
	if (print(options, session, &report) < 0) {
		complain("the report cannot be written");
		return EXIT_TROUBLE;
	}
	return exit_code(options, &report);
}

int mode_check(const struct options *options)
{
	_cleanup_(session_done) struct session session;
	int r = session_open(options, true, false, &session);

	return r == EXIT_GOOD ? check(options, &session) : r;
}
