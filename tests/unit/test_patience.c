/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/patience.h"

#define LONG_USEC 30000000 /* never reached */

static void reads_as_root_read(void **state)
{
	static char page[ROOT_ATTRIBUTE], text[ROOT_ATTRIBUTE];
	const struct tree *tree = *state;
	char small[4];

	tree_write(tree, "attribute", "vfio-pci\n");
	assert_int_equal(root_read_patiently(&tree->root, "attribute", text, sizeof(text), LONG_USEC), 8);
	assert_string_equal(text, "vfio-pci");
	tree_write(tree, "empty", "");
	assert_int_equal(root_read_patiently(&tree->root, "empty", text, sizeof(text), LONG_USEC), 0);
	assert_string_equal(text, "");
	memset(page, 'x', ROOT_ATTRIBUTE - 1);
	tree_write(tree, "page", page);
	assert_int_equal(root_read_patiently(&tree->root, "page", text, sizeof(text), LONG_USEC), ROOT_ATTRIBUTE - 1);
	assert_string_equal(text, page);
	assert_int_equal(root_read_patiently(&tree->root, "attribute", small, sizeof(small), LONG_USEC), -EFBIG);
	assert_int_equal(root_read_patiently(&tree->root, "absent", text, sizeof(text), LONG_USEC), -ENOENT);
}

/* Opening a FIFO that nobody writes to waits as long as the reader does. */
static void gives_up(void **state)
{
	const struct tree *tree = *state;
	char text[16];

	assert_int_equal(mkfifoat(tree->root.fd, "fifo", 0600), 0);
	assert_int_equal(root_read_patiently(&tree->root, "fifo", text, sizeof(text), 20000), -ETIMEDOUT);
}

static void count_open(struct root_observer *observer, const char *path, int flags, int result)
{
	(void)observer;
	(void)flags;
	assert_true(result >= 0);
	assert_string_equal(path, "attribute");
	function_called();
}

/* A child reads, and who looks on is told in the parent. */
static void looked_on(void **state)
{
	const struct tree *tree = *state;
	struct root_observer observer = { .opened = count_open };
	struct root root = tree->root;
	char text[16];

	tree_write(tree, "attribute", "vfio-pci\n");
	root.observer = &observer;
	expect_function_call(count_open);
	assert_int_equal(root_read_patiently(&root, "attribute", text, sizeof(text), LONG_USEC), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(reads_as_root_read),
		tree_test(gives_up),
		tree_test(looked_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
