/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-prep --topology: a picture of CPUs, caches, nodes and devices. Needs no config, and shows what one asks for. */
#include <string.h>

#include "base/cleanup.h"
#include "modes/modes.h"
#include "plan/isolate.h"
#include "report/json.h"

int mode_topology(const struct options *options)
{
	_cleanup_(session_done) struct session session;
	_cleanup_(goals_done) struct goals goals = { 0 };
	_cleanup_(isolation_done) struct isolation isolation = { 0 };
	const struct goals_of of = { .every = true };
	const struct host *host = &session.host;
	int r = session_open(options, false, false, &session);

	if (r == EXIT_GOOD)
		r = session_read_optional_config(options, &session);
	if (r == EXIT_GOOD)
		r = session_read_host(&session, HOST_CPUS | HOST_MEMORY);
	if (r != EXIT_GOOD)
		return r;
	if (host->topology.error) {
		complain("/sys/devices/system/cpu/online: %s; expected sysfs mounted at /sys", strerror(-host->topology.error));
		return EXIT_TROUBLE;
	}
	r = goals_build_of(&of, &session.config, host, &goals);
	r = r < 0 ? r : isolation_build(&session.config, host, &isolation);
	if (r == 0)
		r = options->format == FORMAT_JSON ? json_topology(stdout, host, &goals, &isolation) :
		    text_topology(&session.style, options->verbosity, &session.config, host, &goals, &isolation, session.names);
	if (r < 0) {
		complain("the picture cannot be written: %s", strerror(-r));
		return EXIT_TROUBLE;
	}
	return EXIT_GOOD;
}
