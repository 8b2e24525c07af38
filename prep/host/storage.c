/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/storage.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/clones.h"


struct reading {
	const struct root *root;   /* /dev, /proc, /sys */
	const struct root *system; /* /etc */
	struct storage *storage;
};

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* A tag's value of a block's content; NULL where the tag is none. */
static const char *tag_value(const struct content *content, const char *tag, size_t length)
{
	const struct {
		const char *tag, *value;
	} tags[] = {
		{ "UUID", content->uuid },         { "LABEL", content->label },
		{ "PARTUUID", content->partuuid }, { "PARTLABEL", content->partlabel },
		{ "by-uuid", content->uuid },         { "by-label", content->label },
		{ "by-partuuid", content->partuuid }, { "by-partlabel", content->partlabel },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		if (strlen(tags[i].tag) == length && strncmp(tags[i].tag, tag, length) == 0)
			return tags[i].value;
	return NULL;
}

/* Marks every block whose content has this tag: a clone answers to it as well as the original. */
static size_t mark_tag(struct storage *storage, const char *tag, size_t length, const char *value, unsigned int use,
                       const char *detail)
{
	size_t found = 0;

	for (size_t i = 0; i < storage->blocks.count; i++) {
		struct block *block = &storage->blocks.items[i];
		const char *has = tag_value(&block->content, tag, length);

		if (has && has[0] && strcasecmp(has, value) == 0) {
			block_use(block, use, detail);
			found++;
		}
	}
	return found;
}

/* "/dev/sda1", or the members that bcachefs lists with ':' between them. 1 where each of them is there. */
static int mark_nodes(const struct reading *reading, const char *names, unsigned int use, const char *detail)
{
	/* A ':' that no node follows belongs to the name, as in /dev/disk/by-path. */
	const char *separators = strstr(names, ":/dev/") ? ":" : "";
	char copy[512], *next = copy, *node;
	int all = 1;

	snprintf(copy, sizeof(copy), "%s", names);
	while ((node = parse_word(&next, separators))) {
		struct block *block = blocks_find_node(reading->root, &reading->storage->blocks, node);

		if (block)
			block_use(block, use, detail);
		else
			all = 0;
	}
	return all;
}

/*
 * Marks what a name in fstab, crypttab or on the command line stands for: TAG=VALUE, a node or link in
 * /dev. Returns how many blocks answer to it, or -1 where it is no name of a block device.
 */
static int mark_name(const struct reading *reading, const char *name, unsigned int use, const char *detail)
{
	struct storage *storage = reading->storage;
	char value[256];
	const char *equals = strchr(name, '=');
	struct block *block;

	if (strncmp(name, "/dev/disk/by-", 13) == 0 && strchr(name + 13, '/')) {
		const char *tag = name + 10, *rest = strchr(tag, '/');
		const struct content none = { 0 };

		if (tag_value(&none, tag, (size_t)(rest - tag))) {
			snprintf(value, sizeof(value), "%s", rest + 1);
			content_decode(value);
			return (int)mark_tag(storage, tag, (size_t)(rest - tag), value, use, detail);
		}
	}
	if (strncmp(name, "/dev/", 5) == 0)
		return mark_nodes(reading, name, use, detail);
	/* resume=8:3, root=259:2 */
	for (size_t i = 0; i < storage->blocks.count && isdigit((unsigned char)name[0]); i++)
		if (strcmp(storage->blocks.items[i].number, name) == 0) {
			block_use(&storage->blocks.items[i], use, detail);
			return 1;
		}
	if (!equals || name[0] == '/')
		return -1;
	snprintf(value, sizeof(value), "%s", equals[1] == '"' ? equals + 2 : equals + 1);
	if (value[0] && value[strlen(value) - 1] == '"')
		value[strlen(value) - 1] = '\0';
	if (strncmp(name, "ID=", 3) == 0) {
		char link[300];

		snprintf(link, sizeof(link), "/dev/disk/by-id/%s", value);
		block = blocks_find_node(reading->root, &storage->blocks, link);
		if (block)
			block_use(block, use, detail);
		return block != NULL;
	}
	if (!tag_value(&(const struct content){ 0 }, name, (size_t)(equals - name)) || islower((unsigned char)name[0]))
		return -1; /* no tag that fstab(5) knows */
	return (int)mark_tag(storage, name, (size_t)(equals - name), value, use, detail);
}

static void note_unresolved(struct storage *storage, const char *where, const char *name)
{
	if (!storage->unresolved++)
		snprintf(storage->unresolved_name, sizeof(storage->unresolved_name), "%.60s in %s", name, where);
}

static void note_incomplete(struct storage *storage, const char *what, const char *why)
{
	if (!storage->incomplete[0])
		snprintf(storage->incomplete, sizeof(storage->incomplete), "%.70s: %s", what, why);
}

/* A table that is not there has no entries; one that cannot be read may have any. */
static int read_table(const struct reading *reading, const struct root *root, const char *path, char **ret)
{
	size_t size;
	int r = root_read_all(root, path, 4 << 20, ret, &size);

	if (r < 0 && r != -ENOENT)
		note_incomplete(reading->storage, path, strerror(-r));
	return r;
}

/* The same as a stream for getmntent_r, over text that was read whole; NULL. */
static FILE *open_table(const struct reading *reading, const struct root *root, const char *path, char **text)
{
	return read_table(reading, root, path, text) < 0 || !**text ? NULL : fmemopen(*text, strlen(*text), "r");
}

/* A pool's filesystem names no device: which disks it has, only the pool knows. */
static bool is_pool(const char *type)
{
	return strcmp(type, "zfs") == 0;
}

/*
 * By its number, which is right whatever the device is called by now: /proc/self/mountinfo, "ID PARENT
 * MAJOR:MINOR ROOT MOUNT_POINT ..." (proc_pid_mountinfo(5)). True where a mount at this place was found so.
 */
static bool mark_mount_number(const struct reading *reading, const char *mountinfo, const char *mount_point,
                              unsigned int use, const char *detail)
{
	struct storage *storage = reading->storage;

	for (const char *line = mountinfo; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		char number[24], place[256];

		if (sscanf(line, "%*s %*s %23s %*s %255s", number, place) != 2 || strcmp(place, mount_point) != 0)
			continue;
		for (size_t i = 0; i < storage->blocks.count; i++)
			if (storage->blocks.items[i].number[0] && strcmp(storage->blocks.items[i].number, number) == 0) {
				block_use(&storage->blocks.items[i], use, detail);
				return true;
			}
	}
	return false;
}

static void read_mounts(const struct reading *reading, const char *mount_point)
{
	_cleanup_free_ char *text = NULL, *mountinfo = NULL;
	_cleanup_(close_file) FILE *file = open_table(reading, reading->root, "proc/mounts", &text);
	struct mntent entry;
	char buffer[4096], detail[96];

	if (!file)
		note_incomplete(reading->storage, "/proc/mounts", "nothing can be read from it");
	read_table(reading, reading->root, "proc/self/mountinfo", &mountinfo);
	while (file && getmntent_r(file, &entry, buffer, sizeof(buffer))) {
		bool is_root = strcmp(entry.mnt_dir, mount_point) == 0 || strcmp(entry.mnt_dir, "/") == 0;
		unsigned int use = is_root ? USE_ROOT | USE_MOUNTED : USE_MOUNTED;
		bool found;

		snprintf(detail, sizeof(detail), is_root ? "it is the root" : "mounted at %s", entry.mnt_dir);
		if (is_pool(entry.mnt_type))
			note_unresolved(reading->storage, "the mounts", entry.mnt_fsname);
		if (strncmp(entry.mnt_fsname, "/dev/", 5) != 0 || strncmp(entry.mnt_type, "fuse", 4) == 0)
			continue;
		found = mark_mount_number(reading, mountinfo, entry.mnt_dir, use, detail);
		if (mark_name(reading, entry.mnt_fsname, use, detail) <= 0 && !found)
			note_incomplete(reading->storage, entry.mnt_fsname, "it is mounted, and no block device answers to it");
	}
}

/* /proc/swaps: a header, then "FILENAME TYPE ..." a line. */
static void read_swaps(const struct reading *reading)
{
	_cleanup_free_ char *text = NULL;
	char *next, *line;

	if (read_table(reading, reading->root, "proc/swaps", &text) < 0)
		return;
	next = text;
	while ((line = parse_word(&next, "\n"))) {
		const char *node = parse_word(&line, " \t");

		if (node)
			mark_name(reading, node, USE_SWAP, "active swap");
	}
}

/* Drives whose medium may be missing at any time. */
static bool is_removable(const char *name)
{
	return strncmp(name, "/dev/sr", 7) == 0 || strncmp(name, "/dev/cdrom", 10) == 0 ||
	       strncmp(name, "/dev/dvd", 8) == 0 || strncmp(name, "/dev/fd", 7) == 0;
}

static void read_fstab(const struct reading *reading)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_(close_file) FILE *file = open_table(reading, reading->system, "etc/fstab", &text);
	struct mntent entry;
	char buffer[4096], detail[96];

	while (file && getmntent_r(file, &entry, buffer, sizeof(buffer))) {
		snprintf(detail, sizeof(detail), "fstab names it for %s", entry.mnt_dir);
		if (is_removable(entry.mnt_fsname) || strncmp(entry.mnt_type, "fuse", 4) == 0 ||
		    (!is_pool(entry.mnt_type) && mark_name(reading, entry.mnt_fsname, USE_NAMED, detail) != 0))
			continue;
		note_unresolved(reading->storage, "fstab", entry.mnt_fsname);
		reading->storage->tag_unresolved |= strchr(entry.mnt_fsname, '=') && !hasmntopt(&entry, "nofail") &&
		                                    !hasmntopt(&entry, "noauto");
	}
}

/* A device that an option or a key file of crypttab names: "/dev/...", "TAG=...". */
static void mark_crypt_part(const struct reading *reading, const char *name)
{
	char node[256];

	snprintf(node, sizeof(node), "%.*s", (int)strcspn(name, ":,"), name);
	if (strncmp(node, "/dev/", 5) != 0 || (strcmp(node, "/dev/urandom") != 0 && strcmp(node, "/dev/random") != 0))
		mark_name(reading, node, USE_NAMED, "crypttab needs it for a key or a header");
}

/* crypttab(5): "NAME DEVICE [KEY [OPTIONS]]" */
static void read_crypttab(const struct reading *reading)
{
	_cleanup_free_ char *text = NULL;
	char *next, *line;

	if (read_table(reading, reading->system, "etc/crypttab", &text) < 0)
		return;
	next = text;
	while ((line = parse_word(&next, "\n"))) {
		const char *name = parse_word(&line, " \t"), *device, *key, *options;
		char detail[96];

		if (!name || name[0] == '#')
			continue;
		device = parse_word(&line, " \t");
		key = parse_word(&line, " \t");
		snprintf(detail, sizeof(detail), "crypttab names it for %s", name);
		if (device && mark_name(reading, device, USE_NAMED, detail) == 0)
			note_unresolved(reading->storage, "crypttab", device);
		/* A key on a device of its own: "/dev/disk/by-label/KEYS:/root.key" (Debian), "/root.key:LABEL=KEYS"
		 * (systemd); and a header apart from the data. */
		if (key) {
			const char *at = strchr(key, ':'), *header;

			mark_crypt_part(reading, key);
			if (at)
				mark_crypt_part(reading, at + 1);
			header = (options = parse_word(&line, " \t")) ? strstr(options, "header=") : NULL;
			if (header)
				mark_crypt_part(reading, header + 7);
		}
	}
}

static void read_parameters(const struct reading *reading, const struct cmdline *cmdline)
{
	static const char *const keys[] = {
		"root", "resume", "usr", "mount.usr", "rd.luks.uuid", "luks.uuid", "rd.luks.name", "luks.name",
	};

	for (size_t i = 0; i < cmdline->count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(keys); j++) {
			const char *value = cmdline->parameters[i].value;
			char detail[96];

			if (!value || strcmp(cmdline->parameters[i].key, keys[j]) != 0)
				continue;
			if (strncmp(value, "block:", 6) == 0) /* dracut's long form */
				value += 6;
			snprintf(detail, sizeof(detail), "%s= on the kernel command line names it", keys[j]);
			if (strstr(keys[j], "luks.")) { /* "[luks-]UUID", "UUID=NAME" */
				char uuid[64];

				value += strncmp(value, "luks-", 5) == 0 ? 5 : 0;
				snprintf(uuid, sizeof(uuid), "%.*s", (int)strcspn(value, "="), value);
				mark_tag(reading->storage, "UUID", 4, uuid, USE_NAMED, detail);
			} else {
				mark_name(reading, value, strcmp(keys[j], "resume") == 0 ? USE_RESUME : USE_NAMED, detail);
			}
		}
}

int storage_read(const struct root *root, const struct root *system, const char *mount_point, const struct pci *pci,
                 const struct cmdline *cmdline, struct storage *ret)
{
	const struct reading reading = { root, system, ret };
	_cleanup_close_ int cache = -1;
	char byte;
	int r;

	*ret = (struct storage){ .read = true };
	r = blocks_read(root, pci, &ret->blocks);
	if (r < 0)
		return r;
	blocks_read_content(root, &ret->blocks);
	read_mounts(&reading, mount_point);
	read_swaps(&reading);
	read_fstab(&reading);
	read_crypttab(&reading);
	read_parameters(&reading, cmdline);
	if (ret->blocks.incomplete)
		note_incomplete(ret, "/sys/class/block", "not all of it can be read");
	r = clones_mark(&ret->blocks);
	if (r < 0)
		return r;
	cache = root_openat(system, "etc/zfs/zpool.cache", O_RDONLY, 0);
	ret->zpool_cache = cache >= 0 && read(cache, &byte, 1) == 1;
	return 0;
}

void storage_done(struct storage *storage)
{
	if (!storage)
		return;
	blocks_done(&storage->blocks);
	*storage = (struct storage){ 0 };
}
