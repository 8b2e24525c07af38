/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>

#include "base/cpulist.h"

static void expect(const char *text, const char *wanted)
{
	char list[256];
	struct cpus cpus;

	assert_int_equal(cpulist_parse(text, 15, &cpus), 0);
	assert_true(cpus_format(&cpus, list, sizeof(list)));
	assert_string_equal(list, wanted);
}

/* The examples of kernel-parameters.rst, and what lib/test_bitmap.c tries. */
static void what_the_kernel_takes(void **state)
{
	(void)state;
	expect("1,2,10-12", "1-2,10-12");
	expect("4-N", "4-15");
	expect("N", "15");
	expect("N-N", "15");
	expect("all", "0-15");
	expect("All", "0-15");
	expect("0-15:2/4", "0-1,4-5,8-9,12-13");
	expect("all:1/2", "0,2,4,6,8,10,12,14");
	expect("2-8:3/5", "2-4,7-8");
	expect("0-N:1/N", "0,15");
	expect("0-3:0/4", "");
	expect(",,4,, 5\t", "4-5");
	expect("", "");
	expect("4,4-5,5", "4-5");
	expect("200", "200"); /* beyond the last possible one: for the caller to judge */
}

static void what_it_refuses(void **state)
{
	static const char *const texts[] = {
		"-4", "4-", "4-2", "x", "4x", "4:1/2", "0-7:1", "0-7:1/", "0-7:/2", "0-7:3/2", "0-7:0/0", "0-7:1/2x", "n", "al",
		"allx", "0x4", "+4", "N-4",
	};
	struct cpus cpus;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(cpulist_parse(texts[i], 15, &cpus), -EINVAL);
	assert_int_equal(cpulist_parse("0-8192", 15, &cpus), -ERANGE);
	assert_int_equal(cpulist_parse("99999999999999999999", 15, &cpus), -ERANGE);
	assert_int_equal(cpulist_parse("0-3:1/4294967295", 15, &cpus), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_the_kernel_takes), cmocka_unit_test(what_it_refuses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
