/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stages of early boot over the fake kernel: early, --late, --release, and giving back. */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/advice_file.h"
#include "apply/record.h"
#include "early.h"
#include "fake_kernel.h"

#define GPU "0000:0c:00.0"
#define AUDIO "0000:0c:00.1"
#define DISK "0000:04:00.0"
#define ROOT_DISK "0000:01:00.0"

static const char gpu[] = "[device gpu]\naddress = 0c:00.0\nalso = slot\n";
static const char both[] = "[device gpu]\naddress = 0c:00.0\nalso = slot\n[device disk]\nid = 144d:a808\n";

static struct fake_kernel kernel;
static uint64_t told;

static void on_timeout(uint64_t usec)
{
	told = usec;
}

/* A machine in early boot, with this config. */
static void begin(const struct tree *tree, const char *config)
{
	tree_unpack(tree, "desktop-amd-x570");
	fake_kernel_new(&kernel, tree);
	fake_kernel_early(&kernel);
	told = 0;
	if (config)
		tree_write(tree, CONFIG_PATH, config);
}

static void early(void)
{
	early_work(&kernel.effects, on_timeout);
}

static void plug(void)
{
	fake_kernel_coldplug(&kernel);
	fake_kernel_mount(&kernel);
}

static void late(void)
{
	early_late(&kernel.effects, kernel.tree->directory, on_timeout);
}

static void end(void)
{
	fake_kernel_done(&kernel);
}

static void expect_driver(const char *address, const char *wanted)
{
	char *driver = fake_driver_of(&kernel, address), *override = fake_override_of(&kernel, address);

	if (strcmp(driver, wanted) != 0)
		fail_msg("%s has driver '%s'; expected '%s'\n%s", address, driver, wanted, kernel.log);
	assert_string_equal(override, strstr(wanted, "vfio") ? wanted : "(null)");
	free(driver);
	free(override);
}

static void expect_early(const char *wanted)
{
	struct record record;

	assert_int_equal(record_read(&kernel.tree->root, &record), 0);
	assert_string_equal(record.early, wanted);
	record_done(&record);
}

/* Nothing was done to the machine, and the boot goes on. */
static void expect_nothing_done(const char *state)
{
	assert_int_equal(kernel.writes, 0);
	assert_int_equal(kernel.loads, 0);
	if (state)
		expect_early(state);
}

static void both_stages(void **state)
{
	const struct tree *tree = *state;

	begin(tree, both);
	early();
	assert_int_equal(told, 20000000);
	expect_driver(GPU, "vfio-pci");
	expect_driver(AUDIO, "vfio-pci");
	expect_driver(DISK, "");
	expect_early("done");
	tree_expect(tree, RECORD_CONFIG_PATH,
	            "[device gpu]\naddress = 0c:00.0\nalso = slot\n[device disk]\nid = 144d:a808");
	plug();
	expect_driver(DISK, "nvme");
	late();
	expect_driver(GPU, "vfio-pci");
	expect_driver(DISK, "vfio-pci");
	expect_driver(ROOT_DISK, "nvme"); /* the twin stays */
	expect_early("done");
	end();
}

static void without_a_good_config(void **state)
{
	static char bytes[2 << 20];
	const struct tree *tree = *state;

	begin(tree, NULL);
	early();
	expect_nothing_done("no-config");
	late();
	expect_nothing_done("no-config");
	tree_remove(tree, RECORD_PATH);
	tree_write(tree, CONFIG_PATH, "[device gpu]\naddress = nonsense\n");
	early();
	expect_nothing_done("bad-config");
	tree_write(tree, CONFIG_PATH, "[device gpu]\naddress = 0c:00.0\nalso = sl"); /* cut short */
	early();
	expect_nothing_done("bad-config");
	memset(bytes, '\n', sizeof(bytes));
	tree_write_bytes(tree, CONFIG_PATH, bytes, sizeof(bytes));
	early();
	expect_nothing_done("bad-config");
	for (size_t i = 0; i < 4096; i++)
		bytes[i] = (char)(i * 37);
	tree_write_bytes(tree, CONFIG_PATH, bytes, 4096);
	early();
	expect_nothing_done("bad-config");
	tree_write(tree, CONFIG_PATH, gpu);
	assert_int_equal(fchmodat(tree->root.fd, CONFIG_PATH, 0666, 0), 0); /* others may write it */
	early();
	expect_nothing_done("bad-config");
	tree_remove(tree, CONFIG_PATH);
	tree_mkdir(tree, CONFIG_PATH);
	early();
	expect_nothing_done("bad-config");
	late();
	expect_nothing_done("bad-config");
	tree_remove(tree, CONFIG_PATH);
	assert_int_equal(mkfifoat(tree->root.fd, CONFIG_PATH, 0644), 0);
	alarm(20); /* ends the test where it waits for a writer */
	early();
	alarm(0);
	expect_nothing_done("bad-config");
	tree_remove(tree, CONFIG_PATH);
	tree_write(tree, CONFIG_PATH, "[vfio-prep]\nenabled = no\n");
	early();
	expect_nothing_done("off");
	tree_write(tree, CONFIG_PATH, ""); /* empty: nothing is asked for */
	early();
	expect_nothing_done("done");
	end();
}

static void switches(void **state)
{
	static const char *const off[] = {
		"vfio_prep=off", "rd.hostonly=0", "modprobe.blacklist=vfio-pci", "single", "rescue", "emergency",
		"systemd.unit=rescue.target", "systemd.unit=emergency.target", "elfcorehdr=0x1000", "vfio_prep.skip=nonsense",
	};
	const struct tree *tree = *state;

	begin(tree, both);
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		tree_write(tree, "proc/cmdline", off[i]);
		early();
		expect_nothing_done("off");
		late();
		expect_nothing_done("off");
		early_release(&kernel.effects);
		early_give_back(&kernel.effects);
		expect_nothing_done("off");
		tree_remove(tree, RECORD_PATH);
		late(); /* the same where the record of the first stage was lost */
		expect_nothing_done(NULL);
		tree_remove(tree, RECORD_PATH);
	}
	tree_write(tree, "proc/cmdline", "vfio_prep=plan");
	early();
	expect_nothing_done("plan");
	plug();
	late();
	expect_nothing_done("plan");
	tree_remove(tree, RECORD_PATH);
	late();
	expect_nothing_done(NULL);
	end();
}

static const char advised[] = "isolcpus=domain,managed_irq,8-15,24-31\nirqaffinity=0-7,16-23";

static void advice_for_the_command_line(void **state)
{
	const struct tree *tree = *state;
	char *text;

	begin(tree, "[device gpu]\naddress = 0c:00.0\nalso = slot\n[cpus]\nisolate = 8-15,24-31\n");
	early();
	expect_driver(GPU, "vfio-pci");
	tree_expect(tree, ADVICE_PATH, advised);
	tree_remove(tree, ADVICE_PATH);
	tree_write(tree, "proc/cmdline", "vfio_prep=plan amd_iommu=on");
	early();
	text = tree_read(tree, ADVICE_PATH);
	assert_non_null(text);
	assert_ptr_equal(strstr(text, "# drop amd_iommu=on: "), text);
	assert_string_equal(strchr(text, '\n') + 1, advised);
	free(text);
	tree_remove(tree, ADVICE_PATH);
	tree_write(tree, "proc/cmdline", "vfio_prep=off");
	early();
	assert_null(tree_read(tree, ADVICE_PATH));
	end();
}

static void advice_that_cannot_be_written(void **state)
{
	const struct tree *tree = *state;

	begin(tree, both);
	tree_mkdir(tree, ADVICE_PATH "/in/the/way");
	early();
	expect_driver(GPU, "vfio-pci");
	expect_early("done");
	end();
}

static void skipped_devices(void **state)
{
	const struct tree *tree = *state;

	begin(tree, both);
	tree_write(tree, "proc/cmdline", "vfio_prep.skip=0c:00.0,04:00.0");
	early();
	plug();
	late();
	expect_driver(GPU, "nouveau");
	expect_driver(AUDIO, "snd_hda_intel"); /* its group keeps a driver of the host */
	expect_driver(DISK, "nvme");
	end();
}

static void twice(void **state)
{
	const struct tree *tree = *state;
	unsigned int writes;

	begin(tree, both);
	early();
	writes = kernel.writes;
	early();
	assert_int_equal(kernel.writes, writes);
	plug();
	late();
	writes = kernel.writes;
	late();
	early();
	assert_int_equal(kernel.writes, writes);
	expect_driver(GPU, "vfio-pci");
	expect_driver(DISK, "vfio-pci");
	expect_early("done");
	early_release(&kernel.effects); /* and all of it is known */
	plug();
	expect_driver(GPU, "nouveau");
	expect_driver(AUDIO, "snd_hda_intel");
	expect_driver(DISK, "nvme");
	end();
}

/* A first stage that never ran, or has no record: the second does its work. */
static void late_alone(void **state)
{
	const struct tree *tree = *state;

	begin(tree, both);
	plug();
	late();
	expect_driver(GPU, "vfio-pci");
	expect_driver(DISK, "vfio-pci");
	expect_driver(ROOT_DISK, "nvme");
	early_give_back(&kernel.effects); /* nothing is half done */
	expect_driver(GPU, "vfio-pci");
	end();
}

/* What the first stage gave back stays with its driver. */
static void late_does_not_try_again(void **state)
{
	const struct tree *tree = *state;
	unsigned int writes;

	begin(tree, gpu);
	fake_kernel_fail(&kernel, (struct fake_fault){ .call = FAKE_TAKE, .contains = GPU, .error = -EIO });
	early();
	plug();
	expect_driver(GPU, "nouveau");
	kernel.fault_count = 0;
	writes = kernel.writes;
	late();
	assert_int_equal(kernel.writes, writes);
	expect_driver(GPU, "nouveau");
	end();
}

static void late_takes_what_appeared_since(void **state)
{
	const struct tree *tree = *state;
	char *link = NULL;

	begin(tree, both);
	link = tree_readlink(tree, "sys/bus/pci/devices/" DISK);
	tree_remove(tree, "sys/bus/pci/devices/" DISK);
	tree_write(tree, "proc/cmdline", "ro");
	early();
	tree_link(tree, "sys/bus/pci/devices/" DISK, link);
	plug();
	late();
	expect_driver(DISK, "vfio-pci");
	free(link);
	end();
}

static void no_root_at_the_mount_point(void **state)
{
	const struct tree *tree = *state;

	begin(tree, both);
	early();
	plug();
	early_late(&kernel.effects, "/nowhere/at/all", on_timeout);
	expect_driver(GPU, "vfio-pci");
	expect_driver(DISK, "nvme"); /* without the root's fstab nobody can say whose it is */
	expect_early("done");
	end();
}

static void release(void **state)
{
	const struct tree *tree = *state;
	unsigned int writes;

	begin(tree, both);
	early_release(&kernel.effects); /* before anything was taken */
	expect_nothing_done(NULL);
	early();
	early_release(&kernel.effects);
	plug();
	expect_driver(GPU, "nouveau");
	expect_driver(AUDIO, "snd_hda_intel");
	expect_early("released");
	writes = kernel.writes;
	early_release(&kernel.effects); /* asked once a second */
	late();
	assert_int_equal(kernel.writes, writes);
	expect_driver(DISK, "nvme");
	expect_early("released");
	end();
}

/* The record of a first stage that ended in this step, as a kill leaves it. */
static void stop_after(const char *last, const char *result)
{
	char *text = tree_read(kernel.tree, RECORD_PATH), *cut, *fresh;

	assert_non_null(text);
	cut = strstr(text, last);
	assert_non_null(cut);
	cut = strstr(cut, "\n\n");
	if (cut)
		*cut = '\0';
	cut = strstr(strstr(text, last), "result = ");
	*cut = '\0';
	fresh = format_text("%sresult = %s\n", text, result);
	cut = strstr(fresh, "early = done");
	if (cut)
		memcpy(cut, "early = stop", 12);
	tree_write(kernel.tree, RECORD_PATH, fresh);
	free(fresh);
	free(text);
}

static void a_killed_first_stage_is_finished_by_late(void **state)
{
	const struct tree *tree = *state;

	for (int give_back = 0; give_back < 2; give_back++) {
		begin(tree, gpu);
		/* Overrides are written, and then nothing more: no module is there. */
		fake_kernel_fail(&kernel,
		                 (struct fake_fault){ .call = FAKE_WRITE, .contains = "drivers_probe", .silent = true });
		fake_kernel_fail(&kernel,
		                 (struct fake_fault){ .call = FAKE_WRITE, .contains = "vfio-pci/bind", .silent = true });
		early();
		kernel.fault_count = 0;
		for (size_t i = 0; i < 2; i++)
			assert_int_equal(kernel.effects.write(&kernel.effects, i ? "sys/bus/pci/devices/" GPU "/driver_override" :
			                                      "sys/bus/pci/devices/" AUDIO "/driver_override", "vfio-pci"), 0);
		for (size_t i = 0; i < 2; i++) {
			char *driver = fake_driver_of(&kernel, i ? GPU : AUDIO), *path;

			path = format_text("sys/bus/pci/devices/%s/driver/unbind", i ? GPU : AUDIO);
			if (*driver)
				assert_int_equal(kernel.effects.write(&kernel.effects, path, i ? GPU : AUDIO), 0);
			free(path);
			free(driver);
		}
		stop_after("target = " AUDIO, "running");
		if (give_back)
			early_give_back(&kernel.effects);
		plug();
		if (give_back) {
			expect_driver(GPU, "nouveau");
			expect_driver(AUDIO, "snd_hda_intel");
		}
		late();
		expect_driver(GPU, give_back ? "nouveau" : "vfio-pci");
		expect_driver(AUDIO, give_back ? "snd_hda_intel" : "vfio-pci");
		end();
	}
}

static void without_a_place_for_the_record(void **state)
{
	const struct tree *tree = *state;

	begin(tree, both);
	tree_remove(tree, "run");
	early();
	expect_driver(GPU, "vfio-pci");
	plug();
	late();
	expect_driver(GPU, "vfio-pci");
	expect_driver(DISK, "nvme"); /* udev has no database then, and nobody could look at it */
	expect_driver(ROOT_DISK, "nvme");
	early_release(&kernel.effects);
	early_give_back(&kernel.effects);
	tree_write(tree, "run", "a file");
	early();
	late();
	early_release(&kernel.effects);
	expect_driver(ROOT_DISK, "nvme");
	end();
}

static void a_damaged_record(void **state)
{
	static const char *const damaged[] = { "", "\xff\xfe", "[record]\nboot-id", "[step 1]\nkind = probe\n",
		                                   "rubbish\n[record\n" };
	const struct tree *tree = *state;

	begin(tree, both);
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		tree_write(tree, RECORD_PATH, damaged[i]);
		early_release(&kernel.effects);
		tree_write(tree, RECORD_PATH, damaged[i]);
		early_give_back(&kernel.effects);
		tree_write(tree, RECORD_PATH, damaged[i]);
		late();
		tree_write(tree, RECORD_PATH, damaged[i]);
		early();
		expect_driver(GPU, "vfio-pci");
	}
	expect_early("done");
	end();
}

/* A record of another boot is not this boot's. */
static void an_old_record(void **state)
{
	const struct tree *tree = *state;

	begin(tree, gpu);
	tree_write(tree, RECORD_PATH,
	           "[record]\nboot-id = other\nearly = released\n[step 1]\nby = early\nkind = override\ntarget = " GPU "\n"
	           "value = vfio-pci\nresult = done\n");
	early_release(&kernel.effects);
	expect_nothing_done(NULL);
	early();
	expect_driver(GPU, "vfio-pci");
	expect_early("done");
	end();
}

/* The console's framebuffer goes with its card, and comes back with it. */
static void a_framebuffer(void **state)
{
	static const char console[] = "[device gpu]\naddress = 0b:00.0\nalso = slot\nallow = boot-display\n";
	const struct tree *tree = *state;

	begin(tree, console);
	tree_write(tree, "proc/iomem", "d0000000-dfffffff : 0000:0b:00.0\n  d0000000-d07e8fff : efifb\n");
	tree_link(tree, "sys/bus/platform/devices/efi-framebuffer.0", "../../../devices/platform/efi-framebuffer.0");
	tree_link(tree, "sys/devices/platform/efi-framebuffer.0/driver", "../../../bus/platform/drivers/efi-framebuffer");
	tree_write(tree, "sys/bus/platform/drivers/efi-framebuffer/unbind", "");
	tree_write(tree, "sys/bus/platform/drivers/efi-framebuffer/bind", "");
	early();
	expect_driver("0000:0b:00.0", "vfio-pci");
	tree_expect(tree, "sys/bus/platform/drivers/efi-framebuffer/unbind", "efi-framebuffer.0");
	tree_expect(tree, "sys/bus/platform/drivers/efi-framebuffer/bind", "");
	assert_true(strstr(kernel.log, "efi-framebuffer.0/driver/unbind") < strstr(kernel.log, "load vfio-pci"));
	tree_write(tree, "run/vfio-prep/record", "");
	end();
}

static void a_framebuffer_of_a_card_that_goes_back(void **state)
{
	static const char console[] = "[device gpu]\naddress = 0b:00.0\nalso = slot\nallow = boot-display\n";
	const struct tree *tree = *state;

	begin(tree, console);
	tree_write(tree, "proc/iomem", "d0000000-dfffffff : 0000:0b:00.0\n  d0000000-d07e8fff : efifb\n");
	tree_link(tree, "sys/bus/platform/devices/efi-framebuffer.0", "../../../devices/platform/efi-framebuffer.0");
	tree_link(tree, "sys/devices/platform/efi-framebuffer.0/driver", "../../../bus/platform/drivers/efi-framebuffer");
	tree_write(tree, "sys/bus/platform/drivers/efi-framebuffer/unbind", "");
	tree_write(tree, "sys/bus/platform/drivers/efi-framebuffer/bind", "");
	fake_kernel_fail(&kernel, (struct fake_fault){ .call = FAKE_TAKE, .contains = "0000:0b:00.0", .error = -EIO });
	early();
	tree_expect(tree, "sys/bus/platform/drivers/efi-framebuffer/bind", "efi-framebuffer.0");
	plug();
	expect_driver("0000:0b:00.0", "nouveau");
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(both_stages),
		tree_test(without_a_good_config),
		tree_test(switches),
		tree_test(advice_for_the_command_line),
		tree_test(advice_that_cannot_be_written),
		tree_test(skipped_devices),
		tree_test(twice),
		tree_test(late_alone),
		tree_test(late_does_not_try_again),
		tree_test(late_takes_what_appeared_since),
		tree_test(no_root_at_the_mount_point),
		tree_test(release),
		tree_test(a_killed_first_stage_is_finished_by_late),
		tree_test(without_a_place_for_the_record),
		tree_test(a_damaged_record),
		tree_test(an_old_record),
		tree_test(a_framebuffer),
		tree_test(a_framebuffer_of_a_card_that_goes_back),
	};

	quiet_log();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
