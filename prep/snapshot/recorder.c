/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"

#define FILE_LIMIT (64 << 20)
#define CONFIG_SPACE 64 /* what every user may read of it (drivers/pci/pci-sysfs.c, pci_read_config()) */
#define LINKS_MAX 40    /* as the kernel's MAXSYMLINKS */

/* Links whose target is the process that reads them, and so another one for each reader. */
static bool is_folder_of_reader(const char *path)
{
	return strcmp(path, "proc/self") == 0 || strcmp(path, "proc/thread-self") == 0;
}

/* The entry of a path without links in it but at its end. NULL where nothing is there, or no memory. */
static struct recorded *look_at(struct recorder *recorder, const char *path)
{
	struct recorded *entry = recording_find(recorder->recording, path);
	_cleanup_close_ int fd = -1;
	char target[ROOT_PATH_MAX];
	struct stat stat;

	if (entry)
		return entry;
	fd = root_openat(&recorder->plain, path, O_PATH | (is_folder_of_reader(path) ? 0 : O_NOFOLLOW), 0);
	if (fd < 0 || fstat(fd, &stat) < 0)
		return NULL;
	if (S_ISLNK(stat.st_mode) && root_readlink(&recorder->plain, path, target, sizeof(target)) < 0)
		return NULL;
	entry = recording_add(recorder->recording, path);
	if (!entry)
		return NULL;
	entry->kind = S_ISDIR(stat.st_mode) ? ENTRY_FOLDER : S_ISLNK(stat.st_mode) ? ENTRY_LINK : ENTRY_FILE;
	entry->ordinary = entry->kind != ENTRY_FILE || S_ISREG(stat.st_mode);
	entry->mode = stat.st_mode & 07777;
	entry->uid = stat.st_uid;
	entry->gid = stat.st_gid;
	if (S_ISBLK(stat.st_mode))
		snprintf(entry->number, sizeof(entry->number), "%u:%u", major(stat.st_rdev), minor(stat.st_rdev));
	if (entry->kind == ENTRY_LINK)
		recording_fill(recorder->recording, entry, strdup(target), strlen(target));
	return entry;
}

/* Takes the next component off *todo, which may be changed. */
static char *next_component(char **todo)
{
	char *start = *todo + strspn(*todo, "/"), *end = start + strcspn(start, "/");

	*todo = *end ? end + 1 : end;
	*end = '\0';
	return *start ? start : NULL;
}

/* Walks to a path as the kernel does below a root, and writes down each link and folder. NULL as of look_at. */
static struct recorded *walk_to(struct recorder *recorder, const char *path, bool follow)
{
	char rest[2 * ROOT_PATH_MAX], here[ROOT_PATH_MAX] = "", *todo = rest, *component;
	struct recorded *entry = NULL;
	int links = 0;

	if ((size_t)snprintf(rest, sizeof(rest), "%s", path) >= sizeof(rest))
		return NULL;
	while ((component = next_component(&todo))) {
		char *slash = strrchr(here, '/');
		size_t length = strlen(here);
		char joined[sizeof(rest)];

		if (strcmp(component, ".") == 0)
			continue;
		if (strcmp(component, "..") == 0) {
			here[slash ? slash - here : 0] = '\0';
			entry = here[0] ? look_at(recorder, here) : NULL;
			continue;
		}
		if ((size_t)snprintf(here + length, sizeof(here) - length, "%s%s", length ? "/" : "", component) >=
		    sizeof(here) - length)
			return NULL;
		entry = look_at(recorder, here);
		if (!entry)
			return NULL;
		entry->idle = false;
		if (entry->kind != ENTRY_LINK || (!follow && !todo[strspn(todo, "/")]))
			continue;
		if (++links > LINKS_MAX ||
		    (size_t)snprintf(joined, sizeof(joined), "%s/%s", entry->bytes ? entry->bytes : "", todo) >= sizeof(joined))
			return NULL;
		here[joined[0] == '/' ? 0 : length] = '\0';
		memcpy(rest, joined, sizeof(rest));
		todo = rest;
	}
	return entry;
}

/* Of a binary file, the part that the checks read: that it is not empty, or the head of a configuration space. */
static size_t wanted_size(const char *path, const char *bytes, size_t size)
{
	const char *name = strrchr(path, '/');

	if (recording_is_below(path, "sys"))
		return name && strcmp(name, "/config") == 0 && size > CONFIG_SPACE ? CONFIG_SPACE : size;
	return !recording_is_below(path, "proc") && memchr(bytes, '\0', size) ? 1 : size;
}

static void read_content(struct recorder *recorder, struct recorded *entry)
{
	char *bytes;
	size_t size;
	int r = root_read_all(&recorder->plain, entry->path, FILE_LIMIT, &bytes, &size);

	if (r < 0) { /* refused, as it was to the one who asked: unknown there, and unknown here */
		entry->kind = ENTRY_NONE;
		recorder->recording->no_memory |= r == -ENOMEM;
		return;
	}
	recording_fill(recorder->recording, entry, bytes, wanted_size(entry->path, bytes, size));
}

static void on_opened(struct root_observer *observer, const char *path, int flags, int result)
{
	struct recorder *recorder = (struct recorder *)observer;
	struct recorded *entry;

	if (result < 0 || (flags & O_ACCMODE) != O_RDONLY)
		return;
	entry = walk_to(recorder, path, !(flags & O_NOFOLLOW));
	if (entry && entry->kind == ENTRY_FILE && entry->ordinary && !entry->read && !(flags & O_PATH))
		read_content(recorder, entry);
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t length = strlen(text), end = strlen(suffix);

	return length >= end && strcmp(text + length - end, suffix) == 0;
}

static void on_listed(struct root_observer *observer, const char *path, const struct names *names)
{
	struct recorder *recorder = (struct recorder *)observer;
	const struct recorded *folder = walk_to(recorder, path, true);
	char child[ROOT_PATH_MAX];

	if (!folder || strcmp(folder->path, "proc") == 0 || recording_is_below(folder->path, "sys/fs/cgroup") ||
	    strstr(folder->path, "systemd/") || has_suffix(folder->path, "/fd"))
		return;
	for (size_t i = 0; i < names->count; i++) {
		bool known = root_path(child, folder->path, names->items[i]) < 0 || recording_find(recorder->recording, child);
		struct recorded *entry = known ? NULL : look_at(recorder, child);

		if (entry)
			entry->idle = entry->kind == ENTRY_FILE && recording_is_below(child, "proc/irq");
	}
}

void recorder_make(const struct root *root, struct recording *recording, struct recorder *ret)
{
	*ret = (struct recorder){
		.observer = { .opened = on_opened, .listed = on_listed },
		.plain = *root,
		.recording = recording,
	};
	ret->plain.observer = NULL;
}
