/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and values as systemd has them (apply/unit_names.c). */
#include "support.h"

#include <string.h>

#include "apply/slices.h"
#include "apply/unit_names.h"

static void types(void **state)
{
	(void)state;
	assert_true(unit_has_type("init.scope", ".scope"));
	assert_false(unit_has_type("init.scope", ".slice"));
	assert_false(unit_has_type(".slice", ".slice"));
	assert_false(unit_has_type("", ".slice"));
}

static void slices_of_the_host(void **state)
{
	(void)state;
	assert_string_equal(unit_of_every_host(0), "init.scope");
	assert_string_equal(unit_of_every_host(1), "system.slice");
	assert_string_equal(unit_of_every_host(2), "user.slice");
	assert_null(unit_of_every_host(3));
	assert_true(unit_is_host_slice("kubepods.slice"));
	assert_true(unit_is_host_slice("a\\x2db.slice"));
	/* Below another one, the root itself, guests, what is listed already, what is no slice. */
	assert_false(unit_is_host_slice("user-1000.slice"));
	assert_false(unit_is_host_slice("-.slice"));
	assert_false(unit_is_host_slice("machine.slice"));
	assert_false(unit_is_host_slice("qemu.slice"));
	assert_false(unit_is_host_slice("system.slice"));
	assert_false(unit_is_host_slice("user.slice"));
	assert_false(unit_is_host_slice("init.scope"));
}

/* As systemd-escape(1) has it. */
static void escaping(void **state)
{
	char text[40];

	(void)state;
	assert_true(unit_escape("win10", text, sizeof(text)));
	assert_string_equal(text, "win10");
	assert_true(unit_escape("a-b_c.d:e", text, sizeof(text)));
	assert_string_equal(text, "a\\x2db_c.d:e");
	assert_true(unit_escape(".a/b c\\", text, sizeof(text)));
	assert_string_equal(text, "\\x2ea-b\\x20c\\x5c");
	assert_true(unit_escape("\xc3\xa4@%", text, sizeof(text)));
	assert_string_equal(text, "\\xc3\\xa4\\x40\\x25");
	assert_true(unit_escape("", text, sizeof(text)));
	assert_string_equal(text, "");
	assert_true(unit_escape("ab", text, 3));
	assert_false(unit_escape("abc", text, 3));
	assert_false(unit_escape("a-", text, 5));
	assert_true(unit_escape("a-", text, 6));
}

static void the_longest_name_fits(void **state)
{
	char name[49], scope[SCOPE_NAME_MAX];

	(void)state;
	scope_name("my-vm", scope);
	assert_string_equal(scope, "vfio-prep-my\\x2dvm.scope");
	memset(name, '-', 48);
	name[48] = '\0';
	scope_name(name, scope);
	assert_int_equal(strlen(scope), strlen("vfio-prep-.scope") + 4 * 48);
}

static void expect_mask(const char *list, const char *bytes, size_t size)
{
	uint8_t mask[UNIT_MASK_MAX];
	struct cpus cpus = { 0 }, back;

	if (*list)
		assert_int_equal(cpus_parse(list, &cpus), 0);
	assert_int_equal(unit_mask_build(&cpus, mask), size);
	assert_memory_equal(mask, bytes, size);
	unit_mask_read(mask, size, &back);
	assert_true(cpus_equal(&cpus, &back));
}

static void masks(void **state)
{
	uint8_t many[UNIT_MASK_MAX + 8];
	struct cpus cpus;

	(void)state;
	expect_mask("", "", 0);
	expect_mask("0", "\x01", 1);
	expect_mask("0-1,7", "\x83", 1);
	expect_mask("8", "\x00\x01", 2);
	expect_mask("4-7,12-15", "\xf0\xf0", 2);
	expect_mask("63-64", "\x00\x00\x00\x00\x00\x00\x00\x80\x01", 9);
	memset(many, 0xff, sizeof(many));
	unit_mask_read(many, sizeof(many), &cpus);
	assert_int_equal(cpus_count(&cpus), CPUS_MAX);
	assert_int_equal(unit_mask_build(&cpus, many), UNIT_MASK_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types),    cmocka_unit_test(slices_of_the_host),    cmocka_unit_test(escaping),
		cmocka_unit_test(masks),    cmocka_unit_test(the_longest_name_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
