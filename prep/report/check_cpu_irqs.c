/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's own work on isolated CPUs: interrupts, and workers that belong to no CPU. */
#include <errno.h>
#include <stdio.h>

#include "plan/tuning.h"
#include "report/checks.h"

/* One of the two masks; true where it is as it should be. */
static bool check_mask(const struct check_input *input, const char *target, const struct cpus *mask, int error,
                       const char *what, const char *source, struct report *report)
{
	char have[160], want[160];
	struct finding *finding;

	if (!error && !cpus_overlap(mask, &input->isolation->guest))
		return true;
	if (error == -ENOENT) /* a kernel for one CPU, or without that file: nothing can be steered */
		return true;
	cpus_format(mask, have, sizeof(have));
	cpus_format(&input->isolation->housekeeping, want, sizeof(want));
	finding = report_add(report, "cpu.irqs", target, error ? STATUS_UNKNOWN : STATUS_WARN,
	                     error ? "it cannot be read where %s may be" : "%s may be on isolated CPUs", what);
	FINDING_SET(finding->want, "%s", want);
	if (!error) {
		FINDING_SET(finding->have, "%s", have);
		fix_apply(input, finding);
	}
	FINDING_SET(finding->source, "/%s", source);
	return false;
}

static const char *action_of(const struct tuning *tuning, const struct cpus *numbers)
{
	for (size_t i = 0; i < tuning->irq_count; i++)
		if (cpus_has(numbers, tuning->irqs[i].number))
			return tuning->irqs[i].action;
	return "";
}

/* The interrupts of one owner that are on isolated CPUs; true where there are none. */
static bool check_owner(const struct check_input *input, enum irq_owner owner, struct report *report)
{
	static const char *const targets[] = { "interrupts", "vfio", "queues" };
	static const char *const says[] = {
		"on isolated CPUs",
		"of guests' devices, on isolated CPUs: whoever pins the guest sees to them",
		"of storage queues or placed by the kernel, on isolated CPUs: raised only by what runs there",
	};
	const struct tuning *tuning = &input->host->tuning;
	struct cpus numbers = { 0 };
	struct finding *finding;
	char list[120], want[160];

	for (size_t i = 0; i < tuning->irq_count; i++)
		if (tuning->irqs[i].owner == owner && irq_is_on(&tuning->irqs[i], &input->isolation->guest))
			cpus_add(&numbers, tuning->irqs[i].number);
	if (cpus_empty(&numbers))
		return true;
	cpus_format(&numbers, list, sizeof(list));
	finding = report_add(report, "cpu.irqs", targets[owner], owner == IRQ_OWNER_HOST ? STATUS_WARN : STATUS_INFO,
	                     "%u interrupt%s %s", cpus_count(&numbers), cpus_count(&numbers) == 1 ? "" : "s", says[owner]);
	FINDING_SET(finding->have, "%s (%s%s)", list, action_of(tuning, &numbers), cpus_count(&numbers) > 1 ? ", ..." : "");
	if (owner == IRQ_OWNER_HOST) {
		cpus_format(&input->isolation->housekeeping, want, sizeof(want));
		FINDING_SET(finding->want, "CPUs %s", want);
		FINDING_SET(finding->fix, "%s --apply  # at each boot: systemctl enable vfio-prep-tune.service, and "
		            "IRQBALANCE_BANNED_CPULIST where irqbalance runs", fix_program(finding));
	} else if (owner == IRQ_OWNER_KERNEL) {
		if (!fix_cmdline(input, finding, "isolcpus"))
			FINDING_SET(finding->fix,
			            "# isolcpus=managed_irq,... on the kernel command line keeps them off where other CPUs "
			            "have the same queue");
	}
	FINDING_SET(finding->source, "/proc/irq/*/effective_affinity_list");
	return false;
}

void check_cpu_irqs(const struct check_input *input, struct report *report)
{
	const struct tuning *tuning = &input->host->tuning;
	struct finding *finding;
	char wanted[64];
	bool good;

	if (!input->config->cpus.irqs || !check_cpus_wanted(input, wanted, sizeof(wanted)))
		return;
	good = check_mask(input, "default", &tuning->irq_default, tuning->irq_default_error, "new interrupts", IRQ_DEFAULT,
	                  report);
	good &= check_mask(input, "workqueues", &tuning->workqueues, tuning->workqueues_error, "workers of the kernel",
	                   WORKQUEUE_MASK, report);
	if (tuning->irqs_error) {
		finding = report_add(report, "cpu.irqs", "interrupts", STATUS_UNKNOWN, "the interrupts cannot be read");
		FINDING_SET(finding->source, "/proc/irq");
		good = false;
	}
	good &= check_owner(input, IRQ_OWNER_HOST, report);
	good &= check_owner(input, IRQ_OWNER_VFIO, report);
	good &= check_owner(input, IRQ_OWNER_KERNEL, report);
	if (!good)
		return;
	finding = report_add(report, "cpu.irqs", wanted, STATUS_PASS, "no interrupts and no unbound workers here");
	FINDING_SET(finding->source, "/proc/irq, /" WORKQUEUE_MASK);
}
