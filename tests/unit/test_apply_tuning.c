/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts, workers, governors and idle states on the fake kernel, and the way back (apply/tuning.c,
 * plan/tuning*.c). */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "fake_kernel.h"
#include "plan/plan.h"
#include "plan/tuning.h"

#define IRQS "proc/irq/"
#define CPU "sys/devices/system/cpu/"

static const char isolate[] = "[cpus]\nisolate = 4-7,12-15\n";
static const char all[] = "[cpus]\nisolate = 4-7,12-15\ngovernor = performance\nmax-latency = 10us\n";

struct walk {
	const struct tree *tree;
	struct fake_kernel kernel;
	struct record record;
	struct apply_result result;
};

static void begin(struct walk *walk, const struct tree *tree, const char *host)
{
	*walk = (struct walk){ .tree = tree };
	tree_unpack(tree, host);
	fake_kernel_new(&walk->kernel, tree);
}

static void end(struct walk *walk)
{
	record_done(&walk->record);
	fake_kernel_done(&walk->kernel);
}

static void run(struct walk *walk, const char *config_text, enum view view)
{
	struct config config;
	struct host host;
	struct plan plan;

	config_from_text(config_text, &config);
	assert_int_equal(config.error_count, 0);
	assert_int_equal(host_read(&walk->tree->root, &config, view == VIEW_NOW ? HOST_TUNING : 0, &host), 0);
	assert_int_equal(view == VIEW_NOW ? plan_build_tuning(&config, &host, &plan) :
	                                    plan_build(&config, &host, view, &plan),
	                 0);
	assert_int_equal(record_reserve(&walk->record, plan.steps.count, 0), 0);
	apply_steps(&walk->kernel.effects, &plan.steps, view == VIEW_NOW ? WRITER_APPLY : WRITER_EARLY, &walk->record,
	            &walk->result);
	assert_int_equal(walk->result.save_error, 0);
	assert_int_equal(walk->result.returned, 0);
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
}

/* Gives back by the record as it stands in its file; returns how many steps that took. */
static size_t undo(struct walk *walk)
{
	struct record record;
	struct tuned *tuned;
	struct undo undo = { 0 };
	struct host host;
	size_t count;

	assert_int_equal(record_read(&walk->tree->root, &record), 0);
	record_done(&walk->record);
	walk->record = record;
	tuned = calloc(record.count + 1, sizeof(*tuned));
	assert_int_equal(host_read(&walk->tree->root, NULL, HOST_TUNING, &host), 0);
	assert_int_equal(undo_tuning(tuned, record_tuned(&walk->record, tuned, record.count), &host, &undo), 0);
	count = undo.steps.count;
	assert_int_equal(record_reserve(&walk->record, count, 0), 0);
	free(tuned);
	apply_steps(&walk->kernel.effects, &undo.steps, WRITER_UNDO, &walk->record, &walk->result);
	undo_done(&undo);
	host_done(&host);
	return count;
}

/* "KIND TARGET BEFORE>VALUE RESULT WHY" an entry. */
static void expect_record(const struct walk *walk, const char *wanted)
{
	char *text = format_text("%s", ""), *longer;

	for (size_t i = 0; i < walk->record.count; i++) {
		const struct record_entry *entry = &walk->record.entries[i];

		longer = format_text("%s%s %s %s>%s %s%s%s\n", text, step_kind_name(entry->kind), entry->target, entry->before,
		                     entry->value, result_name(entry->result), *entry->why ? " " : "", entry->why);
		free(text);
		text = longer;
	}
	assert_string_equal(text, wanted);
	free(text);
}

static void early_boot_steers_the_masks(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree, "desktop-two-caches");
	fake_kernel_early(&walk.kernel);
	run(&walk, all, VIEW_EARLY);
	expect_record(&walk, "irq-affinity default 0-15>0-3,8-11 done\nworkqueues unbound 0-15>0-3,8-11 done\n");
	assert_string_equal(walk.kernel.log,
	                    "write " IRQS "default_smp_affinity f0f\nwrite sys/devices/virtual/workqueue/cpumask f0f\n");
	tree_expect(tree, IRQS "default_smp_affinity", "0f0f");
	run(&walk, all, VIEW_LATE);
	assert_int_equal(walk.record.count, 2); /* met */
	assert_int_equal(undo(&walk), 2);
	tree_expect(tree, IRQS "default_smp_affinity", "ffff");
	tree_expect(tree, "sys/devices/virtual/workqueue/cpumask", "ffff");
	assert_int_equal(undo(&walk), 0);
	end(&walk);
}

static void all_of_a_running_system(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree, "desktop-two-caches");
	tree_write(tree, ".managed/31", "");
	run(&walk, all, VIEW_NOW);
	expect_record(
		&walk, "irq-affinity default 0-15>0-3,8-11 done\nworkqueues unbound 0-15>0-3,8-11 done\n"
			   "irq-affinity 9,30-31 0-15>0-3,8-11 done the kernel places 31 itself\nirq-affinity 41 4>0-3,8-11 done\n"
			   "irq-affinity 42 12>0-3,8-11 done\ngovernor 4-7,12-15 schedutil>performance done\n"
			   "idle-state state2@4-7,12-15 0>1 done\n");
	assert_int_equal(walk.result.failed, 0);
	tree_expect(tree, IRQS "9/smp_affinity_list", "0-3,8-11");
	tree_expect(tree, IRQS "24/smp_affinity_list", "0-15"); /* it was not there */
	tree_expect(tree, IRQS "31/smp_affinity_list", "0-15");
	tree_expect(tree, CPU "cpu4/cpufreq/scaling_governor", "performance");
	tree_expect(tree, CPU "cpu3/cpufreq/scaling_governor", "schedutil");
	tree_expect(tree, CPU "cpu15/cpuidle/state2/disable", "1");
	tree_expect(tree, CPU "cpu15/cpuidle/state1/disable", "0");
	tree_expect(tree, CPU "cpu11/cpuidle/state2/disable", "0");
	assert_int_equal(undo(&walk), 7);
	assert_int_equal(walk.result.failed, 0);
	tree_expect(tree, IRQS "9/smp_affinity_list", "0-15");
	tree_expect(tree, IRQS "41/smp_affinity_list", "4");
	tree_expect(tree, IRQS "42/smp_affinity_list", "12");
	tree_expect(tree, CPU "cpu4/cpufreq/scaling_governor", "schedutil");
	tree_expect(tree, CPU "cpu15/cpuidle/state2/disable", "0");
	assert_int_equal(undo(&walk), 0);
	end(&walk);
}

static void what_others_changed_since_stays(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree, "desktop-two-caches");
	run(&walk, all, VIEW_NOW);
	tree_write(tree, IRQS "30/smp_affinity_list", "2\n");
	tree_write(tree, IRQS "default_smp_affinity", "0003\n");
	tree_write(tree, CPU "cpu5/cpufreq/scaling_governor", "ondemand\n");
	tree_write(tree, CPU "cpu6/cpuidle/state2/disable", "0\n");
	assert_int_equal(undo(&walk), 6); /* all but the default */
	tree_expect(tree, IRQS "30/smp_affinity_list", "2");
	tree_expect(tree, IRQS "default_smp_affinity", "0003");
	tree_expect(tree, CPU "cpu5/cpufreq/scaling_governor", "ondemand");
	tree_expect(tree, CPU "cpu4/cpufreq/scaling_governor", "schedutil");
	tree_expect(tree, IRQS "9/smp_affinity_list", "0-15");
	/* And what they chose between two of ours is what comes back. */
	tree_write(tree, CPU "cpu5/cpufreq/scaling_governor", "conservative\n");
	run(&walk, all, VIEW_NOW);
	tree_write(tree, CPU "cpu5/cpufreq/scaling_governor", "userspace\n");
	run(&walk, all, VIEW_NOW);
	tree_expect(tree, CPU "cpu5/cpufreq/scaling_governor", "performance");
	undo(&walk);
	tree_expect(tree, CPU "cpu5/cpufreq/scaling_governor", "userspace");
	tree_expect(tree, CPU "cpu7/cpufreq/scaling_governor", "schedutil");
	end(&walk);
}

/* What could not be given back is given back by the next try. */
static void an_undo_that_fails(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree, "desktop-two-caches");
	run(&walk, all, VIEW_NOW);
	fake_kernel_fail(&walk.kernel,
	                 (struct fake_fault){ .call = FAKE_WRITE, .contains = "cpu5/cpufreq", .nth = 1, .error = -EBUSY });
	fake_kernel_fail(&walk.kernel,
	                 (struct fake_fault){ .call = FAKE_WRITE, .contains = "irq/41", .nth = 1, .error = -ENOSPC });
	assert_int_equal(undo(&walk), 7);
	assert_int_equal(walk.result.failed, 2);
	tree_expect(tree, CPU "cpu4/cpufreq/scaling_governor", "schedutil");
	tree_expect(tree, CPU "cpu5/cpufreq/scaling_governor", "performance");
	assert_int_equal(undo(&walk), 2);
	assert_int_equal(walk.result.failed, 0);
	tree_expect(tree, CPU "cpu5/cpufreq/scaling_governor", "schedutil");
	tree_expect(tree, IRQS "41/smp_affinity_list", "4");
	end(&walk);
}

/* Two configs after each other: what was there before the first comes back. */
static void through_two_configs(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree, "desktop-two-caches");
	run(&walk, "[cpus]\nisolate = 7,15\n", VIEW_NOW);
	tree_expect(tree, IRQS "default_smp_affinity", "7f7f");
	run(&walk, isolate, VIEW_NOW);
	tree_expect(tree, IRQS "default_smp_affinity", "0f0f");
	undo(&walk);
	tree_expect(tree, IRQS "default_smp_affinity", "ffff");
	end(&walk);
}

/* intel_pstate: the governor brings its preference along, and neither way may be refused (EBUSY). */
static void a_preference_goes_with_its_governor(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree, "desktop-isolated");
	run(&walk, "[cpus]\nisolate = 2-3,6-7\ngovernor = performance\n", VIEW_NOW);
	expect_record(
		&walk, "governor 2-3,6-7 powersave>performance done\nenergy-preference 2-3,6-7 performance>performance done\n");
	tree_expect(tree, CPU "cpu2/cpufreq/energy_performance_preference", "performance");
	assert_int_equal(undo(&walk), 1);
	assert_int_equal(walk.result.failed, 0);
	tree_expect(tree, CPU "cpu2/cpufreq/energy_performance_preference", "balance_performance");
	/* A driver that did not bring it along: back again the governor goes first, or the kernel says EBUSY. */
	run(&walk, "[cpus]\nisolate = 2-3,6-7\ngovernor = performance\n", VIEW_NOW);
	strcpy(walk.record.entries[walk.record.count - 1].before, "balance_power");
	assert_int_equal(record_save(&tree->root, &walk.record), 0);
	assert_int_equal(undo(&walk), 2);
	assert_int_equal(walk.result.failed, 0);
	tree_expect(tree, CPU "cpu2/cpufreq/energy_performance_preference", "balance_power");
	/* The governor is there already, and the preference is not. */
	for (unsigned int i = 0; i < 8; i++) {
		char *path = format_text(CPU "cpu%u/cpufreq/scaling_governor", i);

		tree_write(tree, path, "performance\n");
		free(path);
	}
	run(&walk, "[cpus]\nisolate = 2-3,6-7\ngovernor = performance\n", VIEW_NOW);
	tree_expect(tree, CPU "cpu7/cpufreq/energy_performance_preference", "performance");
	end(&walk);
}

static void what_the_kernel_refuses(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree, "desktop-isolated");
	run(&walk, "[cpus]\nisolate = 2-3,6-7\ngovernor = schedutil\n", VIEW_NOW);
	expect_record(
		&walk,
		"governor 2-3,6-7 powersave>schedutil failed CPU 2 has no governor schedutil, only: performance powersave\n");
	assert_int_equal(walk.record.entries[0].error, EINVAL);
	assert_int_equal(walk.result.failed, 1);
	assert_int_equal(undo(&walk), 0);
	end(&walk);
}

static void a_write_that_does_not_stick(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree, "desktop-two-caches");
	fake_kernel_fail(&walk.kernel, (struct fake_fault){ .call = FAKE_WRITE, .contains = "workqueue", .silent = true });
	fake_kernel_fail(&walk.kernel,
	                 (struct fake_fault){ .call = FAKE_WRITE, .contains = "cpu5/cpuidle", .error = -EIO });
	run(&walk, "[cpus]\nisolate = 4-5,12-13\nmax-latency = 10us\n", VIEW_NOW);
	assert_int_equal(walk.result.failed, 2);
	assert_string_equal(walk.record.entries[1].why, "reads '0-15' after the write");
	assert_int_equal(walk.record.entries[1].error, EIO);
	/* A part of it was done, and that part goes back. */
	tree_expect(tree, CPU "cpu4/cpuidle/state2/disable", "1");
	tree_expect(tree, CPU "cpu5/cpuidle/state2/disable", "0");
	tree_expect(tree, CPU "cpu12/cpuidle/state2/disable", "1");
	undo(&walk);
	tree_expect(tree, CPU "cpu4/cpuidle/state2/disable", "0");
	tree_expect(tree, CPU "cpu12/cpuidle/state2/disable", "0");
	tree_expect(tree, IRQS "default_smp_affinity", "ffff");
	end(&walk);
}

/* What changes between the plan and the step is left to whoever changed it. */
static void between_plan_and_step(void **state)
{
	const struct tree *tree = *state;
	struct steps steps = { 0 };
	struct walk walk;

	begin(&walk, tree, "desktop-two-caches");
	assert_int_equal(steps_add(&steps, STEP_IRQ_AFFINITY, STAGE_EARLY, "9,30,41,99", "0-3"), 0);
	assert_int_equal(steps_add(&steps, STEP_IRQ_AFFINITY, STAGE_EARLY, "99", "0-3"), 0);
	assert_int_equal(steps_add(&steps, STEP_GOVERNOR, STAGE_EARLY, "99", "performance"), 0);
	assert_int_equal(steps_add(&steps, STEP_IDLE_STATE, STAGE_EARLY, "state@4", "1"), 0);
	assert_int_equal(steps_add(&steps, STEP_IDLE_STATE, STAGE_EARLY, "state2", "1"), 0);
	assert_int_equal(steps_add(&steps, STEP_IDLE_STATE, STAGE_EARLY, "state99@4", "1"), 0);
	assert_int_equal(record_reserve(&walk.record, steps.count, 0), 0);
	apply_steps(&walk.kernel.effects, &steps, WRITER_APPLY, &walk.record, &walk.result);
	expect_record(&walk, "irq-affinity 9,30,41,99 0-15>0-3 done\nirq-affinity 99 >0-3 done\n"
	              "governor 99 >performance failed what it is now cannot be read\nidle-state state@4 >1 failed\n"
	              "idle-state state2 >1 failed\nidle-state state99@4 >1 failed\n");
	tree_expect(tree, IRQS "41/smp_affinity_list", "4");
	steps_done(&steps);
	end(&walk);
}

/* A step that was begun and not ended may have written: it counts by what is there. */
static void a_step_that_did_not_end(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree, "desktop-two-caches");
	run(&walk, isolate, VIEW_NOW);
	for (size_t i = 0; i < walk.record.count; i++)
		walk.record.entries[i].result = RESULT_RUNNING;
	walk.record.entries[1].before[0] = '\0';
	assert_int_equal(record_save(&tree->root, &walk.record), 0);
	assert_int_equal(undo(&walk), 4);
	tree_expect(tree, IRQS "default_smp_affinity", "ffff");
	tree_expect(tree, "sys/devices/virtual/workqueue/cpumask", "0f0f");
	end(&walk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(early_boot_steers_the_masks),
		tree_test(all_of_a_running_system),
		tree_test(what_others_changed_since_stays),
		tree_test(an_undo_that_fails),
		tree_test(through_two_configs),
		tree_test(a_preference_goes_with_its_governor),
		tree_test(what_the_kernel_refuses),
		tree_test(a_write_that_does_not_stick),
		tree_test(between_plan_and_step),
		tree_test(a_step_that_did_not_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
