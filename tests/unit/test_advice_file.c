/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apply/advice_file.h"
#include "base/array.h"

static struct advice_item items[] = {
	{ ADVICE_ADD, (char *)"hugepagesz=1G", "size" },
	{ ADVICE_DROP, (char *)"vfio-pci.ids=\"1:1 2:2\"", "it takes twins" },
	{ ADVICE_KEEP, (char *)"nohz_full=1", "kept" }, { ADVICE_ADD, (char *)"hugepages=2", "pages" },
};

static void a_parameter_a_line(void **state)
{
	const struct tree *tree = *state;
	struct advice advice = { .items = items, .count = ARRAY_SIZE(items) };
	char *text;

	tree_mkdir(tree, "run");
	assert_int_equal(advice_write(&tree->root, &advice), 0);
	tree_expect(tree, ADVICE_PATH, "# drop vfio-pci.ids=\"1:1 2:2\": it takes twins\nhugepagesz=1G\nhugepages=2");
	advice.count = 0;
	assert_int_equal(advice_write(&tree->root, &advice), 0);
	text = tree_read(tree, ADVICE_PATH);
	assert_string_equal(text, "");
	free(text);
	/* Unknown is not nothing. */
	tree_write(tree, ADVICE_PATH, "old");
	advice.unknown = true;
	assert_int_equal(advice_write(&tree->root, &advice), 0);
	tree_expect(tree, ADVICE_PATH, "old");
}

static void long_lists(void **state)
{
	const struct tree *tree = *state;
	char parameter[30000];
	struct advice_item item = { ADVICE_ADD, parameter, "long" };
	struct advice advice = { .items = &item, .count = 1 };

	memset(parameter, 'x', sizeof(parameter) - 1);
	parameter[sizeof(parameter) - 1] = '\0';
	tree_mkdir(tree, "run");
	assert_int_equal(advice_write(&tree->root, &advice), 0);
	tree_expect(tree, ADVICE_PATH, parameter);
}

static void what_cannot_be_written(void **state)
{
	const struct tree *tree = *state;
	struct advice advice = { 0 };

	assert_int_equal(advice_write(&tree->root, &advice), -ENOENT); /* no /run */
	tree_write(tree, "run", "a file");
	assert_int_equal(advice_write(&tree->root, &advice), -ENOTDIR);
	tree_remove(tree, "run");
	tree_mkdir(tree, ADVICE_PATH "/is/a/directory");
	assert_int_equal(advice_write(&tree->root, &advice), -EISDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_parameter_a_line), tree_test(long_lists), tree_test(what_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
