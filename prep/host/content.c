/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/content.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/volume_group.h"

static void free_probe(blkid_probe *probe)
{
	blkid_free_probe(*probe);
}

/* Types that are used through another block device, or through a pool of them. */
static bool is_container(const char *type)
{
	static const char *const types[] = {
		"crypto_LUKS", "BitLocker", "zfs_member", "bcache", "drbd", "stratis", "DM_snapshot_cow",
		"DM_verity_hash", "DM_integrity", "vdo", "ceph_bluestore",
	};
	size_t length = strlen(type);

	/* LVM2_member, LVM1_member, linux_raid_member, ddf_raid_member, isw_raid_member, ... */
	if (length > 7 && strcmp(type + length - 7, "_member") == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

static void take(char *field, size_t size, const char *value)
{
	snprintf(field, size, "%s", value ? value : "");
}

static void settle_kind(struct content *content, bool has_table)
{
	if (strcmp(content->type, "jbd") == 0 || strcmp(content->type, "xfs_external_log") == 0)
		content->kind = CONTENT_LOG;
	else if (content->type[0])
		content->kind = is_container(content->type) ? CONTENT_CONTAINER : CONTENT_FILESYSTEM;
	else
		content->kind = has_table ? CONTENT_TABLE : CONTENT_NOTHING;
}

static const char *lookup(blkid_probe probe, const char *name)
{
	const char *value = NULL;

	return blkid_probe_lookup_value(probe, name, &value, NULL) == 0 ? value : NULL;
}

static void probe_device(int fd, struct content *ret)
{
	_cleanup_(free_probe) blkid_probe probe = blkid_new_probe();
	int r;

	ret->kind = CONTENT_UNREADABLE;
	if (!probe || blkid_probe_set_device(probe, fd, 0, 0) < 0)
		return;
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID | BLKID_SUBLKS_TYPE);
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_ENTRY_DETAILS);
	r = blkid_do_safeprobe(probe);
	if (r == -2)
		ret->kind = CONTENT_AMBIVALENT;
	if (r < 0)
		return;
	take(ret->type, sizeof(ret->type), lookup(probe, "TYPE"));
	take(ret->uuid, sizeof(ret->uuid), lookup(probe, "UUID"));
	take(ret->label, sizeof(ret->label), lookup(probe, "LABEL"));
	take(ret->partuuid, sizeof(ret->partuuid), lookup(probe, "PART_ENTRY_UUID"));
	take(ret->partlabel, sizeof(ret->partlabel), lookup(probe, "PART_ENTRY_NAME"));
	settle_kind(ret, lookup(probe, "PTTYPE") != NULL);
	if (strcmp(ret->type, "LVM2_member") == 0)
		volume_group_read(fd, ret->volume_group); /* else unknown */
}

void content_decode(char *text)
{
	char *out = text;

	for (const char *in = text; *in; in++) {
		char digits[3] = "";
		uint64_t value;

		if (in[0] == '\\' && in[1] == 'x' && in[2] && in[3]) {
			memcpy(digits, in + 2, 2);
			if (parse_hex(digits, 2, 2, &value) == 0) {
				*out++ = (char)value;
				in += 3;
				continue;
			}
		}
		*out++ = *in;
	}
	*out = '\0';
}

/*
 * "E:ID_FS_UUID=..." lines: what udev found when it opened the device. ID_FS_LABEL has '_' for what is not
 * safe; ID_FS_LABEL_ENC and ID_PART_ENTRY_NAME are encoded (systemd, src/udev/udev-builtin-blkid.c).
 */
static void read_udev(const struct root *root, const char *number, struct content *ret)
{
	_cleanup_free_ char *text = NULL;
	char path[ROOT_PATH_MAX], *next, *line;
	bool table = false;
	size_t size;

	ret->kind = CONTENT_UNREADABLE;
	snprintf(path, sizeof(path), "run/udev/data/b%s", number);
	if (!number[0] || root_read_all(root, path, 1 << 16, &text, &size) < 0)
		return;
	next = text;
	while ((line = parse_word(&next, "\n"))) {
		char *value = strchr(line, '=');

		if (!value || strncmp(line, "E:", 2) != 0)
			continue;
		*value++ = '\0';
		line += 2;
		if (strcmp(line, "ID_FS_TYPE") == 0)
			take(ret->type, sizeof(ret->type), value);
		else if (strcmp(line, "ID_FS_UUID") == 0)
			take(ret->uuid, sizeof(ret->uuid), value);
		else if (strcmp(line, "ID_FS_LABEL_ENC") == 0)
			take(ret->label, sizeof(ret->label), value);
		else if (strcmp(line, "ID_PART_ENTRY_UUID") == 0)
			take(ret->partuuid, sizeof(ret->partuuid), value);
		else if (strcmp(line, "ID_PART_ENTRY_NAME") == 0)
			take(ret->partlabel, sizeof(ret->partlabel), value);
		else if (strcmp(line, CONTENT_KEY_GROUP) == 0)
			take(ret->volume_group, sizeof(ret->volume_group), value);
		else if (strcmp(line, CONTENT_KEY_BUSY) == 0)
			ret->was_busy = true;
		else if (strcmp(line, "ID_PART_TABLE_TYPE") == 0)
			table = true;
		else if (strcmp(line, "ID_FS_AMBIVALENT") == 0) {
			ret->kind = CONTENT_AMBIVALENT;
			return;
		}
	}
	content_decode(ret->label);
	content_decode(ret->partlabel);
	settle_kind(ret, table);
}

/* cciss!c0d0p1 in sysfs is /dev/cciss/c0d0p1. */
static void node_path(char path[ROOT_PATH_MAX], const char *name)
{
	snprintf(path, ROOT_PATH_MAX, "dev/%s", name);
	for (char *c = path; *c; c++)
		*c = *c == '!' ? '/' : *c;
}

void content_read(const struct root *root, const char *name, const char *number, struct content *ret)
{
	char path[ROOT_PATH_MAX];
	_cleanup_close_ int fd = -1;
	struct stat stat;

	*ret = (struct content){ .kind = CONTENT_UNREADABLE };
	node_path(path, name);
	fd = root_openat(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd >= 0 && fstat(fd, &stat) == 0 && (S_ISBLK(stat.st_mode) || S_ISREG(stat.st_mode)))
		probe_device(fd, ret);
	else if (fd == -ENOMEDIUM)
		ret->kind = CONTENT_NOTHING; /* an empty drive */
	else
		read_udev(root, number, ret);
}

bool content_is_busy(const struct root *root, const char *name)
{
	char path[ROOT_PATH_MAX];
	_cleanup_close_ int node = -1, fd = -1;
	struct stat stat;

	node_path(path, name);
	node = root_openat(root, path, O_PATH, 0);
	/* Of a file, O_EXCL without O_CREAT means nothing (open(2)). */
	if (node < 0 || fstat(node, &stat) < 0 || !S_ISBLK(stat.st_mode))
		return false;
	fd = root_openat(root, path, O_RDONLY | O_EXCL | O_NONBLOCK | O_NOCTTY, 0);
	return fd == -EBUSY; /* block/bdev.c, bd_may_claim() */
}
