/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Huge pages in the stages of early boot. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "apply/advice_file.h"
#include "apply/record.h"
#include "base/log.h"
#include "early.h"
#include "fake_kernel.h"
#include "host/config.h"

#define POOLS "sys/kernel/mm/hugepages/hugepages-2048kB/"
#define NODE(n) "sys/devices/system/node/node" #n "/hugepages/hugepages-2048kB/"

static const char pools[] = "[device gpu]\naddress = 0001:31:00.0\n[hugepages]\n2M@1 = 12\n2M = 4\n1G@7 = 1\n";

static struct fake_kernel kernel;

static void ignore_timeout(uint64_t usec)
{
	(void)usec;
}

static void begin(const struct tree *tree, const char *config)
{
	tree_unpack(tree, "server-two-sockets");
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
	struct record record;

	begin(tree, pools);
	early_work(&kernel.effects, ignore_timeout);
	tree_expect(tree, NODE(1) "nr_hugepages", "14");
	tree_expect(tree, POOLS "nr_hugepages", "16");
	expect_logged("vfio-prep: hugepages 2M@1: 12 of 12\n", true);
	expect_logged("vfio-prep: hugepages 2M: 4 of 4\n", true);
	expect_logged("hugepages 1G@7: none reserved, guard memory: node 7 is not there; nodes with memory: 0, 1", true);
	expect_logged("hugepages 1G@7: 0 of", false);
	assert_int_equal(record_read(&tree->root, &record), 0);
	assert_string_equal(record.early, "done");
	assert_int_equal(record.refusal_count, 1);
	assert_string_equal(record.refusals[0].target, "1G@7");
	assert_string_equal(record.refusals[0].guard, "memory");
	record_done(&record);
	/* The devices came first: they cannot wait, pages can. */
	assert_true(strstr(kernel.log, "load vfio-pci") < strstr(kernel.log, "nr_hugepages"));
	late();
	tree_expect(tree, POOLS "nr_hugepages", "16");
	fake_kernel_done(&kernel);
}

static void what_is_short_is_said_and_not_asked_for_again(void **state)
{
	const struct tree *tree = *state;
	unsigned int writes;

	begin(tree, pools);
	kernel.pages.limits[kernel.pages.limit_count++] = (struct fake_page_limit){ 2048, 1, 5, 7 };
	early_work(&kernel.effects, ignore_timeout);
	expect_logged("hugepages 2M@1: 7 of 12: got 7 of 12, asked for 12: node 1 has ", true);
	expect_logged("hugepages 2M: 4 of 4\n", true);
	writes = kernel.writes;
	late();
	assert_int_equal(kernel.writes, writes);
	fake_kernel_done(&kernel);
}

/* What the running kernel does not grant is for its command line; what it grants is not. */
static void large_pages_that_are_short_become_advice(void **state)
{
	const struct tree *tree = *state;
	char *text;

	for (int short_of_them = 0; short_of_them < 2; short_of_them++) {
		begin(tree, "[hugepages]\n1G@1 = 2G\nkeep-free = 1G\n");
		tree_write(tree, "proc/cmdline", "root=/dev/sda\n");
		if (short_of_them)
			kernel.pages.limits[kernel.pages.limit_count++] = (struct fake_page_limit){ 1048576, 1, 1, 1 };
		early_work(&kernel.effects, ignore_timeout);
		expect_logged(short_of_them ? "hugepages 1G@1: 1 of 2: " : "hugepages 1G@1: 2 of 2\n", true);
		text = tree_read(tree, ADVICE_PATH);
		assert_non_null(text);
		assert_int_equal(strstr(text, "hugepagesz=1G\nhugepages=1:2") != NULL, short_of_them);
		assert_int_equal(strstr(text, "hugepages=") != NULL, short_of_them);
		free(text);
		fake_kernel_done(&kernel);
		tree_remove(tree, ADVICE_PATH);
	}
}

static void a_first_stage_that_was_killed_is_finished_by_late(void **state)
{
	const struct tree *tree = *state;
	struct record record;

	begin(tree, pools);
	early_work(&kernel.effects, ignore_timeout);
	/* As if it had ended in the middle of the last step, with some of its pages granted. */
	assert_int_equal(record_read(&tree->root, &record), 0);
	assert_string_equal(record.entries[record.count - 1].target, "2M");
	record.entries[record.count - 1].result = RESULT_RUNNING;
	record.entries[record.count - 1].after[0] = '\0';
	assert_int_equal(record_reserve(&record, 0, 0), 0);
	assert_int_equal(record_save(&tree->root, &record), 0);
	record_done(&record);
	assert_int_equal(kernel.effects.write(&kernel.effects, POOLS "nr_hugepages", "14"), 0);
	late();
	tree_expect(tree, POOLS "nr_hugepages", "16");
	expect_logged("vfio-prep: late: ", true);
	fake_kernel_done(&kernel);
}

static void pages_wait_for_the_root_where_a_resume_may_come(void **state)
{
	const struct tree *tree = *state;

	begin(tree, pools);
	tree_write(tree, "proc/cmdline", "root=/dev/sda resume=/dev/sda2\n");
	early_work(&kernel.effects, ignore_timeout);
	tree_expect(tree, POOLS "nr_hugepages", "0");
	expect_logged("hugepages 2M", false);
	late();
	tree_expect(tree, POOLS "nr_hugepages", "16");
	expect_logged("hugepages 2M@1: 12 of 12\n", true);
	fake_kernel_done(&kernel);
}

static void plan_alone_changes_nothing(void **state)
{
	const struct tree *tree = *state;

	begin(tree, pools);
	tree_write(tree, "proc/cmdline", "vfio_prep=plan\n");
	early_work(&kernel.effects, ignore_timeout);
	tree_expect(tree, POOLS "nr_hugepages", "0");
	expect_logged("vfio-prep: plan: would have 12 hugepages 2M@1\n", true);
	assert_int_equal(kernel.writes, 0);
	fake_kernel_done(&kernel);
}

/* The root does not appear: devices may carry it, pages do not. */
static void release_leaves_pages_alone(void **state)
{
	const struct tree *tree = *state;
	char *driver;

	begin(tree, pools);
	early_work(&kernel.effects, ignore_timeout);
	early_release(&kernel.effects);
	driver = fake_driver_of(&kernel, "0001:31:00.0");
	assert_null(strstr(driver, "vfio"));
	free(driver);
	tree_expect(tree, POOLS "nr_hugepages", "16");
	fake_kernel_done(&kernel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(in_the_first_stage), tree_test(what_is_short_is_said_and_not_asked_for_again),
		tree_test(large_pages_that_are_short_become_advice),
		tree_test(a_first_stage_that_was_killed_is_finished_by_late),
		tree_test(pages_wait_for_the_root_where_a_resume_may_come), tree_test(plan_alone_changes_nothing),
		tree_test(release_leaves_pages_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
