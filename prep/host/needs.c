/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/needs.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/unresolved.h"

#define TAGS 4

static const char *const tag_names[TAGS] = { "UUID", "LABEL", "PARTUUID", "PARTLABEL" };
static const char *const tag_links[TAGS] = { "by-uuid", "by-label", "by-partuuid", "by-partlabel" };

static const char *tag_value(const struct content *content, size_t tag)
{
	const char *const values[TAGS] = { content->uuid, content->label, content->partuuid, content->partlabel };

	return values[tag];
}

/* The tag of this name, the first length bytes of text; TAGS where it is none. */
static size_t tag_find(const char *const *names, const char *text, size_t length)
{
	size_t tag = 0;

	while (tag < TAGS && (strlen(names[tag]) != length || strncmp(names[tag], text, length) != 0))
		tag++;
	return tag;
}

static int mark_node(const struct needs *needs, const char *node, unsigned int use, const char *detail)
{
	struct block *block = blocks_find_node(needs->root, &needs->storage->blocks, node);

	if (block)
		block_use(block, use, detail);
	return block != NULL;
}

/*
 * Marks every block whose content has this tag: a clone answers to it as well as the original. And the one
 * that udev's link leads to, which may know better than we what is on it.
 */
static int mark_tag(const struct needs *needs, size_t tag, const char *value, unsigned int use, const char *detail)
{
	struct storage *storage = needs->storage;
	char link[64 + 4 * 128], *out;
	int found = 0;

	for (size_t i = 0; i < storage->blocks.count; i++) {
		struct block *block = &storage->blocks.items[i];
		const char *has = tag_value(&block->content, tag);

		if (has[0] && strcasecmp(has, value) == 0) {
			block_use(block, use, detail);
			found++;
		}
	}
	if (!value[0] || strlen(value) > 127)
		return found;
	/* As udev writes it (libblkid, lib/encode.c): what is neither plain nor above ASCII is \xNN. */
	out = link + sprintf(link, "/dev/disk/%s/", tag_links[tag]);
	for (const char *in = value; *in; in++)
		out += sprintf(out, isalnum((unsigned char)*in) || (unsigned char)*in >= 0x80 || strchr("#+-.:=@_", *in) ?
		               "%c" : "\\x%02x", (unsigned char)*in);
	return found + mark_node(needs, link, use, detail);
}

int needs_mark_tag(const struct needs *needs, const char *tag, const char *value, unsigned int use, const char *detail)
{
	return mark_tag(needs, tag_find(tag_names, tag, strlen(tag)), value, use, detail);
}

/* "/dev/sda1", or the members that bcachefs lists with ':' between them. 1 where each of them is there. */
static int mark_nodes(const struct needs *needs, const char *names, unsigned int use, const char *detail)
{
	/* A ':' that no node follows belongs to the name, as in /dev/disk/by-path. */
	const char *separators = strstr(names, ":/dev/") ? ":" : "";
	char copy[512], *next = copy, *node;
	int all = 1;

	snprintf(copy, sizeof(copy), "%s", names);
	while ((node = parse_word(&next, separators)))
		all &= mark_node(needs, node, use, detail);
	return all;
}

int needs_mark(const struct needs *needs, const char *name, unsigned int use, const char *detail)
{
	struct storage *storage = needs->storage;
	char value[256];
	const char *equals = strchr(name, '=');
	size_t tag;

	if (strncmp(name, "/dev/disk/by-", 13) == 0 && strchr(name + 13, '/')) {
		const char *kind = name + 10, *rest = strchr(kind, '/');

		tag = tag_find(tag_links, kind, (size_t)(rest - kind));
		if (tag < TAGS) {
			snprintf(value, sizeof(value), "%s", rest + 1);
			content_decode(value);
			return mark_tag(needs, tag, value, use, detail) + mark_node(needs, name, use, detail);
		}
	}
	if (strncmp(name, "/dev/", 5) == 0)
		return mark_nodes(needs, name, use, detail);
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
		return mark_node(needs, link, use, detail);
	}
	tag = tag_find(tag_names, name, (size_t)(equals - name));
	return tag < TAGS ? mark_tag(needs, tag, value, use, detail) : -1; /* no tag that fstab(5) knows */
}

bool needs_is_pool(const char *type)
{
	return strcmp(type, "zfs") == 0;
}

void needs_mark_pool(const struct needs *needs, const char *dataset, unsigned int use, const char *detail)
{
	struct blocks *blocks = &needs->storage->blocks;
	size_t length = dataset ? strcspn(dataset, "/@") : 0;

	for (size_t i = 0; i < blocks->count; i++) {
		const struct content *content = &blocks->items[i].content;

		if (strcmp(content->type, "zfs_member") != 0)
			continue;
		/* The label is the pool's name; spares and caches of a pool bear none. */
		if (!dataset || !content->label[0] ||
		    (strlen(content->label) == length && strncmp(content->label, dataset, length) == 0))
			block_use(&blocks->items[i], use, detail);
	}
}

void needs_mark_options(const struct needs *needs, const char *options, const char *where, unsigned int use,
                        const char *detail)
{
	/* xfs(5), ext4(5), btrfs(5) */
	static const char *const keys[] = { "logdev=", "rtdev=", "journal_path=", "device=" };

	for (const char *option = options; option; option = strchr(option, ',') ? strchr(option, ',') + 1 : NULL)
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			char name[256];

			if (strncmp(option, keys[i], strlen(keys[i])) != 0)
				continue;
			option += strlen(keys[i]);
			snprintf(name, sizeof(name), "%.*s", (int)strcspn(option, ","), option);
			if (needs_mark(needs, name, use, detail) == 0)
				needs_note_unresolved(needs, where, name);
			break;
		}
}

/* Drives whose medium may be missing at any time. */
static bool is_removable(const char *name)
{
	return strncmp(name, "/dev/sr", 7) == 0 || strncmp(name, "/dev/cdrom", 10) == 0 ||
	       strncmp(name, "/dev/dvd", 8) == 0 || strncmp(name, "/dev/fd", 7) == 0;
}

void needs_mark_entry(const struct needs *needs, const struct need *need, const char *detail)
{
	if (is_removable(need->name) || strncmp(need->type, "fuse", 4) == 0)
		return;
	needs_mark_options(needs, need->options, need->where, USE_NAMED, detail);
	if (needs_is_pool(need->type))
		needs_mark_pool(needs, need->name, USE_NAMED, detail);
	else if (needs_mark(needs, need->name, USE_NAMED, detail) != 0)
		return;
	needs_note_unresolved(needs, need->where, need->name);
	needs->storage->tag_unresolved |= need->insists && strchr(need->name, '=');
}

void needs_note_unresolved(const struct needs *needs, const char *where, const char *name)
{
	struct storage *storage = needs->storage;
	const char *doubt = unresolved_doubt(needs->root, name);

	if (!storage->unresolved++)
		snprintf(storage->unresolved_name, sizeof(storage->unresolved_name), "%.60s in %.40s", name, where);
	if (doubt)
		needs_note_incomplete(needs, name, doubt);
}

void needs_note_incomplete(const struct needs *needs, const char *what, const char *why)
{
	struct storage *storage = needs->storage;

	if (!storage->incomplete[0])
		snprintf(storage->incomplete, sizeof(storage->incomplete), "%.70s: %s", what, why);
}

int needs_read_text(const struct needs *needs, const struct root *root, const char *path, char **ret)
{
	size_t size;
	int r = root_read_all(root, path, 4 << 20, ret, &size);

	if (r < 0 && r != -ENOENT)
		needs_note_incomplete(needs, path, strerror(-r));
	return r;
}
