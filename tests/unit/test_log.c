/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* What a line puts on standard error, to be freed. */
static char *on_stderr(const struct tree *tree, const char *text)
{
	int kept = dup(STDERR_FILENO), fd;
	char *got;

	tree_write(tree, "stderr", "");
	fd = openat(tree->root.fd, "stderr", O_WRONLY);
	assert_true(kept >= 0 && fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	log_error("%s", text);
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(fd);
	got = tree_read(tree, "stderr");
	assert_non_null(got);
	return got;
}

/* One test, because where lines go is the state of the whole program. */
static void where_lines_go(void **state)
{
	const struct tree *tree = *state;
	char *got, *lines = malloc(4000), *text;

	got = on_stderr(tree, "cannot read it");
	assert_string_equal(got, "vfio-prep: cannot read it");
	free(got);
	assert_int_equal(log_to_kernel(&tree->root), -ENOENT);
	got = on_stderr(tree, "still here");
	assert_string_equal(got, "vfio-prep: still here");
	free(got);
	tree_write(tree, "dev/kmsg", "");
	assert_int_equal(log_to_kernel(&tree->root), 0);
	log_error("%s %d", "one", 1);
	log_warning("two");
	log_info("three");
	tree_expect(tree, "dev/kmsg", "<3>vfio-prep: one 1\n<4>vfio-prep: two\n<6>vfio-prep: three");
	got = on_stderr(tree, "to the kernel");
	assert_string_equal(got, "");
	free(got);
	memset(lines, 'x', 3999);
	lines[3999] = '\0';
	log_info("%s", lines);
	text = tree_read(tree, "dev/kmsg");
	assert_true(strlen(strrchr(text, '<')) < 1000); /* a record of the kernel log holds 1024 bytes */
	free(text);
	free(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(where_lines_go) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
