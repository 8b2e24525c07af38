/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel command line against the advice: not given, given and refused, stale. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "report/checks.h"

#define ID "cpu.cmdline"
#define SOURCE "/proc/cmdline"
#define CPUS "/sys/devices/system/cpu"

struct key {
	const char *name;
	const char *option; /* of the kernel, without which it has no such parameter */
};

static const struct key keys[] = {
	{ "isolcpus", "CONFIG_CPU_ISOLATION" }, { "nohz_full", "CONFIG_NO_HZ_FULL" },
	{ "rcu_nocbs", "CONFIG_RCU_NOCB_CPU" },
	{ "irqaffinity", "CONFIG_SMP" },
};

static bool is_of_key(const struct advice_item *item, const char *key)
{
	char name[32];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(item->parameter, "="), item->parameter);
	return cmdline_keys_equal(name, key);
}

static const struct advice_item *find(const struct advice *advice, enum advice_kind kind, const char *key)
{
	for (size_t i = 0; i < advice->count; i++)
		if (advice->items[i].kind == kind && is_of_key(&advice->items[i], key))
			return &advice->items[i];
	return NULL;
}

/* What the kernel said when it refused an isolation (kernel/sched/isolation.c); "" where that is not in its log. */
static const char *refusal(const struct host *host)
{
	for (size_t i = 0; i < host->log.count; i++) {
		const char *text = host->log.entries[i].text;

		if (strncmp(text, "isolcpus: ", 10) == 0 || strncasecmp(text, "Housekeeping: ", 14) == 0)
			return text;
	}
	return "";
}

/* What is in force of a parameter; unknown where the kernel does not show it. */
static enum answer is_in_force(const struct check_input *input, const char *key, struct cpus *ret)
{
	const struct topology *topology = &input->host->topology;
	const struct cpus *guest = &input->isolation->guest;

	*ret = (struct cpus){ 0 };
	if (strcmp(key, "isolcpus") == 0 && topology->isolated_error == 0)
		*ret = topology->isolated;
	else if (strcmp(key, "nohz_full") == 0 && topology->nohz_full_error == 0)
		*ret = topology->nohz_full;
	else
		return ANSWER_UNKNOWN;
	return cpus_subset(guest, ret) ? ANSWER_YES : ANSWER_NO;
}

enum state { STATE_REFUSED, STATE_UNKNOWN_TO_KERNEL, STATE_STALE, STATE_NOT_GIVEN, STATES, STATE_GOOD = STATES };

static enum state judge(const struct check_input *input, const char *key)
{
	const struct advice_item *add = find(input->advice, ADVICE_ADD, key);
	struct cpus cpus;

	/* Dropped, and nothing in its place: this kernel is built without it. */
	if (find(input->advice, ADVICE_DROP, key))
		return add || find(input->advice, ADVICE_KEEP, key) ? STATE_STALE : STATE_UNKNOWN_TO_KERNEL;
	if (add)
		return STATE_NOT_GIVEN;
	if (!find(input->advice, ADVICE_KEEP, key))
		return STATE_GOOD; /* not asked for */
	if (advice_unknown_to_kernel(input->host, key))
		return STATE_UNKNOWN_TO_KERNEL;
	return is_in_force(input, key, &cpus) == ANSWER_NO ? STATE_REFUSED : STATE_GOOD;
}

/* Adds to a text that is cut where it is too long. */
__attribute__((format(printf, 3, 4)))
static void append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
}

#define APPEND(field, ...) append(field, sizeof(field), __VA_ARGS__)

/* What one parameter should be, and is. */
static void describe(const struct check_input *input, const struct key *key, enum state state, struct finding *finding)
{
	const struct advice_item *drop = find(input->advice, ADVICE_DROP, key->name);
	const struct advice_item *want = find(input->advice, ADVICE_ADD, key->name);
	char list[80];
	struct cpus cpus;

	want = want ? want : find(input->advice, ADVICE_KEEP, key->name);
	if (state == STATE_UNKNOWN_TO_KERNEL)
		APPEND(finding->want, "%sa kernel with %s", finding->want[0] ? ", " : "", key->option);
	else
		APPEND(finding->want, "%s%s", finding->want[0] ? " " : "", want->parameter);
	APPEND(finding->have, "%s", finding->have[0] ? "; " : "");
	if (state == STATE_REFUSED) {
		is_in_force(input, key->name, &cpus);
		cpus_format(&cpus, list, sizeof(list));
		APPEND(finding->have, "%s in force: %s%s%s", key->name, list[0] ? list : "nothing",
		       *refusal(input->host) ? ", " : "", refusal(input->host));
	} else if (state == STATE_NOT_GIVEN) {
		APPEND(finding->have, "no %s=", key->name);
	} else {
		APPEND(finding->have, "%s", drop ? drop->parameter : want->parameter);
	}
}

/* The command for the loader, where the advice has something for it. */
static void fix(const struct check_input *input, const enum state *states, struct finding *finding)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (states[i] != STATE_GOOD && fix_cmdline(input, finding, keys[i].name))
			return;
	FINDING_SET(finding->fix, "%s --advise  # the boot loader is to be told so; then reboot", fix_program(finding));
}

static void add_finding(const struct check_input *input, const enum state *states, enum state worst,
                        struct report *report)
{
	static const char *const texts[STATES] = {
		[STATE_REFUSED] = "given and refused by the kernel",
		[STATE_UNKNOWN_TO_KERNEL] = "given, and unknown to this kernel",
		[STATE_STALE] = "stale",
		[STATE_NOT_GIVEN] = "not given (not rebooted yet, or the boot loader was not told)",
	};
	bool refused = worst == STATE_REFUSED || worst == STATE_UNKNOWN_TO_KERNEL;
	struct finding *finding;
	char target[48];

	cpus_format(&input->isolation->guest, target, sizeof(target));
	finding = report_add(report, ID, target,
	                     worst == STATE_GOOD ? STATUS_PASS :
	                     refused             ? STATUS_FAIL :
	                                           STATUS_WARN,
	                     "%s", worst == STATE_GOOD ? "the kernel was given what [cpus] asks for" : "");
	FINDING_SET(finding->source, SOURCE "%s", refused ? ", " CPUS ", kernel log" : "");
	for (enum state state = 0; state < STATES; state++) {
		size_t count = 0;

		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			if (states[i] != state)
				continue;
			if (!count++)
				APPEND(finding->summary, "%s%s: ", finding->summary[0] ? "; " : "", texts[state]);
			APPEND(finding->summary, "%s%s", count > 1 ? ", " : "", keys[i].name);
			describe(input, &keys[i], state, finding);
		}
	}
	if (worst == STATE_REFUSED)
		FINDING_SET(finding->fix, FIX_REFUSED);
	else if (worst != STATE_GOOD)
		fix(input, states, finding);
}

void check_cmdline(const struct check_input *input, struct report *report)
{
	enum state states[ARRAY_SIZE(keys)], worst = STATE_GOOD;

	if (!input->isolation->wanted || !input->config->enabled || isolation_is_refused(input->isolation))
		return;
	if (input->advice->unknown || input->isolation->unknown) {
		struct finding *finding =
			report_add(report, ID, "", STATUS_UNKNOWN, "%s cannot be read",
		               input->advice->unknown ? "the kernel command line" : "the CPUs of this machine");

		FINDING_SET(finding->source, "%s", input->advice->unknown ? SOURCE : CPUS "/online");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		states[i] = judge(input, keys[i].name);
		worst = states[i] < worst ? states[i] : worst;
	}
	add_finding(input, states, worst, report);
}
