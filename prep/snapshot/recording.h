/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A part of a machine's files, held in memory: what --snapshot writes. */
#ifndef VFIO_PREP_SNAPSHOT_RECORDING_H
#define VFIO_PREP_SNAPSHOT_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum entry_kind {
	ENTRY_NONE, /* left out, and not looked at again */
	ENTRY_FOLDER,
	ENTRY_FILE,
	ENTRY_LINK,
};

struct recorded {
	char *path; /* without links in it: "sys/devices/pci0000:00/0000:00:02.0/class" */
	enum entry_kind kind;
	bool read;     /* a file whose content is in bytes; else only that it is there is known */
	bool ordinary; /* a regular file, a folder or a link; else a node or a socket, which becomes an empty file */
	bool idle;     /* nobody asked for it by name, and left out if nobody does */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	char number[24]; /* MAJOR:MINOR of a block device; else "" */
	char *bytes; /* of a file its content, of a link its target; ends with a NUL; NULL empty */
	size_t size;
};

struct recording {
	struct recorded **items;
	size_t count;
	void *index; /* tsearch(3) by path */
	bool no_memory;
};

/* The entry of this path; NULL. */
struct recorded *recording_find(const struct recording *recording, const char *path);

/* The entry of this path, made where it is not there (with kind ENTRY_NONE). NULL without memory. */
struct recorded *recording_add(struct recording *recording, const char *path);

/* Gives a file or link its content, which it frees from then on; NULL notes that there was no memory. */
void recording_fill(struct recording *recording, struct recorded *entry, char *bytes, size_t size);

/* A file with this text, in place of what is at path. */
void recording_write(struct recording *recording, const char *path, const char *text);

/* Leaves out what is at path and below. */
void recording_drop(struct recording *recording, const char *path);

/* True where path is directory or below it. */
bool recording_is_below(const char *path, const char *directory);

/* Drops what is left out, and sorts: each folder is followed by what is in it. Paths may have been changed. */
void recording_settle(struct recording *recording);
void recording_done(struct recording *recording);

#endif
