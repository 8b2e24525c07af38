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

#define LAYERS_MAX 8 /* partition, md, LUKS, LVM, and some; a ring ends here */

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
	if (strncmp(name, "/dev/", 5) == 0) {
		block = blocks_find_node(reading->root, &storage->blocks, name);
		if (block)
			block_use(block, use, detail);
		return block != NULL;
	}
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
	for (const char *c = name; c < equals; c++)
		if (!isupper((unsigned char)*c))
			return -1;
	return (int)mark_tag(storage, name, (size_t)(equals - name), value, use, detail);
}

static void note_unresolved(struct storage *storage, const char *where, const char *name)
{
	if (!storage->unresolved++)
		snprintf(storage->unresolved_name, sizeof(storage->unresolved_name), "%.60s in %s", name, where);
}

static FILE *open_table(const struct root *root, const char *path)
{
	int fd = root_openat(root, path, O_RDONLY, 0);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (!file && fd >= 0)
		close(fd);
	return file;
}

/* A pool's filesystem names no device: which disks it has, only the pool knows. */
static bool is_pool(const char *type)
{
	return strcmp(type, "zfs") == 0;
}

static void read_mounts(const struct reading *reading, const char *mount_point)
{
	_cleanup_(close_file) FILE *file = open_table(reading->root, "proc/mounts");
	struct mntent entry;
	char buffer[4096], detail[96];

	while (file && getmntent_r(file, &entry, buffer, sizeof(buffer))) {
		bool is_root = strcmp(entry.mnt_dir, mount_point) == 0 || strcmp(entry.mnt_dir, "/") == 0;
		unsigned int use = is_root ? USE_ROOT | USE_MOUNTED : USE_MOUNTED;
		char *next = entry.mnt_fsname, *node;

		snprintf(detail, sizeof(detail), is_root ? "it is the root" : "mounted at %s", entry.mnt_dir);
		if (is_pool(entry.mnt_type))
			note_unresolved(reading->storage, "the mounts", entry.mnt_fsname);
		else if (strncmp(entry.mnt_fsname, "/dev/", 5) == 0)
			while ((node = parse_word(&next, ":"))) /* bcachefs lists its members so */
				if (mark_name(reading, node, use, detail) == 0)
					note_unresolved(reading->storage, "the mounts", node);
	}
}

/* /proc/swaps: a header, then "FILENAME TYPE ..." a line. */
static void read_swaps(const struct reading *reading)
{
	_cleanup_free_ char *text = NULL;
	char *next, *line;
	size_t size;

	if (root_read_all(reading->root, "proc/swaps", 1 << 20, &text, &size) < 0)
		return;
	next = text;
	while ((line = parse_word(&next, "\n"))) {
		const char *node = parse_word(&line, " \t");

		if (node)
			mark_name(reading, node, USE_SWAP, "active swap");
	}
}

static void read_fstab(const struct reading *reading)
{
	_cleanup_(close_file) FILE *file = open_table(reading->system, "etc/fstab");
	struct mntent entry;
	char buffer[4096], detail[96];

	while (file && getmntent_r(file, &entry, buffer, sizeof(buffer))) {
		snprintf(detail, sizeof(detail), "fstab names it for %s", entry.mnt_dir);
		if (is_pool(entry.mnt_type) || mark_name(reading, entry.mnt_fsname, USE_NAMED, detail) == 0)
			note_unresolved(reading->storage, "fstab", entry.mnt_fsname);
	}
}

/* crypttab(5): "NAME DEVICE [KEY [OPTIONS]]" */
static void read_crypttab(const struct reading *reading)
{
	_cleanup_free_ char *text = NULL;
	char *next, *line;
	size_t size;

	if (root_read_all(reading->system, "etc/crypttab", 1 << 20, &text, &size) < 0)
		return;
	next = text;
	while ((line = parse_word(&next, "\n"))) {
		const char *name = parse_word(&line, " \t"), *device, *key;
		char detail[96];

		if (!name || name[0] == '#')
			continue;
		device = parse_word(&line, " \t");
		key = parse_word(&line, " \t");
		snprintf(detail, sizeof(detail), "crypttab names it for %s", name);
		if (device && mark_name(reading, device, USE_NAMED, detail) == 0)
			note_unresolved(reading->storage, "crypttab", device);
		/* A key on a device of its own: "/dev/disk/by-label/KEYS:/root.key" */
		if (key && strncmp(key, "/dev/", 5) == 0 && strncmp(key, "/dev/urandom", 12) != 0 &&
		    strncmp(key, "/dev/random", 11) != 0) {
			char node[256];

			snprintf(node, sizeof(node), "%.*s", (int)strcspn(key, ":"), key);
			mark_name(reading, node, USE_NAMED, "crypttab reads a key from it");
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

/* True where a block, or something that is made of it, is used so. */
static bool carries(const struct storage *storage, size_t number, unsigned int use, unsigned int depth)
{
	const struct blocks *blocks = &storage->blocks;

	if (blocks->items[number].use & use)
		return true;
	for (size_t i = 0; depth < LAYERS_MAX && i < blocks->count; i++)
		for (size_t j = 0; !blocks->items[i].is_partition && j < blocks->items[i].lower_count; j++)
			if (blocks->items[i].lower[j] == number && carries(storage, i, use, depth + 1))
				return true;
	return false;
}

/*
 * A filesystem in use, or a member of what it is on, whose UUID stands on another device too: a clone, or another member of the same
 * filesystem (btrfs, bcachefs). Which of them the next mount takes is not for us to say.
 */
static void mark_clones(struct storage *storage)
{
	const unsigned int in_use = USE_ROOT | USE_MOUNTED | USE_SWAP | USE_RESUME;

	for (size_t i = 0; i < storage->blocks.count; i++) {
		const struct block *used = &storage->blocks.items[i];
		char detail[96];

		if (!used->content.uuid[0] || !carries(storage, i, in_use, 0))
			continue;
		snprintf(detail, sizeof(detail), "it has the same UUID as %s, which is in use", used->name);
		for (size_t j = 0; j < storage->blocks.count; j++) {
			struct block *other = &storage->blocks.items[j];

			if (j != i && strcasecmp(other->content.uuid, used->content.uuid) == 0 && !carries(storage, j, in_use, 0))
				block_use(other, USE_CLONE, detail);
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
	mark_clones(ret);
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
