/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "base/parse.h"
#include "host/config.h"

#define HOSTS_DEFAULT "tests/hosts" /* make runs the tests in the top folder */

char *format_text(const char *format, ...)
{
	va_list arguments;
	char *text;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	assert_true(length >= 0);
	return text;
}

/* Trees */

void tree_new(struct tree *ret)
{
	const char *parent = getenv("TMPDIR");

	/* Thousands of small files: in memory, where there is such a place. */
	if (!parent || !*parent)
		parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	ret->directory = format_text("%s/vfio-prep-test.XXXXXX", parent);
	assert_non_null(mkdtemp(ret->directory));
	assert_int_equal(root_open(ret->directory, &ret->root), 0);
}

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
	(void)stat;
	(void)type;
	(void)walk;
	return remove(path);
}

void tree_done(struct tree *tree)
{
	root_done(&tree->root);
	assert_int_equal(nftw(tree->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(tree->directory);
	tree->directory = NULL;
}

int tree_setup(void **state)
{
	struct tree *tree = malloc(sizeof(*tree));

	assert_non_null(tree);
	tree_new(tree);
	*state = tree;
	return 0;
}

int tree_teardown(void **state)
{
	tree_done(*state);
	free(*state);
	return 0;
}

static void make_parents(const struct tree *tree, const char *path)
{
	char *copy = format_text("%s", path);

	for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdirat(tree->root.fd, copy, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	free(copy);
}

void tree_mkdir(const struct tree *tree, const char *path)
{
	make_parents(tree, path);
	assert_true(mkdirat(tree->root.fd, path, 0755) == 0 || errno == EEXIST);
}

void tree_link(const struct tree *tree, const char *path, const char *target)
{
	if (symlinkat(target, tree->root.fd, path) == 0)
		return;
	if (errno == EEXIST)
		tree_remove(tree, path);
	else
		make_parents(tree, path);
	assert_int_equal(symlinkat(target, tree->root.fd, path), 0);
}

void tree_write_bytes(const struct tree *tree, const char *path, const void *bytes, size_t size)
{
	int fd = openat(tree->root.fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 && errno == ENOENT) {
		make_parents(tree, path);
		fd = openat(tree->root.fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	}
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

void tree_write(const struct tree *tree, const char *path, const char *text)
{
	tree_write_bytes(tree, path, text, strlen(text));
}

void tree_remove(const struct tree *tree, const char *path)
{
	if (unlinkat(tree->root.fd, path, 0) == 0 || errno == ENOENT)
		return;
	assert_int_equal(errno, EISDIR);
	assert_int_equal(unlinkat(tree->root.fd, path, AT_REMOVEDIR), 0);
}

static char *read_file(int fd)
{
	char *bytes;
	size_t size;

	assert_int_equal(root_slurp(fd, 64 << 20, &bytes, &size), 0);
	close(fd);
	return bytes;
}

char *tree_read(const struct tree *tree, const char *path)
{
	int fd = openat(tree->root.fd, path, O_RDONLY | O_CLOEXEC);
	char *text;

	if (fd < 0)
		return NULL;
	text = read_file(fd);
	if (*text && text[strlen(text) - 1] == '\n')
		text[strlen(text) - 1] = '\0';
	return text;
}

char *tree_readlink(const struct tree *tree, const char *path)
{
	char target[4096];
	ssize_t length = readlinkat(tree->root.fd, path, target, sizeof(target) - 1);

	if (length < 0)
		return NULL;
	target[length] = '\0';
	return format_text("%s", target);
}

void tree_expect(const struct tree *tree, const char *path, const char *text)
{
	char *got = tree_read(tree, path);

	if (!got)
		fail_msg("%s is not there", path);
	assert_string_equal(got, text);
	free(got);
}

void quiet_log(void)
{
	struct tree tree;

	tree_new(&tree);
	tree_write(&tree, "dev/kmsg", "");
	assert_int_equal(log_to_kernel(&tree.root), 0);
	tree_done(&tree);
}

/* Recorded machines */

static const char *hosts_directory(void)
{
	const char *directory = getenv("VFIO_PREP_HOSTS");

	return directory && *directory ? directory : HOSTS_DEFAULT;
}

/* \n, \t, \\ and \xHH in place; what else stands behind a backslash is a mistake of the file. The size of it. */
static size_t unescape(char *text, const char *name, unsigned int line)
{
	char *out = text, digits[3] = "";
	uint64_t byte;

	for (const char *in = text; *in; in++) {
		if (*in != '\\') {
			*out++ = *in;
			continue;
		}
		in++;
		snprintf(digits, sizeof(digits), "%.2s", *in ? in + 1 : "");
		if (*in == 'x' && parse_hex(digits, 2, 2, &byte) == 0) {
			*out++ = (char)byte;
			in += 2;
			continue;
		}
		if (!*in || !strchr("nt\\", *in))
			fail_msg("%s.host, line %u: '\\%c'; expected \\n, \\t, \\xHH or \\\\", name, line, *in);
		*out++ = *in == 'n' ? '\n' : *in == 't' ? '\t' : '\\';
	}
	return (size_t)(out - text);
}

static void unpack_line(const struct tree *tree, char *line, const char *name, unsigned int number)
{
	char *link = strstr(line, " -> "), *file = strstr(line, " =");
	size_t size = strlen(line);

	if (link && (!file || link < file)) {
		*link = '\0';
		tree_link(tree, line, link + 4);
	} else if (file) {
		*file = '\0';
		file += 2 + (file[2] == ' ');
		size = unescape(file, name, number);
		file[size++] = '\n'; /* the escape, or the end of the line, left room */
		tree_write_bytes(tree, line, file, size);
	} else if (size && line[size - 1] == '/') {
		line[size - 1] = '\0';
		tree_mkdir(tree, line);
	} else {
		fail_msg("%s.host, line %u: '%s'; expected PATH = TEXT, PATH -> TARGET or PATH/", name, number, line);
	}
}

void tree_unpack(const struct tree *tree, const char *name)
{
	char *path = format_text("%s/%s.host", hosts_directory(), name), *bytes, *next, *line;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned int number = 0;

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	free(path);
	next = bytes = read_file(fd);
	while ((line = strsep(&next, "\n"))) {
		number++;
		if (*line && *line != '#')
			unpack_line(tree, line, name, number);
	}
	free(bytes);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory that end in suffix, without it. */
static struct names list_by_suffix(const char *directory, const char *suffix)
{
	struct names names = { 0 };
	DIR *dir = opendir(directory);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		size_t length = strlen(entry->d_name), tail = strlen(suffix);
		char **item;

		if (length <= tail || strcmp(entry->d_name + length - tail, suffix) != 0)
			continue;
		item = array_add(&names.items, &names.count, sizeof(*item));
		assert_non_null(item);
		*item = format_text("%.*s", (int)(length - tail), entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (names.count)
		qsort(names.items, names.count, sizeof(*names.items), compare_names);
	return names;
}

struct names host_names(void)
{
	return list_by_suffix(hosts_directory(), ".host");
}

struct names host_configs(const char *host)
{
	char *directory = format_text("%s/%s", hosts_directory(), host);
	struct names names = list_by_suffix(directory, ".conf");

	free(directory);
	return names;
}

/* Configs */

void config_from_bytes(const void *bytes, size_t size, struct config *ret)
{
	int fd = memfd_create("config", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(config_read(fd, ret), 0);
	close(fd);
}

void config_from_text(const char *text, struct config *ret)
{
	config_from_bytes(text, strlen(text), ret);
}

void config_from_host(const char *host, const char *name, struct config *ret)
{
	char *path = format_text("%s/%s/%s.conf", hosts_directory(), host, name);
	int fd = root_open_callers(path);

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(-fd));
	assert_int_equal(config_read(fd, ret), 0);
	close(fd);
	free(path);
}
