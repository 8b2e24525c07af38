/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/tuning.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/stuck.h"
#include "plan/tuning_parts.h"

bool irq_is_on(const struct irq *irq, const struct cpus *cpus)
{
	return cpus_overlap(&irq->affinity, cpus) && cpus_overlap(&irq->effective, cpus);
}

const char *preference_wanted(const struct config *config)
{
	/* The governor performance has no other one (intel_pstate and amd-pstate, active mode); the others leave a
	 * choice. */
	return strcmp(config->cpus.governor, "performance") == 0 ? "performance" : NULL;
}

void governor_strays(const struct isolation *isolation, const struct config *config, const struct host *host,
                     struct cpus *ret)
{
	*ret = (struct cpus){ 0 };
	CPUS_FOR_EACH(cpu, &isolation->guest) {
		const struct cpu_power *power = tuning_power(&host->tuning, cpu);

		if (config->cpus.governor[0] && power && power->governor[0] &&
		    strcmp(power->governor, config->cpus.governor) != 0)
			cpus_add(ret, cpu);
	}
}

void preference_strays(const struct isolation *isolation, const struct config *config, const struct host *host,
                       struct cpus *ret)
{
	const char *wanted = preference_wanted(config);

	*ret = (struct cpus){ 0 };
	CPUS_FOR_EACH(cpu, &isolation->guest) {
		const struct cpu_power *power = tuning_power(&host->tuning, cpu);

		if (wanted && power && power->preference[0] && strcmp(power->preference, wanted) != 0)
			cpus_add(ret, cpu);
	}
}

bool idle_state_is_slow(const struct config *config, const struct cpu_power *power, size_t state)
{
	const struct idle_state *of = &power->states[state];

	return state > 0 && config->cpus.has_max_latency && of->latency_us != UINT64_MAX &&
	       of->latency_us > config->cpus.max_latency_us;
}

unsigned int tuning_lacks(const struct isolation *isolation, const struct config *config, const struct host *host)
{
	bool frequency = false, idle = false, known = false;

	CPUS_FOR_EACH(cpu, &isolation->guest) {
		const struct cpu_power *power = tuning_power(&host->tuning, cpu);

		known |= power != NULL;
		frequency |= power && power->has_frequency;
		idle |= power && power->has_idle;
	}
	return (known && config->cpus.governor[0] && !frequency ? LACK_FREQUENCY : 0) |
	       (known && config->cpus.has_max_latency && !idle ? LACK_IDLE : 0);
}

/* Where new interrupts go at the next boot: all CPUs, or irqaffinity= (kernel/irq/irqdesc.c). */
static bool default_will_touch(const struct host *host, const struct cpus *guest)
{
	struct cpus cpus;
	const char *value;

	return !cmdline_has(&host->cmdline, "irqaffinity", &value) || !value || cpus_parse(value, &cpus) < 0 ||
	       cpus_overlap(&cpus, guest);
}

/* And the workers: not on what isolcpus= and nohz_full= name (kernel/workqueue.c, workqueue_init_early()). */
static bool workers_will_touch(const struct host *host, const struct cpus *guest)
{
	struct cpus off = host->topology.isolated;

	cpus_or(&off, &host->topology.nohz_full);
	return !cpus_subset(guest, &off);
}

static int add_masks(const struct isolation *isolation, const struct host *host, enum view view,
                     const char *housekeeping, struct steps *steps)
{
	const struct tuning *tuning = &host->tuning;
	const struct cpus *guest = &isolation->guest;
	bool next = view == VIEW_NEXT_BOOT;
	int r = 0;

	if (!tuning->irq_default_error && !stuck_has(host->stuck, IRQ_TARGET_DEFAULT) &&
	    (next ? default_will_touch(host, guest) : cpus_overlap(&tuning->irq_default, guest)))
		r = steps_add(steps, STEP_IRQ_AFFINITY, STAGE_EARLY, IRQ_TARGET_DEFAULT, housekeeping);
	if (r == 0 && !tuning->workqueues_error && !stuck_has(host->stuck, WORKQUEUE_TARGET) &&
	    (next ? workers_will_touch(host, guest) : cpus_overlap(&tuning->workqueues, guest)))
		r = steps_add(steps, STEP_WORKQUEUES, STAGE_EARLY, WORKQUEUE_TARGET, housekeeping);
	return r;
}

static int add_irqs(const struct isolation *isolation, const struct host *host, const char *housekeeping,
                    struct steps *steps)
{
	struct tuning_groups groups = { 0 };
	char now[STEP_TEXT_MAX];
	int r = 0;

	for (size_t i = 0; r == 0 && i < host->tuning.irq_count; i++) {
		const struct irq *irq = &host->tuning.irqs[i];

		if (irq->owner == IRQ_OWNER_HOST && irq_is_on(irq, &isolation->guest) &&
		    tuning_text(host, STEP_IRQ_AFFINITY, 0, irq->number, now))
			r = groups_add(&groups, now, irq->number);
	}
	if (r == 0)
		r = groups_add_steps(&groups, STEP_IRQ_AFFINITY, "", housekeeping, steps);
	groups_done(&groups);
	return r;
}

static int add_words(const struct host *host, enum step_kind kind, const struct cpus *strays, const char *wanted,
                     struct steps *steps)
{
	struct tuning_groups groups = { 0 };
	char now[STEP_TEXT_MAX];
	int r = 0;

	CPUS_FOR_EACH(cpu, strays)
		if (r == 0 && tuning_text(host, kind, 0, cpu, now))
			r = groups_add(&groups, now, cpu);
	if (r == 0)
		r = groups_add_steps(&groups, kind, "", wanted, steps);
	groups_done(&groups);
	return r;
}

static int add_states(const struct isolation *isolation, const struct config *config, const struct host *host,
                      struct steps *steps)
{
	int r = 0;

	for (size_t state = 0; r == 0 && state < TUNING_STATES; state++) {
		struct tuning_groups groups = { 0 };
		char prefix[16];

		CPUS_FOR_EACH(cpu, &isolation->guest) {
			const struct cpu_power *power = tuning_power(&host->tuning, cpu);

			if (r == 0 && power && state < power->state_count && !power->states[state].closed &&
			    idle_state_is_slow(config, power, state))
				r = groups_add(&groups, "0", cpu);
		}
		snprintf(prefix, sizeof(prefix), "state%zu@", state);
		if (r == 0)
			r = groups_add_steps(&groups, STEP_IDLE_STATE, prefix, "1", steps);
		groups_done(&groups);
	}
	return r;
}

int tuning_add_power(const struct isolation *isolation, const struct config *config, const struct host *host,
                     struct steps *steps)
{
	struct cpus strays;
	int r;

	/* The governor before the preference: changing it sets that one, or forbids others. */
	governor_strays(isolation, config, host, &strays);
	r = add_words(host, STEP_GOVERNOR, &strays, config->cpus.governor, steps);
	preference_strays(isolation, config, host, &strays);
	if (r == 0 && !cpus_empty(&strays))
		r = add_words(host, STEP_PREFERENCE, &strays, preference_wanted(config), steps);
	return r < 0 ? r : add_states(isolation, config, host, steps);
}

int tuning_add_steps(const struct isolation *isolation, const struct config *config, const struct host *host,
                     enum view view, struct steps *steps)
{
	char housekeeping[STEP_TEXT_MAX];
	int r = 0;

	if (cpus_empty(&isolation->guest))
		return 0;
	/* What fits into no step (over five hundred CPUs in turns) the checks tell. */
	if (config->cpus.irqs && cpus_format_short(&isolation->housekeeping, housekeeping, sizeof(housekeeping))) {
		r = add_masks(isolation, host, view, housekeeping, steps);
		if (r == 0 && view == VIEW_NOW)
			r = add_irqs(isolation, host, housekeeping, steps);
	}
	return r < 0 || view != VIEW_NOW ? r : tuning_add_power(isolation, config, host, steps);
}
