/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fixes can be pasted: a command, a line of the config, or a comment. */
#include "support.h"

#include <string.h>

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
		cmocka_unit_test(the_firmware),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
