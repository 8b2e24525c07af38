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

static struct cpus set(const char *list)
{
	struct cpus cpus = { 0 };

	if (*list)
		assert_int_equal(cpus_parse(list, &cpus), 0);
	return cpus;
}

static void operations(void **state)
{
	struct cpus a = set("0-3,64,100"), b = set("2-5,100,8191"), c;

	(void)state;
	c = a;
	cpus_and(&c, &b);
	assert_memory_equal(&c, &(struct cpus[]){ set("2-3,100") }, sizeof(c));
	c = a;
	cpus_or(&c, &b);
	assert_true(cpus_equal(&c, &(struct cpus[]){ set("0-5,64,100,8191") }[0]));
	assert_false(cpus_equal(&c, &a));
	c = a;
	cpus_minus(&c, &b);
	assert_true(cpus_equal(&c, &(struct cpus[]){ set("0-1,64") }[0]));
	assert_true(cpus_subset(&c, &a));
	assert_false(cpus_subset(&a, &c));
	assert_true(cpus_overlap(&a, &b));
	assert_false(cpus_overlap(&c, &b));
	cpus_remove(&c, 64);
	cpus_remove(&c, 5); /* not in it: nothing */
	cpus_remove(&c, CPUS_MAX);
	assert_true(cpus_equal(&c, &(struct cpus[]){ set("0-1") }[0]));
	assert_false(cpus_empty(&c));
	cpus_minus(&c, &a);
	assert_true(cpus_empty(&c));
	assert_true(cpus_subset(&c, &a));
	assert_false(cpus_overlap(&c, &a));
}

static void walks(void **state)
{
	struct cpus cpus = set("1,63-64,8191");
	unsigned int seen[4], count = 0;

	(void)state;
	CPUS_FOR_EACH(cpu, &cpus)
		seen[count++] = cpu;
	assert_int_equal(count, 4);
	assert_int_equal(seen[0], 1);
	assert_int_equal(seen[1], 63);
	assert_int_equal(seen[2], 64);
	assert_int_equal(seen[3], 8191);
	assert_int_equal(cpus_next(&cpus, 2), 63);
	assert_int_equal(cpus_next(&cpus, 65), 8191);
	assert_int_equal(cpus_next(&cpus, CPUS_MAX), CPUS_MAX);
	assert_int_equal(cpus_next(&(struct cpus){ 0 }, 0), CPUS_MAX);
}

static void formats(void **state)
{
	static const char *const lists[] = { "", "0", "0-1", "0-3,8,10-12", "63-64,8191", "0-8191", "1,3,5,7" };
	static char text[CPUS_TEXT_MAX];
	struct cpus every_pair = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct cpus cpus = set(lists[i]);

		assert_true(cpus_format(&cpus, text, sizeof(text)));
		assert_string_equal(text, lists[i]);
	}
	/* The longest of all. */
	for (unsigned int cpu = 0; cpu < CPUS_MAX; cpu++)
		if (cpu % 3 < 2)
			cpus_add(&every_pair, cpu);
	assert_true(cpus_format(&every_pair, text, sizeof(text)));
	assert_true(cpus_equal(&every_pair, &(struct cpus[]){ set(text) }[0]));
}

static void formats_cut(void **state)
{
	struct cpus cpus = set("0-3,8,10-12");
	char text[32];

	(void)state;
	assert_true(cpus_format(&cpus, text, sizeof("0-3,8,10-12")));
	assert_string_equal(text, "0-3,8,10-12");
	assert_false(cpus_format(&cpus, text, sizeof("0-3,8,10-12") - 1));
	assert_string_equal(text, "0-3,8...");
	assert_false(cpus_format(&cpus, text, sizeof("0-3,8...") - 1));
	assert_string_equal(text, "0-3...");
	assert_false(cpus_format(&cpus, text, 4));
	assert_string_equal(text, "...");
	assert_false(cpus_format(&cpus, text, 1));
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),      cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(limits),     cmocka_unit_test(bad_lists),
		cmocka_unit_test(operations), cmocka_unit_test(walks),
		cmocka_unit_test(formats),    cmocka_unit_test(formats_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
