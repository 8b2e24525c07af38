/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/text.h"
#include "support.h"

#define COLUMN 18

/* What a terminal shows; to be freed. */
static char *printed(const char *fix)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct style style = { out, false, false };

	assert_non_null(out);
	text_fix(&style, COLUMN, fix);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* What a shell says when this is pasted into it; to be freed. */
static char *shell_says(const char *commands)
{
	char directory[] = "/tmp/vfio-prep-test.XXXXXX", path[64], line[128], said[4096];
	FILE *file;
	size_t size;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/fix", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(commands, file);
	fclose(file);
	snprintf(line, sizeof(line), "sh %s 2>&1; echo status $?", path);
	file = popen(line, "r");
	assert_non_null(file);
	size = fread(said, 1, sizeof(said) - 1, file);
	said[size] = '\0';
	pclose(file);
	unlink(path);
	rmdir(directory);
	return strdup(said);
}

static void expect_lines_fit(const char *text)
{
	for (; *text; text += strcspn(text, "\n") + 1)
		assert_in_range(strcspn(text, "\n"), 1, STYLE_COLUMNS - COLUMN + (text[0] == ' ' ? COLUMN : 0));
}

static void test_what_fits_stays_as_it_is(void **state)
{
	_cleanup_free_ char *text = printed("vfio-prep --apply  # then reboot");

	(void)state;
	assert_string_equal(text, "vfio-prep --apply  # then reboot\n");
}

static void test_a_long_command_does_the_same_when_pasted(void **state)
{
	static const char *const fixes[] = {
		"printf '<%s>' one two three four five six seven eight nine ten eleven twelve thirteen fourteen",
		"printf '<%s>' 'one  two' \"three  four # five\" six\\ \\ seven eight#nine $((1 + 2)) ten eleven  # twelve "
		"thirteen fourteen",
		"printf '<%s>' /sys/kernel/mm/transparent_hugepage/enabled/with/a/name/longer/than/a/line/of/the/terminal/is "
		"&& echo done",
		"true && printf '<%s>' a-word-that-ends-right-at-the-edge-of-it-x y  # a hint that is as long as the command "
		"itself, and goes on",
		"# nothing but a hint to somebody's hands, who has to go through 'the menus of the firmware' and find it",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fixes) / sizeof(fixes[0]); i++) {
		_cleanup_free_ char *text = printed(fixes[i]);
		_cleanup_free_ char *want = shell_says(fixes[i]), *got = shell_says(text);

		assert_string_equal(got, want);
		assert_int_not_equal(strchr(text, '\n')[1], '\0'); /* it was broken */
		if (i != 2) /* that one has a word that is longer than a line */
			expect_lines_fit(text);
	}
}

static void test_a_line_of_the_config_is_not_broken(void **state)
{
	_cleanup_free_ char *text = printed("path = 0000:00:01.1/00.0/00.0/00.0  ; in [device gpu] of /etc/vfio-prep.conf, "
	                                    "which says \"gpu\"; then: vfio-prep --apply");

	(void)state;
	assert_string_equal(text, "path = 0000:00:01.1/00.0/00.0/00.0\n"
	                          "                  ; in [device gpu] of /etc/vfio-prep.conf, which says \"gpu\";\n"
	                          "                  ; then: vfio-prep --apply\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_fits_stays_as_it_is),
		cmocka_unit_test(test_a_long_command_does_the_same_when_pasted),
		cmocka_unit_test(test_a_line_of_the_config_is_not_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
