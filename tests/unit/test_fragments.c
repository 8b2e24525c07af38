/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files of several folders count, and in which order. */
#include "support.h"

#include <string.h>

#include "host/fragments.h"

static void order(void **state)
{
	static const char *const folders[] = { "etc/x.d", "run/x.d", "usr/lib/x.d", NULL };
	static const char *const suffixes[] = { ".conf", ".alias", NULL };
	static const char *const wanted[] = { "usr/lib/x.d/10-a.alias", "etc/x.d/20-b.conf", "run/x.d/30-c.conf" };
	const struct tree *tree = *state;
	struct fragments files;

	tree_write(tree, "usr/lib/x.d/10-a.alias", "");
	tree_write(tree, "usr/lib/x.d/20-b.conf", "");
	tree_write(tree, "etc/x.d/20-b.conf", "");
	tree_write(tree, "run/x.d/30-c.conf", "");
	tree_write(tree, "etc/x.d/.hidden.conf", "");
	tree_write(tree, "etc/x.d/README", "");
	tree_write(tree, "etc/x.d/20-b.conf.bak", "");
	assert_int_equal(fragments_list(&tree->root, folders, suffixes, &files), 0);
	assert_int_equal(files.count, 3);
	for (size_t i = 0; i < files.count; i++)
		assert_string_equal(files.items[i].path, wanted[i]);
	assert_string_equal(files.items[1].path + files.items[1].name, "20-b.conf");
	fragments_done(&files);
}

static void nothing_there(void **state)
{
	static const char *const folders[] = { "etc/x.d", NULL }, *const suffixes[] = { ".conf", NULL };
	const struct tree *tree = *state;
	char path[300] = "etc/x.d/";
	struct fragments files;

	assert_int_equal(fragments_list(&tree->root, folders, suffixes, &files), 0);
	assert_int_equal(files.count, 0);
	memset(path + 8, 'n', 200);
	strcpy(path + 208, ".conf");
	tree_write(tree, path, "");
	assert_int_equal(fragments_list(&tree->root, folders, suffixes, &files), 0);
	assert_int_equal(files.count, 0);
	fragments_done(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(order), tree_test(nothing_there) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
