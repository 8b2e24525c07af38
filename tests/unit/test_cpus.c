/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/cpus.h"

static void lists(void **state)
{
	struct cpus cpus;

	(void)state;
	assert_int_equal(cpus_parse("0-3,8,10-12", &cpus), 0);
	assert_int_equal(cpus_count(&cpus), 8);
	assert_true(cpus_has(&cpus, 0));
	assert_true(cpus_has(&cpus, 3));
	assert_false(cpus_has(&cpus, 4));
	assert_true(cpus_has(&cpus, 8));
	assert_false(cpus_has(&cpus, 9));
	assert_true(cpus_has(&cpus, 12));
	assert_false(cpus_has(&cpus, 13));
}

static void order_does_not_matter(void **state)
{
	struct cpus one, other;

	(void)state;
	assert_int_equal(cpus_parse("0-3,8", &one), 0);
	assert_int_equal(cpus_parse("8,2-3,0,1-2", &other), 0);
	assert_memory_equal(&one, &other, sizeof(one));
}

static void limits(void **state)
{
	struct cpus cpus;

	(void)state;
	assert_int_equal(cpus_parse("0-8191", &cpus), 0);
	assert_int_equal(cpus_count(&cpus), CPUS_MAX);
	assert_false(cpus_has(&cpus, CPUS_MAX));
	assert_int_equal(cpus_parse("63-64", &cpus), 0);
	assert_int_equal(cpus_count(&cpus), 2);
	assert_true(cpus_has(&cpus, 64));
	cpus_add(&cpus, CPUS_MAX); /* past the end: nothing */
	assert_int_equal(cpus_count(&cpus), 2);
	cpus_add(&cpus, 65);
	assert_int_equal(cpus_count(&cpus), 3);
}

static void bad_lists(void **state)
{
	static const struct {
		const char *text;
		int result;
	} cases[] = {
		{ "", -EINVAL },      { ",", -EINVAL },     { "1,", -EINVAL },     { ",1", -EINVAL },   { "1,,2", -EINVAL },
		{ "3-1", -EINVAL },   { "-3", -EINVAL },    { "3-", -EINVAL },     { "1-2-3", -EINVAL }, { "1 ,2", -EINVAL },
		{ "a", -EINVAL },     { "0x1", -EINVAL },   { "8192", -ERANGE },   { "0-8192", -ERANGE },
		{ "1:2", -EINVAL },   { "99999999999999999999-1", -ERANGE },
		{ "000000000000000000000000000000000000001", -EINVAL },
	};
	struct cpus cpus, before;

	(void)state;
	assert_int_equal(cpus_parse("5", &cpus), 0);
	before = cpus;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(cpus_parse(cases[i].text, &cpus), cases[i].result);
		assert_memory_equal(&cpus, &before, sizeof(cpus));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists), cmocka_unit_test(order_does_not_matter), cmocka_unit_test(limits), cmocka_unit_test(bad_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
