/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/unresolved.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/root.h"

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/*
 * Names that multipath gives (multipath.conf(5)): mpatha, or the disk's WWID, "3600508b4..." of SCSI, "eui.",
 * "nvme." and "uuid." of NVMe. An alias of an administrator's own cannot be told from a volume of LVM.
 */
static bool is_multipath(const char *mapper)
{
	return starts(mapper, "mpath") || starts(mapper, "eui.") || starts(mapper, "nvme.") || starts(mapper, "uuid.") ||
	       (isdigit((unsigned char)mapper[0]) && strspn(mapper, "0123456789abcdef") >= 17);
}

/* Names of the kernel's own, and of dm and md: these are links of nobody's rules. */
static bool is_known(const char *name)
{
	static const char *const prefixes[] = {
		"sd", "hd", "vd", "xvd", "nvme", "mmcblk", "md", "dm-", "loop", "ram", "zram", "sr", "fd", "nbd", "rbd",
		"zd", "bcache", "pmem", "drbd", "root",
	};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (starts(name, prefixes[i]))
			return true;
	return strchr(name, '/') != NULL; /* VG/LV, md/NAME, zvol/..., cciss/... */
}

/* True where udev has made links of this kind, the folder up to the name: then it would have made this one. */
static bool has_links(const struct root *root, const char *link)
{
	_cleanup_(names_done) struct names names = { 0 };
	char directory[ROOT_PATH_MAX];

	snprintf(directory, sizeof(directory), "%.*s", (int)(strrchr(link, '/') - link), link);
	return root_list(root, directory + 1, &names) == 0 && names.count;
}

const char *unresolved_doubt(const struct root *root, const char *name)
{
	static const char multipath[] = "multipath may make it of any disk here";
	char link[300];

	if (starts(name, "ID=")) {
		snprintf(link, sizeof(link), "/dev/disk/by-id/%.256s", name + 3);
		name = link;
	}
	if (starts(name, "/dev/mapper/"))
		return is_multipath(name + 12) ? multipath : NULL;
	if (starts(name, "/dev/disk/by-id/dm-uuid-mpath-") || starts(name, "/dev/disk/by-id/dm-name-mpath"))
		return multipath;
	/* A tag is on the disk itself, where it was looked for. */
	if (starts(name, "/dev/disk/by-uuid/") || starts(name, "/dev/disk/by-label/") || starts(name, "/dev/disk/by-part"))
		return NULL;
	if (starts(name, "/dev/disk/by-"))
		return has_links(root, name) ? NULL : "udev has made no such links here, and it may be any disk";
	if (starts(name, "/dev/") && !is_known(name + 5))
		return "a link of a rule that is not at work here, and it may be any disk";
	return NULL;
}
