/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How isolated CPUs save power, and the clock that guests read. */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "plan/tuning.h"
#include "report/checks.h"

#define CPUS "/sys/devices/system/cpu"
#define CLOCKS "/sys/devices/system/clocksource/clocksource0"

static void fix_tuning(struct finding *finding)
{
	FINDING_SET(finding->fix, "%s --apply  # at each boot: systemctl enable vfio-prep-tune.service",
	            fix_program(finding));
}

/* What the first of these CPUs has. */
static const struct cpu_power *first_power(const struct check_input *input, const struct cpus *cpus)
{
	return tuning_power(&input->host->tuning, cpus_next(cpus, 0));
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (; *words; words += strcspn(words, " ")) {
		words += strspn(words, " ");
		if (strncmp(words, word, length) == 0 && strchr(" ", words[length]))
			return true;
	}
	return false;
}

/* A driver that sets frequencies itself has these two alone (drivers/cpufreq/cpufreq.c, has_target()). */
static bool is_whole(const char *governors)
{
	return strcmp(governors, "performance powersave") == 0;
}

/* True where the kernel does not have the configured governor: --apply cannot set it. */
static bool lacks_governor(const struct cpu_power *power, const char *wanted)
{
	return power->governors[0] && !has_word(power->governors, wanted);
}

/* The best of the governors that there are; of the others some are modules. */
static void fix_governor(const struct check_input *input, const struct cpu_power *power, struct finding *finding)
{
	static const char *const best[] = { "performance", "schedutil", "ondemand" };
	static const char modules[] = "conservative ondemand performance powersave userspace";
	const char *wanted = input->config->cpus.governor, *has = power->governors;
	char instead[TUNING_NAME_MAX], hint[300];
	bool module = has_word(modules, wanted) && !is_whole(has);

	snprintf(instead, sizeof(instead), "%.*s", (int)strcspn(has, " "), has);
	for (size_t i = ARRAY_SIZE(best); i-- > 0;)
		if (has_word(has, best[i]))
			snprintf(instead, sizeof(instead), "%s", best[i]);
	snprintf(hint, sizeof(hint), "in place of the other: this kernel has %s%s%s%s%s%s", has,
	         module ? "; or modprobe cpufreq_" : "", module ? wanted : "", module ? " && " : "",
	         module ? fix_program(finding) : "", module ? " --apply" : "");
	fix_config(finding, "cpus", hint, "governor = %s", instead);
}

void check_cpu_governor(const struct check_input *input, struct report *report)
{
	const struct config *config = input->config;
	struct cpus governor, preference, guests;
	char wanted[64], list[120];
	struct finding *finding;
	bool unknown = true;

	if (!config->cpus.governor[0] || !check_cpus_wanted(input, wanted, sizeof(wanted)))
		return;
	CPUS_FOR_EACH(cpu, &input->isolation->guest) {
		const struct cpu_power *power = tuning_power(&input->host->tuning, cpu);

		unknown &= !power || !power->governor[0];
	}
	governor_strays(input->isolation, config, input->host, &governor);
	preference_strays(input->isolation, config, input->host, &preference);
	check_guest_governors(input, &guests); /* as their own sections say */
	cpus_minus(&governor, &guests);
	cpus_minus(&preference, &guests);
	if (tuning_lacks(input->isolation, config, input->host) & LACK_FREQUENCY) {
		finding = report_add(report, "cpu.governor", wanted, STATUS_INFO,
		                     "the kernel drives no CPU's frequency here (no cpufreq)");
	} else if (unknown) {
		finding = report_add(report, "cpu.governor", wanted, STATUS_UNKNOWN, "the governors cannot be read");
	} else if (!cpus_empty(&governor)) {
		cpus_format(&governor, list, sizeof(list));
		const struct cpu_power *power = first_power(input, &governor);
		bool lacks = lacks_governor(power, config->cpus.governor);

		finding = report_add(report, "cpu.governor", wanted, STATUS_WARN, "another governor on CPUs %s%s%s", list,
		                     lacks ? ": this kernel has no " : "", lacks ? config->cpus.governor : "");
		FINDING_SET(finding->have, "%s", power->governor);
		if (lacks)
			fix_governor(input, power, finding);
		else
			fix_tuning(finding);
	} else if (!cpus_empty(&preference)) {
		cpus_format(&preference, list, sizeof(list));
		finding = report_add(report, "cpu.governor", wanted, STATUS_WARN, "another energy preference on CPUs %s", list);
		FINDING_SET(finding->have, "%s, energy preference %s", config->cpus.governor,
		            first_power(input, &preference)->preference);
		fix_tuning(finding);
	} else {
		finding = report_add(report, "cpu.governor", wanted, STATUS_PASS, "%s", config->cpus.governor);
	}
	FINDING_SET(finding->want, "%s", config->cpus.governor);
	FINDING_SET(finding->source, CPUS "/cpu*/cpufreq/scaling_governor, energy_performance_preference");
}

/* The CPUs on which a state is open that the config wants closed; the slowest of those states; whether one cannot be
 * read. */
static void find_slow(const struct check_input *input, struct cpus *ret_cpus, uint64_t *ret_latency, bool *ret_unknown)
{
	*ret_cpus = (struct cpus){ 0 };
	*ret_latency = 0;
	*ret_unknown = false;
	CPUS_FOR_EACH(cpu, &input->isolation->guest) {
		const struct cpu_power *power = tuning_power(&input->host->tuning, cpu);

		for (size_t i = 0; power && i < power->state_count; i++) {
			*ret_unknown |= i > 0 && !power->states[i].closed && power->states[i].latency_us == UINT64_MAX;
			if (!power->states[i].closed && idle_state_is_slow(input->config, power, i)) {
				cpus_add(ret_cpus, cpu);
				if (power->states[i].latency_us > *ret_latency)
					*ret_latency = power->states[i].latency_us;
			}
		}
	}
}

void check_cpu_idle(const struct check_input *input, struct report *report)
{
	unsigned long long limit = input->config->cpus.max_latency_us;
	char wanted[64], list[120];
	struct finding *finding;
	uint64_t latency;
	struct cpus slow;
	bool unknown;

	if (!input->config->cpus.has_max_latency || !check_cpus_wanted(input, wanted, sizeof(wanted)))
		return;
	find_slow(input, &slow, &latency, &unknown);
	cpus_format(&slow, list, sizeof(list));
	if (tuning_lacks(input->isolation, input->config, input->host) & LACK_IDLE) {
		finding = report_add(report, "cpu.idle", wanted, STATUS_INFO,
		                     "the kernel has no idle states to choose from here (no cpuidle)");
	} else if (!cpus_empty(&slow)) {
		finding = report_add(report, "cpu.idle", wanted, STATUS_WARN,
		                     "idle states that take up to %llu us to leave are open on CPUs %s",
		                     (unsigned long long)latency, list);
		FINDING_SET(finding->have, "%llu us", (unsigned long long)latency);
		fix_tuning(finding);
	} else if (unknown) {
		finding = report_add(report, "cpu.idle", wanted, STATUS_UNKNOWN,
		                     "an idle state cannot be read: how long it takes, or whether it is open");
	} else {
		finding = report_add(report, "cpu.idle", wanted, STATUS_PASS,
		                     "no open idle state takes longer than %llu us to leave", limit);
	}
	FINDING_SET(finding->want, "at most %llu us", limit);
	FINDING_SET(finding->source, CPUS "/cpu*/cpuidle/state*/latency, disable");
}

void check_cpu_boost(const struct check_input *input, struct report *report)
{
	const struct tuning *tuning = &input->host->tuning;
	struct finding *finding;
	char wanted[64];

	if (tuning->boost < 0 || !check_cpus_wanted(input, wanted, sizeof(wanted)))
		return;
	finding = report_add(report, "cpu.boost", "", tuning->boost ? STATUS_PASS : STATUS_INFO,
	                     tuning->boost ? "CPUs may go over their base frequency" :
	                                     "CPUs stay at their base frequency: boost is off");
	if (!tuning->boost)
		FINDING_SET(finding->fix, "echo %s >%s", strstr(tuning->boost_source, "no_turbo") ? "0" : "1",
		            tuning->boost_source);
	FINDING_SET(finding->source, "%s", tuning->boost_source);
}

void check_cpu_clocksource(const struct check_input *input, struct report *report)
{
	const char *clock = input->host->tuning.clocksource;
	bool tick = !cpus_empty(&input->host->topology.nohz_full);
	struct finding *finding;
	char wanted[64];

	/* Where it is not known whose interrupts these are, the clock tells: only x86 has a tsc. */
	if (input->host->x86 == ANSWER_NO || (input->host->x86 == ANSWER_UNKNOWN && !input->host->tuning.has_tsc) ||
	    !check_cpus_wanted(input, wanted, sizeof(wanted)))
		return;
	if (!clock[0]) {
		finding = report_add(report, "cpu.clocksource", "", STATUS_UNKNOWN, "the clock source cannot be read");
	} else if (strcmp(clock, "tsc") == 0) {
		finding = report_add(report, "cpu.clocksource", "", STATUS_PASS, "tsc");
	} else {
		finding = report_add(report, "cpu.clocksource", "", tick ? STATUS_FAIL : STATUS_WARN,
		                     "the clock is %s: reading it is slow, for guests too%s", clock,
		                     tick ? ", and with nohz_full the kernel leans on it" : "");
		FINDING_SET(finding->have, "%s", clock);
		/* The kernel does not offer a tsc that it found unstable (kernel/time/clocksource.c). */
		if (input->host->tuning.has_tsc)
			FINDING_SET(finding->fix, "echo tsc >" CLOCKS "/current_clocksource");
		else
			FINDING_SET(finding->fix, "dmesg | grep -iE 'tsc|clocksource'  # why the kernel calls the tsc unstable; "
			            "tsc=reliable on the kernel command line only where it is not");
	}
	FINDING_SET(finding->want, "tsc");
	FINDING_SET(finding->source, CLOCKS "/current_clocksource");
}
