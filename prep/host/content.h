/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is on a block device, by libblkid, or by udev's database where the device cannot be opened. */
#ifndef VFIO_PREP_HOST_CONTENT_H
#define VFIO_PREP_HOST_CONTENT_H

#include <stdbool.h>

struct root;

enum content_kind {
	CONTENT_UNREAD,
	CONTENT_NOTHING,    /* nothing that libblkid knows */
	CONTENT_TABLE,      /* a partition table */
	CONTENT_FILESYSTEM, /* or swap, or anything else that is used by itself */
	CONTENT_CONTAINER,  /* a member of something that must be opened: LVM, md, LUKS, zfs, bcache */
	CONTENT_LOG,        /* the log of a filesystem that is on another device */
	CONTENT_AMBIVALENT, /* signatures of several kinds */
	CONTENT_UNREADABLE,
};

struct content {
	enum content_kind kind;
	char type[32];      /* "ext4", "LVM2_member" */
	char uuid[64], label[128], partuuid[64], partlabel[128];
	char volume_group[33]; /* the id, without dashes, of the LVM group that it is a member of; "" unknown */
	bool was_busy; /* --snapshot wrote down that the kernel held it */
};

/* What udev's database does not know, and --snapshot writes into the one of a snapshot. */
#define CONTENT_KEY_GROUP "VFIO_PREP_VOLUME_GROUP"
#define CONTENT_KEY_BUSY "VFIO_PREP_BUSY"

/*
 * Reads the content of /dev/NAME below root. number is "MAJOR:MINOR" for udev's database (/run/udev/data/bM:m),
 * "" unknown. Whatever goes wrong is CONTENT_UNREADABLE.
 */
void content_read(const struct root *root, const char *name, const char *number, struct content *ret);

/*
 * True where the kernel holds the block device /dev/NAME below root exclusively: mounted, swap, dm, md, a log,
 * a loop device, a target. Whatever else goes wrong says nothing. The device is open for that moment only.
 */
bool content_is_busy(const struct root *root, const char *name);

/* Decodes "\x20", in place: how udev writes what must not stand in a link's name or in its database. */
void content_decode(char *text);

#endif
