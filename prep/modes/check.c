/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-prep --check: is this host as the config wants it. */
#include <errno.h>
#include <time.h>

#include "apply/record.h"
#include "base/cleanup.h"
#include "modes/modes.h"
#include "plan/plan.h"
#include "report/json.h"
#include "report/loader_command.h"
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

static int check(const struct options *options, struct session *session)
{
	_cleanup_(plan_done) struct plan plan = { 0 };
	_cleanup_(advice_done) struct advice advice = { 0 };
	_cleanup_(surroundings_done) struct surroundings surroundings = { 0 };
	_cleanup_(modprobe_done) struct modprobe modprobe = { 0 };
	_cleanup_(record_done) struct record record = { 0 };
	_cleanup_(report_done) struct report report = { 0 };
	_cleanup_(loader_done) struct loader loader = { 0 };
	_cleanup_free_ char *early_config = NULL, *command = NULL;
	struct check_input input = {
		.config = &session->config, .host = &session->host, .goals = &plan.goals, .pages = &plan.pages,
		.isolation = &plan.isolation, .advice = &advice, .surroundings = &surroundings,
	};
	int r;

	r = session_read_host(session, HOST_CHECKS | HOST_LOG | HOST_HOLDERS | HOST_STORAGE);
	if (r != EXIT_GOOD)
		return r;
	if (plan_build(&session->config, &session->host, VIEW_NOW, &plan) < 0 ||
	    advice_build_all(&session->config, &session->host, &plan.isolation, &plan.pages, &advice) < 0 ||
	    loader_read(&session->root, &loader) < 0 ||
	    !(command = loader_command(&loader, &advice, &session->host.cmdline))) {
		complain("no memory");
		return EXIT_TROUBLE;
	}
	if (report_read_health(&session->root, &input, &session->host) < 0) {
		complain("no memory");
		return EXIT_TROUBLE;
	}
	input.modprobe_error = modprobe_read(&session->root, &modprobe);
	input.modprobe = input.modprobe_error ? NULL : &modprobe;
	if (surroundings_read(&session->root, &session->config, &session->host, &surroundings) < 0 || input.modprobe_error == -ENOMEM) {
		complain("no memory");
		return EXIT_TROUBLE;
	}
	input.record_error = record_read(&session->root, &record);
	input.record = input.record_error ? NULL : &record;
	if (root_read_all(&session->root, RECORD_CONFIG_PATH, CONFIG_SIZE_MAX, &early_config, &input.early_config_size) == 0)
		input.early_config = early_config;
	input.rebuild = rebuild_command(&session->root);
	input.loader_command = command;
	report_build(&input, &report);
	if (report.no_memory) {
		complain("no memory");
		return EXIT_TROUBLE;
	}
	if (options->format == FORMAT_JSON)
		r = json_report(stdout, VFIO_PREP_VERSION, &report);
	else if (options->format == FORMAT_PROMETHEUS)
		r = prometheus_report(stdout, VFIO_PREP_VERSION, (uint64_t)time(NULL), &report);
	else
		text_report(&session->style, options->verbosity, &report, &session->host, session->names);
	if (r < 0) {
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
