/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fixes can be pasted: a command, a line of the config, or a comment. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "report/checks.h"

static struct advice_item items[] = { { .kind = ADVICE_ADD, .parameter = (char *)"isolcpus=2-3" },
	                              { .kind = ADVICE_KEEP, .parameter = (char *)"nohz_full=2-3" },
	                              { .kind = ADVICE_DROP, .parameter = (char *)"hugepages=4" } };
static const struct advice advice = { .items = items, .count = 3 };

static void the_boot_loader(void **state)
{
	struct check_input input = { .advice = &advice, .loader_command = "grubby --args=isolcpus=2-3" };
	char long_command[400] = "";
	struct finding finding = { 0 };

	(void)state;
	assert_true(fix_cmdline(&input, &finding, "isolcpus"));
	assert_string_equal(finding.fix, "grubby --args=isolcpus=2-3  # then reboot");
	assert_true(fix_cmdline(&input, &finding, "hugepages"));
	assert_false(fix_cmdline(&input, &finding, "nohz_full")); /* it is there already */
	assert_false(fix_cmdline(&input, &finding, "rcu_nocbs"));
	assert_true(fix_is_advised(&input, "nohz-full", true));
	assert_false(fix_is_advised(&input, "isolcpus", true));
	input.loader_command = "";
	assert_false(fix_cmdline(&input, &finding, "isolcpus")); /* no loader is known */
	input.loader_command = NULL;
	assert_false(fix_cmdline(&input, &finding, "isolcpus"));

	/* What would be cut is not printed at all. */
	memset(long_command, 'x', sizeof(finding.fix) - sizeof("  # then reboot"));
	input.loader_command = long_command;
	assert_true(fix_cmdline(&input, &finding, "isolcpus"));
	assert_int_equal(strlen(finding.fix), sizeof(finding.fix) - 1);
	assert_string_equal(finding.fix + strlen(long_command), "  # then reboot");
	long_command[strlen(long_command)] = 'x';
	assert_true(fix_cmdline(&input, &finding, "isolcpus"));
	assert_string_equal(finding.fix, "vfio-prep --advise  # prints the command for the boot loader; then reboot");
}

static void the_initramfs(void **state)
{
	struct check_input input = { .rebuild = "dracut --force" };
	struct finding finding = { 0 };

	(void)state;
	fix_rebuild(&input, &finding);
	assert_string_equal(finding.fix, "dracut --force  # then reboot");
	fix_apply(&input, &finding);
	assert_string_equal(finding.fix, "vfio-prep --apply  # for the next boots: dracut --force");
	input.rebuild = "";
	fix_rebuild(&input, &finding);
	assert_string_equal(finding.fix, "# rebuild the initramfs with what makes it here, then reboot");
	fix_apply(&input, &finding);
	assert_string_equal(finding.fix, "vfio-prep --apply  # for the next boots: rebuild the initramfs");
	input.in_unified = true;
	fix_rebuild(&input, &finding);
	assert_string_equal(finding.fix,
	                    "# rebuild the unified kernel image (UKI) with what makes it here, its initramfs first, "
	                    "then reboot");
}

static void the_config(void **state)
{
	const struct device_section section = { .name = "gpu" };
	struct finding finding = { 0 };

	(void)state;
	fix_config(&finding, "cpus", "", "isolate = %s", "2-3");
	assert_string_equal(finding.fix, "isolate = 2-3  ; in [cpus] of /etc/vfio-prep.conf");
	fix_device(&finding, &section, "then: vfio-prep --apply", "also = slot");
	assert_string_equal(finding.fix, "also = slot  ; in [device gpu] of /etc/vfio-prep.conf, then: vfio-prep --apply");
}

/* A config that the caller named is the one that fixes name; it is a word of the shell where a command has it. */
static void another_config(void **state)
{
	static const struct {
		const char *file, *config, *program;
	} rows[] = {
		{ NULL, "/etc/vfio-prep.conf", "vfio-prep" },
		{ "/etc/vfio-prep.conf", "/etc/vfio-prep.conf", "vfio-prep" },
		{ "new.conf", "new.conf", "vfio-prep --config new.conf" },
		{ "/root/my host.conf", "/root/my host.conf", "vfio-prep --config '/root/my host.conf'" },
		{ "$HOME", "$HOME", "vfio-prep --config '$HOME'" },
		{ "it's", "FILE", "vfio-prep --config FILE" },
		{ "a\nb", "FILE", "vfio-prep --config FILE" },
	};
	struct check_input input = { .advice = &advice, .rebuild = "dracut --force" };
	char longest[102] = "", expected[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct report report = { 0 };
		struct finding *finding;

		fix_name_config(rows[i].file, &report);
		finding = report_add(&report, "boot.stale", "", STATUS_WARN, "text");
		assert_string_equal(fix_file(finding), rows[i].config);
		assert_string_equal(fix_program(finding), rows[i].program);
		fix_config(finding, "cpus", "", "tick = yes");
		snprintf(expected, sizeof(expected), "tick = yes  ; in [cpus] of %s", rows[i].config);
		assert_string_equal(finding->fix, expected);
		fix_apply(&input, finding);
		snprintf(expected, sizeof(expected), "%s --apply  # for the next boots: dracut --force", rows[i].program);
		assert_string_equal(finding->fix, expected);
		report_done(&report);
	}
	memset(longest, 'x', sizeof(longest) - 1);
	for (int cut = 0; cut < 2; cut++) {
		struct report report = { 0 };

		longest[sizeof(longest) - 1 - (size_t)cut] = '\0';
		fix_name_config(longest, &report);
		assert_string_equal(fix_file(report_add(&report, "boot.stale", "", STATUS_WARN, "text")),
		                    cut ? longest : "FILE");
		report_done(&report);
	}
}

static void the_config_of_the_initramfs(void **state)
{
	struct check_input input = { .advice = &advice, .rebuild = "dracut --force" };
	struct report report = { 0 };
	struct finding *finding = report_add(&report, "boot.stale", "", STATUS_WARN, "text");

	(void)state;
	fix_rebuild_config(&input, finding);
	assert_string_equal(finding->fix, "dracut --force  # then reboot");
	fix_name_config("my new.conf", &report);
	finding = report_add(&report, "boot.stale", "", STATUS_WARN, "text");
	fix_rebuild_config(&input, finding);
	assert_string_equal(finding->fix,
	                    "install -m 0644 -- 'my new.conf' /etc/vfio-prep.conf && dracut --force  # then reboot");
	input.rebuild = "";
	fix_rebuild_config(&input, finding);
	assert_string_equal(
		finding->fix, "install -m 0644 -- 'my new.conf' /etc/vfio-prep.conf  # then rebuild the initramfs, and reboot");
	report_done(&report);
}

static void the_firmware(void **state)
{
	struct host host = { .iommu_firmware = ANSWER_NO, .x86 = ANSWER_YES };
	struct check_input input = { .advice = &advice, .loader_command = "grubby", .host = &host };
	static struct advice_item item = { .kind = ADVICE_ADD, .parameter = (char *)"intel_iommu=on" };
	const struct advice on = { .items = &item, .count = 1 };
	struct finding finding = { 0 };

	(void)state;
	fix_iommu(&input, &finding);
	assert_non_null(strstr(finding.fix, "# switch VT-d (Intel)"));
	host.iommu_firmware = ANSWER_YES;
	fix_iommu(&input, &finding);
	assert_non_null(strstr(finding.fix, "# add intel_iommu=on"));
	input.advice = &on;
	fix_iommu(&input, &finding);
	assert_string_equal(finding.fix, "grubby  # then reboot");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_boot_loader), cmocka_unit_test(the_initramfs), cmocka_unit_test(the_config),
		cmocka_unit_test(another_config), cmocka_unit_test(the_config_of_the_initramfs),
		cmocka_unit_test(the_firmware),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
