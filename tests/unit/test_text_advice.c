/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "report/text.h"
#include "support.h"

/* What --advise prints of a config without kernel parameters to change; to be freed. */
static char *printed(bool enabled, bool no_cmdline, bool no_cpus)
{
	struct config config = { .enabled = enabled };
	struct advised advised = { .isolation.unknown = no_cpus, .advice.unknown = no_cmdline };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct style style = { out, false, false };

	assert_non_null(out);
	text_advice(&style, VERBOSITY_NORMAL, &config, &advised);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void expect(bool enabled, bool no_cmdline, bool no_cpus, const char *want)
{
	_cleanup_free_ char *text = printed(enabled, no_cmdline, no_cpus);

	assert_string_equal(text, want);
}

static void test_nothing_is_said_only_where_it_is_known(void **state)
{
	(void)state;
	expect(true, false, false, "Nothing to add or to drop.\n");
	expect(false, false, false, "Nothing to advise: enabled = no in the config.\n");
	expect(true, true, false, "");
	expect(true, false, true, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_said_only_where_it_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
