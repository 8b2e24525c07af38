/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps walked through the fake kernel: what is called, in which order, and what is kept of it. */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "fake_kernel.h"

#define GPU "0000:01:00.0"
#define AUDIO "0000:01:00.1"
#define DEVICES "sys/bus/pci/devices/"

/* A machine, its kernel, and the record of a walk. */
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

static void run(struct walk *walk, const char *config_text, enum view view)
{
	struct config config;
	struct host host;
	struct plan plan;

	config_from_text(config_text, &config);
	assert_int_equal(config.error_count, 0);
	assert_int_equal(host_read(&walk->tree->root, &config, HOST_HOLDERS, &host), 0);
	assert_int_equal(plan_build(&config, &host, view, &plan), 0);
	assert_int_equal(record_reserve(&walk->record, plan.steps.count, 0), 0);
	apply_steps(&walk->kernel.effects, &plan.steps, view == VIEW_EARLY ? WRITER_EARLY : WRITER_APPLY, &walk->record,
	            &walk->result);
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
}

static void end(struct walk *walk)
{
	record_done(&walk->record);
	fake_kernel_done(&walk->kernel);
}

/* What the record says, "KIND TARGET RESULT" a line. */
static void expect_record(const struct walk *walk, const char *wanted)
{
	char *text = format_text("%s", ""), *longer;

	for (size_t i = 0; i < walk->record.count; i++) {
		const struct record_entry *entry = &walk->record.entries[i];

		longer =
			format_text("%s%s %s %s\n", text, step_kind_name(entry->kind), entry->target, result_name(entry->result));
		free(text);
		text = longer;
	}
	assert_string_equal(text, wanted);
	free(text);
}

static void expect_device(const struct walk *walk, const char *address, const char *driver, const char *override)
{
	char *got = fake_driver_of(&walk->kernel, address);

	assert_string_equal(got, driver);
	free(got);
	got = fake_override_of(&walk->kernel, address);
	assert_string_equal(got, override);
	free(got);
}

static const char both[] = "[device gpu]\naddress = 01:00.0\nalso = slot\n";
static const char one[] = "[device gpu]\naddress = 01:00.0\nallow = group\n";

static void in_early_boot(void **state)
{
	struct walk walk;

	begin(&walk, *state, "desktop-intel-z690");
	fake_kernel_early(&walk.kernel);
	run(&walk, both, VIEW_EARLY);
	assert_int_equal(walk.result.failed, 0);
	/* Overrides first; then loading alone binds, and nothing is probed that is bound. */
	assert_string_equal(walk.kernel.log, "write " DEVICES GPU "/driver_override vfio-pci\nwrite " DEVICES AUDIO
	                                     "/driver_override vfio-pci\n"
	                                     "load vfio-pci\nload vfio_iommu_type1\n");
	expect_device(&walk, GPU, "vfio-pci", "vfio-pci");
	fake_kernel_coldplug(&walk.kernel);
	expect_device(&walk, GPU, "vfio-pci", "vfio-pci");
	expect_device(&walk, AUDIO, "vfio-pci", "vfio-pci");
	expect_device(&walk, "0000:00:02.0", "i915", "(null)");
	end(&walk);
}

static void with_vfio_built_in(void **state)
{
	struct walk walk;

	begin(&walk, *state, "prepared-built-in");
	fake_kernel_early(&walk.kernel);
	expect_device(&walk, GPU, "", "(null)");
	run(&walk, one, VIEW_EARLY);
	assert_string_equal(walk.kernel.log,
	                    "write " DEVICES GPU "/driver_override vfio-pci\nwrite sys/bus/pci/drivers_probe " GPU "\n");
	expect_device(&walk, GPU, "vfio-pci", "vfio-pci");
	end(&walk);
}

static void on_the_running_system(void **state)
{
	struct walk walk;

	begin(&walk, *state, "desktop-intel-z690");
	run(&walk, one, VIEW_NOW);
	assert_string_equal(walk.kernel.log,
	                    "write " DEVICES GPU "/driver_override vfio-pci\nload vfio-pci\nload vfio_iommu_type1\n"
	                    "write " DEVICES GPU "/driver/unbind " GPU "\nwrite sys/bus/pci/drivers_probe " GPU "\n");
	expect_device(&walk, GPU, "vfio-pci", "vfio-pci");
	expect_device(&walk, AUDIO, "snd_hda_intel", "(null)");
	expect_record(&walk, "override " GPU " done\nload vfio-pci done\nload vfio_iommu_type1 done\nunbind " GPU
	                     " done\nprobe " GPU " done\n");
	assert_string_equal(walk.record.entries[3].before, "nouveau");
	end(&walk);
}

static void without_an_iommu(void **state)
{
	struct walk walk;

	begin(&walk, *state, "iommu-off-in-firmware");
	run(&walk, one, VIEW_NOW);
	assert_int_equal(walk.result.failed, 1);
	assert_int_equal(walk.result.returned, 1);
	expect_device(&walk, GPU, "nouveau", "(null)");
	expect_record(&walk, "override " GPU " done\nload vfio-pci done\nload vfio_iommu_type1 done\nunbind " GPU " done\n"
	              "probe " GPU " failed\noverride " GPU " returned\nprobe " GPU " returned\n");
	assert_int_equal(walk.record.entries[4].error, EINVAL); /* the real errno, which drivers_probe hides */
	assert_non_null(strstr(walk.record.entries[4].why, "no IOMMU group"));
	end(&walk);
}

static void without_the_module(void **state)
{
	struct walk walk;

	begin(&walk, *state, "desktop-intel-z690");
	fake_kernel_fail(&walk.kernel, (struct fake_fault){ .call = FAKE_LOAD, .contains = "vfio-pci", .error = -ENOENT });
	run(&walk, one, VIEW_NOW);
	/* It keeps the driver that it has: nothing was unbound. */
	expect_device(&walk, GPU, "nouveau", "(null)");
	assert_null(strstr(walk.kernel.log, "driver/unbind"));
	expect_record(&walk,
	              "override " GPU " done\nload vfio-pci failed\nload vfio_iommu_type1 done\nunbind " GPU " failed\n"
	              "override " GPU " returned\nprobe " GPU " returned\nprobe " GPU " skipped\n");
	assert_int_equal(walk.record.entries[1].error, ENOENT);
	end(&walk);
}

static void one_device_fails_and_the_other_does_not(void **state)
{
	struct walk walk;

	begin(&walk, *state, "desktop-intel-z690");
	fake_kernel_fail(&walk.kernel, (struct fake_fault){ .call = FAKE_TAKE, .contains = AUDIO, .error = -ENOMEM });
	run(&walk, both, VIEW_NOW);
	assert_int_equal(walk.result.returned, 1);
	expect_device(&walk, GPU, "vfio-pci", "vfio-pci");
	expect_device(&walk, AUDIO, "snd_hda_intel", "(null)");
	end(&walk);
}

/* The kernel accepts an override and forgets it. */
static void what_is_written_is_read_back(void **state)
{
	struct walk walk;

	begin(&walk, *state, "desktop-intel-z690");
	fake_kernel_fail(&walk.kernel, (struct fake_fault){
									   .call = FAKE_WRITE, .contains = "driver_override", .silent = true, .nth = 1 });
	run(&walk, one, VIEW_NOW);
	assert_int_equal(walk.record.entries[0].result, RESULT_FAILED);
	assert_int_equal(walk.record.entries[0].error, EIO);
	assert_non_null(strstr(walk.record.entries[0].why, "reads ''"));
	expect_device(&walk, GPU, "nouveau", "(null)");
	assert_null(strstr(walk.kernel.log, "unbind"));
	end(&walk);
}

static void an_override_before_is_put_back(void **state)
{
	struct walk walk;

	begin(&walk, *state, "iommu-off-in-firmware");
	tree_write(walk.tree, "sys/devices/pci0000:00/0000:00:01.0/" GPU "/driver_override", "nouveau\n");
	run(&walk, one, VIEW_NOW);
	expect_device(&walk, GPU, "nouveau", "nouveau");
	end(&walk);
}

static void nothing_to_do_writes_nothing(void **state)
{
	struct walk walk;

	begin(&walk, *state, "prepared-built-in");
	run(&walk, both, VIEW_NOW);
	assert_int_equal(walk.kernel.writes + walk.kernel.loads, 0);
	assert_int_equal(walk.record.count, 0);
	end(&walk);
}

static void a_record_that_cannot_be_written_is_told(void **state)
{
	struct walk walk;

	begin(&walk, *state, "desktop-intel-z690");
	assert_int_equal(renameat(walk.tree->root.fd, "run", walk.tree->root.fd, "away"), 0);
	run(&walk, one, VIEW_NOW);
	assert_int_equal(walk.result.save_error, -ENOENT);
	assert_int_equal(walk.result.failed, 0); /* and stands in the way of nothing */
	expect_device(&walk, GPU, "vfio-pci", "vfio-pci");
	end(&walk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(in_early_boot),
		tree_test(with_vfio_built_in),
		tree_test(on_the_running_system),
		tree_test(without_an_iommu),
		tree_test(without_the_module),
		tree_test(one_device_fails_and_the_other_does_not),
		tree_test(what_is_written_is_read_back),
		tree_test(an_override_before_is_put_back),
		tree_test(nothing_to_do_writes_nothing),
		tree_test(a_record_that_cannot_be_written_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
