/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole operations on files behind the gate of root.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/root.h"

int root_path(char *path, const char *directory, const char *name)
{
	int length = snprintf(path, ROOT_PATH_MAX, "%s/%s", directory, name);

	return length < 0 || length >= ROOT_PATH_MAX ? -ENAMETOOLONG : 0;
}

ssize_t root_read(const struct root *root, const char *path, char *buffer, size_t size)
{
	_cleanup_close_ int fd = root_openat(root, path, O_RDONLY | O_NOCTTY, 0);
	ssize_t length;

	if (fd < 0)
		return fd;
	do
		length = read(fd, buffer, size);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	if ((size_t)length == size)
		return -EFBIG;
	if (length && buffer[length - 1] == '\n')
		length--;
	buffer[length] = '\0';
	return length;
}

int root_slurp(int fd, size_t limit, char **ret, size_t *ret_size)
{
	_cleanup_free_ char *bytes = NULL;
	size_t size = 0, room = 0;

	for (;;) {
		ssize_t length;

		if (room - size < 2) {
			char *grown;

			if (size > limit)
				return -EFBIG;
			room = room ? room * 2 : 4096;
			grown = realloc(bytes, room);
			if (!grown)
				return -ENOMEM;
			bytes = grown;
		}
		length = read(fd, bytes + size, room - size - 1);
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		if (length == 0)
			break;
		size += (size_t)length;
	}
	if (size > limit)
		return -EFBIG;
	bytes[size] = '\0';
	*ret = bytes;
	bytes = NULL;
	*ret_size = size;
	return 0;
}

int root_read_all(const struct root *root, const char *path, size_t limit, char **ret, size_t *ret_size)
{
	_cleanup_close_ int fd = root_openat(root, path, O_RDONLY | O_NOCTTY, 0);

	return fd < 0 ? fd : root_slurp(fd, limit, ret, ret_size);
}

int root_readlink(const struct root *root, const char *path, char *buffer, size_t size)
{
	_cleanup_close_ int fd = root_openat(root, path, O_PATH | O_NOFOLLOW, 0);
	ssize_t length;

	if (fd < 0)
		return fd;
	length = readlinkat(fd, "", buffer, size);
	if (length < 0)
		return errno == ENOENT ? -EINVAL : -errno; /* readlinkat(2): an empty path on no link */
	if ((size_t)length == size)
		return -ENAMETOOLONG;
	buffer[length] = '\0';
	return 0;
}

int root_link_name(const struct root *root, const char *path, char *buffer, size_t size)
{
	char target[ROOT_PATH_MAX];
	const char *name;
	int r = root_readlink(root, path, target, sizeof(target));

	if (r < 0)
		return r;
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	if (strlen(name) >= size)
		return -ENAMETOOLONG;
	strcpy(buffer, name);
	return 0;
}

int root_write(const struct root *root, const char *path, const char *text)
{
	_cleanup_close_ int fd = root_openat(root, path, O_WRONLY | O_NOCTTY, 0);
	size_t size = strlen(text);
	ssize_t length;

	if (fd < 0)
		return fd;
	do
		length = write(fd, text, size);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	return (size_t)length == size ? 0 : -EIO;
}

/* Opens the directory of path; *ret_name is the component behind it. */
static int open_parent(const struct root *root, const char *path, const char **ret_name)
{
	char directory[ROOT_PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t size = slash ? (size_t)(slash - path) : 0;

	if (size >= sizeof(directory))
		return -ENAMETOOLONG;
	memcpy(directory, path, size);
	directory[size] = '\0';
	*ret_name = slash ? slash + 1 : path;
	return root_openat(root, size ? directory : ".", O_PATH | O_DIRECTORY, 0);
}

static int write_whole(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t length = write(fd, bytes, size);

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		if (length == 0)
			return -EIO;
		bytes += length;
		size -= (size_t)length;
	}
	return 0;
}

int root_replace(const struct root *root, const char *path, const char *bytes, size_t size, mode_t mode)
{
	const char *name;
	_cleanup_close_ int directory = open_parent(root, path, &name);
	_cleanup_close_ int fd = -1;
	char fresh[256];
	int r;

	if (directory < 0)
		return directory;
	if ((size_t)snprintf(fresh, sizeof(fresh), ".%s.new", name) >= sizeof(fresh))
		return -ENAMETOOLONG;
	fd = openat(directory, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	r = write_whole(fd, bytes, size);
	if (r == 0 && renameat(directory, fresh, directory, name) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(directory, fresh, 0);
	return r;
}

int root_remove(const struct root *root, const char *path)
{
	const char *name;
	_cleanup_close_ int directory = open_parent(root, path, &name);

	if (directory < 0)
		return directory == -ENOENT ? 0 : directory;
	return unlinkat(directory, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int root_mkdir(const struct root *root, const char *path, mode_t mode)
{
	const char *name;
	_cleanup_close_ int directory = open_parent(root, path, &name);

	if (directory < 0)
		return directory;
	return mkdirat(directory, name, mode) < 0 && errno != EEXIST ? -errno : 0;
}

void names_done(struct names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct names){ 0 };
}

static int compare_names(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

/* sysfs and proc tell the kind with the name; some filesystems do not (readdir(3), DT_UNKNOWN). */
static bool is_folder(int directory, const struct dirent *entry)
{
	struct stat stat;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(directory, entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(stat.st_mode);
}

static int list(const struct root *root, const char *path, bool folders, struct names *ret)
{
	_cleanup_closedir_ DIR *directory = NULL;
	_cleanup_(names_done) struct names names = { 0 };
	int fd = root_openat(root, path, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0)
		return fd;
	directory = fdopendir(fd);
	if (!directory) {
		close(fd);
		return -errno;
	}
	for (;;) {
		const struct dirent *entry;
		char **item;

		errno = 0;
		entry = readdir(directory);
		if (!entry) {
			if (errno)
				return -errno;
			break;
		}
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    (folders && !is_folder(fd, entry)))
			continue;
		item = array_add(&names.items, &names.count, sizeof(*names.items));
		if (item)
			*item = strdup(entry->d_name);
		if (!item || !*item)
			return -ENOMEM;
	}
	if (names.count)
		qsort(names.items, names.count, sizeof(*names.items), compare_names);
	if (root->observer)
		root->observer->listed(root->observer, path, &names);
	*ret = names;
	names = (struct names){ 0 };
	return 0;
}

int root_list(const struct root *root, const char *path, struct names *ret)
{
	return list(root, path, false, ret);
}

int root_list_folders(const struct root *root, const char *path, struct names *ret)
{
	return list(root, path, true, ret);
}
