/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/parse.h"

#define UNTOUCHED UINT64_C(0x5a5a)

static void numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		int result;
		uint64_t value;
	} cases[] = {
		{ "0", 0, 0, 0 },
		{ "00012", 99, 0, 12 },
		{ "99", 99, 0, 99 },
		{ "100", 99, -ERANGE, 0 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, -ERANGE, 0 },
		{ "99999999999999999999999999999999", UINT64_MAX, -ERANGE, 0 },
		{ "", 9, -EINVAL, 0 },
		{ " 1", 9, -EINVAL, 0 },
		{ "1 ", 9, -EINVAL, 0 },
		{ "+1", 9, -EINVAL, 0 },
		{ "-1", UINT64_MAX, -EINVAL, 0 },
		{ "0x1", 9, -EINVAL, 0 },
		{ "1a", 9, -EINVAL, 0 },
		{ "1.0", 9, -EINVAL, 0 },
		{ "\xd9\xa1", 9, -EINVAL, 0 }, /* an Arabic digit */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = UNTOUCHED;

		assert_int_equal(parse_number(cases[i].text, cases[i].max, &value), cases[i].result);
		assert_int_equal(value, cases[i].result ? UNTOUCHED : cases[i].value);
	}
}

static void hex(void **state)
{
	static const struct {
		const char *text;
		size_t min, max;
		int result;
		uint64_t value;
	} cases[] = {
		{ "0", 1, 1, 0, 0 },
		{ "10dE", 4, 4, 0, 0x10de },
		{ "10d", 4, 4, -EINVAL, 0 },
		{ "010de", 4, 4, -EINVAL, 0 },
		{ "ffffffffffffffff", 1, 16, 0, UINT64_MAX },
		{ "0x10", 1, 4, -EINVAL, 0 },
		{ "", 0, 4, 0, 0 },
		{ "", 1, 4, -EINVAL, 0 },
		{ "1g", 1, 4, -EINVAL, 0 },
		{ "-1", 1, 4, -EINVAL, 0 },
		{ " 1", 1, 4, -EINVAL, 0 },
		{ "1\n", 1, 4, -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = UNTOUCHED;

		assert_int_equal(parse_hex(cases[i].text, cases[i].min, cases[i].max, &value), cases[i].result);
		assert_int_equal(value, cases[i].result ? UNTOUCHED : cases[i].value);
	}
}

static void booleans(void **state)
{
	static const char *const yes[] = { "yes", "Yes", "YES", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "OFF", "0" };
	static const char *const neither[] = { "", "y", "n", "yes ", " no", "2", "00", "ja", "yesno" };
	bool value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		value = false;
		assert_int_equal(parse_bool(yes[i], &value), 0);
		assert_true(value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		value = true;
		assert_int_equal(parse_bool(no[i], &value), 0);
		assert_false(value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(neither); i++) {
		value = true;
		assert_int_equal(parse_bool(neither[i], &value), -EINVAL);
		assert_true(value);
	}
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t bytes;
		bool bare;
	} cases[] = {
		{ "0", 0, 0, true },
		{ "16", 0, 16, true },
		{ "4K", 0, 4096, false },
		{ "2m", 0, 2 << 20, false },
		{ "16G", 0, UINT64_C(16) << 30, false },
		{ "1T", 0, UINT64_C(1) << 40, false },
		{ "16777215T", 0, UINT64_C(16777215) << 40, false },
		{ "16777216T", -ERANGE, 0, false },
		{ "18446744073709551616", -ERANGE, 0, false },
		{ "000000000000000000000000000001K", -ERANGE, 0, false },
		{ "G", -EINVAL, 0, false },
		{ "1.5G", -EINVAL, 0, false },
		{ "2 G", -EINVAL, 0, false },
		{ "2GB", -EINVAL, 0, false },
		{ "2GiB", -EINVAL, 0, false },
		{ "2P", -EINVAL, 0, false },
		{ "-2G", -EINVAL, 0, false },
		{ "", -EINVAL, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t bytes = UNTOUCHED;
		bool bare = !cases[i].bare;

		assert_int_equal(parse_size(cases[i].text, &bytes, &bare), cases[i].result);
		assert_int_equal(bytes, cases[i].result ? UNTOUCHED : cases[i].bytes);
		if (!cases[i].result)
			assert_int_equal(bare, cases[i].bare);
	}
}

static void memory_of_the_kernel(void **state)
{
	(void)state;
	assert_int_equal(parse_memory("2M"), 2 << 20);
	assert_int_equal(parse_memory("1GB"), 1 << 30);
	assert_int_equal(parse_memory("1g"), 1 << 30);
	assert_int_equal(parse_memory("0x10k"), 16 << 10);
	assert_int_equal(parse_memory("010"), 8);
	assert_int_equal(parse_memory("4294967296T"), 0); /* more than 64 bits */
	assert_int_equal(parse_memory("x"), 0);
	assert_int_equal(parse_memory("-1G"), 0);
	assert_int_equal(parse_memory(""), 0);
}

static void numbers_of_the_kernel(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t value;
	} cases[] = {
		{ "0", 0, 0 }, { "1024", 0, 1024 }, { "0x400", 0, 1024 }, { "0X400", 0, 1024 }, { "02000", 0, 1024 },
		{ "08", -EINVAL, 0 }, { "0x", -EINVAL, 0 }, { "", -EINVAL, 0 }, { "-1", -EINVAL, 0 }, { "1 ", -EINVAL, 0 },
		{ "5000", -ERANGE, 0 }, { "0xffffffffffffffffff", -ERANGE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = UNTOUCHED;

		assert_int_equal(parse_kernel_number(cases[i].text, 4096, &value), cases[i].result);
		assert_int_equal(value, cases[i].result ? UNTOUCHED : cases[i].value);
	}
}

static void durations(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t usec;
	} cases[] = {
		{ "0us", 0, 0 },           { "10us", 0, 10 },       { "5ms", 0, 5000 },
		{ "20s", 0, 20000000 },    { "2min", 0, 120000000 }, { "20", -EINVAL, 0 },
		{ "20 s", -EINVAL, 0 },    { "s", -EINVAL, 0 },     { "1h", -EINVAL, 0 },
		{ "1S", -EINVAL, 0 },      { "1.5s", -EINVAL, 0 },  { "18446744073709551615s", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t usec = UNTOUCHED;

		assert_int_equal(parse_duration(cases[i].text, &usec), cases[i].result);
		assert_int_equal(usec, cases[i].result ? UNTOUCHED : cases[i].usec);
	}
}

static void words(void **state)
{
	char text[] = "  one\ttwo  three ", *next = text;
	char blank[] = " \t ", empty[] = "", *rest = blank;

	(void)state;
	assert_string_equal(parse_word(&next, " \t"), "one");
	assert_string_equal(parse_word(&next, " \t"), "two");
	assert_string_equal(parse_word(&next, " \t"), "three");
	assert_null(parse_word(&next, " \t"));
	assert_null(parse_word(&next, " \t"));
	assert_null(parse_word(&rest, " \t"));
	rest = empty;
	assert_null(parse_word(&rest, " \t"));
}

static void utf8(void **state)
{
	static const char *const good[] = {
		"", "plain", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
		"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "gr\xc3\xbc\xc3\x9f",
	};
	static const char *const bad[] = {
		"\x80",             /* a continuation alone */
		"\xc0\xaf",         /* '/' in two bytes */
		"\xc1\xbf",
		"\xe0\x9f\xbf",     /* overlong */
		"\xed\xa0\x80",     /* a surrogate */
		"\xf0\x8f\xbf\xbf", /* overlong */
		"\xf4\x90\x80\x80", /* over U+10FFFF */
		"\xf5\x80\x80\x80", "\xff", "\xfe",
		"\xc3",             /* cut */
		"\xe2\x82", "\xf0\x9f\x98",
		"\xc3\x28",         /* no continuation */
		"\xe2\x28\xa1", "\xe2\x82\x28", "\xf0\x90\x28\xbc", "a\xffz",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(parse_is_utf8(good[i], strlen(good[i])));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(parse_is_utf8(bad[i], strlen(bad[i])));
	assert_true(parse_is_utf8("a\0b", 3));
	assert_false(parse_is_utf8("\xc3\xbc", 1)); /* it never looks past the size */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(hex),
		cmocka_unit_test(booleans),
		cmocka_unit_test(sizes),
		cmocka_unit_test(memory_of_the_kernel),
		cmocka_unit_test(numbers_of_the_kernel),
		cmocka_unit_test(durations),
		cmocka_unit_test(words),
		cmocka_unit_test(utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
