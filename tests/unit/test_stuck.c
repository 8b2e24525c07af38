/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device whose probe hangs: a FIFO stands for its driver_override, because opening it never returns. */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/host.h"
#include "host/stuck.h"
#include "plan/plan.h"
#include "plan/undo.h"

#define GPU "0000:01:00.0"
#define AUDIO "0000:01:00.1"

static void names_one_a_line(void **state)
{
	const struct tree *tree = *state;
	char long_name[STUCK_BYTES_MAX], *text;

	assert_int_equal(stuck_read(&tree->root, &text), 0);
	assert_null(text);
	assert_false(stuck_has(NULL, GPU));
	tree_mkdir(tree, "run/vfio-prep");
	assert_int_equal(stuck_add(&tree->root, GPU), 0);
	assert_int_equal(stuck_add(&tree->root, "vfio-pci"), 0);
	assert_int_equal(stuck_add(&tree->root, GPU), 0);
	tree_expect(tree, STUCK_PATH, GPU "\nvfio-pci");
	assert_int_equal(stuck_read(&tree->root, &text), 0);
	assert_true(stuck_has(text, GPU));
	assert_true(stuck_has(text, "vfio-pci"));
	assert_false(stuck_has(text, "vfio"));
	assert_false(stuck_has(text, AUDIO));
	assert_false(stuck_has(text, ""));
	free(text);
	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_int_equal(stuck_add(&tree->root, long_name), -EFBIG);
	tree_expect(tree, STUCK_PATH, GPU "\nvfio-pci");
}

/* A machine in which the audio function hangs. */
static void hang(const struct tree *tree)
{
	tree_unpack(tree, "prepared-built-in");
	tree_mkdir(tree, "run/vfio-prep");
	tree_remove(tree, PCI_DEVICES "/" AUDIO "/driver_override");
	assert_int_equal(mkfifoat(tree->root.fd, PCI_DEVICES "/" AUDIO "/driver_override", 0600), 0);
	/* Its uevent is not read either. */
	tree_write(tree, PCI_DEVICES "/" AUDIO "/class", "0x040300\n");
	tree_write(tree, PCI_DEVICES "/" AUDIO "/vendor", "0x10de\n");
	tree_write(tree, PCI_DEVICES "/" AUDIO "/device", "0x22ba\n");
	tree_remove(tree, PCI_DEVICES "/" AUDIO "/uevent");
	assert_int_equal(mkfifoat(tree->root.fd, PCI_DEVICES "/" AUDIO "/uevent", 0600), 0);
	assert_int_equal(stuck_add(&tree->root, AUDIO), 0);
}

static void is_left_alone(void **state)
{
	const struct tree *tree = *state;
	struct config config;
	struct host host;
	struct plan plan;

	hang(tree);
	/* One under suspicion that answers is as good as any other. */
	assert_int_equal(stuck_add(&tree->root, GPU), 0);
	config_from_text("[device gpu]\naddress = 01:00.0\nalso = slot\n", &config);
	assert_int_equal(host_read(&tree->root, &config, 0, &host), 0);
	for (enum view view = VIEW_NOW; view <= VIEW_LATE; view++) {
		assert_int_equal(plan_build(&config, &host, view, &plan), 0);
		assert_int_equal(plan.goals.count, 2);
		assert_int_equal(plan.goals.items[0].guard, GUARD_NONE);
		assert_int_equal(plan.goals.items[1].guard, GUARD_STUCK);
		assert_string_equal(guard_name(GUARD_STUCK), "stuck");
		for (size_t i = 0; i < plan.steps.count; i++)
			assert_string_not_equal(plan.steps.items[i].target, AUDIO);
		plan_done(&plan);
	}
	/* The next boot may be a better one. */
	assert_int_equal(plan_build(&config, &host, VIEW_NEXT_BOOT, &plan), 0);
	assert_int_equal(plan.goals.items[1].guard, GUARD_NONE);
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
}

static void is_not_undone(void **state)
{
	const struct tree *tree = *state;
	struct taken taken = { .driver = "vfio-pci" };
	struct host host;
	struct undo undo;

	hang(tree);
	assert_int_equal(pci_address_parse(AUDIO, &taken.address), 0);
	assert_int_equal(host_read(&tree->root, NULL, HOST_ALL_DETAILS, &host), 0);
	assert_int_equal(undo_build(&taken, 1, &host, UNDO_ALL, &undo), 0);
	assert_int_equal(undo.steps.count, 0);
	assert_int_equal(undo.refused_count, 1);
	assert_int_equal(undo.refused[0].guard, GUARD_STUCK);
	undo_done(&undo);
	host_done(&host);
}

/* Loading a module hangs in its first probe: it is not loaded once more, and others are. */
static void modules_are_not_loaded_again(void **state)
{
	const struct tree *tree = *state;
	struct config config;
	struct host host;
	struct plan plan;
	size_t loads = 0;

	tree_unpack(tree, "desktop-amd-x570");
	tree_remove(tree, PCI_DRIVERS "/vfio-pci");
	tree_mkdir(tree, "run/vfio-prep");
	assert_int_equal(stuck_add(&tree->root, "vfio-pci"), 0);
	tree_write(tree, "sys/module/vfio_pci/initstate", "coming\n");
	tree_write(tree, "sys/module/vfio_iommu_type1/initstate", "coming\n"); /* by somebody else */
	config_from_text("[device gpu]\naddress = 0c:00.0\nalso = slot\n", &config);
	assert_int_equal(host_read(&tree->root, &config, 0, &host), 0);
	for (size_t i = 0; i < host.driver_count; i++)
		host.drivers[i].registered = host.drivers[i].built_in = false;
	host.type1 = ANSWER_NO;
	assert_int_equal(plan_build(&config, &host, VIEW_EARLY, &plan), 0);
	for (size_t i = 0; i < plan.steps.count; i++)
		if (plan.steps.items[i].kind == STEP_LOAD) {
			loads++;
			assert_string_equal(plan.steps.items[i].target, "vfio_iommu_type1");
		}
	assert_int_equal(loads, 1);
	plan_done(&plan);
	host_done(&host);
	assert_int_equal(stuck_add(&tree->root, "vfio_iommu_type1"), 0);
	assert_int_equal(host_read(&tree->root, &config, 0, &host), 0);
	host.type1 = ANSWER_NO;
	for (size_t i = 0; i < host.driver_count; i++)
		host.drivers[i].registered = false;
	assert_int_equal(plan_build(&config, &host, VIEW_EARLY, &plan), 0);
	for (size_t i = 0; i < plan.steps.count; i++)
		assert_int_not_equal(plan.steps.items[i].kind, STEP_LOAD);
	plan_done(&plan);
	host_done(&host);
	/* A worker that was killed leaves nothing behind that could hang: that is tried again. */
	tree_remove(tree, "sys/module/vfio_pci/initstate");
	tree_remove(tree, "sys/module/vfio_pci");
	assert_int_equal(host_read(&tree->root, &config, 0, &host), 0);
	assert_int_equal(plan_build(&config, &host, VIEW_EARLY, &plan), 0);
	loads = 0;
	for (size_t i = 0; i < plan.steps.count; i++)
		loads += plan.steps.items[i].kind == STEP_LOAD && strcmp(plan.steps.items[i].target, "vfio-pci") == 0;
	assert_int_equal(loads, 1);
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(names_one_a_line),
		tree_test(is_left_alone),
		tree_test(is_not_undone),
		tree_test(modules_are_not_loaded_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
