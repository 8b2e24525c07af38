/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdlib.h>

#include "base/array.h"

static void grows_and_keeps(void **state)
{
	size_t *items = NULL, count = 0;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		size_t *item = array_add(&items, &count, sizeof(*item));

		assert_non_null(item);
		assert_int_equal(*item, 0); /* zeroed, though the memory may have been used */
		assert_ptr_equal(item, &items[i]);
		assert_int_equal(count, i + 1);
		*item = ~i;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(items[i], ~i);
	free(items);
}

static void too_large(void **state)
{
	void *items = NULL;
	size_t count = (SIZE_MAX >> 4) + 1; /* a power of two: the array is full */

	(void)state;
	assert_null(array_add(&items, &count, 16));
	assert_int_equal(count, (SIZE_MAX >> 4) + 1);
	assert_null(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(grows_and_keeps), cmocka_unit_test(too_large) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
