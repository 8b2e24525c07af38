/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The health report on recorded machines: what each check says where, and how statuses add up. */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/stuck.h"
#include "plan/plan.h"
#include "report/report.h"

#define AUDIO "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.1"
#define CARD "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0"

/* A machine with a config, and the report of both. */
struct checked {
	struct config config;
	struct host host;
	struct plan plan;
	struct advice advice;
	struct report report;
};

static void check(const struct tree *tree, const char *config_text, const struct record *record, int record_error,
                  const char *early_config, struct checked *ret)
{
	struct check_input input = { .config = &ret->config, .host = &ret->host, .goals = &ret->plan.goals,
		                     .pages = &ret->plan.pages, .isolation = &ret->plan.isolation, .advice = &ret->advice,
		                     .record = record,
		                     .record_error = record_error, .early_config = early_config, .rebuild = "rebuild it" };

	if (early_config)
		input.early_config_size = strlen(early_config);
	config_from_text(config_text, &ret->config);
	assert_int_equal(ret->config.error_count, 0);
	assert_int_equal(host_read(&tree->root, &ret->config, HOST_CHECKS | HOST_LOG | HOST_HOLDERS | HOST_STORAGE,
	                           &ret->host),
	                 0);
	assert_int_equal(plan_build(&ret->config, &ret->host, VIEW_NOW, &ret->plan), 0);
	assert_int_equal(advice_build_all(&ret->config, &ret->host, &ret->plan.isolation, &ret->plan.pages, &ret->advice),
	                 0);
	assert_int_equal(report_read_health(&tree->root, &input, &ret->host), 0);
	report_build(&input, &ret->report);
	assert_false(ret->report.no_memory);
}

static void checked_done(struct checked *checked)
{
	report_done(&checked->report);
	advice_done(&checked->advice);
	plan_done(&checked->plan);
	host_done(&checked->host);
	config_done(&checked->config);
}

static const struct reported *find(const struct report *report, const char *id, const char *target)
{
	const struct reported *found = NULL;

	for (size_t i = 0; i < report->count; i++)
		if (strcmp(report->findings[i].id, id) == 0 && strcmp(report->findings[i].target, target) == 0) {
			assert_null(found); /* one finding a check and target */
			found = &report->findings[i];
		}
	return found;
}

static void expect(const struct checked *checked, const char *id, const char *target, enum status status,
                   const char *text)
{
	const struct reported *finding = find(&checked->report, id, target);

	if (!finding)
		fail_msg("%s %s is not in the report", id, target);
	if (finding->status != status || !strstr(finding->summary, text))
		fail_msg("%s %s: %s: %s; expected %s and '%s'", id, target, status_name(finding->status), finding->summary,
		         status_name(status), text);
	assert_true(finding->source[0]); /* where it looked; and where not well, what it wanted, saw, and how to mend it */
	if (status == STATUS_WARN || status == STATUS_FAIL)
		assert_true(finding->want[0] && finding->have[0] && finding->fix[0]);
	assert_string_not_equal(check_heading(id), "");
}

static const char gpu[] = "[device gpu]\nid = 10de:2684\naddress = 01:00.0\nalso = slot\n";

static void all_is_well(void **state)
{
	struct record record = {
		.boot_id = "0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f", .state = "done", .early = "done", .udev = ANSWER_NO
	};
	const struct tree *tree = *state;
	struct checked checked;

	tree_unpack(tree, "prepared-built-in");
	check(tree, gpu, &record, 0, gpu, &checked);
	for (size_t i = 0; i < checked.report.count; i++)
		/* vfio-pci lets a device sleep that no guest has open. */
		if (checked.report.findings[i].status !=
		    (strcmp(checked.report.findings[i].id, "device.power") == 0 ? STATUS_INFO : STATUS_PASS))
			fail_msg("%s %s: %s", checked.report.findings[i].id, checked.report.findings[i].target,
			         checked.report.findings[i].summary);
	expect(&checked, "boot.record", "", STATUS_PASS, "");
	expect(&checked, "boot.order", "", STATUS_PASS, "");
	expect(&checked, "boot.stale", "", STATUS_PASS, "");
	expect(&checked, "iommu.enabled", "", STATUS_PASS, "");
	expect(&checked, "iommu.interrupt-remapping", "", STATUS_PASS, "");
	expect(&checked, "device.present", "gpu", STATUS_PASS, "2 functions");
	expect(&checked, "device.identity", "0000:01:00.0", STATUS_PASS, "10de:2684");
	expect(&checked, "device.driver", "0000:01:00.1", STATUS_PASS, "vfio-pci");
	expect(&checked, "device.override", "0000:01:00.1", STATUS_PASS, "");
	expect(&checked, "device.history", "0000:01:00.0", STATUS_PASS, "");
	expect(&checked, "device.group", "0000:01:00.0", STATUS_PASS, "group 8");
	expect(&checked, "device.companions", "0000:01:00.0", STATUS_PASS, "");
	assert_int_equal(report_status(&checked.report), STATUS_PASS);
	checked_done(&checked);
}

static void the_record(void **state)
{
	struct record record = {
		.boot_id = "0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f", .state = "done", .early = "done", .udev = ANSWER_YES
	};
	struct step step = { .kind = STEP_PROBE, .target = "0000:01:00.0", .value = "vfio-pci" };
	const struct tree *tree = *state;
	struct record_entry *entry;
	struct checked checked;

	tree_unpack(tree, "prepared-built-in");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	expect(&checked, "boot.record", "", STATUS_WARN, "no record");
	assert_null(find(&checked.report, "boot.order", ""));
	checked_done(&checked);
	check(tree, gpu, NULL, -EBADMSG, NULL, &checked); /* what cannot be read is unknown */
	expect(&checked, "boot.record", "", STATUS_UNKNOWN, "cannot be read");
	checked_done(&checked);
	check(tree, gpu, &record, 0, "; an older one\n", &checked);
	expect(&checked, "boot.order", "", STATUS_WARN, "udev");
	expect(&checked, "boot.stale", "", STATUS_WARN, "changed");
	assert_non_null(strstr(find(&checked.report, "boot.stale", "")->fix, "rebuild it"));
	checked_done(&checked);
	assert_int_equal(record_reserve(&record, 1, 0), 0);
	entry = record_add(&record, WRITER_EARLY, &step);
	check(tree, gpu, &record, 0, gpu, &checked);
	expect(&checked, "boot.record", "", STATUS_WARN, "probe of 0000:01:00.0 did not return");
	checked_done(&checked);
	strcpy(record.early, "running");
	check(tree, gpu, &record, 0, gpu, &checked);
	expect(&checked, "boot.record", "", STATUS_WARN, "in the middle of probe of 0000:01:00.0");
	strcpy(record.early, "done");
	checked_done(&checked);
	entry->result = RESULT_FAILED;
	strcpy(entry->why, "no luck");
	check(tree, gpu, &record, 0, gpu, &checked);
	expect(&checked, "boot.record", "", STATUS_WARN, "no luck");
	checked_done(&checked);
	strcpy(record.boot_id, "another");
	check(tree, gpu, &record, 0, gpu, &checked);
	expect(&checked, "boot.record", "", STATUS_FAIL, "another boot");
	assert_null(find(&checked.report, "boot.order", "")); /* what it tells is past */
	assert_null(find(&checked.report, "boot.stale", ""));
	checked_done(&checked);
	record_done(&record);
}

static void switches(void **state)
{
	const struct tree *tree = *state;
	struct checked checked;

	tree_unpack(tree, "prepared-built-in");
	tree_write(tree, "proc/cmdline", "vfio_prep=off\n");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	expect(&checked, "boot.switch", "", STATUS_WARN, "vfio_prep=off");
	checked_done(&checked);
	tree_write(tree, "proc/cmdline", "vfio_prep.skip=09:00.0\n");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	expect(&checked, "boot.switch", "", STATUS_WARN, "skip");
	checked_done(&checked);
	tree_remove(tree, "proc/cmdline");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	expect(&checked, "boot.switch", "", STATUS_UNKNOWN, "");
	checked_done(&checked);
}

static void the_iommu(void **state)
{
	const struct tree *tree = *state;
	struct checked checked;

	tree_unpack(tree, "iommu-off-in-firmware"); /* its command line asks for one: nothing is inferred from that */
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	expect(&checked, "iommu.enabled", "", STATUS_FAIL, "off in firmware");
	expect(&checked, "iommu.interrupt-remapping", "", STATUS_FAIL, "");
	checked_done(&checked);
	tree_write(tree, "sys/firmware/acpi/tables/IVRS", "");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	expect(&checked, "iommu.enabled", "", STATUS_FAIL, "the kernel does not use it");
	checked_done(&checked);
	tree_write(tree, "proc/interrupts", "           CPU0\n  9:   1  GICv3  27 Level  arch_timer\n"); /* no x86 */
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	assert_null(find(&checked.report, "iommu.interrupt-remapping", ""));
	checked_done(&checked);
	tree_write(tree, "proc/interrupts", "");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	expect(&checked, "iommu.interrupt-remapping", "", STATUS_UNKNOWN, "");
	checked_done(&checked);
	tree_remove(tree, "proc/interrupts");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	expect(&checked, "iommu.interrupt-remapping", "", STATUS_UNKNOWN, "");
	checked_done(&checked);
}

static void devices(void **state)
{
	const struct tree *tree = *state;
	struct checked checked;

	tree_unpack(tree, "prepared-built-in");
	check(tree, "[device gpu]\nid = 10de:9999\naddress = 01:00.0\n[device gone]\naddress = 42:00.0\n[device maybe]\n"
	      "id = 1234:*\nrequired = no\n", NULL, -ENOENT, NULL, &checked);
	expect(&checked, "device.identity", "0000:01:00.0", STATUS_FAIL, "10de:2684");
	expect(&checked, "device.present", "gone", STATUS_FAIL, "not there");
	expect(&checked, "device.present", "maybe", STATUS_INFO, "not there");
	assert_null(find(&checked.report, "device.driver", "0000:01:00.0")); /* not the device that is meant */
	checked_done(&checked);
	tree_write(tree, CARD "/driver_override", "vfio_pci\n");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	expect(&checked, "device.override", "0000:01:00.0", STATUS_WARN, "'vfio_pci'");
	checked_done(&checked);
	tree_remove(tree, CARD "/driver_override");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	expect(&checked, "device.override", "0000:01:00.0", STATUS_UNKNOWN, "");
	checked_done(&checked);
	tree_write(tree, "dev/kmsg", "[    2.500000] nouveau 0000:01:00.0: NVIDIA AD102\n");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	expect(&checked, "device.history", "0000:01:00.0", STATUS_WARN, "nouveau had it at 2.500000 s");
	expect(&checked, "device.history", "0000:01:00.1", STATUS_PASS, "");
	checked_done(&checked);
	tree_remove(tree, "dev/kmsg");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	expect(&checked, "device.history", "0000:01:00.0", STATUS_UNKNOWN, "kernel log");
	checked_done(&checked);
}

static void add_entry(struct record *record, enum writer writer, enum step_kind kind, uint64_t usec)
{
	struct step step = { .kind = kind, .target = "0000:01:00.0", .value = "vfio-pci" };
	struct record_entry *entry = record_add(record, writer, &step);

	entry->result = RESULT_DONE;
	entry->usec = usec;
	entry->at_usec = 1234000;
}

static void what_early_boot_did(void **state)
{
	struct record record = {
		.boot_id = "0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f", .state = "done", .early = "done", .udev = ANSWER_NO
	};
	const struct tree *tree = *state;
	struct checked checked;

	tree_unpack(tree, "prepared-built-in");
	assert_int_equal(record_reserve(&record, 5, 0), 0);
	add_entry(&record, WRITER_EARLY, STEP_OVERRIDE, 12);
	add_entry(&record, WRITER_EARLY, STEP_PROBE, 831);
	add_entry(&record, WRITER_APPLY, STEP_PROBE, 5000); /* later, and no work of early boot */
	check(tree, gpu, &record, 0, gpu, &checked);
	expect(&checked, "device.history", "0000:01:00.0", STATUS_PASS,
	       "no other driver in this boot; early boot bound it at 1.234831 s in 843 us");
	assert_string_equal(find(&checked.report, "device.history", "0000:01:00.0")->have, "override 12 us, probe 831 us");
	assert_string_equal(find(&checked.report, "device.history", "0000:01:00.0")->source,
	                    "/dev/kmsg, /run/vfio-prep/record");
	assert_string_equal(find(&checked.report, "device.history", "0000:01:00.1")->summary,
	                    "no other driver in this boot");
	checked_done(&checked);

	/* What came between is past with the next boot, and no image has to be made anew. */
	tree_write(tree, "dev/kmsg", "[    2.500000] nouveau 0000:01:00.0: NVIDIA AD102\n");
	check(tree, gpu, &record, 0, gpu, &checked);
	expect(&checked, "device.history", "0000:01:00.0", STATUS_WARN,
	       "nouveau had it at 2.500000 s; early boot bound it at 1.234831 s in 843 us");
	assert_int_equal(strncmp(find(&checked.report, "device.history", "0000:01:00.0")->fix, "reboot  # ", 10), 0);
	checked_done(&checked);

	add_entry(&record, WRITER_LATE, STEP_PROBE, 9);
	check(tree, gpu, &record, 0, gpu, &checked);
	expect(&checked, "device.history", "0000:01:00.0", STATUS_WARN,
	       "; early boot, late, bound it at 1.234009 s in 9 us");
	checked_done(&checked);

	/* pci-stub keeps a device for a guest as vfio does: it is no driver of the host. */
	tree_write(tree, "dev/kmsg", "");
	add_entry(&record, WRITER_APPLY, STEP_UNBIND, 9);
	strcpy(record.entries[record.count - 1].before, "pci-stub");
	check(tree, gpu, &record, 0, gpu, &checked);
	expect(&checked, "device.history", "0000:01:00.0", STATUS_PASS, "no other driver");
	checked_done(&checked);
	strcpy(record.entries[record.count - 1].before, "nouveau");
	check(tree, gpu, &record, 0, gpu, &checked);
	expect(&checked, "device.history", "0000:01:00.0", STATUS_WARN, "nouveau");
	checked_done(&checked);
	record_done(&record);
}

/* The link to vfio-pci stands while the probe hangs: a FIFO is as patient as the device's lock. */
static void one_that_hangs(void **state)
{
	const struct tree *tree = *state;
	struct checked checked;

	tree_unpack(tree, "prepared-built-in");
	tree_remove(tree, AUDIO "/driver_override");
	assert_int_equal(mkfifoat(tree->root.fd, AUDIO "/driver_override", 0600), 0);
	tree_write(tree, STUCK_PATH, "0000:01:00.1\n");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	expect(&checked, "device.driver", "0000:01:00.0", STATUS_PASS, "vfio-pci");
	expect(&checked, "device.driver", "0000:01:00.1", STATUS_FAIL, "hangs");
	assert_null(find(&checked.report, "device.override", "0000:01:00.1"));
	checked_done(&checked);
}

static void neighbours(void **state)
{
	const struct tree *tree = *state;
	struct checked checked;

	tree_unpack(tree, "prepared-built-in");
	tree_link(tree, AUDIO "/driver", "../../../../bus/pci/drivers/snd_hda_intel");
	check(tree, "[device gpu]\naddress = 01:00.0\nallow = group\n", NULL, -ENOENT, NULL, &checked);
	expect(&checked, "device.driver", "0000:01:00.0", STATUS_PASS, "vfio-pci");
	expect(&checked, "device.companions", "0000:01:00.0", STATUS_WARN, "0000:01:00.1 (snd_hda_intel)");
	expect(&checked, "device.group", "0000:01:00.0", STATUS_FAIL, "0000:01:00.1 (snd_hda_intel)");
	checked_done(&checked);
	tree_link(tree, AUDIO "/driver", "../../../../bus/pci/drivers/pci-stub");
	check(tree, "[device gpu]\naddress = 01:00.0\nallow = group\n", NULL, -ENOENT, NULL, &checked);
	expect(&checked, "device.companions", "0000:01:00.0", STATUS_PASS, "");
	expect(&checked, "device.group", "0000:01:00.0", STATUS_PASS, "viable");
	checked_done(&checked);

	/* A guard that came too late changes nothing of who speaks for the slot. */
	tree_unpack(tree, "prepared-built-in");
	tree_write(tree, "proc/iomem", "5000000000-57ffffffff : 0000:01:00.0\n  5000000000-50007fffff : BOOTFB\n");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	expect(&checked, "device.framebuffer", "0000:01:00.0", STATUS_FAIL, "BOOTFB");
	expect(&checked, "device.companions", "0000:01:00.0", STATUS_PASS, "");
	assert_null(find(&checked.report, "device.companions", "0000:01:00.1"));
	checked_done(&checked);
}

/* A host driver that has the device now had it in this boot, whether the kernel log tells or not. */
static void the_present_driver_is_history_too(void **state)
{
	const struct tree *tree = *state;
	struct checked checked;

	tree_unpack(tree, "desktop-intel-z690");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	expect(&checked, "device.driver", "0000:01:00.1", STATUS_FAIL, "snd_hda_intel has it");
	expect(&checked, "device.history", "0000:01:00.1", STATUS_WARN, "snd_hda_intel");
	checked_done(&checked);
}

static void nothing_can_be_read(void **state)
{
	const struct tree *tree = *state;
	struct checked checked;

	check(tree, gpu, NULL, -EACCES, NULL, &checked);
	assert_int_equal(report_count(&checked.report, STATUS_FAIL), 0); /* unknown, never fail */
	assert_int_equal(report_status(&checked.report), STATUS_UNKNOWN);
	assert_true(report_all_unknown(&checked.report));
	checked_done(&checked);
}

static void how_statuses_add_up(void **state)
{
	static const enum status rising[] = { STATUS_PASS, STATUS_UNKNOWN, STATUS_WARN, STATUS_FAIL };
	struct report report = { 0 };

	(void)state;
	assert_int_equal(report_status(&report), STATUS_PASS);
	assert_false(report_all_unknown(&report));
	report_add(&report, "boot.record", "", STATUS_INFO, "x");
	report_keep(&report);
	assert_int_equal(report_status(&report), STATUS_PASS);
	for (size_t i = 0; i < 4; i++) {
		report_add(&report, "boot.record", "", rising[i], "x");
		report_keep(&report);
		assert_int_equal(report_status(&report), rising[i]);
		assert_int_equal(report_count(&report, rising[i]), 1);
	}
	report_done(&report);
	report_done(NULL);
}

/* Four CPUs, two of them asked for; this command line, and what came of it. */
static void expect_cmdline(const struct tree *tree, const char *cmdline, const char *isolated, const char *log,
                           enum status status, const char *text)
{
	struct checked checked = { 0 };

	tree_write(tree, "proc/cmdline", cmdline);
	tree_write(tree, "sys/devices/system/cpu/isolated", isolated);
	tree_write(tree, "dev/kmsg", log);
	check(tree, "[cpus]\nisolate = 2-3\ntick = yes\n", NULL, -ENOENT, NULL, &checked);
	expect(&checked, "cpu.cmdline", "2-3", status, text);
	checked_done(&checked);
}

#define ALL_GIVEN "isolcpus=managed_irq,domain,2,3 nohz_full=2-3 rcu_nocbs=2-3 irqaffinity=0-1"

static void the_command_line(void **state)
{
	const struct tree *tree = *state;
	struct checked checked = { 0 };

	tree_write(tree, "sys/devices/system/cpu/online", "0-3");
	tree_write(tree, "sys/devices/system/cpu/nohz_full", "2-3");
	expect_cmdline(tree, ALL_GIVEN, "2-3", "", STATUS_PASS, "was given");
	expect_cmdline(tree, "ro", "", "", STATUS_WARN, "not given (not rebooted yet, or the boot loader was not told): "
	               "isolcpus, nohz_full, rcu_nocbs, irqaffinity");
	expect_cmdline(tree, "irqaffinity=0 " ALL_GIVEN " nohz_full=1", "2-3", "", STATUS_WARN, "stale: nohz_full");
	expect_cmdline(tree, "isolcpus=3 nohz_full=2-3 rcu_nocbs=2-3", "3", "", STATUS_WARN,
	               "stale: isolcpus; not given (not rebooted yet, or the boot loader was not told): irqaffinity");
	expect_cmdline(tree, ALL_GIVEN, "", "6,1,5,-;Housekeeping: nohz_full= must match isolcpus=\n", STATUS_FAIL,
	               "given and refused by the kernel: isolcpus");
	expect_cmdline(tree, ALL_GIVEN, "2-3", "5,1,5,-;Unknown kernel command line parameters \"x rcu_nocbs=2-3\", will\n",
	               STATUS_FAIL, "given, and unknown to this kernel: rcu_nocbs");
	tree_remove(tree, "sys/devices/system/cpu/nohz_full");
	expect_cmdline(tree, ALL_GIVEN, "2-3", "", STATUS_FAIL, "given, and unknown to this kernel: nohz_full");
	/* What is not shown is not refused. */
	tree_write(tree, "sys/devices/system/cpu/nohz_full", "2-3");
	tree_write(tree, "sys/devices/system/cpu/isolated", "nonsense");
	expect_cmdline(tree, ALL_GIVEN, "nonsense", "", STATUS_PASS, "");
	tree_remove(tree, "proc/cmdline");
	check(tree, "[cpus]\nisolate = 2-3\n", NULL, -ENOENT, NULL, &checked);
	expect(&checked, "cpu.cmdline", "", STATUS_UNKNOWN, "command line cannot be read");
	checked_done(&checked);
	checked = (struct checked){ 0 };
	check(tree, "", NULL, -ENOENT, NULL, &checked);
	assert_null(find(&checked.report, "cpu.cmdline", ""));
	checked_done(&checked);
}

/* Names of processes and what programs write into the kernel log are anybody's: none is an order to a terminal. */
static void what_a_terminal_would_obey(void **state)
{
	const struct tree *tree = *state;
	struct checked checked;

	tree_unpack(tree, "prepared-built-in");
	tree_write(tree, "sys/bus/pci/devices/0000:01:00.0/driver_override", "\033[31mred\302\233\n");
	tree_write(tree, "dev/kmsg", "4,900,5000000,-;nouveau 0000:01:00.0: a\tb \377 \303\244\n");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	assert_string_equal(find(&checked.report, "device.override", "0000:01:00.0")->have, "?[31mred??");
	assert_string_equal(find(&checked.report, "device.history", "0000:01:00.0")->have,
	                    "nouveau 0000:01:00.0: a b ? ??");
	checked_done(&checked);
	tree_write(tree, "dev/kmsg", "4,900,5000000,-;nouveau 0000:01:00.0: \303\244\n");
	check(tree, gpu, NULL, -ENOENT, NULL, &checked);
	assert_string_equal(find(&checked.report, "device.history", "0000:01:00.0")->have,
	                    "nouveau 0000:01:00.0: \303\244");
	checked_done(&checked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(all_is_well), tree_test(the_record), tree_test(switches), tree_test(the_iommu),
		tree_test(devices), tree_test(one_that_hangs), tree_test(neighbours), tree_test(the_command_line),
		tree_test(the_present_driver_is_history_too),
		tree_test(what_early_boot_did), tree_test(nothing_can_be_read), cmocka_unit_test(how_statuses_add_up),
		tree_test(what_a_terminal_would_obey),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
