/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which pools become steps, in which order and stage, and which cannot be (plan/pages.c). */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"

#define G (UINT64_C(1) << 30)
#define M (UINT64_C(1) << 20)
#define POOLS "sys/kernel/mm/hugepages/"
#define NODE(n) "sys/devices/system/node/node" #n "/"

struct planned {
	struct config config;
	struct host host;
	struct plan plan;
};

static void plan(const struct tree *tree, const char *config_text, enum view view, struct planned *ret)
{
	config_from_text(config_text, &ret->config);
	assert_int_equal(ret->config.error_count, 0);
	assert_int_equal(host_read(&tree->root, &ret->config, 0, &ret->host), 0);
	assert_int_equal(plan_build(&ret->config, &ret->host, view, &ret->plan), 0);
}

static void planned_done(struct planned *planned)
{
	plan_done(&planned->plan);
	host_done(&planned->host);
	config_done(&planned->config);
}

/* "TARGET VALUE STAGE" a step. */
static void expect_steps(const struct tree *tree, const char *config_text, enum view view, const char *wanted)
{
	char *text = format_text("%s", ""), *longer;
	struct planned planned;

	plan(tree, config_text, view, &planned);
	for (size_t i = 0; i < planned.plan.steps.count; i++) {
		const struct step *step = &planned.plan.steps.items[i];

		assert_int_equal(step->kind, STEP_PAGES);
		longer = format_text("%s%s %s %s\n", text, step->target, step->value, stage_name(step->stage));
		free(text);
		text = longer;
	}
	assert_string_equal(text, wanted);
	free(text);
	planned_done(&planned);
}

static void expect_refused(const struct tree *tree, const char *config_text, const char *target, const char *why)
{
	struct planned planned;
	size_t refused = 0;

	plan(tree, config_text, VIEW_NOW, &planned);
	for (size_t i = 0; i < planned.plan.pages.count; i++) {
		const struct page_goal *goal = &planned.plan.pages.items[i];

		if (goal->guard == GUARD_NONE)
			continue;
		refused++;
		assert_string_equal(guard_name(goal->guard), "memory");
		assert_false(guard_has_waiver(goal->guard));
		assert_string_equal(goal->target, target);
		if (!strstr(goal->why, why))
			fail_msg("'%s' lacks '%s'", goal->why, why);
	}
	assert_int_equal(refused, 1);
	assert_int_equal(plan_refused(&planned.plan), 1);
	assert_true(plan_is_unmet(&planned.plan));
	planned_done(&planned);
}

static void set(const struct tree *tree, const char *pool, const char *pages)
{
	char *path = format_text("%s/nr_hugepages", pool);

	tree_write(tree, path, pages);
	free(path);
}

static void large_pages_and_nodes_first(void **state)
{
	const struct tree *tree = *state;
	struct planned planned;

	tree_unpack(tree, "server-two-sockets");
	expect_steps(tree, "[hugepages]\n2M = 20M\n2M@1 = 40M\n2M@0 = 10M\n1G = 2G\n1G@1 = 3G\n", VIEW_NOW,
	             "1G@1 3 early\n1G 5 early\n2M@0 5 early\n2M@1 20 early\n2M 35 early\n");
	expect_steps(tree, "[hugepages]\n2M = 0\n", VIEW_NOW, "");
	expect_steps(tree, "[vfio-prep]\nenabled = no\n[hugepages]\n2M = 20M\n", VIEW_NOW, "");
	plan(tree, "[hugepages]\n2M = 20M\nkeep-free = 3G\n", VIEW_NOW, &planned);
	assert_true(planned.plan.steps.keep_free == 3 * G);
	planned_done(&planned);
}

static void what_is_there_gives_no_step(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-two-sockets");
	set(tree, POOLS "hugepages-2048kB", "30\n");
	set(tree, NODE(0) "hugepages/hugepages-2048kB", "18\n");
	set(tree, NODE(1) "hugepages/hugepages-2048kB", "12\n");
	expect_steps(tree, "[hugepages]\n2M@0 = 18\n2M@1 = 12\n", VIEW_NOW, "");
	expect_steps(tree, "[hugepages]\n2M@0 = 10\n", VIEW_NOW, ""); /* more is never taken away */
	expect_steps(tree, "[hugepages]\n2M@1 = 13\n", VIEW_NOW, "2M@1 13 early\n");
	/* Eight of node 0 and two of node 1 are beyond what those ask for: they are of the kernel's spread. */
	expect_steps(tree, "[hugepages]\n2M@0 = 10\n2M@1 = 10\n2M = 10\n", VIEW_NOW, "");
	expect_steps(tree, "[hugepages]\n2M@0 = 10\n2M@1 = 10\n2M = 11\n", VIEW_NOW, "2M 31 early\n");
	/* What a node lacks is no page of the spread's. */
	expect_steps(tree, "[hugepages]\n2M@0 = 18\n2M@1 = 20\n2M = 1\n", VIEW_NOW, "2M@1 20 early\n2M 39 early\n");
	expect_steps(tree, "[hugepages]\n2M@0 = 10\n2M@1 = 20\n2M = 8\n", VIEW_NOW, "2M@1 20 early\n");
	/* Surplus pages go with whoever uses them. */
	tree_write(tree, NODE(1) "hugepages/hugepages-2048kB/surplus_hugepages", "3\n");
	expect_steps(tree, "[hugepages]\n2M@1 = 12\n", VIEW_NOW, "2M@1 12 early\n");
	/* The next boot begins with what the kernel command line reserves. */
	expect_steps(tree, "[hugepages]\n2M@0 = 18\n", VIEW_NEXT_BOOT, "2M@0 18 early\n");
	tree_write(tree, "proc/cmdline", "hugepages=0:20 hugepagesz=1G hugepages=4\n");
	expect_steps(tree, "[hugepages]\n2M@0 = 18\n2M = 2\n1G = 4\n", VIEW_NEXT_BOOT, "");
	expect_steps(tree, "[hugepages]\n2M@0 = 18\n2M = 3\n1G@1 = 3\n", VIEW_NEXT_BOOT, "1G@1 3 early\n2M 21 early\n");
}

static void pages_wait_for_a_resume(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-two-sockets");
	tree_write(tree, "proc/cmdline", "root=/dev/sda resume=/dev/sda2\n");
	expect_steps(tree, "[hugepages]\n2M = 4\n", VIEW_NEXT_BOOT, "2M 4 late\n");
	expect_steps(tree, "[hugepages]\n2M = 4\n", VIEW_EARLY, "");
	expect_steps(tree, "[hugepages]\n2M = 4\n", VIEW_LATE, "2M 4 late\n");
	tree_write(tree, "proc/cmdline", "root=/dev/sda resume=/dev/sda2 noresume\n");
	expect_steps(tree, "[hugepages]\n2M = 4\n", VIEW_EARLY, "2M 4 early\n");
	tree_write(tree, "proc/cmdline", "root=/dev/sda resume=\n");
	expect_steps(tree, "[hugepages]\n2M = 4\n", VIEW_EARLY, "2M 4 early\n");
}

static void what_cannot_be(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-two-sockets");
	expect_refused(tree, "[hugepages]\n64K = 4\n", "64K", "no pages of 64K, only of 1G, 2M");
	expect_refused(tree, "[hugepages]\n2M@2 = 4\n2M@1 = 4\n", "2M@2", "node 2 is not there; nodes with memory: 0, 1");
	expect_refused(tree, "[hugepages]\n1G@0 = 100G\n2M@0 = 32G\n", "2M@0",
	               "node 0 has 131G in all: at most 15872 pages of 2M fit");
	expect_refused(tree, "[hugepages]\n1G@0 = 130G\n1G@1 = 130G\n2M = 2G\n", "2M",
	               "of 263G in all, 2G stay free (keep-free): at most 512 pages of 2M");
	expect_refused(tree, "[hugepages]\n1G = 262G\n", "1G", "at most 261 pages of 1G");
	expect_refused(tree, "[hugepages]\n1G = 200\nkeep-free = 300G\n", "1G", "at most 0 pages");
	expect_refused(tree, "[hugepages]\n1G = 17179869183\n", "1G", "at most 261 pages"); /* nearly 2^64 bytes */
	/* A pool that is refused takes nothing from those behind it. */
	expect_refused(tree, "[hugepages]\n1G@0 = 132G\n2M@0 = 130G\n", "1G@0", "at most 131 pages");
	tree_write(tree, NODE(2) "meminfo", "Node 2 MemTotal:       0 kB\n");
	expect_refused(tree, "[hugepages]\n2M@2 = 4\n", "2M@2", "node 2 has no memory; nodes with memory: 0, 1");
}

static void machines_without(void **state)
{
	const struct tree *tree = *state;

	expect_steps(tree, "[hugepages]\n2M = 4\n", VIEW_NOW, "2M 4 early\n"); /* unknown: the kernel will say */
	tree_mkdir(tree, "sys/kernel/mm");
	expect_refused(tree, "[hugepages]\n2M = 4\n", "2M", "this kernel has no huge pages");
	tree_unpack(tree, "laptop-vmd");
	expect_refused(tree, "[hugepages]\n1G = 4G\n", "1G", "only of 2M (1G needs the CPU flag pdpe1gb)");
	tree_remove(tree, POOLS "hugepages-2048kB/nr_hugepages");
	tree_remove(tree, NODE(0) "hugepages/hugepages-2048kB/nr_hugepages");
	expect_steps(tree, "[hugepages]\n2M = 4\n", VIEW_NOW, "2M 4 early\n");
}

static void without_numa_node_0_is_the_machine(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "iommu-off-on-cmdline");
	set(tree, POOLS "hugepages-2048kB", "5\n");
	expect_steps(tree, "[hugepages]\n2M@0 = 5\n", VIEW_NOW, "");
	expect_steps(tree, "[hugepages]\n2M@0 = 3\n2M = 3\n", VIEW_NOW, "2M 6 early\n");
	expect_refused(tree, "[hugepages]\n2M@1 = 5\n", "2M@1", "node 1 is not there; nodes with memory: 0");
}

static void missing(void **state)
{
	const struct tree *tree = *state;
	struct planned planned;

	tree_unpack(tree, "server-two-sockets");
	set(tree, NODE(1) "hugepages/hugepages-1048576kB", "3\n");
	set(tree, POOLS "hugepages-1048576kB", "3\n");
	plan(tree, "[hugepages]\n1G@1 = 8G\n1G = 2G\n2M = 5\n1G@5 = 4\n", VIEW_NOW, &planned);
	assert_int_equal(pages_missing(&planned.plan.pages, G, 1), 5);
	assert_int_equal(pages_missing(&planned.plan.pages, G, -1), 2);
	assert_int_equal(pages_missing(&planned.plan.pages, 2 * M, -1), 5);
	assert_int_equal(pages_missing(&planned.plan.pages, G, 0), 0);
	assert_int_equal(pages_missing(&planned.plan.pages, G, 5), 0); /* unknown */
	planned_done(&planned);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(large_pages_and_nodes_first),
		tree_test(what_is_there_gives_no_step),
		tree_test(pages_wait_for_a_resume),
		tree_test(what_cannot_be),
		tree_test(machines_without),
		tree_test(without_numa_node_0_is_the_machine),
		tree_test(missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
