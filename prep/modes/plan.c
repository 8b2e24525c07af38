/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-prep --plan: what the next boot would do; with --now, what --apply would do. Changes nothing. */
#include <string.h>

#include "base/cleanup.h"
#include "modes/modes.h"
#include "plan/plan.h"
#include "report/advised.h"
#include "report/json.h"

static void warn(const struct session *session, const struct plan *plan)
{
	if (session->config.unsafe[0])
		complain("warning: the config: %s; --apply and early boot refuse it so", session->config.unsafe);
	if (plan->goals.count && !session->host.group_count)
		complain("warning: this machine shows no IOMMU now; without one vfio-pci binds nothing (see --check)");
	warn_default_route(plan, &session->host);
	warn_tuning(session, plan);
	if (session->host.switches.mode == SWITCH_OFF)
		complain("warning: %s on the kernel command line switches early boot off", session->host.switches.why);
}

static int plan_and_print(const struct options *options, struct session *session)
{
	_cleanup_(plan_done) struct plan plan = { 0 };
	_cleanup_(advised_done) struct advised advised = { 0 };
	enum view view = options->now ? VIEW_NOW : VIEW_NEXT_BOOT;
	bool isolates = session->config.cpus.isolate != ISOLATE_NONE;
	int r = session_read_host(session, HOST_STORAGE | HOST_CPUS | HOST_LOG |
	                                   (options->now ? HOST_HOLDERS | (isolates ? HOST_TUNING : 0) : 0));

	if (r == EXIT_GOOD && options->now)
		r = session_read_leases(session);
	if (r != EXIT_GOOD)
		return r;
	if (session->host.pci_error) {
		complain("/" PCI_DEVICES ": %s; expected sysfs mounted at /sys", strerror(-session->host.pci_error));
		return EXIT_TROUBLE;
	}
	if (plan_build(&session->config, &session->host, view, &plan) < 0 ||
	    advised_build(&session->root, &session->config, &session->host, &advised) < 0) {
		complain("no memory");
		return EXIT_TROUBLE;
	}
	if (options->format == FORMAT_JSON) {
		if (json_plan(stdout, &plan, &session->host, &advised) < 0) {
			complain("the plan cannot be written");
			return EXIT_TROUBLE;
		}
	} else {
		text_plan(&session->style, options->verbosity, &plan, &session->config, &session->host, &advised, view,
		          session->names);
	}
	warn(session, &plan);
	return plan_is_unmet(&plan) ? EXIT_UNMET : EXIT_GOOD;
}

int mode_plan(const struct options *options)
{
	_cleanup_(session_done) struct session session;
	int r = session_open(options, true, false, &session);

	return r == EXIT_GOOD ? plan_and_print(options, &session) : r;
}
