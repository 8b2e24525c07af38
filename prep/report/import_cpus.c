/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CPUs that isolcpus=, nohz_full=, rcu_nocbs= and irqaffinity= keep for guests today, as [cpus]. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cpulist.h"
#include "plan/isolate.h"
#include "report/import_parts.h"

/* The first one counts: of two isolcpus= or nohz_full= the kernel refuses the second. */
static const char *first_value(const struct cmdline *cmdline, const char *key)
{
	for (size_t i = 0; i < cmdline->count && strcmp(cmdline->parameters[i].key, "--") != 0; i++)
		if (cmdline_keys_equal(cmdline->parameters[i].key, key))
			return cmdline->parameters[i].value;
	return NULL;
}

/* The online CPUs that a list means. */
static bool read_list(const struct host *host, const char *list, struct cpus *ret)
{
	const struct topology *topology = &host->topology;
	const struct cpus *possible = cpus_empty(&topology->possible) ? &topology->online : &topology->possible;
	unsigned int last = 0;

	CPUS_FOR_EACH(cpu, possible)
		last = cpu;
	if (!list || topology->error || cpulist_parse(list, last, ret) < 0)
		return false;
	cpus_and(ret, &topology->online);
	return !cpus_empty(ret);
}

/*
 * Flags in front of the list (kernel/sched/isolation.c, housekeeping_isolcpus_setup()): without any of them the
 * scheduler keeps off; with some, only where "domain" is one of them. Returns the list behind them.
 */
static const char *isolcpus_list(const char *value, bool *ret_domain, bool *ret_nohz)
{
	bool flags = false;

	*ret_domain = *ret_nohz = false;
	while (value && ((*value >= 'a' && *value <= 'z') || (*value >= 'A' && *value <= 'Z')) && strchr(value, ',')) {
		*ret_domain |= strncmp(value, "domain,", 7) == 0;
		*ret_nohz |= strncmp(value, "nohz,", 5) == 0;
		flags = true;
		value = strchr(value, ',') + 1;
	}
	*ret_domain |= value && !flags;
	return value;
}

__attribute__((format(printf, 2, 3)))
static void say(struct import_cpus *cpus, const char *format, ...)
{
	size_t used = strlen(cpus->why);
	va_list arguments;

	if (used)
		used += (size_t)snprintf(cpus->why + used, sizeof(cpus->why) - used, " ");
	if (used >= sizeof(cpus->why))
		return;
	va_start(arguments, format);
	vsnprintf(cpus->why + used, sizeof(cpus->why) - used, format, arguments);
	va_end(arguments);
}

static void add_from(struct import_cpus *cpus, const char *key, const char *value)
{
	size_t used = strlen(cpus->from);

	if (value)
		snprintf(cpus->from + used, sizeof(cpus->from) - used, "%s%s=%s", used ? " " : "", key, value);
}

/* The config as it would be: where it is refused, the kernel parameters stay all that there is. */
static int judge(struct import *import, const struct cpus *list)
{
	struct config *config = &import->suggestion.config;
	struct isolation isolation;
	int r;

	config->cpus.isolate = ISOLATE_LIST;
	config->cpus.list = *list;
	config->cpus.tick = import->cpus.tick;
	config->cpus.irqs = import->cpus.irqs;
	r = isolation_build(config, import->host, &isolation);
	if (r == 0 && isolation_is_refused(&isolation)) {
		import->cpus.live = false;
		say(&import->cpus, "It cannot be in force: %s.", isolation_refusal(&isolation)->text);
	}
	isolation_done(&isolation);
	if (r < 0 || !import->cpus.live)
		config->cpus.isolate = ISOLATE_NONE;
	return r;
}

int import_cpus(struct import *import)
{
	const struct cmdline *cmdline = &import->host->cmdline;
	const char *isolcpus = first_value(cmdline, "isolcpus"), *nohz_full = first_value(cmdline, "nohz_full");
	const char *rcu_nocbs = first_value(cmdline, "rcu_nocbs"), *irqaffinity = first_value(cmdline, "irqaffinity");
	struct cpus isolated, tickless, interrupts;
	struct import_cpus *cpus = &import->cpus;
	bool domain, nohz, known;
	const char *list = isolcpus_list(isolcpus, &domain, &nohz);

	cpus->wanted = isolcpus || nohz_full || rcu_nocbs;
	if (!cpus->wanted)
		return 0;
	add_from(cpus, "isolcpus", isolcpus);
	add_from(cpus, "nohz_full", nohz_full);
	add_from(cpus, "rcu_nocbs", rcu_nocbs);
	add_from(cpus, "irqaffinity", irqaffinity);
	add_from(cpus, "kthread_cpus", first_value(cmdline, "kthread_cpus"));
	known = read_list(import->host, isolcpus ? list : nohz_full ? nohz_full : rcu_nocbs, &isolated);
	if (!known || !cpus_format(&isolated, cpus->list, sizeof(cpus->list))) {
		cpus->list[0] = '\0';
		say(cpus, known ? "Its list is longer than a line of the config."
		                : "Which CPUs of this machine it means is not known.");
		return 0;
	}
	cpus->live = domain;
	if (!domain)
		say(cpus, "Today the scheduler still puts tasks on these CPUs: isolate = would keep it off.");
	cpus->tick = nohz || nohz_full;
	if (nohz_full && read_list(import->host, nohz_full, &tickless) && !cpus_equal(&tickless, &isolated))
		say(cpus, "nohz_full= is of other CPUs; tick = yes makes it those of isolate.");
	cpus->irqs =
		irqaffinity && read_list(import->host, irqaffinity, &interrupts) && !cpus_overlap(&interrupts, &isolated);
	if (!cpus->irqs)
		say(cpus, "Today nothing keeps interrupts off these CPUs; irqs = yes does, and is the default.");
	return cpus->live ? judge(import, &isolated) : 0;
}

void import_print_cpus(FILE *out, const struct import *import)
{
	const struct import_cpus *cpus = &import->cpus;
	const char *lead = cpus->live ? "" : ";";

	if (!cpus->wanted)
		return;
	fputc('\n', out);
	suggestion_comment(out, "Set by %s on the kernel command line, which stays: it takes effect there alone.",
	                   cpus->from);
	if (cpus->why[0])
		suggestion_comment(out, "%s", cpus->why);
	if (!cpus->list[0])
		return;
	fprintf(out, "%s[cpus]\n%sisolate = %s\n", lead, lead, cpus->list);
	if (cpus->tick)
		fprintf(out, "%stick = yes\n", lead);
	if (!cpus->irqs)
		fprintf(out, "%sirqs = no\n", lead);
}
