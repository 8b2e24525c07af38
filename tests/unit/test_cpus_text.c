/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Masks, and the shorter of list and mask (base/cpus_text.c). */
#include "support.h"

#include <errno.h>
#include <string.h>

#include "base/cpus.h"

static void expect_mask(const char *list, const char *mask)
{
	struct cpus cpus, back;
	char text[CPUS_MASK_MAX];

	assert_int_equal(cpus_parse(list, &cpus), 0);
	assert_true(cpus_format_mask(&cpus, text, sizeof(text)));
	assert_string_equal(text, mask);
	assert_int_equal(cpus_parse_mask(text, &back), 0);
	assert_true(cpus_equal(&cpus, &back));
}

static void masks_and_back(void **state)
{
	struct cpus none = { 0 }, all = { 0 }, back;
	char text[CPUS_MASK_MAX];

	(void)state;
	expect_mask("0", "1");
	expect_mask("0-3", "f");
	expect_mask("0-31", "ffffffff");
	expect_mask("32", "1,00000000");
	expect_mask("0,33,64-67", "f,00000002,00000001");
	assert_true(cpus_format_mask(&none, text, sizeof(text)));
	assert_string_equal(text, "0");
	for (unsigned int i = 0; i < CPUS_MAX; i++)
		cpus_add(&all, i);
	assert_true(cpus_format_mask(&all, text, sizeof(text)));
	assert_int_equal(strlen(text), CPUS_MASK_MAX - 2); /* no comma in front */
	assert_int_equal(cpus_parse_mask(text, &back), 0);
	assert_true(cpus_equal(&all, &back));
	assert_false(cpus_format_mask(&all, text, 20));
}

static void what_is_no_mask(void **state)
{
	static const char *const wrong[] = { "", ",", "1,", ",1", "1 ", "0x1", "g", "100000000", "-1", "1,,2" };
	char wide[CPUS_MASK_MAX + 40] = "";
	struct cpus cpus;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(cpus_parse_mask(wrong[i], &cpus), -EINVAL);
	/* As wide as a larger NR_CPUS, with zeros above and then with a CPU there. */
	for (size_t i = 0; i <= CPUS_MAX / 32; i++)
		strcat(wide, i ? ",00000001" : "00000000");
	assert_int_equal(cpus_parse_mask(wide, &cpus), 0);
	assert_true(cpus_has(&cpus, CPUS_MAX - 32) && cpus_count(&cpus) == CPUS_MAX / 32);
	wide[7] = '1';
	assert_int_equal(cpus_parse_mask(wide, &cpus), -ERANGE);
}

static void the_shorter_one(void **state)
{
	struct cpus cpus = { 0 }, back;
	char text[160];

	(void)state;
	assert_int_equal(cpus_parse("0-3,8", &cpus), 0);
	assert_true(cpus_format_short(&cpus, text, sizeof(text)));
	assert_string_equal(text, "0-3,8");
	for (unsigned int i = 0; i < 256; i += 2)
		cpus_add(&cpus, i);
	assert_true(cpus_format_short(&cpus, text, sizeof(text)));
	assert_int_equal(strncmp(text, "0x55555555,55555555,", 20), 0);
	assert_int_equal(cpus_parse_short(text, &back), 0);
	assert_true(cpus_equal(&cpus, &back));
	assert_int_equal(cpus_parse_short("0-3,8", &back), 0);
	for (unsigned int i = 0; i < CPUS_MAX; i += 2)
		cpus_add(&cpus, i);
	assert_false(cpus_format_short(&cpus, text, sizeof(text)));
	assert_false(cpus_format_short(&cpus, text, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_and_back), cmocka_unit_test(what_is_no_mask), cmocka_unit_test(the_shorter_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
