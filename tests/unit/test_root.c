/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each lookup is made twice, by the kernel's RESOLVE_IN_ROOT and by our own walk, and the two must agree. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"

/* What a path leads to, either way. */
struct outcome {
	int result; /* 0 or a negative errno */
	dev_t dev;
	ino_t ino;
	mode_t mode;
};

static struct outcome look_up(const struct root *root, const char *path, int flags)
{
	struct outcome outcome = { 0 };
	struct stat stat;
	int fd = root_openat(root, path, flags, 0644);

	if (fd < 0)
		return (struct outcome){ .result = fd };
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(fd, &stat), 0);
	outcome = (struct outcome){ 0, stat.st_dev, stat.st_ino, stat.st_mode };
	close(fd);
	return outcome;
}

static struct outcome both_ways(const struct tree *tree, const char *path, int flags)
{
	struct root walking = tree->root;
	struct outcome by_kernel = look_up(&tree->root, path, flags), by_walk;

	walking.walk = true;
	by_walk = look_up(&walking, path, flags);
	if (by_kernel.result != by_walk.result || by_kernel.dev != by_walk.dev || by_kernel.ino != by_walk.ino)
		fail_msg("'%s' (flags %o): the kernel says %d, the walk %d%s", path, (unsigned int)flags, by_kernel.result,
		         by_walk.result, by_kernel.result == by_walk.result ? ", of another file" : "");
	return by_kernel;
}

static void expect(const struct tree *tree, const char *path, int result)
{
	assert_int_equal(both_ways(tree, path, O_RDONLY).result, result);
}

/* The path leads to the same file as the other, which is a plain one. */
static void expect_same(const struct tree *tree, const char *path, const char *plain)
{
	struct outcome outcome = both_ways(tree, path, O_RDONLY);
	struct stat stat;

	assert_int_equal(outcome.result, 0);
	assert_int_equal(fstatat(tree->root.fd, plain, &stat, 0), 0);
	assert_int_equal(outcome.ino, stat.st_ino);
	assert_int_equal(outcome.dev, stat.st_dev);
}

static void plain_paths(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "a/b/file", "x");
	expect_same(tree, "a/b/file", "a/b/file");
	expect_same(tree, "/a/b/file", "a/b/file");
	expect_same(tree, "a//b///file", "a/b/file");
	expect_same(tree, "./a/./b/file", "a/b/file");
	expect_same(tree, "a/b", "a/b");
	expect_same(tree, "a/b/", "a/b");
	expect_same(tree, "a/b/.", "a/b");
	expect_same(tree, ".", ".");
	expect_same(tree, "/", ".");
	expect(tree, "a/none", -ENOENT);
	expect(tree, "none/b/file", -ENOENT);
	expect(tree, "a/b/file/x", -ENOTDIR);
	expect(tree, "a/b/file/.", -ENOTDIR);
	expect(tree, "a/b/file/..", -ENOTDIR);
	expect(tree, "a/b/file/", -ENOTDIR);
	expect(tree, "", -ENOENT);
}

static void dots_stay_inside(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "a/b/file", "x");
	tree_write(tree, "file", "y");
	expect_same(tree, "a/b/../../file", "file");
	expect_same(tree, "a/b/../../../../../file", "file");
	expect_same(tree, "../../../file", "file");
	expect_same(tree, "..", ".");
	expect_same(tree, "a/..", ".");
	expect(tree, "../etc/passwd", -ENOENT);
	expect(tree, "a/../../../../../../etc/passwd", -ENOENT);
}

static void links_stay_inside(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "etc/passwd", "ours");
	tree_write(tree, "a/file", "x");
	tree_link(tree, "absolute", "/etc/passwd");
	tree_link(tree, "a/deep/absolute", "/etc/passwd");
	tree_link(tree, "upwards", "../../../../../../../../etc/passwd");
	tree_link(tree, "a/deep/upwards", "../../../../../../../../etc/passwd");
	tree_link(tree, "folder", "/a");
	tree_link(tree, "a/back", "..");
	tree_link(tree, "top", "/");
	tree_link(tree, "chain", "chain2");
	tree_link(tree, "chain2", "/folder/deep/../file");
	tree_link(tree, "dangling", "/not/there");
	expect_same(tree, "absolute", "etc/passwd");
	expect_same(tree, "a/deep/absolute", "etc/passwd");
	expect_same(tree, "upwards", "etc/passwd");
	expect_same(tree, "a/deep/upwards", "etc/passwd");
	expect_same(tree, "folder/file", "a/file");
	expect_same(tree, "folder/../etc/passwd", "etc/passwd");
	expect_same(tree, "a/back/a/back/etc/passwd", "etc/passwd");
	expect_same(tree, "top/top/etc/passwd", "etc/passwd");
	expect_same(tree, "top", ".");
	expect_same(tree, "chain", "a/file");
	expect(tree, "dangling", -ENOENT);
	expect(tree, "dangling/x", -ENOENT);
	expect(tree, "absolute/x", -ENOTDIR);
	expect(tree, "absolute/", -ENOTDIR);
	expect_same(tree, "folder/", "a");
}

/* The machine that the tests run on has an /etc/passwd, the tree has none: nothing may lead there. */
static void nothing_leads_out(void **state)
{
	static const char *const ways[] = { "link", "link/", "folder/passwd", "folder/../etc/passwd", "a/up/etc/passwd",
		                            "/etc/passwd", "../etc/passwd", "proc-root/etc/passwd" };
	const struct tree *tree = *state;

	assert_int_equal(access("/etc/passwd", F_OK), 0);
	tree_link(tree, "link", "/etc/passwd");
	tree_link(tree, "folder", "/etc");
	tree_link(tree, "a/up", "../../../../../..");
	tree_link(tree, "proc-root", "/proc/self/root");
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		assert_true(both_ways(tree, ways[i], O_RDONLY).result < 0);
}

static void loops_end(void **state)
{
	const struct tree *tree = *state;
	char name[32], next[32];

	tree_link(tree, "self", "self");
	tree_link(tree, "one", "two");
	tree_link(tree, "two", "one");
	tree_link(tree, "d/inside", "../d/inside/x");
	expect(tree, "self", -ELOOP);
	expect(tree, "one", -ELOOP);
	expect(tree, "one/x", -ELOOP);
	expect(tree, "d/inside", -ELOOP);
	/* 40 links are the most that the kernel follows. */
	tree_write(tree, "link0", "x");
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "link%d", i);
		snprintf(next, sizeof(next), "link%d", i - 1);
		tree_link(tree, name, next);
	}
	expect(tree, "link40", 0);
	expect(tree, "link41", -ELOOP);
}

static void flags_count(void **state)
{
	const struct tree *tree = *state;
	struct outcome outcome;

	tree_write(tree, "a/file", "x");
	tree_link(tree, "link", "a/file");
	tree_link(tree, "folder", "a");
	outcome = both_ways(tree, "link", O_PATH | O_NOFOLLOW);
	assert_int_equal(outcome.result, 0);
	assert_true(S_ISLNK(outcome.mode));
	assert_int_equal(both_ways(tree, "link", O_RDONLY | O_NOFOLLOW).result, -ELOOP);
	assert_int_equal(both_ways(tree, "folder/file", O_RDONLY | O_NOFOLLOW).result, 0);
	assert_int_equal(both_ways(tree, "folder/", O_RDONLY | O_NOFOLLOW).result, 0);
	assert_int_equal(both_ways(tree, "a/file", O_RDONLY | O_DIRECTORY).result, -ENOTDIR);
	assert_int_equal(both_ways(tree, "folder", O_RDONLY | O_DIRECTORY).result, 0);
	assert_int_equal(both_ways(tree, "a", O_WRONLY).result, -EISDIR);
	assert_int_equal(both_ways(tree, "a/file", O_WRONLY | O_CREAT | O_EXCL).result, -EEXIST);
}

static void creating_stays_inside(void **state)
{
	const struct tree *tree = *state;

	for (int walk = 0; walk < 2; walk++) {
		struct root root = tree->root;
		char target[64];
		int fd;

		root.walk = walk;
		snprintf(target, sizeof(target), "/vfio-prep-test-made-%d-%d", (int)getpid(), walk);
		tree_link(tree, "link", target);
		fd = root_openat(&root, "link", O_WRONLY | O_CREAT, 0600);
		assert_true(fd >= 0);
		close(fd);
		assert_int_equal(access(target, F_OK), -1);
		assert_int_equal(faccessat(tree->root.fd, target + 1, F_OK, 0), 0);
	}
}

static void long_paths(void **state)
{
	const struct tree *tree = *state;
	char path[5000], name[300];

	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	expect(tree, name, -ENAMETOOLONG);
	name[255] = '\0';
	expect(tree, name, -ENOENT);
	memset(path, '/', sizeof(path));
	strcpy(path + 4100, "x");
	expect(tree, path, -ENAMETOOLONG);
}

static void opening(void **state)
{
	const struct tree *tree = *state;
	char *file = format_text("%s/file", tree->directory), *none = format_text("%s/none", tree->directory);
	struct root root = { .fd = -1 };

	tree_write(tree, "file", "");
	assert_int_equal(root_open(none, &root), -ENOENT);
	assert_int_equal(root_open(file, &root), -ENOTDIR);
	assert_int_equal(root.fd, -1);
	root_done(&root); /* nothing to close */
	root_done(NULL);
	assert_false(tree->root.machine);
	assert_int_equal(root_open("/", &root), 0);
	assert_true(root.machine);
	root_done(&root);
	assert_int_equal(root.fd, -1);
	assert_int_equal(root_open_callers(none), -ENOENT);
	assert_true(root_exists(&tree->root, "file"));
	assert_false(root_exists(&tree->root, "none"));
	free(none);
	free(file);
}

/* Descriptors that a failed lookup left open would be found here. */
static void walk_closes_what_it_opened(void **state)
{
	const struct tree *tree = *state;
	struct root root = tree->root;
	int before, after;

	root.walk = true;
	tree_write(tree, "a/b/c/file", "x");
	tree_link(tree, "a/b/up", "/a/b/c/none");
	before = dup(0);
	close(before);
	root_openat(&root, "a/b/c/none", O_RDONLY, 0);
	root_openat(&root, "a/b/c/file/x", O_RDONLY, 0);
	root_openat(&root, "a/b/up", O_RDONLY, 0);
	close(root_openat(&root, "a/b/c/../../b/c/file", O_RDONLY, 0));
	after = dup(0);
	close(after);
	assert_int_equal(after, before);
}

struct watcher {
	struct root_observer observer;
	char seen[512];
};

static void saw_open(struct root_observer *observer, const char *path, int flags, int result)
{
	struct watcher *watcher = (struct watcher *)observer;

	snprintf(watcher->seen + strlen(watcher->seen), sizeof(watcher->seen) - strlen(watcher->seen), "%s%s%s%s ", path,
	         flags & O_PATH ? "?" : "", flags & O_NOFOLLOW ? "@" : "", result < 0 ? "!" : "");
}

static void saw_list(struct root_observer *observer, const char *path, const struct names *names)
{
	struct watcher *watcher = (struct watcher *)observer;

	snprintf(watcher->seen + strlen(watcher->seen), sizeof(watcher->seen) - strlen(watcher->seen), "%s=%zu ", path,
	         names->count);
}

/* Whatever is looked at goes by one gate, and an observer there misses nothing. */
static void looked_on(void **state)
{
	const struct tree *tree = *state;
	struct watcher watcher = { .observer = { saw_open, saw_list } };
	struct root root = tree->root;
	struct names names;
	char text[32];

	tree_write(tree, "sys/class", "0x030000\n");
	tree_link(tree, "sys/driver", "nouveau");
	root.observer = &watcher.observer;
	assert_int_equal(root_read(&root, "sys/class", text, sizeof(text)), 8);
	assert_true(root_exists(&root, "sys"));
	assert_false(root_exists(&root, "proc"));
	assert_int_equal(root_readlink(&root, "sys/driver", text, sizeof(text)), 0);
	assert_int_equal(root_list_folders(&root, "sys", &names), 0);
	names_done(&names);
	assert_string_equal(watcher.seen, "sys/class sys? proc?! sys/driver?@ sys sys=0 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(plain_paths),
		tree_test(dots_stay_inside),
		tree_test(links_stay_inside),
		tree_test(nothing_leads_out),
		tree_test(loops_end),
		tree_test(flags_count),
		tree_test(creating_stays_inside),
		tree_test(long_paths),
		tree_test(opening),
		tree_test(walk_closes_what_it_opened),
		tree_test(looked_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
