/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void reading_an_attribute(void **state)
{
	const struct tree *tree = *state;
	char text[8];

	tree_write(tree, "value", "flr\n");
	assert_int_equal(root_read(&tree->root, "value", text, sizeof(text)), 3);
	assert_string_equal(text, "flr");
	tree_write(tree, "value", "flr\n\n");
	assert_int_equal(root_read(&tree->root, "value", text, sizeof(text)), 4); /* one newline only */
	tree_write(tree, "value", "");
	assert_int_equal(root_read(&tree->root, "value", text, sizeof(text)), 0);
	assert_string_equal(text, "");
	tree_write(tree, "value", "1234567");
	assert_int_equal(root_read(&tree->root, "value", text, sizeof(text)), 7);
	tree_write(tree, "value", "12345678");
	assert_int_equal(root_read(&tree->root, "value", text, sizeof(text)), -EFBIG);
	assert_int_equal(root_read(&tree->root, "none", text, sizeof(text)), -ENOENT);
	assert_int_equal(root_read(&tree->root, ".", text, sizeof(text)), -EISDIR);
}

static void reading_all(void **state)
{
	const struct tree *tree = *state;
	size_t size = 0;
	char *large = malloc(100000), *bytes = NULL;

	memset(large, 'x', 100000);
	tree_write_bytes(tree, "large", large, 100000);
	assert_int_equal(root_read_all(&tree->root, "large", 100000, &bytes, &size), 0);
	assert_int_equal(size, 100000);
	assert_memory_equal(bytes, large, size);
	assert_int_equal(bytes[size], '\0');
	free(bytes);
	bytes = NULL;
	assert_int_equal(root_read_all(&tree->root, "large", 99999, &bytes, &size), -EFBIG);
	assert_int_equal(root_read_all(&tree->root, "large", 10, &bytes, &size), -EFBIG);
	assert_null(bytes);
	tree_write(tree, "empty", "");
	assert_int_equal(root_read_all(&tree->root, "empty", 0, &bytes, &size), 0);
	assert_int_equal(size, 0);
	assert_string_equal(bytes, "");
	free(bytes);
	assert_int_equal(root_read_all(&tree->root, "none", 10, &bytes, &size), -ENOENT);
	tree_write_bytes(tree, "nul", "a\0b", 3);
	assert_int_equal(root_read_all(&tree->root, "nul", 10, &bytes, &size), 0);
	assert_int_equal(size, 3);
	assert_memory_equal(bytes, "a\0b", 4);
	free(bytes);
	free(large);
}

static void reading_links(void **state)
{
	const struct tree *tree = *state;
	char text[16];

	tree_link(tree, "driver", "../../drivers/vfio-pci");
	tree_link(tree, "bare", "name");
	tree_write(tree, "file", "");
	assert_int_equal(root_link_name(&tree->root, "driver", text, sizeof(text)), 0);
	assert_string_equal(text, "vfio-pci");
	assert_int_equal(root_link_name(&tree->root, "bare", text, sizeof(text)), 0);
	assert_string_equal(text, "name");
	assert_int_equal(root_link_name(&tree->root, "driver", text, 8), -ENAMETOOLONG);
	assert_int_equal(root_link_name(&tree->root, "driver", text, 9), 0);
	assert_int_equal(root_readlink(&tree->root, "bare", text, sizeof(text)), 0);
	assert_string_equal(text, "name");
	assert_int_equal(root_readlink(&tree->root, "driver", text, sizeof(text)), -ENAMETOOLONG);
	assert_int_equal(root_readlink(&tree->root, "file", text, sizeof(text)), -EINVAL);
	assert_int_equal(root_readlink(&tree->root, ".", text, sizeof(text)), -EINVAL);
	assert_int_equal(root_readlink(&tree->root, "none", text, sizeof(text)), -ENOENT);
}

static void joining_paths(void **state)
{
	char path[ROOT_PATH_MAX], name[ROOT_PATH_MAX];

	(void)state;
	assert_int_equal(root_path(path, "a/b", "c"), 0);
	assert_string_equal(path, "a/b/c");
	memset(name, 'n', sizeof(name));
	name[ROOT_PATH_MAX - 3] = '\0';
	assert_int_equal(root_path(path, "d", name), 0);
	assert_int_equal(strlen(path), ROOT_PATH_MAX - 1);
	assert_int_equal(root_path(path, "dd", name), -ENAMETOOLONG);
}

static void writing_an_attribute(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "value", "longer than that\n");
	assert_int_equal(root_write(&tree->root, "value", "new"), 0);
	tree_expect(tree, "value", "newger than that"); /* never truncated: sysfs does not want it */
	assert_int_equal(root_write(&tree->root, "value", ""), 0);
	assert_int_equal(root_write(&tree->root, "none", "x"), -ENOENT);
	assert_int_equal(faccessat(tree->root.fd, "none", F_OK, 0), -1); /* never created */
	assert_int_equal(root_write(&tree->root, ".", "x"), -EISDIR);
}

static void a_short_write_fails(void **state)
{
	struct root machine;

	(void)state;
	assert_int_equal(root_open("/", &machine), 0);
	if (root_exists(&machine, "dev/full"))
		assert_int_equal(root_write(&machine, "dev/full", "x"), -ENOSPC);
	root_done(&machine);
}

static void replacing(void **state)
{
	const struct tree *tree = *state;
	struct stat before, after;
	struct names names;
	char *long_name = malloc(256);

	assert_int_equal(root_replace(&tree->root, "run/record", "one", 3, 0644), -ENOENT);
	assert_int_equal(root_mkdir(&tree->root, "run", 0755), 0);
	assert_int_equal(root_mkdir(&tree->root, "run", 0755), 0); /* there already */
	assert_int_equal(root_mkdir(&tree->root, "none/run", 0755), -ENOENT);
	assert_int_equal(root_replace(&tree->root, "run/record", "one", 3, 0644), 0);
	tree_expect(tree, "run/record", "one");
	assert_int_equal(fstatat(tree->root.fd, "run/record", &before, 0), 0);
	assert_int_equal(before.st_mode & 0777, 0644);
	assert_int_equal(root_replace(&tree->root, "run/record", "second", 6, 0644), 0);
	tree_expect(tree, "run/record", "second");
	assert_int_equal(fstatat(tree->root.fd, "run/record", &after, 0), 0);
	assert_int_not_equal(before.st_ino, after.st_ino); /* a new file, so a reader keeps the old one whole */
	assert_int_equal(root_replace(&tree->root, "run/record", "", 0, 0644), 0);
	tree_expect(tree, "run/record", "");
	assert_int_equal(root_replace(&tree->root, "top", "x", 1, 0600), 0);
	tree_expect(tree, "top", "x");
	/* A link in the place of the file is replaced, not followed. */
	tree_write(tree, "victim", "kept");
	tree_link(tree, "run/link", "../victim");
	assert_int_equal(root_replace(&tree->root, "run/link", "x", 1, 0644), 0);
	tree_expect(tree, "victim", "kept");
	tree_link(tree, "run/.link.new", "../victim");
	assert_true(root_replace(&tree->root, "run/link", "x", 1, 0644) < 0);
	tree_expect(tree, "victim", "kept");
	tree_remove(tree, "run/.link.new");
	/* A folder in its place: nothing is left behind. */
	tree_mkdir(tree, "run/folder");
	assert_int_equal(root_replace(&tree->root, "run/folder", "x", 1, 0644), -EISDIR);
	memset(long_name, 'n', 255);
	long_name[255] = '\0';
	assert_int_equal(root_replace(&tree->root, long_name, "x", 1, 0644), -ENAMETOOLONG);
	free(long_name);
	assert_int_equal(root_list(&tree->root, "run", &names), 0);
	for (size_t i = 0; i < names.count; i++)
		assert_null(strstr(names.items[i], ".new"));
	names_done(&names);
}

static void listing(void **state)
{
	const struct tree *tree = *state;
	struct names names = { 0 };

	tree_write(tree, "folder/one", "");
	tree_write(tree, "folder/.two", "");
	tree_mkdir(tree, "folder/three");
	tree_mkdir(tree, "empty");
	assert_int_equal(root_list(&tree->root, "folder", &names), 0);
	assert_int_equal(names.count, 3);
	assert_string_equal(names.items[0], ".two");
	assert_string_equal(names.items[1], "one");
	assert_string_equal(names.items[2], "three");
	names_done(&names);
	assert_int_equal(names.count, 0);
	assert_int_equal(root_list(&tree->root, "empty", &names), 0);
	assert_int_equal(names.count, 0);
	names_done(&names);
	names_done(NULL);
	assert_int_equal(root_list(&tree->root, "folder/one", &names), -ENOTDIR);
	assert_int_equal(root_list(&tree->root, "none", &names), -ENOENT);
	/* A folder gives its names in an order of its own, which a copy of it has not. */
	for (int i = 12; i-- > 8;) {
		char path[32];

		snprintf(path, sizeof(path), "proc/%d", i);
		tree_write(tree, path, "");
	}
	assert_int_equal(root_list(&tree->root, "proc", &names), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(atoi(names.items[i]), 8 + i);
	names_done(&names);
}

static void listing_folders(void **state)
{
	const struct tree *tree = *state;
	struct names names = { 0 };

	tree_write(tree, "sys/uevent", "");
	tree_mkdir(tree, "sys/power");
	tree_mkdir(tree, "sys/drm");
	tree_link(tree, "sys/subsystem", "drm");
	assert_int_equal(root_list_folders(&tree->root, "sys", &names), 0);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.items[0], "drm");
	assert_string_equal(names.items[1], "power");
	names_done(&names);
	assert_int_equal(root_list_folders(&tree->root, "sys/uevent", &names), -ENOTDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(reading_an_attribute),
		tree_test(reading_all),
		tree_test(reading_links),
		cmocka_unit_test(joining_paths),
		tree_test(writing_an_attribute),
		cmocka_unit_test(a_short_write_fails),
		tree_test(replacing),
		tree_test(listing),
		tree_test(listing_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
