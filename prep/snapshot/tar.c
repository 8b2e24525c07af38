/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot/tar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define BLOCK 512

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link_name[100], magic[6],
		version[2];
	char user[32], group[32], major[8], minor[8], prefix[155], padding[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "the header is a block");

enum type { TYPE_FILE = '0', TYPE_LINK = '2', TYPE_FOLDER = '5', TYPE_EXTENDED = 'x' };

static void write_padded(FILE *out, const char *bytes, size_t size)
{
	static const char zeros[BLOCK];

	fwrite(bytes, 1, size, out);
	if (size % BLOCK)
		fwrite(zeros, 1, BLOCK - size % BLOCK, out);
}

static void write_header(FILE *out, const char *name, const char *link, enum type type, const struct recorded *entry,
                         size_t size)
{
	struct header header = { .type = (char)type, .magic = "ustar", .version = { '0', '0' } };
	unsigned int sum = 0;

	memcpy(header.name, name, strnlen(name, sizeof(header.name)));
	memcpy(header.link_name, link, strnlen(link, sizeof(header.link_name)));
	snprintf(header.mode, sizeof(header.mode), "%07o", (unsigned int)entry->mode & 07777);
	snprintf(header.uid, sizeof(header.uid), "%07o", (unsigned int)entry->uid & 07777777);
	snprintf(header.gid, sizeof(header.gid), "%07o", (unsigned int)entry->gid & 07777777);
	snprintf(header.size, sizeof(header.size), "%011zo", size);
	snprintf(header.mtime, sizeof(header.mtime), "%011o", 0U);
	memset(header.checksum, ' ', sizeof(header.checksum));
	for (size_t i = 0; i < sizeof(header); i++)
		sum += ((const unsigned char *)&header)[i];
	snprintf(header.checksum, sizeof(header.checksum), "%06o", sum); /* a NUL, and the blank behind it */
	fwrite(&header, 1, sizeof(header), out);
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts its own digits. */
static void add_record(FILE *records, const char *key, const char *value)
{
	size_t bare = strlen(key) + strlen(value) + 3, length = bare;

	while (length != bare + (size_t)snprintf(NULL, 0, "%zu", length))
		length = bare + (size_t)snprintf(NULL, 0, "%zu", length);
	fprintf(records, "%zu %s=%s\n", length, key, value);
}

/* Names over 100 bytes stand in a file of their own before the entry (the prefix of ustar helps no link). */
static int write_long_names(FILE *out, const char *name, const char *link)
{
	const struct recorded plain = { .mode = 0644 };
	_cleanup_free_ char *bytes = NULL;
	size_t size;
	FILE *records;

	if (strlen(name) <= sizeof(((struct header *)0)->name) && strlen(link) <= sizeof(((struct header *)0)->link_name))
		return 0;
	records = open_memstream(&bytes, &size);
	if (!records)
		return -ENOMEM;
	if (strlen(name) > sizeof(((struct header *)0)->name))
		add_record(records, "path", name);
	if (strlen(link) > sizeof(((struct header *)0)->link_name))
		add_record(records, "linkpath", link);
	if (fclose(records) == EOF)
		return -ENOMEM;
	write_header(out, "././@PaxHeader", "", TYPE_EXTENDED, &plain, size);
	write_padded(out, bytes, size);
	return 0;
}

static int write_entry(FILE *out, const struct recorded *entry)
{
	bool node = recording_is_below(entry->path, "dev") && entry->kind == ENTRY_FILE;
	struct recorded shown = { .mode = entry->mode, .uid = entry->uid, .gid = entry->gid };
	const char *link = entry->kind == ENTRY_LINK && entry->bytes ? entry->bytes : "";
	_cleanup_free_ char *name = NULL;
	enum type type = TYPE_FILE;
	size_t size = 0;
	int r;

	if (asprintf(&name, "%s%s", entry->path, entry->kind == ENTRY_FOLDER ? "/" : "") < 0)
		return -ENOMEM;
	if (!node)
		shown = (struct recorded){ .mode = entry->mode & 0222 ? 0644 : 0444 };
	if (entry->kind == ENTRY_FILE) {
		size = entry->size;
	} else {
		shown.mode = entry->kind == ENTRY_LINK ? 0777 : 0755;
		type = entry->kind == ENTRY_LINK ? TYPE_LINK : TYPE_FOLDER;
	}
	r = write_long_names(out, name, link);
	if (r < 0)
		return r;
	write_header(out, name, link, type, &shown, size);
	if (size)
		write_padded(out, entry->bytes, size);
	return 0;
}

int tar_write(FILE *out, const struct recording *recording, size_t *ret_files)
{
	static const char end[2 * BLOCK];
	size_t files = 0;

	for (size_t i = 0; i < recording->count; i++) {
		const struct recorded *entry = recording->items[i];
		bool filled = i + 1 < recording->count && recording_is_below(recording->items[i + 1]->path, entry->path);
		int r;

		if (entry->kind == ENTRY_FOLDER && filled)
			continue;
		r = write_entry(out, entry);
		if (r < 0)
			return r;
		files += entry->kind != ENTRY_FOLDER;
	}
	fwrite(end, 1, sizeof(end), out);
	if (fflush(out) == EOF || ferror(out))
		return -EIO;
	*ret_files = files;
	return 0;
}
