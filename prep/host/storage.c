/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/clones.h"
#include "host/needs.h"
#include "host/tables.h"
#include "host/units.h"

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

/*
 * By its number, which is right whatever the device is called by now: /proc/self/mountinfo, "ID PARENT
 * MAJOR:MINOR ROOT MOUNT_POINT ..." (proc_pid_mountinfo(5)). True where a mount at this place was found so.
 */
static bool mark_mount_number(const struct needs *needs, const char *mountinfo, const char *mount_point,
                              unsigned int use, const char *detail)
{
	struct storage *storage = needs->storage;

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

/* Filesystems whose device is a server, or of QEMU's host (9p, virtiofs): their NIC is not for us to judge. */
static bool is_network_type(const char *type)
{
	static const char *const types[] = {
		"nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "afs", "lustre", "fuse.sshfs", "fuse.glusterfs",
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

static void read_mounts(const struct needs *needs, const char *mount_point)
{
	_cleanup_free_ char *text = NULL, *mountinfo = NULL;
	_cleanup_(close_file) FILE *file = NULL;
	struct mntent entry;
	char buffer[4096], detail[96];

	if (needs_read_text(needs, needs->root, "proc/mounts", &text) == 0 && *text)
		file = fmemopen(text, strlen(text), "r");
	if (!file)
		needs_note_incomplete(needs, "/proc/mounts", "nothing can be read from it");
	needs_read_text(needs, needs->root, "proc/self/mountinfo", &mountinfo);
	while (file && getmntent_r(file, &entry, buffer, sizeof(buffer))) {
		bool is_root = strcmp(entry.mnt_dir, mount_point) == 0 || strcmp(entry.mnt_dir, "/") == 0;
		unsigned int use = is_root ? USE_ROOT | USE_MOUNTED : USE_MOUNTED;
		bool found;

		snprintf(detail, sizeof(detail), is_root ? "it is the root" : "mounted at %s", entry.mnt_dir);
		if (is_root && is_network_type(entry.mnt_type))
			snprintf(needs->storage->network_root, sizeof(needs->storage->network_root), "the root is %s",
			         entry.mnt_type);
		if (needs_is_pool(entry.mnt_type)) {
			needs_mark_pool(needs, entry.mnt_fsname, use, detail);
			needs_note_unresolved(needs, "the mounts", entry.mnt_fsname);
		}
		if (strncmp(entry.mnt_fsname, "/dev/", 5) != 0 || strncmp(entry.mnt_type, "fuse", 4) == 0)
			continue;
		needs_mark_options(needs, entry.mnt_opts, "the mounts", USE_MOUNTED, detail);
		found = mark_mount_number(needs, mountinfo, entry.mnt_dir, use, detail);
		if (needs_mark(needs, entry.mnt_fsname, use, detail) <= 0 && !found)
			needs_note_incomplete(needs, entry.mnt_fsname, "it is mounted, and no block device answers to it");
	}
}

/* /proc/swaps: a header, then "FILENAME TYPE ..." a line. */
static void read_swaps(const struct needs *needs)
{
	_cleanup_free_ char *text = NULL;
	char *next, *line;

	if (needs_read_text(needs, needs->root, "proc/swaps", &text) < 0)
		return;
	next = text;
	while ((line = parse_word(&next, "\n"))) {
		const char *node = parse_word(&line, " \t");

		if (node)
			needs_mark(needs, node, USE_SWAP, "active swap");
	}
}

/*
 * A root in a pool: "zfs:POOL/NAME", "ZFS=POOL/NAME", and "zfs", "zfs:AUTO" for any pool that has a bootfs
 * (zfs, contrib/dracut/README.md); "zfs=POOL/NAME" and "zfs=bootfs" of other image builders.
 */
static void read_pool_parameter(const struct needs *needs, const struct cmdline_parameter *parameter)
{
	static const char detail[] = "a root in a pool on the kernel command line may be on it";
	const char *dataset;

	if (!parameter->value)
		return;
	if (strcmp(parameter->key, "root") == 0 && strncasecmp(parameter->value, "zfs", 3) == 0 &&
	    strchr(":=", parameter->value[3])) /* or its end */
		dataset = parameter->value + 3 + (parameter->value[3] != '\0');
	else if (strcmp(parameter->key, "zfs") == 0)
		dataset = parameter->value;
	else
		return;
	needs_mark_pool(needs, strchr(dataset, '/') ? dataset : NULL, USE_NAMED, detail);
	needs_note_unresolved(needs, "the kernel command line", parameter->value);
}

static void read_parameters(const struct needs *needs, const struct cmdline *cmdline)
{
	static const char *const keys[] = {
		"root", "resume", "usr", "mount.usr", "rd.luks.uuid", "luks.uuid", "rd.luks.name", "luks.name",
	};

	for (size_t i = 0; i < cmdline->count; i++) {
		read_pool_parameter(needs, &cmdline->parameters[i]);
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
				needs_mark_tag(needs, "UUID", uuid, USE_NAMED, detail);
			} else if (strcmp(keys[j], "resume") == 0) {
				if (needs_mark(needs, value, USE_RESUME, detail) == 0)
					needs_note_unresolved(needs, "resume=", value);
			} else {
				needs_mark(needs, value, USE_NAMED, detail);
			}
		}
	}
}

/* What says that the host imports pools by itself, named or not; NULL. */
static const char *find_pools(const struct needs *needs)
{
	_cleanup_close_ int cache = root_openat(needs->system, "etc/zfs/zpool.cache", O_RDONLY, 0);
	char byte, target[ROOT_PATH_MAX];

	if (cache >= 0 && read(cache, &byte, 1) == 1)
		return "a pool of the zpool cache";
	if (root_readlink(needs->system, "etc/systemd/system/zfs-import.target.wants/zfs-import-scan.service", target,
	                  sizeof(target)) == 0)
		return "a pool of zfs-import-scan.service";
	return NULL;
}

static void find_network_root(struct storage *storage)
{
	for (size_t i = 0; i < storage->blocks.count; i++)
		if (storage->blocks.items[i].use & USE_ROOT && storage->blocks.items[i].network)
			snprintf(storage->network_root, sizeof(storage->network_root), "the root is on %s",
			         storage->blocks.items[i].name);
}

int storage_read(const struct root *root, const struct root *system, const char *mount_point, const struct pci *pci,
                 const struct cmdline *cmdline, struct storage *ret)
{
	const struct needs needs = { root, system, ret };
	int r;

	*ret = (struct storage){ .read = true };
	r = blocks_read(root, pci, &ret->blocks);
	if (r < 0)
		return r;
	blocks_read_content(root, &ret->blocks);
	read_mounts(&needs, mount_point);
	read_swaps(&needs);
	tables_read_fstab(&needs);
	tables_read_crypttab(&needs);
	units_read(&needs);
	read_parameters(&needs, cmdline);
	ret->pools = find_pools(&needs);
	find_network_root(ret);
	if (ret->blocks.incomplete)
		needs_note_incomplete(&needs, "/sys/class/block", "not all of it can be read");
	r = clones_mark(&ret->blocks);
	if (r < 0)
		return r;
	clones_mark_groups(&ret->blocks);
	blocks_probe(root, pci, &ret->blocks);
	return 0;
}

void storage_done(struct storage *storage)
{
	if (!storage)
		return;
	blocks_done(&storage->blocks);
	*storage = (struct storage){ 0 };
}
