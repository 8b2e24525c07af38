/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-prep --suggest: for libvirt, what a [vm] asks for. Changes nothing. */
#include <string.h>

#include "base/cleanup.h"
#include "modes/guest.h"
#include "modes/modes.h"
#include "plan/guards.h"
#include "report/domain.h"

static void warn_of_vm(const struct session *session, const struct vm_section *vm)
{
	const struct topology *topology = &session->host.topology;
	struct cpus absent = vm->cpus;
	char list[160];

	if (!session->config.enabled)
		complain("warning: enabled = no in [vfio-prep]: nothing is taken for it");
	cpus_minus(&absent, &topology->online);
	if (!vm->has_cpus || cpus_empty(&absent))
		return;
	cpus_format(&absent, list, sizeof(list));
	if (topology->error)
		complain("warning: /sys/devices/system/cpu/online: %s; its CPUs are left out", strerror(-topology->error));
	else
		complain("warning: [vm %s]: CPU%s %s: not online here, and left out", vm->name, cpus_count(&absent) == 1 ? "" : "s", list);
}

static int suggest_domain(const struct options *options)
{
	_cleanup_(session_done) struct session session;
	_cleanup_(goals_done) struct goals goals = { 0 };
	_cleanup_(isolation_done) struct isolation isolation = { 0 };
	const struct goals_of of = { .every = true };
	const struct vm_section *vm = NULL;
	int r = session_open(options, true, false, &session);

	if (r != EXIT_GOOD)
		return r;
	if (options->operand_count > 1) {
		complain("unknown argument '%s'; expected the NAME of one guest", options->operands[1]);
		return EXIT_USAGE;
	}
	vm = find_vm(&session.config, options->operands[0]);
	if (!vm)
		return EXIT_USAGE;
	r = session_read_host(&session, HOST_STORAGE | HOST_CPUS | HOST_MEMORY | HOST_CHECKS);
	if (r != EXIT_GOOD)
		return r;
	warn_of_vm(&session, vm);
	r = goals_build_of(&of, &session.config, &session.host, &goals);
	if (r == 0)
		guards_apply(&goals, &session.host, VIEW_NEXT_BOOT);
	r = r < 0 ? r : isolation_build(&session.config, &session.host, &isolation);
	r = r < 0 ? r : domain_print(stdout, &session.config, vm, &session.host, &goals, &isolation);
	if (r < 0) {
		complain("the domain cannot be written: %s", strerror(-r));
		return EXIT_TROUBLE;
	}
	return EXIT_GOOD;
}

int mode_suggest(const struct options *options)
{
	return suggest_domain(options);
}
