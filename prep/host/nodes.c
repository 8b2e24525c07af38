/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a name in /dev to the block device that it stands for. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/root.h"
#include "host/blocks.h"

#define LINKS_MAX 8 /* /dev/disk/by-id/X -> ../../md/data -> ../md127, and rules of an administrator's own */

/* Takes "." and ".." out of a path, where it stands. */
static void simplify(char *path)
{
	char copy[ROOT_PATH_MAX], *next = copy, *component;
	size_t length = 0;

	snprintf(copy, sizeof(copy), "%s", path);
	path[0] = '\0';
	while ((component = strsep(&next, "/"))) {
		if (!*component || strcmp(component, ".") == 0)
			continue;
		if (strcmp(component, "..") == 0) {
			char *slash = strrchr(path, '/');

			length = slash ? (size_t)(slash - path) : 0;
			path[length] = '\0';
			continue;
		}
		length += (size_t)sprintf(path + length, "%s%s", length ? "/" : "", component);
	}
}

/* Replaces a path by what the link at its end says. 0, or a negative errno: -EINVAL, -ENOENT, -ENOTDIR for no link. */
static int follow_link(const struct root *root, char *path)
{
	char target[ROOT_PATH_MAX], joined[ROOT_PATH_MAX], *slash = strrchr(path, '/');
	int r = root_readlink(root, path, target, sizeof(target));

	if (r < 0)
		return r;
	if (target[0] == '/' || !slash)
		memcpy(joined, target, sizeof(joined));
	else {
		*slash = '\0';
		r = root_path(joined, path, target);
		if (r < 0)
			return r;
	}
	simplify(joined);
	memcpy(path, joined, sizeof(joined));
	return 0;
}

/* By the number of a node that bears a name of its own, as dm makes them where no udev runs. */
static struct block *find_number(const struct root *root, const struct blocks *blocks, const char *path)
{
	_cleanup_close_ int fd = root_openat(root, path, O_PATH, 0);
	struct stat stat;
	char number[24];

	if (fd < 0 || fstat(fd, &stat) < 0 || !S_ISBLK(stat.st_mode))
		return NULL;
	snprintf(number, sizeof(number), "%u:%u", major(stat.st_rdev), minor(stat.st_rdev));
	for (size_t i = 0; i < blocks->count; i++)
		if (strcmp(blocks->items[i].number, number) == 0)
			return &blocks->items[i];
	return NULL;
}

struct block *blocks_find_node(const struct root *root, struct blocks *blocks, const char *node)
{
	char path[ROOT_PATH_MAX], name[ROOT_PATH_MAX];
	struct block *block;
	int r = 0;

	if (strncmp(node, "/dev/", 5) != 0)
		return NULL;
	if (strncmp(node, "/dev/mapper/", 12) == 0)
		for (size_t i = 0; i < blocks->count; i++)
			if (strcmp(blocks->items[i].mapper, node + 12) == 0)
				return &blocks->items[i];
	if (strlen(node) >= sizeof(path))
		r = -ENAMETOOLONG;
	snprintf(path, sizeof(path), "%s", node);
	simplify(path);
	for (int links = 0; r == 0 && links < LINKS_MAX; links++)
		r = follow_link(root, path);
	/* A link that cannot be read may lead to any of them. */
	if (r < 0 && r != -EINVAL && r != -ENOENT && r != -ENOTDIR) {
		blocks->incomplete = true;
		return NULL;
	}
	if (strncmp(path, "dev/", 4) != 0)
		return NULL;
	/* cciss!c0d0p1 in sysfs is /dev/cciss/c0d0p1 (block/genhd.c, block_devnode; drivers/base/core.c). */
	snprintf(name, sizeof(name), "%s", path + 4);
	for (char *c = name; *c; c++)
		*c = *c == '/' ? '!' : *c;
	block = blocks_find(blocks, name);
	return block ? block : find_number(root, blocks, path);
}
