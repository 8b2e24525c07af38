/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the names that tables, units and the command line have for a device to the blocks that answer to them. */
#ifndef VFIO_PREP_HOST_NEEDS_H
#define VFIO_PREP_HOST_NEEDS_H

#include <stdbool.h>

#include "host/storage.h"

struct needs {
	const struct root *root;   /* /dev, /proc, /sys, /run */
	const struct root *system; /* /etc */
	struct storage *storage;
};

/* One line of fstab, or one mount or swap unit. */
struct need {
	const char *name;    /* what it names: TAG=VALUE, a node, a dataset, a server's folder */
	const char *type;    /* of the filesystem; "" unknown */
	const char *options; /* of the mount, between commas */
	const char *where;   /* "fstab", "home.mount" */
	bool insists;        /* the boot fails without it */
};

/*
 * Marks every block that a name stands for: TAG=VALUE, a node or link in /dev, "MAJOR:MINOR". Returns how
 * many answer to it, or -1 where it is no name of a block device.
 */
int needs_mark(const struct needs *needs, const char *name, unsigned int use, const char *detail);

/* The same for a tag whose value is known: "UUID", "LABEL", "PARTUUID", "PARTLABEL". */
int needs_mark_tag(const struct needs *needs, const char *tag, const char *value, unsigned int use, const char *detail);

/* Marks the members of a dataset's pool, by the name that they bear; NULL is any pool. */
void needs_mark_pool(const struct needs *needs, const char *dataset, unsigned int use, const char *detail);

/* Devices that options of a mount name beside its own: a log, a journal, further members. */
void needs_mark_options(const struct needs *needs, const char *options, const char *where, unsigned int use,
                        const char *detail);

/* All of one entry, as USE_NAMED; what nothing answers to is noted. */
void needs_mark_entry(const struct needs *needs, const struct need *need, const char *detail);

/* True for a filesystem of a pool, which names no device: which disks it has, only the pool knows. */
bool needs_is_pool(const char *type);

/* Notes a name that no block answers to; and where it might be any disk, that none can be judged. */
void needs_note_unresolved(const struct needs *needs, const char *where, const char *name);
void needs_note_incomplete(const struct needs *needs, const char *what, const char *why);

/*
 * Reads a text as a whole, at most 4 MiB. 0 or a negative errno. One that is not there (-ENOENT) has no
 * entries; one that cannot be read may have any, which is noted.
 */
int needs_read_text(const struct needs *needs, const struct root *root, const char *path, char **ret);

#endif
