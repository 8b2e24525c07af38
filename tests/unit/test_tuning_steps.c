/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which steps of tuning a config and a machine give (plan/tuning.c, plan/tuning_steps.c). */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "plan/tuning.h"
#include "plan/tuning_parts.h"

#define IRQS "proc/irq/"
#define CPU "sys/devices/system/cpu/"

static char *steps_text(const struct steps *steps)
{
	char *text = format_text("%s", ""), *longer;

	for (size_t i = 0; i < steps->count; i++) {
		const struct step *step = &steps->items[i];

		longer = format_text("%s%s %s %s\n", text, step_kind_name(step->kind), step->target, step->value);
		free(text);
		text = longer;
	}
	return text;
}

static void expect_lacking(const struct tree *tree, const char *config_text, enum view view, unsigned int lacks,
                           const char *wanted)
{
	struct config config;
	struct host host;
	struct plan plan;
	char *text;

	config_from_text(config_text, &config);
	assert_int_equal(config.error_count, 0);
	assert_int_equal(host_read(&tree->root, &config, HOST_TUNING, &host), 0);
	assert_int_equal(plan_build(&config, &host, view, &plan), 0);
	text = steps_text(&plan.steps);
	assert_string_equal(text, wanted);
	assert_int_equal(tuning_lacks(&plan.isolation, &config, &host), lacks);
	free(text);
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
}

static void expect(const struct tree *tree, const char *config_text, enum view view, const char *wanted)
{
	expect_lacking(tree, config_text, view, 0, wanted);
}

static void early_boot_has_two(void **state)
{
	const struct tree *tree = *state;
	static const char both[] = "irq-affinity default 0-3,8-11\nworkqueues unbound 0-3,8-11\n";

	tree_unpack(tree, "desktop-two-caches");
	for (enum view view = VIEW_EARLY; view <= VIEW_NEXT_BOOT; view++)
		expect(tree, "[cpus]\nisolate = auto:8\ngovernor = performance\nmax-latency = 1us\n", view, both);
	expect(tree, "[cpus]\nisolate = auto:8\nirqs = no\n", VIEW_EARLY, "");
	expect(tree, "[cpus]\nisolate = none\n", VIEW_EARLY, "");
	expect(tree, "[vfio-prep]\nenabled = no\n[cpus]\nisolate = auto:8\n", VIEW_EARLY, "");
	tree_remove(tree, IRQS "default_smp_affinity");
	expect(tree, "[cpus]\nisolate = auto:8\n", VIEW_EARLY, "workqueues unbound 0-3,8-11\n");
	tree_remove(tree, "sys/devices/virtual/workqueue/cpumask");
	expect(tree, "[cpus]\nisolate = auto:8\n", VIEW_EARLY, "");
}

static void a_refused_isolation_has_none(void **state)
{
	const struct tree *tree = *state;
	struct config config;
	struct host host;
	struct plan plan;

	tree_unpack(tree, "desktop-two-caches");
	config_from_text("[cpus]\nisolate = 0-3\ngovernor = performance\n", &config);
	assert_int_equal(host_read(&tree->root, &config, HOST_TUNING, &host), 0);
	assert_int_equal(plan_build(&config, &host, VIEW_NOW, &plan), 0);
	assert_int_equal(plan.steps.count, 0);
	assert_int_equal(plan_refused(&plan), 1);
	assert_true(plan_is_unmet(&plan));
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
}

static void sets_are_compared_as_sets(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-two-caches");
	tree_write(tree, IRQS "default_smp_affinity", "00000f0f\n");
	expect(tree, "[cpus]\nisolate = auto:8\n", VIEW_EARLY, "workqueues unbound 0-3,8-11\n");
	tree_write(tree, "sys/devices/virtual/workqueue/cpumask", "0003\n"); /* narrower is somebody's own choice */
	expect(tree, "[cpus]\nisolate = auto:8\n", VIEW_EARLY, "");
	tree_write(tree, "sys/devices/virtual/workqueue/cpumask", "1003\n");
	expect(tree, "[cpus]\nisolate = auto:8\n", VIEW_EARLY, "workqueues unbound 0-3,8-11\n");
}

static void the_next_boot_begins_anew(void **state)
{
	const struct tree *tree = *state;
	static const char config[] = "[cpus]\nisolate = auto:8\n";

	tree_unpack(tree, "desktop-two-caches");
	tree_write(tree, IRQS "default_smp_affinity", "0f0f\n");
	tree_write(tree, "sys/devices/virtual/workqueue/cpumask", "0f0f\n");
	expect(tree, config, VIEW_NOW,
	       "irq-affinity 9,30-31 0-3,8-11\nirq-affinity 41 0-3,8-11\nirq-affinity 42 0-3,8-11\n");
	expect(tree, config, VIEW_NEXT_BOOT, "irq-affinity default 0-3,8-11\nworkqueues unbound 0-3,8-11\n");
	tree_write(tree, "proc/cmdline", "root=/dev/sda1 irqaffinity=0-1\n");
	expect(tree, config, VIEW_NEXT_BOOT, "workqueues unbound 0-3,8-11\n");
	tree_write(tree, CPU "isolated", "4-7\n");
	expect(tree, config, VIEW_NEXT_BOOT, "workqueues unbound 0-3,8-11\n");
	tree_write(tree, CPU "nohz_full", "12-15\n");
	expect(tree, config, VIEW_NEXT_BOOT, "");
	tree_write(tree, "proc/cmdline", "irqaffinity=0-4\n");
	expect(tree, config, VIEW_NEXT_BOOT, "irq-affinity default 0-3,8-11\n");
}

/* Of the kernel's and of guests' interrupts nothing is moved, nor one that is on its way. */
static void interrupts_that_stay(void **state)
{
	const struct tree *tree = *state;
	static const char config[] = "[cpus]\nisolate = 24-31,56-63\n";

	tree_unpack(tree, "server-two-sockets");
	expect(tree, config, VIEW_NOW, "irq-affinity default 0-23,32-55\nworkqueues unbound 0-23,32-55\n"
	       "irq-affinity 30 0-23,32-55\nirq-affinity 65 0-23,32-55\n");
	tree_write(tree, IRQS "30/smp_affinity_list", "0-23\n"); /* its next one is raised there */
	tree_write(tree, IRQS "65/effective_affinity_list", "\n");
	expect(tree, config, VIEW_NOW,
	       "irq-affinity default 0-23,32-55\nworkqueues unbound 0-23,32-55\nirq-affinity 65 0-23,32-55\n");
}

static void power_of_isolated_cpus(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-isolated");
	expect(tree, "[cpus]\nisolate = 2-3,6-7\ngovernor = performance\nmax-latency = 133us\n", VIEW_NOW,
	       "governor 2-3,6-7 performance\nenergy-preference 2-3,6-7 performance\nidle-state state4@2-3,6 1\n");
	expect(tree, "[cpus]\nisolate = 2-3,6-7\ngovernor = powersave\nmax-latency = 0us\n", VIEW_NOW,
	       "idle-state state1@2-3,6-7 1\nidle-state state2@2-3,6-7 1\nidle-state state3@2-3,6-7 1\nidle-state "
	       "state4@2-3,6 1\n");
	tree_write(tree, CPU "cpu2/cpuidle/state0/latency", "1\n"); /* as WFI of arm64: without it there is no state left */
	expect(tree, "[cpus]\nisolate = 2,6\nmax-latency = 0us\n", VIEW_NOW,
	       "idle-state state1@2,6 1\nidle-state state2@2,6 1\nidle-state state3@2,6 1\nidle-state state4@2,6 1\n");
	tree_write(tree, CPU "cpu3/cpufreq/scaling_governor", "performance\n");
	tree_write(tree, CPU "cpu3/cpufreq/energy_performance_preference", "performance\n");
	tree_write(tree, CPU "cpu6/cpuidle/state4/latency", "many\n");
	expect(tree, "[cpus]\nisolate = 2-3,6-7\ngovernor = performance\nmax-latency = 133us\n", VIEW_NOW,
	       "governor 2,6-7 performance\nenergy-preference 2,6-7 performance\nidle-state state4@2-3 1\n");
}

static void a_machine_without(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-two-sockets");
	expect_lacking(tree, "[cpus]\nisolate = 24-31,56-63\nirqs = no\ngovernor = performance\nmax-latency = 1us\n",
	               VIEW_NOW, LACK_FREQUENCY | LACK_IDLE, "");
	expect(tree, "[cpus]\nisolate = 24-31,56-63\nirqs = no\n", VIEW_NOW, "");
}

/* Lists that do not fit into one step are told in several, with nothing lost and nothing twice. */
static void long_lists(void **state)
{
	struct tuning_groups groups = { 0 };
	struct cpus seen = { 0 }, part;
	struct steps steps = { 0 };
	unsigned int count = 0;

	(void)state;
	for (unsigned int i = 0; i < 1000; i += 2)
		assert_int_equal(groups_add(&groups, i % 4 ? "a" : "b", i), 0);
	assert_int_equal(groups.count, 2);
	assert_int_equal(groups_add_steps(&groups, STEP_IDLE_STATE, "state1@", "1", &steps), 0);
	assert_true(steps.count > 2);
	for (size_t i = 0; i < steps.count; i++) {
		assert_true(strlen(steps.items[i].target) < STEP_TEXT_MAX);
		assert_int_equal(cpus_parse(steps.items[i].target + strlen("state1@"), &part), 0);
		assert_false(cpus_overlap(&seen, &part));
		count += cpus_count(&part);
		cpus_or(&seen, &part);
	}
	assert_int_equal(count, 500);
	steps_done(&steps);
	groups_done(&groups);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(early_boot_has_two), tree_test(a_refused_isolation_has_none), tree_test(sets_are_compared_as_sets),
		tree_test(the_next_boot_begins_anew), tree_test(interrupts_that_stay), tree_test(power_of_isolated_cpus),
		tree_test(a_machine_without), cmocka_unit_test(long_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
