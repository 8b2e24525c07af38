/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the CPUs that the config isolates are: from the scheduler, the tick, RCU, and from their siblings. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "report/checks.h"

#define CPUS "/sys/devices/system/cpu"

bool check_cpus_wanted(const struct check_input *input, char *list, size_t size)
{
	if (!input->config->enabled || !input->isolation->wanted)
		return false;
	cpus_format(&input->isolation->guest, list, size);
	return !cpus_empty(&input->isolation->guest);
}

/* What of the guest's CPUs is not in a set, as text. False where nothing is missing. */
static bool find_missing(const struct check_input *input, const struct cpus *of, char *list, size_t size)
{
	struct cpus missing = input->isolation->guest;

	cpus_minus(&missing, of);
	cpus_format(&missing, list, size);
	return !cpus_empty(&missing);
}

/* By the boot loader; where the parameter is given and does nothing, the kernel says why. */
static void fix_parameter(const struct check_input *input, struct finding *finding, const char *key, const char *lead,
                          const char *cpus)
{
	if (fix_cmdline(input, finding, key))
		return;
	if (fix_is_advised(input, key, true))
		FINDING_SET(finding->fix, FIX_REFUSED);
	else
		FINDING_SET(finding->fix, "# add %s=%s%s to the kernel command line, and reboot", key, lead, cpus);
}

/* What [cpus] asks for, as it says it, and the CPUs to take it from. */
static void tell_asked(const struct check_input *input, struct finding *finding)
{
	const struct cpus_section *asked = &input->config->cpus;
	char list[160], count[16] = "";

	cpus_format(&asked->list, list, sizeof(list));
	if (asked->auto_count)
		snprintf(count, sizeof(count), ":%u", asked->auto_count);
	if (asked->isolate == ISOLATE_AUTO)
		FINDING_SET(finding->want, "isolate = auto%s", count);
	else
		FINDING_SET(finding->want, "isolate = %s", list);
	cpus_format(&input->host->topology.online, list, sizeof(list));
	FINDING_SET(finding->have, "CPUs %s", list);
}

/* Where the config's CPUs cannot be isolated, or are unknown, there is nothing to compare the kernel with. */
static void tell_no_isolation(const struct check_input *input, struct report *report)
{
	const struct isolation_fault *fault = isolation_refusal(input->isolation);
	struct finding *finding;

	if (fault) {
		finding = report_add(report, "cpu.isolated", "cpus", STATUS_FAIL, "refused: %s", fault->text);
		if (fault->kind == ISOLATION_NO_CORES)
			FINDING_SET(finding->fix, "# give isolate in [cpus] of %s a list of whole cores, such as 2-3",
			            fix_file(finding));
		else
			fix_config(finding, "cpus", "in place of the other", "%s", fault->cure);
	} else {
		finding = report_add(report, "cpu.isolated", "cpus", STATUS_UNKNOWN, "the CPUs of this machine cannot be read");
	}
	FINDING_SET(finding->source, CPUS "/online");
	if (fault)
		tell_asked(input, finding);
}

/* "isolated invalid (Cpu list in cpuset.cpus not exclusive)": the reason is the kernel's. */
static void tell_invalid_partitions(const struct check_input *input, struct report *report)
{
	const struct tuning *tuning = &input->host->tuning;

	for (size_t i = 0; i < tuning->partition_count; i++) {
		const struct cpu_partition *partition = &tuning->partitions[i];
		struct finding *finding;
		char list[64];

		if (!strstr(partition->state, "invalid"))
			continue;
		cpus_format(&partition->cpus, list, sizeof(list));
		finding = report_add(report, "cpu.isolated", list, STATUS_FAIL, "the cpuset %s is no partition: %s",
		                     partition->name, partition->state);
		FINDING_SET(finding->have, "%s", partition->state);
		FINDING_SET(finding->want, "isolated");
		FINDING_SET(finding->fix,
		            "echo member >'/sys/fs/cgroup/%s/cpuset.cpus.partition'  # or mend what the kernel names",
		            partition->name);
		FINDING_SET(finding->source, "/sys/fs/cgroup/%s/cpuset.cpus.partition", partition->name);
	}
}

/* What the list of [cpus] names and no guest can be pinned to: the rest of it is judged as if it were the whole. */
static void tell_missing_cpus(const struct check_input *input, struct report *report)
{
	const struct topology *topology = &input->host->topology;
	struct cpus absent = input->config->cpus.list, offline;
	bool off = strcmp(topology->smt, "off") == 0;
	struct finding *finding;
	char list[64], rest[160];

	if (input->config->cpus.isolate != ISOLATE_LIST)
		return;
	cpus_minus(&absent, &topology->online);
	offline = absent;
	cpus_and(&offline, &topology->present);
	cpus_minus(&absent, &offline);
	cpus_format(&input->isolation->guest, rest, sizeof(rest));
	for (int i = 0; i < 2; i++) {
		const struct cpus *cpus = i ? &absent : &offline;

		if (cpus_empty(cpus))
			continue;
		cpus_format(cpus, list, sizeof(list));
		finding = report_add(report, "cpu.isolated", list, STATUS_WARN, "%s%s: no guest can be pinned there", i ?
		                     "not in this machine" : "offline", !i && off ? " (SMT is off)" : "");
		FINDING_SET(finding->want, "every CPU of the list online");
		FINDING_SET(finding->have, "%s", rest);
		if (i)
			fix_config(finding, "cpus", "in place of the other", "isolate = %s", rest);
		else if (off) /* the kernel then lets no thread come online by itself (kernel/cpu.c, cpu_smt_allowed) */
			FINDING_SET(finding->fix, "echo on >" CPUS "/smt/control");
		else
			FINDING_SET(finding->fix, "chcpu -e %s", list);
		FINDING_SET(finding->source, CPUS "/online");
	}
}

void check_cpu_isolated(const struct check_input *input, struct report *report)
{
	const struct topology *topology = &input->host->topology;
	const struct tuning *tuning = &input->host->tuning;
	struct cpus isolated = topology->isolated;
	char wanted[64], missing[64], have[160];
	struct finding *finding;

	if (!input->config->enabled || !input->isolation->wanted)
		return;
	if (!check_cpus_wanted(input, wanted, sizeof(wanted))) {
		tell_no_isolation(input, report);
		return;
	}
	cpus_or(&isolated, &tuning->partitioned);
	if (!find_missing(input, &isolated, missing, sizeof(missing))) {
		finding = report_add(report, "cpu.isolated", wanted, STATUS_PASS,
		                     "the scheduler leaves these CPUs to whoever is pinned there");
	} else if (topology->isolated_error) {
		finding =
			report_add(report, "cpu.isolated", wanted, STATUS_UNKNOWN, "it cannot be read which CPUs are isolated");
	} else {
		finding = report_add(report, "cpu.isolated", wanted, STATUS_FAIL, "the scheduler uses CPUs %s like any other",
		                     missing);
		fix_parameter(input, finding, "isolcpus", "domain,managed_irq,", wanted);
	}
	cpus_format(&isolated, have, sizeof(have));
	FINDING_SET(finding->want, "%s", wanted);
	if (finding->status != STATUS_UNKNOWN)
		FINDING_SET(finding->have, "%s", have[0] ? have : "none");
	FINDING_SET(finding->source, CPUS "/isolated%s",
	            tuning->cpusets_known ? ", cpuset.cpus.isolated and .partition of the cgroups" : "");
	tell_missing_cpus(input, report);
	tell_invalid_partitions(input, report);
}

void check_cpu_tick(const struct check_input *input, struct report *report)
{
	const struct topology *topology = &input->host->topology;
	char wanted[64], missing[64], have[160];
	struct finding *finding;

	if (!input->config->cpus.tick || !check_cpus_wanted(input, wanted, sizeof(wanted)))
		return;
	cpus_format(&topology->nohz_full, have, sizeof(have));
	if (topology->nohz_full_error == -ENOENT) {
		finding = report_add(report, "cpu.tick", wanted, STATUS_FAIL,
		                     "this kernel is built without nohz_full (CONFIG_NO_HZ_FULL)");
		fix_config(finding, "cpus", "or a kernel with CONFIG_NO_HZ_FULL=y", "tick = no");
	} else if (topology->nohz_full_error) {
		finding =
			report_add(report, "cpu.tick", wanted, STATUS_UNKNOWN, "it cannot be read which CPUs go without the tick");
	} else if (find_missing(input, &topology->nohz_full, missing, sizeof(missing))) {
		finding = report_add(report, "cpu.tick", wanted, STATUS_FAIL, "the tick interrupts CPUs %s", missing);
		fix_parameter(input, finding, "nohz_full", "", wanted);
		FINDING_SET(finding->have, "%s", have[0] ? have : "none");
	} else {
		finding = report_add(report, "cpu.tick", wanted, STATUS_PASS, "no tick where one task runs");
		FINDING_SET(finding->have, "%s", have);
	}
	FINDING_SET(finding->want, "%s", wanted);
	FINDING_SET(finding->source, CPUS "/nohz_full");
	if (topology->nohz_full_error == -ENOENT)
		FINDING_SET(finding->have, "none");
}

/* "rcu: \tOffload RCU callbacks from CPUs: 4-7." (kernel/rcu/tree_nocb.h, rcu_init_nohz()). False where it is not
 * there. */
static bool offload_in_log(const struct kernel_log *log, struct cpus *ret)
{
	static const char key[] = "Offload RCU callbacks from CPUs: ";

	for (size_t i = 0; i < log->count; i++) {
		const char *found = strstr(log->entries[i].text, key);
		char list[160];

		if (!found)
			continue;
		found += strlen(key);
		snprintf(list, sizeof(list), "%.*s", (int)strcspn(found, ". \\\n"), found);
		if (cpus_parse(list, ret) < 0)
			*ret = (struct cpus){ 0 }; /* "(none)" */
		return true;
	}
	return false;
}

void check_cpu_rcu(const struct check_input *input, struct report *report)
{
	const struct tuning *tuning = &input->host->tuning;
	struct cpus offloaded = tuning->offloaded;
	bool known = tuning->offloaded_known, logged = false;
	char wanted[64], missing[64], have[160];
	struct finding *finding;

	if (!input->config->cpus.tick || !check_cpus_wanted(input, wanted, sizeof(wanted)))
		return;
	if (!known || (tuning->offload_unread && find_missing(input, &offloaded, missing, sizeof(missing))))
		known = logged = offload_in_log(&input->host->log, &offloaded);
	if (!find_missing(input, &offloaded, missing, sizeof(missing))) {
		finding =
			report_add(report, "cpu.rcu", wanted, STATUS_PASS, "RCU callbacks of these CPUs are called elsewhere");
	} else if (!known) {
		finding = report_add(report, "cpu.rcu", wanted, STATUS_UNKNOWN,
		                     "neither the kernel's threads nor its log tell who calls RCU callbacks");
	} else {
		finding =
			report_add(report, "cpu.rcu", wanted, STATUS_FAIL, "CPUs %s call their RCU callbacks themselves", missing);
		fix_parameter(input, finding, "rcu_nocbs", "", wanted);
	}
	cpus_format(&offloaded, have, sizeof(have));
	FINDING_SET(finding->want, "%s", wanted);
	if (known)
		FINDING_SET(finding->have, "%s", have[0] ? have : "none");
	FINDING_SET(finding->source, logged ? "kernel log" : "/proc/*/stat: rcuop/N, rcuos/N");
}

void check_cpu_siblings(const struct check_input *input, struct report *report)
{
	const struct topology *topology = &input->host->topology;
	struct cpus split = { 0 }, whole = { 0 }, core;
	char wanted[64], list[160], better[160];
	struct finding *finding;

	if (!check_cpus_wanted(input, wanted, sizeof(wanted)))
		return;
	CPUS_FOR_EACH(cpu, &input->isolation->guest) {
		topology_sharing(topology, LEVEL_CORE, cpu, &core);
		if (cpus_subset(&core, &input->isolation->guest))
			cpus_or(&whole, &core);
		else
			cpus_or(&split, &core);
	}
	cpus_format(&split, list, sizeof(list));
	if (!topology->counts[LEVEL_CORE]) {
		finding = report_add(report, "cpu.siblings", wanted, STATUS_UNKNOWN,
		                     "the kernel does not tell which CPUs are threads of one core");
	} else if (cpus_empty(&split)) {
		finding = report_add(report, "cpu.siblings", wanted, STATUS_PASS, "whole cores");
	} else {
		cpus_format(&whole, better, sizeof(better));
		finding = report_add(report, "cpu.siblings", wanted, STATUS_FAIL,
		                     "threads of one core are split between host and guests: %s", list);
		FINDING_SET(finding->want, "whole cores");
		FINDING_SET(finding->have, "%s of %s", wanted, list);
		fix_config(finding, "cpus", "in place of the other", "isolate = %s", better[0] ? better : "auto");
	}
	FINDING_SET(finding->source, CPUS "/cpu*/topology/thread_siblings_list");
}
