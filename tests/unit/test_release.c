/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include "host/release.h"

static void releases(void **state)
{
	static const struct {
		const char *text;
		unsigned int release;
	} rows[] = {
		{ "6.1.0-28-amd64\n", RELEASE(6, 1) }, { "6.12.9\n", RELEASE(6, 12) }, { "6.6-rc1\n", RELEASE(6, 6) },
		{ "5.14.0-503.el9.x86_64\n", RELEASE(5, 14) }, { "6.6+\n", RELEASE(6, 6) }, { "6.8~pve\n", RELEASE(6, 8) },
		{ "10.0\n", RELEASE(10, 0) },
		{ "", 0 }, { "6\n", 0 }, { "six.one\n", 0 }, { "6.x\n", 0 }, { "-6.1\n", 0 }, { "6.1234.5\n", 0 },
		{ "v6.1\n", 0 },
	};
	const struct tree *tree = *state;

	assert_int_equal(release_read(&tree->root), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tree_write(tree, "proc/sys/kernel/osrelease", rows[i].text);
		assert_int_equal(release_read(&tree->root), rows[i].release);
	}
	assert_true(RELEASE(6, 12) > RELEASE(6, 6)); /* as numbers, not as text */
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(releases) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
