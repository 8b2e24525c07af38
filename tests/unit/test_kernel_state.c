/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdio.h>

#include "base/array.h"
#include "host/kernel_state.h"

static void answers(void **state)
{
	static const struct {
		const char *value;
		enum answer answer;
	} cases[] = {
		{ "Y", ANSWER_YES }, { "1", ANSWER_YES }, { "N", ANSWER_NO }, { "0", ANSWER_NO }, { "", ANSWER_UNKNOWN },
		{ "2", ANSWER_UNKNOWN },
		{ "10", ANSWER_UNKNOWN }, { "never", ANSWER_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct module_parameter parameter = { .value = "" };

		snprintf(parameter.value, sizeof(parameter.value), "%s", cases[i].value);
		assert_int_equal(module_parameter_answer(&parameter), cases[i].answer);
	}
}

static void nothing_is_unknown(void **state)
{
	const struct tree *tree = *state;
	struct kernel_state kernel;

	kernel_state_read(&tree->root, &kernel);
	assert_true(kernel.taint == TAINT_UNKNOWN);
	assert_int_equal(kernel.unsafe_interrupts.loaded, ANSWER_UNKNOWN);
	assert_int_equal(kernel.kvm, ANSWER_UNKNOWN);
	assert_int_equal(kernel.virtualization, ANSWER_UNKNOWN);
	assert_int_equal(kernel.kvm_setting_count, 0);
	assert_null(kernel.paging.module);
	tree_mkdir(tree, "sys/module/vfio");
	tree_mkdir(tree, "dev");
	kernel_state_read(&tree->root, &kernel);
	assert_int_equal(kernel.kvm, ANSWER_NO);
	assert_int_equal(kernel.unsafe_interrupts.loaded, ANSWER_NO);
	assert_int_equal(kernel.noiommu.loaded, ANSWER_YES);
	assert_true(kernel.noiommu.missing);
}

static void machine(void **state)
{
	const struct tree *tree = *state;
	struct kernel_state kernel;

	tree_unpack(tree, "desktop-rivals");
	kernel_state_read(&tree->root, &kernel);
	assert_int_equal(kernel.taint, 4609);
	assert_string_equal(kernel.noiommu.value, "Y");
	assert_string_equal(kernel.vendor, "GenuineIntel");
	assert_int_equal(kernel.virtualization, ANSWER_NO);
	assert_int_equal(kernel.kvm_setting_count, 3);
	assert_string_equal(kernel.kvm_settings[1].name, "halt_poll_ns");
	assert_string_equal(kernel.kvm_settings[1].value, "200000");
	tree_write(tree, "sys/module/kvm_amd/parameters/npt", "0\n");
	tree_write(tree, "proc/cpuinfo",
	           "processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: fpu svm_lock svm\nflags\t\t: fpu\n");
	tree_write(tree, "proc/sys/kernel/tainted", "-1\n");
	kernel_state_read(&tree->root, &kernel);
	assert_string_equal(kernel.paging.name, "npt");
	assert_string_equal(kernel.vendor, "AuthenticAMD");
	assert_int_equal(kernel.virtualization, ANSWER_YES);
	assert_true(kernel.taint == TAINT_UNKNOWN);
	tree_write(tree, "proc/cpuinfo", "flags\t\t: fpu svm_lock\n");
	kernel_state_read(&tree->root, &kernel);
	assert_int_equal(kernel.virtualization, ANSWER_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(answers), tree_test(nothing_is_unknown), tree_test(machine) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
