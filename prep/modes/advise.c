/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-prep --advise: kernel parameters to add and to drop, and how. Changes nothing. */
#include <string.h>

#include "base/cleanup.h"
#include "modes/modes.h"
#include "report/advised.h"
#include "report/json.h"

static int exit_code(const struct session *session, const struct advised *advised)
{
	if (advised->advice.unknown) {
		complain("/proc/cmdline cannot be read: what to change on it is unknown");
		return EXIT_TROUBLE;
	}
	if (advised->isolation.unknown) {
		complain("/sys/devices/system/cpu/online: %s; which CPUs to isolate is unknown",
		         strerror(-session->host.topology.error));
		return EXIT_TROUBLE;
	}
	return isolation_is_refused(&advised->isolation) ? EXIT_UNMET : EXIT_GOOD;
}

int mode_advise(const struct options *options)
{
	_cleanup_(session_done) struct session session;
	_cleanup_(advised_done) struct advised advised = { 0 };
	int r = session_open(options, true, false, &session);

	if (r == EXIT_GOOD)
		r = session_read_host(&session, HOST_CPUS | HOST_LOG);
	if (r != EXIT_GOOD)
		return r;
	if (advised_build(&session.root, &session.config, &session.host, &advised) < 0) {
		complain("no memory");
		return EXIT_TROUBLE;
	}
	if (options->format == FORMAT_JSON) {
		if (json_advice(stdout, &advised) < 0) {
			complain("the advice cannot be written");
			return EXIT_TROUBLE;
		}
	} else {
		text_advice(&session.style, options->verbosity, &session.config, &advised);
	}
	return exit_code(&session, &advised);
}
