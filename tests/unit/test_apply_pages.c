/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages asked of the fake kernel: what is granted, what is short and why, and what goes back (apply/pages.c). */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/apply.h"
#include "fake_kernel.h"
#include "plan/undo.h"

#define SMALL 2048
#define LARGE 1048576
#define POOLS "sys/kernel/mm/hugepages/"
#define NODE(n) "sys/devices/system/node/node" #n "/hugepages/"

struct walk {
	const struct tree *tree;
	struct fake_kernel kernel;
	struct record record;
	struct apply_result result;
};

static void begin(struct walk *walk, const struct tree *tree)
{
	*walk = (struct walk){ .tree = tree };
	tree_unpack(tree, "server-two-sockets");
	fake_kernel_new(&walk->kernel, tree);
}

static void run(struct walk *walk, const char *config_text)
{
	struct config config;
	struct host host;
	struct plan plan;

	config_from_text(config_text, &config);
	assert_int_equal(config.error_count, 0);
	assert_int_equal(host_read(&walk->tree->root, &config, 0, &host), 0);
	assert_int_equal(plan_build(&config, &host, VIEW_EARLY, &plan), 0);
	assert_int_equal(plan_refused(&plan), 0);
	assert_int_equal(record_reserve(&walk->record, plan.steps.count, 0), 0);
	apply_steps(&walk->kernel.effects, &plan.steps, WRITER_EARLY, &walk->record, &walk->result);
	assert_int_equal(walk->result.save_error, 0);
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
}

static void undo(struct walk *walk)
{
	struct taken_pages *taken = calloc(walk->record.count + 1, sizeof(*taken));
	struct undo undo = { 0 };
	struct host host;

	assert_non_null(taken);
	assert_int_equal(host_read(&walk->tree->root, NULL, HOST_MEMORY, &host), 0);
	assert_int_equal(undo_pages(taken, record_pages(&walk->record, taken, walk->record.count), &host, &undo), 0);
	assert_int_equal(record_reserve(&walk->record, undo.steps.count, 0), 0);
	apply_steps(&walk->kernel.effects, &undo.steps, WRITER_UNDO, &walk->record, &walk->result);
	assert_int_equal(walk->result.failed, 0);
	undo_done(&undo);
	host_done(&host);
	free(taken);
}

static void end(struct walk *walk)
{
	record_done(&walk->record);
	fake_kernel_done(&walk->kernel);
}

static void limit(struct walk *walk, unsigned long long kilobytes, int node, uint64_t most, uint64_t compacted)
{
	struct fake_pages *pages = &walk->kernel.pages;

	pages->limits[pages->limit_count++] = (struct fake_page_limit){ kilobytes, node, most, compacted };
}

static void expect_entry(const struct walk *walk, size_t number, const char *target, enum result result,
                         const char *before, const char *after, int error, const char *why)
{
	const struct record_entry *entry = &walk->record.entries[number];

	assert_true(number < walk->record.count);
	assert_string_equal(entry->target, target);
	assert_int_equal(entry->result, result);
	assert_string_equal(entry->before, before);
	assert_string_equal(entry->after, after);
	assert_int_equal(entry->error, error);
	assert_string_equal(entry->why, why);
}

static void all_is_granted(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree);
	run(&walk, "[hugepages]\n1G@1 = 8G\n2M = 10\n2M@0 = 6\n");
	assert_int_equal(walk.result.failed, 0);
	assert_string_equal(walk.kernel.log,
	                    "write " NODE(1) "hugepages-1048576kB/nr_hugepages 8\n"
	                                     "write " NODE(0) "hugepages-2048kB/nr_hugepages 6\nwrite " POOLS
	                                                      "hugepages-2048kB/nr_hugepages 16\n");
	expect_entry(&walk, 0, "1G@1", RESULT_DONE, "0", "8", 0, "");
	expect_entry(&walk, 1, "2M@0", RESULT_DONE, "0", "6", 0, "");
	expect_entry(&walk, 2, "2M", RESULT_DONE, "6", "16", 0, "");
	tree_expect(tree, NODE(0) "hugepages-2048kB/nr_hugepages", "11");
	tree_expect(tree, NODE(1) "hugepages-2048kB/nr_hugepages", "5");
	undo(&walk);
	tree_expect(tree, POOLS "hugepages-2048kB/nr_hugepages", "0");
	tree_expect(tree, POOLS "hugepages-1048576kB/nr_hugepages", "0");
	undo(&walk); /* nothing is left to give back */
	assert_int_equal(walk.record.count, 6);
	end(&walk);
}

static void short_of_pieces(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree);
	tree_write(tree, "proc/buddyinfo", "Node 1, zone   Normal 1 1 1 1 1 1 1 1 1 7 3\n"); /* of 4K pages */
	limit(&walk, SMALL, 1, 100, 130);
	run(&walk, "[hugepages]\n2M@1 = 150\n2M = 10\n");
	assert_int_equal(walk.result.failed, 1);
	/* Asked once, compacted once, asked once more. The others do not make up for what node 1 does not have. */
	assert_string_equal(walk.kernel.log,
	                    "write " NODE(1) "hugepages-2048kB/nr_hugepages 150\nwrite proc/sys/vm/compact_memory 1\n"
	                                     "write " NODE(1) "hugepages-2048kB/nr_hugepages 150\nwrite " POOLS
	                                                      "hugepages-2048kB/nr_hugepages 140\n");
	if (sysconf(_SC_PAGESIZE) == 4096)
		expect_entry(&walk, 0, "2M@1", RESULT_FAILED, "0", "130", ENOMEM,
		             "got 130 of 150, asked for 150: node 1 has 124668M free, 13 free pieces of 2M");
	expect_entry(&walk, 1, "2M", RESULT_DONE, "130", "140", 0, "");
	assert_int_equal(record_save(&tree->root, &walk.record), 0);
	end(&walk);
}

static void compaction_is_enough(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree);
	limit(&walk, LARGE, 1, 2, 9);
	run(&walk, "[hugepages]\n1G@1 = 8G\n");
	assert_int_equal(walk.result.failed, 0);
	expect_entry(&walk, 0, "1G@1", RESULT_DONE, "0", "8", 0, "");
	end(&walk);
}

static void without_compaction(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree);
	tree_remove(tree, "proc/sys/vm/compact_memory");
	tree_remove(tree, "proc/buddyinfo");
	limit(&walk, LARGE, 1, 2, 9);
	run(&walk, "[hugepages]\n1G@1 = 8G\n");
	expect_entry(&walk, 0, "1G@1", RESULT_FAILED, "0", "2", ENOMEM,
	             "got 2 of 8, asked for 8: node 1 has 120G free, hardly in pieces of 1G");
	assert_null(strstr(strchr(walk.kernel.log, '\n'), "nr_hugepages")); /* asking again would change nothing */
	end(&walk);
}

static void keep_free_stays(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree);
	tree_write(tree, "proc/meminfo",
	           "MemTotal: 275775488 kB\nMemFree: 251658240 kB\nMemAvailable: 10485760 kB\nHugepagesize: 2048 kB\n");
	run(&walk, "[hugepages]\n1G@1 = 6G\n2M@0 = 3G\n2M = 1G\nkeep-free = 2560M\n");
	assert_int_equal(walk.result.failed, 2);
	/* 10G: 6 in large pages leave 4G, of which small ones get 1536M; the last ones get none, and are not asked for. */
	expect_entry(&walk, 0, "1G@1", RESULT_DONE, "0", "6", 0, "");
	expect_entry(&walk, 1, "2M@0", RESULT_FAILED, "0", "768", ENOMEM,
	             "got 768 of 1536: 4G was available, and 2560M stay free (keep-free)");
	expect_entry(&walk, 2, "2M", RESULT_FAILED, "768", "768", ENOMEM,
	             "got 768 of 1280: 2560M was available, and 2560M stay free (keep-free)");
	assert_string_equal(walk.kernel.log, "write " NODE(1) "hugepages-1048576kB/nr_hugepages 6\nwrite " NODE(
											 0) "hugepages-2048kB/nr_hugepages 768\n");
	end(&walk);
}

static void what_cannot_be_read_is_not_driven(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree);
	tree_write(tree, "proc/meminfo", "MemTotal: 275775488 kB\n");
	run(&walk, "[hugepages]\n2M = 10\n");
	expect_entry(&walk, 0, "2M", RESULT_FAILED, "0", "0", ENODATA,
	             "MemAvailable cannot be read, so nothing was asked for");
	tree_write(tree, NODE(0) "hugepages-2048kB/nr_hugepages", "?\n");
	run(&walk, "[hugepages]\n2M@0 = 10\n");
	expect_entry(&walk, 1, "2M@0", RESULT_FAILED, "", "", ENODATA, "there is no such pool, or it cannot be read");
	assert_int_equal(walk.kernel.writes, 0);
	end(&walk);
}

static void write_errors(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree);
	fake_kernel_fail(&walk.kernel, (struct fake_fault){ .call = FAKE_WRITE,
	                                                    .contains = "node1/hugepages/hugepages-1048576kB",
	                                                    .error = -EINVAL });
	fake_kernel_fail(&walk.kernel,
	                 (struct fake_fault){ .call = FAKE_WRITE, .contains = "node0/hugepages", .error = -EIO });
	fake_kernel_fail(&walk.kernel, (struct fake_fault){ .call = FAKE_WRITE,
	                                                    .contains = "node1/hugepages/hugepages-2048kB",
	                                                    .silent = true });
	run(&walk, "[hugepages]\n1G@1 = 8G\n2M@0 = 6\n2M@1 = 6\n2M = 4\n");
	assert_int_equal(walk.result.failed, 3);
	expect_entry(&walk, 0, "1G@1", RESULT_FAILED, "0", "0", EINVAL,
	             "this kernel cannot make pages of that size while it runs: the kernel command line can");
	expect_entry(&walk, 1, "2M@0", RESULT_FAILED, "0", "0", EIO, "nr_hugepages cannot be written");
	assert_int_equal(walk.record.entries[2].error, ENOMEM); /* a write that does nothing: what is read back counts */
	expect_entry(&walk, 3, "2M", RESULT_DONE, "0", "4", 0, "");
	end(&walk);
}

/* A step of pages that fails gives nothing back, and stops none of the others. */
static void a_device_beside_pages(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;
	char *driver;

	begin(&walk, tree);
	fake_kernel_early(&walk.kernel);
	limit(&walk, LARGE, 0, 1, 1);
	run(&walk, "[device gpu]\naddress = 0001:31:00.0\n[hugepages]\n1G@0 = 2G\n2M = 4\n");
	assert_int_equal(walk.result.failed, 1);
	assert_int_equal(walk.result.returned, 0);
	driver = fake_driver_of(&walk.kernel, "0001:31:00.0");
	assert_string_equal(driver, "vfio-pci");
	free(driver);
	tree_expect(tree, POOLS "hugepages-1048576kB/nr_hugepages", "1");
	tree_expect(tree, POOLS "hugepages-2048kB/nr_hugepages", "4");
	end(&walk);
}

static void others_pages_stay(void **state)
{
	const struct tree *tree = *state;
	struct walk walk;

	begin(&walk, tree);
	assert_int_equal(walk.kernel.effects.write(&walk.kernel.effects, NODE(0) "hugepages-2048kB/nr_hugepages", "5"), 0);
	run(&walk, "[hugepages]\n2M@0 = 12\n2M@1 = 4\n");
	expect_entry(&walk, 0, "2M@0", RESULT_DONE, "5", "12", 0, "");
	/* Meanwhile somebody takes three of node 0 away, and a guest has two of node 1 in use. */
	assert_int_equal(walk.kernel.effects.write(&walk.kernel.effects, NODE(0) "hugepages-2048kB/nr_hugepages", "9"), 0);
	fake_pages_use(&walk.kernel.pages, SMALL, 1, 2);
	undo(&walk);
	tree_expect(tree, NODE(0) "hugepages-2048kB/nr_hugepages", "2");
	/* Those in use are surplus now: the kernel frees them when the guest ends. */
	tree_expect(tree, NODE(1) "hugepages-2048kB/nr_hugepages", "2");
	tree_expect(tree, NODE(1) "hugepages-2048kB/surplus_hugepages", "2");
	run(&walk, "[hugepages]\n2M@0 = 1\n2M@1 = 1\n"); /* and they count for nothing */
	tree_expect(tree, NODE(0) "hugepages-2048kB/nr_hugepages", "2");
	tree_expect(tree, NODE(1) "hugepages-2048kB/surplus_hugepages", "1");
	end(&walk);
}

/* Between the plan and its step somebody has reserved as many, or more: nothing is written, nothing is ours. */
static void what_came_meanwhile(void **state)
{
	static const char *const there[] = { "8", "9" };
	const struct tree *tree = *state;
	struct steps steps = { 0 };
	struct walk walk;

	begin(&walk, tree);
	assert_int_equal(steps_add(&steps, STEP_PAGES, STAGE_EARLY, "2M@0", "8"), 0);
	for (size_t i = 0; i < 2; i++) {
		unsigned int writes;

		assert_int_equal(walk.kernel.effects.write(&walk.kernel.effects, NODE(0) "hugepages-2048kB/nr_hugepages",
		                                           there[i]),
		                 0);
		writes = walk.kernel.writes;
		assert_int_equal(record_reserve(&walk.record, 1, 0), 0);
		apply_steps(&walk.kernel.effects, &steps, WRITER_APPLY, &walk.record, &walk.result);
		expect_entry(&walk, i, "2M@0", RESULT_DONE, there[i], there[i], 0, "");
		assert_int_equal(walk.kernel.writes, writes);
	}
	steps_done(&steps);
	end(&walk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(all_is_granted),      tree_test(short_of_pieces),       tree_test(compaction_is_enough),
		tree_test(without_compaction),  tree_test(keep_free_stays),       tree_test(what_cannot_be_read_is_not_driven),
		tree_test(write_errors),        tree_test(a_device_beside_pages), tree_test(others_pages_stay),
		tree_test(what_came_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
