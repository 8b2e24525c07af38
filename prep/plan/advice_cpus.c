/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What takes CPUs away from the host. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/cpulist.h"
#include "plan/advice_parts.h"

static const char isolcpus_flags[] = "domain,managed_irq,";

/* The CPUs of this host that a list means. False where the kernel refuses the list. */
static bool read_list(const struct topology *topology, const char *value, struct cpus *ret)
{
	const struct cpus *possible = cpus_empty(&topology->possible) ? &topology->online : &topology->possible;
	unsigned int last = 0;

	CPUS_FOR_EACH(cpu, possible)
		last = cpu;
	if (!value || cpulist_parse(value, last, ret) < 0)
		return false;
	/* Those that are offline, or that this machine does not have, make no difference. */
	cpus_and(ret, &topology->online);
	return true;
}

static bool starts_with_letter(const char *text)
{
	return (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');
}

/*
 * Flags in front of the list, as kernel/sched/isolation.c, housekeeping_isolcpus_setup(), reads them: each is a word
 * that begins with a letter and ends with a comma, so a list cannot begin with "N" or "all" there. nohz, which is
 * nohz_full= by another name, is left to whoever gave it; a flag that is none makes some kernels refuse the whole.
 */
static bool is_isolcpus(const struct topology *topology, const char *value, const struct cpus *wanted)
{
	bool domain = false, managed_irq = false;
	struct cpus cpus;

	while (value && starts_with_letter(value)) {
		if (strncmp(value, "domain,", 7) == 0)
			domain = true;
		else if (strncmp(value, "managed_irq,", 12) == 0)
			managed_irq = true;
		else if (strncmp(value, "nohz,", 5) != 0)
			return false;
		value += strcspn(value, ",") + 1;
	}
	return domain && managed_irq && read_list(topology, value, &cpus) && cpus_equal(&cpus, wanted);
}

static bool is_list(const struct topology *topology, const char *value, const struct cpus *wanted)
{
	struct cpus cpus;

	return read_list(topology, value, &cpus) && cpus_equal(&cpus, wanted);
}

/*
 * More than is wanted will do ("all"): who calls another CPU's callbacks is a thread that the scheduler keeps off
 * isolated CPUs, and no CPU loses anything by it.
 */
static bool covers(const struct topology *topology, const char *value, const struct cpus *wanted)
{
	struct cpus cpus;

	return read_list(topology, value, &cpus) && cpus_subset(wanted, &cpus);
}

/* The kernel adds the CPU that it boots on (kernel/irq/irqdesc.c, irq_affinity_setup). */
static bool is_irqaffinity(const struct topology *topology, const char *value, const struct cpus *wanted)
{
	struct cpus cpus;

	if (!read_list(topology, value, &cpus))
		return false;
	cpus_add(&cpus, cpus_next(&topology->online, 0));
	return cpus_equal(&cpus, wanted);
}

struct cpu_parameter {
	const char *key;
	bool (*is)(const struct topology *topology, const char *value, const struct cpus *wanted);
	const char *flags;
	const struct cpus *wanted;
	const char *why;
};

/*
 * Compares what is given with what is wanted. Every other value goes, wherever it stands: of two isolcpus= or
 * nohz_full= the kernel refuses the second, of two rcu_nocbs= or irqaffinity= the second counts.
 */
static int advise_parameter(const struct host *host, const struct cpu_parameter *rule, struct advice *advice)
{
	_cleanup_free_ char *value = calloc(1, sizeof(isolcpus_flags) + CPUS_TEXT_MAX);
	const struct cmdline_parameter *given;
	bool found = false;
	size_t at = 0;
	int r;

	if (!value)
		return -ENOMEM;
	memcpy(value, rule->flags, strlen(rule->flags));
	cpus_format(rule->wanted, value + strlen(rule->flags), CPUS_TEXT_MAX);
	while ((given = advice_next(host, rule->key, &at))) {
		bool equal = rule->is(&host->topology, given->value, rule->wanted);

		r = equal ? advise_given(advice, ADVICE_KEEP, given, "%s", rule->why) :
		            advise_given(advice, ADVICE_DROP, given, "stale: the config makes it %s=%s", rule->key, value);
		if (r < 0)
			return r;
		found |= equal;
	}
	return found ? 0 : advise_value(advice, ADVICE_ADD, rule->key, value, "%s", rule->why);
}

/* The file is absent, so the parameter does nothing here. */
static int drop_nohz_full(const struct host *host, struct advice *advice)
{
	const struct cmdline_parameter *given;
	size_t at = 0;

	while ((given = advice_next(host, "nohz_full", &at)))
		if (advise_given(advice, ADVICE_DROP, given,
		                 "this kernel is built without CONFIG_NO_HZ_FULL: it does nothing") < 0)
			return -ENOMEM;
	return 0;
}

int advise_cpus(const struct config *config, const struct host *host, const struct isolation *isolation,
                struct advice *advice)
{
	const struct cpus *guest = &isolation->guest, *housekeeping = &isolation->housekeeping;
	const struct cpu_parameter rules[] = {
		{ "isolcpus", is_isolcpus, isolcpus_flags, guest,
		  "the scheduler puts no task on the guests' CPUs by itself, and queues' interrupts of devices stay off them" },
		{ "nohz_full", is_list, "", guest,
		  "tick = yes: no timer tick on a CPU that runs one task alone, which is a pinned vCPU" },
		{ "rcu_nocbs", covers, "", guest,
		  "tick = yes: RCU callbacks of the guests' CPUs are run by threads, which stay on the host's" },
		{ "irqaffinity", is_irqaffinity, "", housekeeping,
		  "irqs = yes: interrupts go to the host's CPUs from the start, where their driver says nothing else" },
	};
	bool no_hz_full = host->topology.nohz_full_error == -ENOENT;
	int r;

	if (!isolation->wanted || isolation->unknown || cpus_empty(guest))
		return 0;
	r = advise_parameter(host, &rules[0], advice);
	if (r == 0 && config->cpus.tick)
		r = no_hz_full ? drop_nohz_full(host, advice) : advise_parameter(host, &rules[1], advice);
	if (r == 0 && config->cpus.tick)
		r = advise_parameter(host, &rules[2], advice);
	if (r == 0 && config->cpus.irqs)
		r = advise_parameter(host, &rules[3], advice);
	return r;
}
