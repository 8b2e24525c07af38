/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"

/* The steps of a config as text, "KIND TARGET VALUE" a line. */
static void expect(const struct tree *tree, const char *config_text, enum view view, const char *wanted)
{
	char *text = format_text("%s", ""), *longer;
	struct config config;
	struct host host;
	struct plan plan;

	config_from_text(config_text, &config);
	assert_int_equal(config.error_count, 0);
	assert_int_equal(host_read(&tree->root, &config, HOST_HOLDERS, &host), 0);
	assert_int_equal(plan_build(&config, &host, view, &plan), 0);
	for (size_t i = 0; i < plan.steps.count; i++) {
		const struct step *step = &plan.steps.items[i];

		longer = format_text("%s%s %s %s\n", text, step_kind_name(step->kind), step->target, step->value);
		free(text);
		text = longer;
	}
	assert_string_equal(text, wanted);
	free(text);
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
}

static const char gpu[] = "[device gpu]\naddress = 01:00.0\nalso = slot\n";

static void overrides_come_before_any_driver(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-intel-z690");
	expect(tree, gpu, VIEW_NEXT_BOOT,
	       "override 0000:01:00.0 vfio-pci\noverride 0000:01:00.1 vfio-pci\nload vfio-pci \nload vfio_iommu_type1 \n"
	       "probe 0000:01:00.0 vfio-pci\nprobe 0000:01:00.1 vfio-pci\n");
	expect(tree, gpu, VIEW_NOW,
	       "override 0000:01:00.0 vfio-pci\noverride 0000:01:00.1 vfio-pci\nload vfio-pci \nload vfio_iommu_type1 \n"
	       "unbind 0000:01:00.0 nouveau\nunbind 0000:01:00.1 snd_hda_intel\n"
	       "probe 0000:01:00.0 vfio-pci\nprobe 0000:01:00.1 vfio-pci\n");
}

static void what_is_met_gives_no_step(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	expect(tree, gpu, VIEW_NOW, "");
	/* From before any preparation: nothing to load, because it is built in. */
	expect(tree, gpu, VIEW_NEXT_BOOT,
	       "override 0000:01:00.0 vfio-pci\noverride 0000:01:00.1 vfio-pci\nprobe 0000:01:00.0 vfio-pci\nprobe 0000:01:00.1 vfio-pci\n");
	/* As modules they are loaded at the next boot, and are there now. */
	tree_write(tree, "sys/module/vfio_pci/initstate", "live\n");
	tree_write(tree, "sys/module/vfio_iommu_type1/initstate", "live\n");
	expect(tree, gpu, VIEW_NOW, "");
	expect(tree, "[device gpu]\naddress = 01:00.0\nallow = group\n", VIEW_NEXT_BOOT,
	       "override 0000:01:00.0 vfio-pci\nload vfio-pci \nload vfio_iommu_type1 \nprobe 0000:01:00.0 vfio-pci\n");
	/* One thing is missing: one step. */
	tree_write(tree, "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.1/driver_override", "(null)\n");
	expect(tree, gpu, VIEW_NOW, "override 0000:01:00.1 vfio-pci\n");
}

static void variant_drivers(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-two-sockets");
	expect(tree, "[device a]\naddress = 31:00.0\ndriver = nvgrace_gpu_vfio_pci\n[device b]\naddress = 0001:31:00.0\n", VIEW_NEXT_BOOT,
	       "override 0000:31:00.0 nvgrace_gpu_vfio_pci\noverride 0001:31:00.0 vfio-pci\nload nvgrace_gpu_vfio_pci \n"
	       "load vfio-pci \nload vfio_iommu_type1 \nprobe 0000:31:00.0 nvgrace_gpu_vfio_pci\nprobe 0001:31:00.0 vfio-pci\n");
}

static void nothing_to_take_loads_nothing(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-intel-z690");
	expect(tree, "[device a]\naddress = 00:02.0\n", VIEW_NEXT_BOOT, "");
	expect(tree, "[device a]\naddress = 42:00.0\n", VIEW_NEXT_BOOT, "");
	expect(tree, "", VIEW_NEXT_BOOT, "");
}

static void names(void **state)
{
	enum step_kind kind = STEP_PROBE;

	(void)state;
	for (int i = 0; i < STEP_KINDS; i++) {
		assert_int_equal(step_kind_parse(step_kind_name((enum step_kind)i), &kind), 0);
		assert_int_equal(kind, i);
	}
	assert_int_equal(step_kind_parse("Probe", &kind), -EINVAL);
	assert_int_equal(step_kind_parse("", &kind), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(overrides_come_before_any_driver), tree_test(what_is_met_gives_no_step), tree_test(variant_drivers),
		tree_test(nothing_to_take_loads_nothing),    cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
