/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include "base/format.h"
#include "base/parse.h"

static void expect(uint64_t bytes, const char *wanted)
{
	char text[FORMAT_SIZE_MAX];

	assert_string_equal(format_size(bytes, text), wanted);
}

static void in_the_largest_unit(void **state)
{
	(void)state;
	expect(UINT64_C(2) << 20, "2M");
	expect(UINT64_C(1) << 30, "1G");
	expect(UINT64_C(16) << 30, "16G");
	expect(UINT64_C(3) << 40, "3T");
	expect(UINT64_C(1536) << 20, "1536M"); /* no whole G: nothing is lost */
	expect(64 << 10, "64K");
	expect(0, "0");
	expect(1023, "1023");
}

static void rounded_down(void **state)
{
	(void)state;
	expect(UINT64_C(1794328) << 10, "1752M");
	expect((UINT64_C(1) << 30) - 1, "1023M");
	expect((UINT64_C(1) << 20) - 1, "1023K");
	expect(UINT64_MAX, "17592186044415M");
}

static void sizes_of_pages_are_read_back(void **state)
{
	char text[FORMAT_SIZE_MAX];
	uint64_t bytes;
	bool bare;

	(void)state;
	for (unsigned int shift = 14; shift < 50; shift++) {
		assert_int_equal(parse_size(format_size(UINT64_C(1) << shift, text), &bytes, &bare), 0);
		assert_true(bytes == UINT64_C(1) << shift && !bare);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_the_largest_unit),
		cmocka_unit_test(rounded_down),
		cmocka_unit_test(sizes_of_pages_are_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
