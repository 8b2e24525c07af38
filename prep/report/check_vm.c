/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests: what they have, and whether they still run. */
#include <stdio.h>
#include <string.h>

#include "report/checks.h"

static void check_lease(const struct check_lease *of, struct report *report)
{
	const struct lease *lease = of->lease;
	const char *state = lease->record.lease.state;
	struct finding *finding;

	if (lease->error) {
		finding = report_add(report, "vm.lease", lease->guest, STATUS_UNKNOWN, "what it has cannot be read: %s",
		                     strerror(-lease->error));
		FINDING_SET(finding->fix, "rm /%s  # its pages and devices stay as they are: see vfio-prep --check",
		            lease->path);
	} else if (of->live == ANSWER_YES) {
		finding = report_add(report, "vm.lease", lease->guest, STATUS_PASS, "it has what it asks for; held by %s",
		                     of->holder);
	} else if (of->live == ANSWER_UNKNOWN) {
		finding = report_add(report, "vm.lease", lease->guest, STATUS_UNKNOWN, "whether %s still runs cannot be told",
		                     of->holder);
	} else {
		finding = strcmp(state, LEASE_HELD) == 0 ?
		              report_add(report, "vm.lease", lease->guest, STATUS_WARN,
		                         "%s has ended, and its pages, devices and CPUs are still set aside", of->holder) :
		              report_add(report, "vm.lease", lease->guest, STATUS_WARN,
		                         "%s was cut off or could not be finished: a part is still set aside",
		                         strcmp(state, LEASE_RELEASING) == 0 ? "giving back" : "acquiring");
		FINDING_SET(finding->want, "nothing set aside for a guest that does not run");
		FINDING_SET(finding->have, "%s", state);
		FINDING_SET(finding->fix, "vfio-prep --release --stale");
	}
	FINDING_SET(finding->source, "/%s", lease->path);
}

void check_guest_governors(const struct check_input *input, struct cpus *ret)
{
	*ret = (struct cpus){ 0 };
	for (size_t i = 0; i < input->lease_count; i++) {
		const struct check_lease *of = &input->leases[i];
		const struct vm_section *vm = config_vm(input->config, of->lease->guest);
		struct cpus cpus;

		if (of->live != ANSWER_YES || !vm || !vm->governor[0])
			continue;
		lease_cpus(of->lease, &cpus);
		cpus_or(ret, &cpus);
	}
}

void check_vm_lease(const struct check_input *input, struct report *report)
{
	for (size_t i = 0; i < input->lease_count; i++)
		check_lease(&input->leases[i], report);
}
