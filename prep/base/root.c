/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/cleanup.h"

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */

static int openat2_in_root(int fd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (unsigned int)flags | O_CLOEXEC,
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_IN_ROOT,
	};
	long r;

	/* EAGAIN: something was renamed or mounted meanwhile, and the kernel could not be sure that ".."
	 * stayed inside (openat2(2)). It says nothing about our file: ask again. */
	do
		r = syscall(SYS_openat2, fd, path, &how, sizeof(how));
	while (r < 0 && errno == EAGAIN);
	return r < 0 ? -errno : (int)r;
}

/* Puts the rest of a path, "" or from its '/' on, behind the text of a link that stood before it. */
static int splice_link(char *path, size_t size, const char *target, const char *rest)
{
	char joined[PATH_MAX];
	int length = snprintf(joined, sizeof(joined), "%s%s", target, rest);

	if (length < 0 || (size_t)length >= sizeof(joined) || (size_t)length >= size)
		return -ENAMETOOLONG;
	memcpy(path, joined, (size_t)length + 1);
	return 0;
}

/*
 * What RESOLVE_IN_ROOT does, for kernels without it: one component at a time, links read as text, ".."
 * stops at the root. The depth of open directories is the depth of the path.
 */
static int open_walking(int root_fd, const char *path, int flags, mode_t mode)
{
	char todo[PATH_MAX];
	int stack[64];
	size_t depth = 0;
	int links = 0, r = 0;

	if (!*path)
		return -ENOENT;
	if (strlen(path) >= sizeof(todo))
		return -ENAMETOOLONG;
	strcpy(todo, path);
	for (;;) {
		int parent = depth ? stack[depth - 1] : root_fd;
		char component[NAME_MAX + 1], target[PATH_MAX];
		const char *start = todo + strspn(todo, "/");
		size_t size = strcspn(start, "/");
		bool slash = start[size] == '/', last = !start[size + strspn(start + size, "/")];
		ssize_t length;
		int fd;

		if (size > NAME_MAX) {
			r = -ENAMETOOLONG;
			break;
		}
		memcpy(component, start, size);
		component[size] = '\0';
		memmove(todo, start + size, strlen(start + size) + 1);
		if (size == 0 || strcmp(component, ".") == 0 || strcmp(component, "..") == 0) {
			if (strcmp(component, "..") == 0 && depth)
				close(stack[--depth]);
			if (!last)
				continue;
			r = openat(depth ? stack[depth - 1] : root_fd, ".", flags | O_CLOEXEC, mode);
			r = r < 0 ? -errno : r;
			break;
		}
		length = readlinkat(parent, component, target, sizeof(target) - 1);
		if (length >= 0 && !(last && !slash && flags & O_NOFOLLOW)) {
			target[length] = '\0';
			r = ++links > LINKS_MAX ? -ELOOP : splice_link(todo, sizeof(todo), target, todo);
			if (r < 0)
				break;
			while (target[0] == '/' && depth)
				close(stack[--depth]);
			continue;
		}
		/* "NAME/" is a directory or an error, as everything is that is followed by more. */
		fd = openat(parent, component, (last ? flags : O_PATH) | (slash ? O_DIRECTORY : 0) | O_NOFOLLOW | O_CLOEXEC,
		            mode);
		if (fd < 0 || last) {
			r = fd < 0 ? -errno : fd;
			break;
		}
		if (depth == sizeof(stack) / sizeof(stack[0])) {
			close(fd);
			r = -ENAMETOOLONG;
			break;
		}
		stack[depth++] = fd;
	}
	while (depth)
		close(stack[--depth]);
	return r;
}

int root_open(const char *directory, struct root *ret)
{
	int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int probe;

	if (fd < 0)
		return -errno;
	probe = openat2_in_root(fd, ".", O_PATH | O_DIRECTORY, 0);
	if (probe >= 0)
		close(probe);
	*ret = (struct root){
		.fd = fd,
		.machine = strcmp(directory, "/") == 0,
		/* Some containers' seccomp filters answer EPERM for what they do not know. */
		.walk = probe == -ENOSYS || probe == -EPERM,
	};
	return 0;
}

void root_done(struct root *root)
{
	if (root && root->fd >= 0) {
		close(root->fd);
		root->fd = -1;
	}
}

int root_openat(const struct root *root, const char *path, int flags, mode_t mode)
{
	int r = root->walk ? open_walking(root->fd, path, flags, mode) : openat2_in_root(root->fd, path, flags, mode);

	if (root->observer)
		root->observer->opened(root->observer, path, flags, r);
	return r;
}

int root_open_callers(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : fd;
}

bool root_exists(const struct root *root, const char *path)
{
	_cleanup_close_ int fd = root_openat(root, path, O_PATH, 0);

	return fd >= 0;
}
