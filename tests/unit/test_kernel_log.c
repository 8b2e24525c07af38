/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "host/kernel_log.h"

static const struct pci_address gpu = { 0, 1, 0, 0 };

static void forms_of_lines(void **state)
{
	static const struct {
		const char *line, *text;
		uint64_t usec;
	} cases[] = {
		{ "6,339,5140900,-;nouveau 0000:01:00.0: hello", "nouveau 0000:01:00.0: hello", 5140900 },
		{ "6,340,5140901,-,caller=T1;with a caller; and more", "with a caller; and more", 5140901 },
		{ "[    5.140900] from dmesg", "from dmesg", 5140900 },
		{ "[12345.678901] later", "later", UINT64_C(12345678901) },
		{ "[    5.140900] [   T12] of a thread", "of a thread", 5140900 },
		{ "[    5.140900][    C0] of a processor", "of a processor", 5140900 },
		{ "[drm] bare text", "[drm] bare text", 0 },
		{ "[    5.140900] [drm] Initialized", "[drm] Initialized", 5140900 },
		{ "<6>[    3.100000] nouveau 0000:01:00.0: raw", "nouveau 0000:01:00.0: raw", 3100000 },
		{ "[Sun Nov 22 20:26:42 2026] nouveau 0000:01:00.0: dated", "nouveau 0000:01:00.0: dated", 0 },
		{ "bare text", "bare text", 0 },
	};
	const struct tree *tree = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kernel_log log;

		tree_write(tree, "dev/kmsg", cases[i].line);
		assert_int_equal(kernel_log_read(&tree->root, &log), 0);
		assert_int_equal(log.count, 1);
		assert_string_equal(log.entries[0].text, cases[i].text);
		assert_int_equal(log.entries[0].usec, cases[i].usec);
		kernel_log_done(&log);
	}
}

static void whole_logs(void **state)
{
	const struct tree *tree = *state;
	struct kernel_log log;

	assert_int_equal(kernel_log_read(&tree->root, &log), -ENOENT);
	tree_write(tree, "dev/kmsg", "");
	assert_int_equal(kernel_log_read(&tree->root, &log), 0);
	assert_int_equal(log.count, 0);
	kernel_log_done(&log);
	tree_write(tree, "dev/kmsg",
	           "6,1,10,-;one\n SUBSYSTEM=pci\n DEVICE=+pci:0000:01:00.0\n6,2,20,-;two\n\n6,3,30,-;three");
	assert_int_equal(kernel_log_read(&tree->root, &log), 0);
	assert_int_equal(log.count, 3);
	assert_string_equal(log.entries[1].text, "two");
	assert_int_equal(log.entries[2].usec, 30);
	kernel_log_done(&log);
	kernel_log_done(NULL);
}

/* Which driver a log with these lines names for the GPU, "" none. */
static void expect_foreign(const struct tree *tree, const char *lines, const char *wanted, uint64_t usec)
{
	char driver[DRIVER_NAME_MAX] = "";
	const struct log_entry *entry;
	struct kernel_log log;

	tree_write(tree, "dev/kmsg", lines);
	assert_int_equal(kernel_log_read(&tree->root, &log), 0);
	entry = kernel_log_foreign(&log, &gpu, driver);
	if (*wanted) {
		assert_non_null(entry);
		assert_string_equal(driver, wanted);
		assert_int_equal(entry->usec, usec);
	} else {
		assert_null(entry);
		assert_string_equal(driver, "");
	}
	kernel_log_done(&log);
}

static void who_spoke_for_a_device(void **state)
{
	const struct tree *tree = *state;

	expect_foreign(tree, "[    1.000000] nouveau 0000:01:00.0: NVIDIA AD102", "nouveau", 1000000);
	expect_foreign(tree, "6,1,2000000,-;snd_hda_intel 0000:01:00.0: Disabling MSI", "snd_hda_intel", 2000000);
	expect_foreign(tree, "[    1.000000] [   T12] nouveau 0000:01:00.0: NVIDIA AD102", "nouveau", 1000000);
	expect_foreign(tree, "[ 1.0] pci 0000:01:00.0: [10de:2684] type 00\n[ 2.000000] nouveau 0000:01:00.0: x\n"
	               "[ 3.000000] other 0000:01:00.0: y", "nouveau", 2000000);
	/* Nobody foreign: the PCI core, vfio, and lines that only mention the address. */
	expect_foreign(tree, "[ 1.0] pci 0000:01:00.0: BAR 0: assigned", "", 0);
	expect_foreign(tree, "[ 1.0] vfio-pci 0000:01:00.0: vgaarb: VGA decodes changed", "", 0);
	expect_foreign(tree, "[ 1.0] mlx5_vfio_pci 0000:01:00.0: hello", "", 0);
	expect_foreign(tree, "[ 1.0] pcieport 0000:01:00.0: PME", "", 0);
	expect_foreign(tree, "[ 1.0] pci-stub 0000:01:00.0: claimed by stub", "", 0);
	expect_foreign(tree, "[ 1.0] vfio-prep: 0000:01:00.0: taken", "", 0);
	expect_foreign(tree, "[ 1.0] vgaarb: device changed 0000:01:00.0: x", "", 0);
	expect_foreign(tree, "[ 1.0] Adding to iommu group 0000:01:00.0: x", "", 0);
	expect_foreign(tree, "[ 1.0] 0000:01:00.0: x", "", 0);
	expect_foreign(tree, "", "", 0);
	/* Other addresses. */
	expect_foreign(tree,
	               "[ 1.0] nouveau 0000:01:00.1: x\n[ 1.0] nouveau 0001:01:00.0: x\n[ 1.0] nouveau 10000:01:00.0: x",
	               "", 0);
	/* One line that mentions it twice does not hide the next. */
	expect_foreign(tree, "[ 1.0] the device 0000:01:00.0: bad\n[ 2.000000] nouveau 0000:01:00.0: x", "nouveau",
	               2000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(forms_of_lines), tree_test(whole_logs),
		                                tree_test(who_spoke_for_a_device) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
