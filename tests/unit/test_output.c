/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is printed goes into the caller's file as a whole, or not at all. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/output.h"

/* Prints text into path and gives standard output back: *ret_begun of output_begin, and the result of output_commit. */
static int print_into(const char *path, const char *text, int *ret_begun)
{
	struct output output;
	int kept, r = 0;

	fflush(stdout);
	kept = dup(STDOUT_FILENO);
	*ret_begun = output_begin(path, &output);
	if (*ret_begun == 0) {
		fputs(text, stdout);
		fflush(stdout);
		r = output_commit(&output);
		dup2(kept, STDOUT_FILENO);
	}
	close(kept);
	return r;
}

static void expect_printed(const struct tree *tree, const char *name, const char *text)
{
	char *path = format_text("%s/%s", tree->directory, name);
	int begun, r = print_into(path, text, &begun);

	assert_int_equal(begun, 0);
	assert_int_equal(r, 0);
	free(path);
}

static unsigned int mode_of(const struct tree *tree, const char *name)
{
	char *path = format_text("%s/%s", tree->directory, name);
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	free(path);
	return status.st_mode & 07777;
}

static void nothing_else_is_left(const struct tree *tree, size_t count)
{
	struct names names;

	assert_int_equal(root_list(&tree->root, ".", &names), 0);
	assert_int_equal(names.count, count);
	names_done(&names);
}

static void a_file_is_made_and_replaced(void **state)
{
	const struct tree *tree = *state;
	mode_t mask = umask(0077); /* others read it all the same: a collector is another user */
	char *path = format_text("%s/x.prom", tree->directory);
	int reader;

	expect_printed(tree, "x.prom", "one\n");
	tree_expect(tree, "x.prom", "one");
	assert_int_equal(mode_of(tree, "x.prom"), 0644);
	reader = open(path, O_RDONLY);
	assert_true(reader >= 0);
	expect_printed(tree, "x.prom", "another\n");
	tree_expect(tree, "x.prom", "another");
	/* Who reads the old one meanwhile has all of it. */
	assert_int_equal(lseek(reader, 0, SEEK_END), 4);
	close(reader);
	expect_printed(tree, "x.prom", "");
	tree_expect(tree, "x.prom", "");
	nothing_else_is_left(tree, 1);
	umask(mask);
	free(path);
}

static void a_link_stays_one(void **state)
{
	const struct tree *tree = *state;
	char *target;

	tree_write(tree, "there/x.prom", "old");
	tree_link(tree, "x.prom", "there/x.prom");
	expect_printed(tree, "x.prom", "new\n");
	tree_expect(tree, "there/x.prom", "new");
	target = tree_readlink(tree, "x.prom");
	assert_string_equal(target, "there/x.prom");
	free(target);
	nothing_else_is_left(tree, 2);
}

static void what_is_no_file_stays_what_it_is(void **state)
{
	const struct tree *tree = *state;
	char *path = format_text("%s/fifo", tree->directory), got[8] = "";
	int reader, begun;
	struct stat status;

	assert_int_equal(mkfifo(path, 0600), 0);
	reader = open(path, O_RDONLY | O_NONBLOCK);
	expect_printed(tree, "fifo", "text\n");
	assert_int_equal(read(reader, got, sizeof(got) - 1), 5);
	assert_string_equal(got, "text\n");
	close(reader);
	assert_int_equal(print_into("/dev/null", "text\n", &begun), 0);
	assert_int_equal(stat("/dev/null", &status), 0);
	assert_true(S_ISCHR(status.st_mode));
	assert_int_equal(print_into("/dev/full", "text\n", &begun), -ENOSPC);
	assert_int_equal(begun, 0);
	free(path);
}

static void what_cannot_be_is_told_first(void **state)
{
	const struct tree *tree = *state;
	char *missing = format_text("%s/none/x.prom", tree->directory), *file = format_text("%s/file/x", tree->directory);
	int begun;

	tree_write(tree, "file", "");
	print_into(missing, "text\n", &begun);
	assert_int_equal(begun, -ENOENT);
	print_into(file, "text\n", &begun);
	assert_int_equal(begun, -ENOTDIR);
	print_into(tree->directory, "text\n", &begun);
	assert_int_equal(begun, -EISDIR);
	print_into("", "text\n", &begun);
	assert_int_equal(begun, -ENOENT);
	nothing_else_is_left(tree, 1);
	free(missing);
	free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_file_is_made_and_replaced),
		tree_test(a_link_stays_one),
		tree_test(what_is_no_file_stays_what_it_is),
		tree_test(what_cannot_be_is_told_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
