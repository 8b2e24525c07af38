/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/host.h"
#include "plan/tuning_parts.h"

int groups_add(struct tuning_groups *groups, const char *text, unsigned int member)
{
	struct tuning_group *group = NULL;

	for (size_t i = 0; !group && i < groups->count; i++)
		if (strcmp(groups->items[i].text, text) == 0)
			group = &groups->items[i];
	if (!group) {
		group = array_add(&groups->items, &groups->count, sizeof(*group));
		if (!group)
			return -ENOMEM;
		snprintf(group->text, sizeof(group->text), "%s", text);
	}
	cpus_add(&group->members, member);
	return 0;
}

void groups_done(struct tuning_groups *groups)
{
	if (!groups)
		return;
	free(groups->items);
	*groups = (struct tuning_groups){ 0 };
}

static void take_first(const struct cpus *members, unsigned int count, struct cpus *ret)
{
	*ret = (struct cpus){ 0 };
	CPUS_FOR_EACH(cpu, members) {
		if (!count--)
			break;
		cpus_add(ret, cpu);
	}
}

/* So many of the lowest members that they fit into size bytes as a list. */
static void take_some(const struct cpus *members, char *list, size_t size, struct cpus *ret)
{
	unsigned int count = cpus_count(members);

	for (*ret = *members; !cpus_format(ret, list, size); take_first(members, count, ret))
		count /= 2;
}

int groups_add_steps(const struct tuning_groups *groups, enum step_kind kind, const char *prefix, const char *value,
                     struct steps *steps)
{
	for (size_t i = 0; i < groups->count; i++) {
		const struct tuning_group *group = &groups->items[i];
		struct cpus left = group->members;

		while (!cpus_empty(&left)) {
			char target[STEP_TEXT_MAX], list[STEP_TEXT_MAX];
			struct cpus some;
			int r;

			take_some(&left, list, sizeof(list) - strlen(prefix), &some);
			cpus_minus(&left, &some);
			snprintf(target, sizeof(target), "%s%s", prefix, list);
			r = steps_add(steps, kind, STAGE_EARLY, target, value ? value : group->text);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static const struct irq *find_irq(const struct tuning *tuning, unsigned int number)
{
	for (size_t i = 0; i < tuning->irq_count; i++)
		if (tuning->irqs[i].number == number)
			return &tuning->irqs[i];
	return NULL;
}

static bool copy_word(const char *word, char *text)
{
	snprintf(text, STEP_TEXT_MAX, "%s", word);
	return *text;
}

bool tuning_text(const struct host *host, enum step_kind kind, size_t state, unsigned int member, char *text)
{
	const struct cpu_power *power = tuning_power(&host->tuning, member);
	const struct irq *irq;

	switch (kind) {
	case STEP_IRQ_AFFINITY:
		irq = find_irq(&host->tuning, member);
		return irq && cpus_format_short(&irq->affinity, text, STEP_TEXT_MAX);
	case STEP_GOVERNOR:
		return power && copy_word(power->governor, text);
	case STEP_PREFERENCE:
		return power && copy_word(power->preference, text);
	case STEP_IDLE_STATE:
		return power && state < power->state_count && copy_word(power->states[state].closed ? "1" : "0", text);
	default:
		return false;
	}
}

bool tuning_text_of_mask(const struct host *host, enum step_kind kind, char *text)
{
	const struct tuning *tuning = &host->tuning;

	if (kind == STEP_WORKQUEUES)
		return !tuning->workqueues_error && cpus_format_short(&tuning->workqueues, text, STEP_TEXT_MAX);
	return !tuning->irq_default_error && cpus_format_short(&tuning->irq_default, text, STEP_TEXT_MAX);
}
