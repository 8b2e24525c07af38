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
	assert_int_equal(host_read(&tree->root, &config, HOST_HOLDERS | (view == VIEW_EARLY ? 0 : HOST_STORAGE), &host), 0);
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
	       "override 0000:01:00.0 vfio-pci\noverride 0000:01:00.1 vfio-pci\nprobe 0000:01:00.0 vfio-pci\nprobe "
	       "0000:01:00.1 vfio-pci\n");
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
	expect(tree, "[device a]\naddress = 31:00.0\ndriver = nvgrace_gpu_vfio_pci\n[device b]\naddress = 0001:31:00.0\n",
	       VIEW_NEXT_BOOT,
	       "override 0000:31:00.0 nvgrace_gpu_vfio_pci\noverride 0001:31:00.0 vfio-pci\nload nvgrace_gpu_vfio_pci \n"
	       "load vfio-pci \nload vfio_iommu_type1 \nprobe 0000:31:00.0 nvgrace_gpu_vfio_pci\nprobe 0001:31:00.0 "
	       "vfio-pci\n");
}

static void nothing_to_take_loads_nothing(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-intel-z690");
	expect(tree, "[device a]\naddress = 00:02.0\n", VIEW_NEXT_BOOT, "");
	expect(tree, "[device a]\naddress = 42:00.0\n", VIEW_NEXT_BOOT, "");
	expect(tree, "", VIEW_NEXT_BOOT, "");
}

/* Loading binds what has the override: the console must have let go by then. */
static void a_framebuffer_is_released_before_the_load(void **state)
{
	static const char config[] = "[device gpu]\naddress = 01:00.0\nalso = slot\nallow = boot-display\n";
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-intel-z690");
	tree_write(tree, "proc/iomem", "5000000000-57ffffffff : 0000:01:00.0\n  5000000000-50007fffff : efifb\n");
	expect(tree, config, VIEW_NEXT_BOOT, /* no driver holds it: there is nothing to release */
	       "override 0000:01:00.0 vfio-pci\noverride 0000:01:00.1 vfio-pci\nload vfio-pci \nload vfio_iommu_type1 \n"
	       "probe 0000:01:00.0 vfio-pci\nprobe 0000:01:00.1 vfio-pci\n");
	tree_link(tree, "sys/bus/platform/devices/efi-framebuffer.0", "../../../devices/platform/efi-framebuffer.0");
	tree_link(tree, "sys/devices/platform/efi-framebuffer.0/driver", "../../../bus/platform/drivers/efi-framebuffer");
	expect(tree, config, VIEW_NEXT_BOOT,
	       "override 0000:01:00.0 vfio-pci\noverride 0000:01:00.1 vfio-pci\nrelease-framebuffer 0000:01:00.0 efifb\n"
	       "load vfio-pci \nload vfio_iommu_type1 \nprobe 0000:01:00.0 vfio-pci\nprobe 0000:01:00.1 vfio-pci\n");
	expect(tree, gpu, VIEW_NEXT_BOOT, ""); /* refused: nothing is released for nothing */
	tree_write(tree, "proc/iomem", "6000000000-6000ffffff : efifb\n"); /* in the other display */
	expect(tree, gpu, VIEW_EARLY,
	       "override 0000:01:00.0 vfio-pci\noverride 0000:01:00.1 vfio-pci\nload vfio-pci \nload vfio_iommu_type1 \n"
	       "unbind 0000:01:00.0 nouveau\nunbind 0000:01:00.1 snd_hda_intel\n"
	       "probe 0000:01:00.0 vfio-pci\nprobe 0000:01:00.1 vfio-pci\n");
}

/* One run takes what its stage may take, and a module is loaded as early as its first device needs it. */
static void stages(void **state)
{
	static const char both[] = "[device disk]\naddress = 04:00.0\n[device gpu]\naddress = 0c:00.0\nalso = slot\n";
	const struct tree *tree = *state;
	struct config config;
	struct host host;
	struct plan plan;

	tree_unpack(tree, "desktop-amd-x570");
	expect(tree, "[device disk]\naddress = 04:00.0\n", VIEW_EARLY, "");
	expect(tree, "[device disk]\naddress = 04:00.0\n", VIEW_LATE,
	       "override 0000:04:00.0 vfio-pci\nload vfio-pci \nload vfio_iommu_type1 \nunbind 0000:04:00.0 nvme\nprobe "
	       "0000:04:00.0 vfio-pci\n");
	for (int i = 0; i < 2; i++) {
		config_from_text(i ? both : "[device disk]\naddress = 04:00.0\n", &config);
		assert_int_equal(host_read(&tree->root, &config, HOST_STORAGE, &host), 0);
		assert_int_equal(plan_build(&config, &host, VIEW_NEXT_BOOT, &plan), 0);
		assert_true(plan.steps.count > 0);
		for (size_t j = 0; j < plan.steps.count; j++)
			assert_int_equal(plan.steps.items[j].stage,
			                 i && strcmp(plan.steps.items[j].target, "0000:04:00.0") != 0 ? STAGE_EARLY : STAGE_LATE);
		plan_done(&plan);
		host_done(&host);
		config_done(&config);
	}
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
		tree_test(a_framebuffer_is_released_before_the_load), tree_test(stages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
