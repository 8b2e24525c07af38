/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines know where they stand, and those of modprobe.d go on where libkmod says. */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/lines.h"

/* "NUMBER[+]:TEXT|..." */
static void expect(const struct tree *tree, enum lines_rule rule, const char *wanted)
{
	struct lines lines;
	char *got = format_text("%s", "");

	assert_int_equal(lines_read(&tree->root, "etc/x.conf", rule, &lines), 0);
	for (size_t i = 0; i < lines.count; i++) {
		char *more = format_text("%s%u%s:%s|", got, lines.items[i].number, lines.items[i].joined ? "+" : "",
		                         lines.items[i].text);

		free(got);
		got = more;
	}
	assert_string_equal(got, wanted);
	free(got);
	lines_done(&lines);
}

static void numbers(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "etc/x.conf", "\na\n \t\r\nb \\\nc\n\\");
	expect(tree, LINES_PLAIN, "2:a|4:b \\|5:c|6:\\|");
	tree_write(tree, "etc/x.conf", "");
	expect(tree, LINES_PLAIN, "");
}

static void joined(void **state)
{
	const struct tree *tree = *state;
	struct lines lines;

	tree_write(tree, "etc/x.conf", "options a\\\n b=1 \\\nc\nd\\e\\\\f\n# x\\\ny\nlast\\");
	expect(tree, LINES_OF_MODPROBE, "1+:options a b=1 c|4:de\\f|5+:# xy|7:last|");
	assert_int_equal(lines_read(&tree->root, "etc/x.conf", LINES_OF_MODPROBE, &lines), 0);
	assert_string_equal(lines.items[0].raw, "options a\\");
	lines_done(&lines);
}

static void strange_bytes(void **state)
{
	const struct tree *tree = *state;
	struct lines lines;

	tree_write_bytes(tree, "etc/x.conf", "a\0b\nc\n\0\n\xff\n", 10);
	expect(tree, LINES_PLAIN, "1:a|2:c|4:\xff|");
	expect(tree, LINES_OF_MODPROBE, "1:a|2:c|4:\xff|");
	assert_int_equal(lines_read(&tree->root, "etc/none", LINES_PLAIN, &lines), -ENOENT);
	lines_done(&lines);
	tree_mkdir(tree, "etc/folder");
	assert_true(lines_read(&tree->root, "etc/folder", LINES_PLAIN, &lines) < 0);
	lines_done(&lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(numbers), tree_test(joined), tree_test(strange_bytes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
