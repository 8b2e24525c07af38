/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "host/cmdline.h"

static void read_line(const struct tree *tree, const char *line, struct cmdline *ret)
{
	tree_write(tree, "proc/cmdline", line);
	assert_int_equal(cmdline_read(&tree->root, ret), 0);
}

static void parameters(void **state)
{
	const struct tree *tree = *state;
	struct cmdline cmdline;
	const char *value;

	assert_int_equal(cmdline_read(&tree->root, &cmdline), -ENOENT);
	read_line(tree, "BOOT_IMAGE=/vmlinuz root=UUID=12-34  ro\tquiet a-b_c=1 root=/dev/sda1\n", &cmdline);
	assert_int_equal(cmdline.count, 6);
	assert_true(cmdline_has(&cmdline, "root", &value));
	assert_string_equal(value, "/dev/sda1"); /* the last one wins */
	assert_true(cmdline_has(&cmdline, "ro", &value));
	assert_null(value);
	assert_true(cmdline_has(&cmdline, "quiet", NULL));
	assert_true(cmdline_has(&cmdline, "a_b-c", &value));
	assert_string_equal(value, "1");
	assert_false(cmdline_has(&cmdline, "a_b", NULL));
	assert_false(cmdline_has(&cmdline, "a_b_c_d", NULL));
	assert_false(cmdline_has(&cmdline, "", NULL));
	assert_string_equal(cmdline.parameters[1].value, "UUID=12-34"); /* cut at the first '=' */
	cmdline_done(&cmdline);
	read_line(tree, "", &cmdline);
	assert_int_equal(cmdline.count, 0);
	cmdline_done(&cmdline);
	cmdline_done(NULL);
}

static void quotes(void **state)
{
	const struct tree *tree = *state;
	struct cmdline cmdline;
	const char *value;

	read_line(tree, "a=\"b c\" \"d=e f\" g=\"h i=j\"k l=\"open end\n", &cmdline);
	assert_int_equal(cmdline.count, 4);
	assert_true(cmdline_has(&cmdline, "a", &value));
	assert_string_equal(value, "b c");
	assert_true(cmdline_has(&cmdline, "d", &value));
	assert_string_equal(value, "e f");
	assert_true(cmdline_has(&cmdline, "g", &value));
	assert_string_equal(value, "h i=jk");
	assert_true(cmdline_has(&cmdline, "l", NULL)); /* quoted to the end */
	cmdline_done(&cmdline);
}

static void expect_switch(const struct tree *tree, const char *line, enum switch_mode mode, const char *why)
{
	struct cmdline cmdline;
	struct switches switches;

	read_line(tree, line, &cmdline);
	assert_int_equal(switches_read(&cmdline, &switches), 0);
	if (switches.mode != mode || strcmp(switches.why, why) != 0)
		fail_msg("'%s': mode %d because of '%s'; expected %d because of '%s'", line, switches.mode, switches.why, mode,
		         why);
	switches_done(&switches);
	cmdline_done(&cmdline);
}

static void off_and_plan(void **state)
{
	static const char *const off[] = {
		"vfio_prep=off", "vfio_prep=no", "vfio_prep=0", "vfio-prep=off", "vfio_prep=of", "rd.hostonly=0",
		"modprobe.blacklist=vfio-pci", "modprobe.blacklist=nouveau,vfio_pci", "module_blacklist=vfio-pci", "single",
		"rescue", "emergency", "S", "1", "systemd.unit=rescue.target", "systemd.unit=emergency.target",
		"elfcorehdr=0x2000000", "elfcorehdr=1@2K",
	};
	static const char *const run[] = {
		"", "quiet", "vfio_prep=on", "vfio_prep=yes", "rd.hostonly=1", "modprobe.blacklist=nouveau",
		"modprobe.blacklist=vfio-pci-core", "modprobe.blacklist=xvfio-pci", "modprobe.blacklist=", "single=1",
		"rescued",
		"systemd.unit=multi-user.target", "vfio_prep.skip=", "vfio_prep.skip", "vfio_prepare=off", "root=LABEL=rescue",
	};
	const struct tree *tree = *state;

	for (size_t i = 0; i < ARRAY_SIZE(off); i++)
		expect_switch(tree, off[i], SWITCH_OFF, off[i]);
	for (size_t i = 0; i < ARRAY_SIZE(run); i++)
		expect_switch(tree, run[i], SWITCH_RUN, "");
	expect_switch(tree, "vfio_prep", SWITCH_OFF, "vfio_prep"); /* somebody wanted something with it */
	expect_switch(tree, "vfio_prep=plan", SWITCH_PLAN, "vfio_prep=plan");
	expect_switch(tree, "vfio_prep=plan single", SWITCH_OFF, "single"); /* the stronger one */
	expect_switch(tree, "single vfio_prep=plan", SWITCH_OFF, "single");
	expect_switch(tree, "single rescue", SWITCH_OFF, "single"); /* the first of them is named */
	expect_switch(tree, "quiet vfio_prep=off vfio_prep=on", SWITCH_OFF, "vfio_prep=off");
}

static void skipping(void **state)
{
	const struct tree *tree = *state;
	struct cmdline cmdline;
	struct switches switches;

	read_line(tree, "vfio_prep.skip=0000:01:00.0,02:00.1 quiet vfio-prep.skip=10000:e1:00.0", &cmdline);
	assert_int_equal(switches_read(&cmdline, &switches), 0);
	assert_int_equal(switches.mode, SWITCH_RUN);
	assert_int_equal(switches.skip_count, 3);
	assert_int_equal(switches.skip[0].bus, 1);
	assert_int_equal(switches.skip[1].function, 1);
	assert_int_equal(switches.skip[2].domain, 0x10000);
	assert_string_equal(switches.skip_error, "");
	switches_done(&switches);
	cmdline_done(&cmdline);
	/* Which device is to be left alone cannot be told: all are. */
	read_line(tree, "vfio_prep.skip=01:00.0,gpu", &cmdline);
	assert_int_equal(switches_read(&cmdline, &switches), 0);
	assert_int_equal(switches.mode, SWITCH_OFF);
	assert_string_equal(switches.skip_error, "gpu");
	assert_string_equal(switches.why, "vfio_prep.skip=01:00.0,gpu");
	switches_done(&switches);
	switches_done(NULL);
	cmdline_done(&cmdline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(parameters), tree_test(quotes), tree_test(off_and_plan), tree_test(skipping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
