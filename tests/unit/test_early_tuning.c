/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupts and workers in the stages of early boot. */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apply/record.h"
#include "base/log.h"
#include "early.h"
#include "fake_kernel.h"
#include "host/config.h"

#define DEFAULT "proc/irq/default_smp_affinity"
#define WORKERS "sys/devices/virtual/workqueue/cpumask"

static const char auto8[] = "[device gpu]\nid = 10de:2231\n[cpus]\nisolate = auto:8\n";

static struct fake_kernel kernel;

static void ignore_timeout(uint64_t usec)
{
	(void)usec;
}

static void begin(const struct tree *tree, const char *config)
{
	tree_unpack(tree, "desktop-two-caches");
	fake_kernel_new(&kernel, tree);
	fake_kernel_early(&kernel);
	tree_write(tree, CONFIG_PATH, config);
	tree_write(tree, "dev/kmsg", "");
	assert_int_equal(log_to_kernel(&tree->root), 0);
}

static void late(void)
{
	fake_kernel_coldplug(&kernel);
	fake_kernel_mount(&kernel);
	early_late(&kernel.effects, kernel.tree->directory, ignore_timeout);
}

static void expect_logged(const char *text, bool wanted)
{
	char *log = tree_read(kernel.tree, "dev/kmsg");

	if ((strstr(log, text) != NULL) != wanted)
		fail_msg("the log %s '%s':\n%s", wanted ? "lacks" : "has", text, log);
	free(log);
}

static void in_the_first_stage(void **state)
{
	const struct tree *tree = *state;
	unsigned int writes;

	begin(tree, auto8);
	early_work(&kernel.effects, ignore_timeout);
	tree_expect(tree, DEFAULT, "0f0f");
	tree_expect(tree, WORKERS, "0f0f");
	expect_logged("vfio-prep: new interrupts and workers stay on CPUs 0-3,8-11\n", true);
	expect_logged("vfio-prep: early: 1 of 1 devices prepared, 0 refused", true);
	/* The devices came first. */
	assert_true(strstr(kernel.log, "load vfio-pci") < strstr(kernel.log, DEFAULT));
	writes = kernel.writes;
	late();
	assert_int_equal(kernel.writes, writes);
	fake_kernel_done(&kernel);
}

static void what_fails_costs_itself(void **state)
{
	const struct tree *tree = *state;
	struct record record;

	begin(tree, auto8);
	fake_kernel_fail(&kernel,
	                 (struct fake_fault){ .call = FAKE_WRITE, .contains = "workqueue", .nth = 1, .error = -EPERM });
	early_work(&kernel.effects, ignore_timeout);
	tree_expect(tree, DEFAULT, "0f0f");
	expect_logged("vfio-prep: workers are not kept off the isolated CPUs: /" WORKERS " cannot be written\n", true);
	expect_logged("new interrupts and workers stay", false);
	expect_logged("1 of 1 devices prepared", true);
	late(); /* which tries once more */
	tree_expect(tree, WORKERS, "0f0f");
	assert_int_equal(record_read(&tree->root, &record), 0);
	assert_string_equal(record.early, "done");
	assert_string_equal(record_last(&record, STEP_WORKQUEUES, "unbound")->before, "0-15");
	record_done(&record);
	fake_kernel_done(&kernel);
}

static void a_refused_isolation(void **state)
{
	const struct tree *tree = *state;
	struct record record;

	begin(tree, "[device gpu]\nid = 10de:2231\n[cpus]\nisolate = 0-3\n");
	early_work(&kernel.effects, ignore_timeout);
	tree_expect(tree, DEFAULT, "ffff");
	expect_logged("vfio-prep: [cpus]: CPU 0 is in the list", true);
	expect_logged("1 of 1 devices prepared, 1 refused", true);
	assert_int_equal(record_read(&tree->root, &record), 0);
	assert_int_equal(record.refusal_count, 1);
	assert_string_equal(record.refusals[0].target, "cpus");
	assert_string_equal(record.refusals[0].guard, "cpus");
	record_done(&record);
	fake_kernel_done(&kernel);
}

static void only_a_plan(void **state)
{
	const struct tree *tree = *state;

	begin(tree, auto8);
	tree_write(tree, "proc/cmdline", "root=/dev/sda1 vfio_prep=plan\n");
	early_work(&kernel.effects, ignore_timeout);
	tree_expect(tree, DEFAULT, "ffff");
	expect_logged("vfio-prep: plan: would keep new interrupts on CPUs 0-3,8-11\n", true);
	expect_logged("vfio-prep: plan: would keep workers on CPUs 0-3,8-11\n", true);
	fake_kernel_done(&kernel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(in_the_first_stage),
		tree_test(what_fails_costs_itself),
		tree_test(a_refused_isolation),
		tree_test(only_a_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
