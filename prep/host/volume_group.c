/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/volume_group.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What is on the disk, little-endian: lvm2, lib/label/label.h and lib/format_text/layout.h */
struct __attribute__((packed)) label_header {
	char id[8]; /* "LABELONE" */
	uint64_t sector;
	uint32_t crc, offset; /* of the pv_header, from the label on */
	char type[8]; /* "LVM2 001" */
};

struct __attribute__((packed)) pv_header {
	char uuid[32];
	uint64_t device_size;
	/* Then areas of data, one of offset 0, areas of metadata, one of offset 0. */
};

struct __attribute__((packed)) area {
	uint64_t offset, size;
};

struct __attribute__((packed)) mda_header {
	uint32_t crc;
	char magic[16];
	uint32_t version;
	uint64_t start, size;
	struct area text; /* the first of a list: the committed one; from start on */
};

#define SECTOR 512
#define LABEL_SECTORS 4 /* the label is in one of the first four */
#define TEXT_HEAD 512   /* "NAME {", a newline and "id = " with it are in the first 200 bytes or so */

static int read_at(int fd, uint64_t offset, void *buffer, size_t size)
{
	ssize_t length;

	if (offset > INT64_MAX)
		return -EBADMSG;
	length = pread(fd, buffer, size, (off_t)offset);
	if (length < 0)
		return -errno;
	return (size_t)length == size ? 0 : -EBADMSG;
}

/* "NAME {\nid = \"XXXXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXXXX\"": the group's own comes before all others. */
static int parse_id(const char *text, char ret[VOLUME_GROUP_ID])
{
	char id[VOLUME_GROUP_ID];
	const char *found = strstr(text, "\nid = \"");
	size_t length = 0;

	if (!found)
		return -EBADMSG;
	for (found += 7; *found && *found != '"'; found++) {
		if (*found == '-')
			continue;
		if (length == sizeof(id) - 1)
			return -EBADMSG;
		id[length++] = *found;
	}
	if (length != sizeof(id) - 1)
		return -EBADMSG;
	id[length] = '\0';
	memcpy(ret, id, sizeof(id));
	return 0;
}

static int read_metadata(int fd, const struct area *area, char ret[VOLUME_GROUP_ID])
{
	struct mda_header header;
	char text[TEXT_HEAD + 1] = "";
	uint64_t offset;
	int r = read_at(fd, le64toh(area->offset), &header, sizeof(header));

	if (r < 0)
		return r;
	if (memcmp(header.magic, "\040LVM2\040x[5A%r0N*\076", sizeof(header.magic)) != 0)
		return -EBADMSG;
	offset = le64toh(header.text.offset);
	if (!offset)
		return -ENODATA;
	/* The area is a ring; a text that begins at its very end is not looked for. */
	if (offset > le64toh(header.size) || le64toh(header.size) - offset < TEXT_HEAD)
		return -EBADMSG;
	r = read_at(fd, le64toh(header.start) + offset, text, TEXT_HEAD);
	return r < 0 ? r : parse_id(text, ret);
}

int volume_group_read(int fd, char ret[VOLUME_GROUP_ID])
{
	char sectors[LABEL_SECTORS * SECTOR];
	const size_t end = sizeof(sectors) - sizeof(struct area);
	size_t label = 0, next;
	struct label_header header;
	bool metadata = false;
	int r = read_at(fd, 0, sectors, sizeof(sectors));

	if (r < 0)
		return r;
	do
		memcpy(&header, sectors + label, sizeof(header));
	while ((memcmp(header.id, "LABELONE", 8) != 0 || memcmp(header.type, "LVM2 001", 8) != 0) &&
	       (label += SECTOR) < sizeof(sectors));
	if (label == sizeof(sectors) || le32toh(header.offset) > SECTOR)
		return -EBADMSG;
	r = -ENODATA;
	for (next = label + le32toh(header.offset) + sizeof(struct pv_header); next <= end; next += sizeof(struct area)) {
		struct area area;

		memcpy(&area, sectors + next, sizeof(area));
		if (!area.offset && metadata)
			return r;
		if (!area.offset)
			metadata = true;
		else if (metadata && (r = read_metadata(fd, &area, ret)) == 0)
			return 0;
	}
	return -EBADMSG;
}
