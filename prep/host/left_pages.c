/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/left_pages.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"

#define TEXT_LIMIT (16 << 20) /* of /proc/mounts, and of the maps of a process */
#define DEPTH_MAX 8           /* libvirt has libvirt/qemu/1-NAME below a mount */

struct file {
	char path[ROOT_PATH_MAX]; /* with a leading slash, as /proc names it */
	int size;                 /* the number of its page size */
	uint64_t bytes;
	dev_t device; /* with the number, what it is on every mount of it */
	ino_t number;
	bool had;
};

struct files {
	struct file *items;
	size_t count;
};

static void files_done(struct files *files)
{
	free(files->items);
}

static bool is_known(const struct files *files, const struct stat *status)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->items[i].device == status->st_dev && files->items[i].number == status->st_ino)
			return true;
	return false;
}

static void close_mounts(FILE **file)
{
	if (*file)
		endmntent(*file);
}

/* The files below a folder that have pages. A file's blocks are those of its pages (hugetlb_add_to_page_cache()). */
static int add_files(const struct root *root, const char *directory, int size, int depth, struct files *files)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = root_list(root, directory, &names);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < names.count; i++) {
		_cleanup_close_ int fd = -1;
		char path[ROOT_PATH_MAX - 1];
		struct stat status;
		struct file *file;

		if (strlen(directory) + strlen(names.items[i]) + 2 > sizeof(path))
			continue;
		sprintf(path, "%s/%s", directory, names.items[i]);
		fd = root_openat(root, path, O_PATH | O_NOFOLLOW, 0);
		if (fd < 0 || fstat(fd, &status) < 0)
			continue;
		if (S_ISDIR(status.st_mode) && depth < DEPTH_MAX) {
			r = add_files(root, path, size, depth + 1, files);
			if (r < 0)
				return r;
		}
		if (!S_ISREG(status.st_mode) || !status.st_blocks || is_known(files, &status))
			continue;
		file = array_add(&files->items, &files->count, sizeof(*file));
		if (!file)
			return -ENOMEM;
		snprintf(file->path, sizeof(file->path), "/%s", path);
		file->size = size;
		file->device = status.st_dev;
		file->number = status.st_ino;
		file->bytes = (uint64_t)status.st_blocks * 512;
	}
	return 0;
}

static int add_mounts(const struct root *root, const struct memory *memory, struct files *files)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_(close_mounts) FILE *mounts = NULL;
	struct mntent entry;
	char buffer[4096];
	size_t length;
	int r = root_read_all(root, "proc/mounts", TEXT_LIMIT, &text, &length);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	mounts = length ? fmemopen(text, length, "r") : NULL;
	r = 0;
	while (r == 0 && mounts && getmntent_r(mounts, &entry, buffer, sizeof(buffer))) {
		const char *option = hasmntopt(&entry, "pagesize");
		uint64_t bytes = memory->default_size;
		char value[32];
		bool bare;
		int size;

		if (strcmp(entry.mnt_type, "hugetlbfs") != 0 || entry.mnt_dir[0] != '/' ||
		    (option && sscanf(option, "pagesize=%31[^,]", value) == 1 && parse_size(value, &bytes, &bare) < 0))
			continue;
		size = memory_size(memory, bytes);
		if (size >= 0)
			r = add_files(root, entry.mnt_dir + 1, size, 0, files);
	}
	return r;
}

/* A line of maps ends with the file's path (proc_pid_maps(5)). */
static bool is_mapped(const char *maps, const char *path)
{
	size_t length = strlen(path);

	for (const char *at = strstr(maps, path); at; at = strstr(at + 1, path))
		if (at > maps && at[-1] == ' ' && at[length] == '\n')
			return true;
	return false;
}

static int look_into(const struct root *root, const char *pid, struct files *files)
{
	_cleanup_(names_done) struct names fds = { 0 };
	_cleanup_free_ char *maps = NULL;
	char directory[64], path[ROOT_PATH_MAX], target[ROOT_PATH_MAX];
	size_t size;
	int r;

	snprintf(path, sizeof(path), "proc/%.16s/maps", pid);
	r = root_read_all(root, path, TEXT_LIMIT, &maps, &size);
	if (r == -ENOMEM)
		return r;
	for (size_t i = 0; r == 0 && i < files->count; i++)
		files->items[i].had |= is_mapped(maps, files->items[i].path);
	snprintf(directory, sizeof(directory), "proc/%.16s/fd", pid);
	r = root_list(root, directory, &fds);
	for (size_t i = 0; r == 0 && i < fds.count; i++) {
		if (root_path(path, directory, fds.items[i]) < 0 || root_readlink(root, path, target, sizeof(target)) < 0)
			continue;
		for (size_t j = 0; j < files->count; j++)
			files->items[j].had |= strcmp(files->items[j].path, target) == 0;
	}
	return r == -ENOMEM ? r : 0;
}

int left_pages_read(const struct root *root, const struct memory *memory, struct left_pages *ret)
{
	_cleanup_(files_done) struct files files = { 0 };
	_cleanup_(names_done) struct names processes = { 0 };
	int r = add_mounts(root, memory, &files);

	*ret = (struct left_pages){ 0 };
	if (r < 0 || !files.count)
		return r;
	r = root_list(root, "proc", &processes);
	for (size_t i = 0; r == 0 && i < processes.count; i++)
		if (isdigit((unsigned char)processes.items[i][0]))
			r = look_into(root, processes.items[i], &files);
	for (size_t i = 0; r == 0 && i < files.count; i++) {
		const struct file *file = &files.items[i];

		if (file->had)
			continue;
		ret->pages[file->size] += file->bytes / memory->sizes[file->size];
		snprintf(ret->files[file->size], ROOT_PATH_MAX, "%s", file->path);
	}
	return r == -ENOMEM ? r : 0;
}
