/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting stand-ins into a recording. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "snapshot/escapes.h"
#include "snapshot/snapshot.h"

/* Replaces size bytes of text, whatever they are. */
static void replace(struct secrets *secrets, char *text, size_t size)
{
	const char *stand_in = secrets_stand_in(secrets, text, size);

	if (stand_in)
		escapes_replace(text, size, stand_in);
}

/* The addresses of proc/net/route and ipv6_route, in hex; that of the default route is zero, and stays. */
static void hide_routes(struct secrets *secrets, char *text)
{
	for (char *c = text; *c;) {
		size_t size = strspn(c, "0123456789ABCDEFabcdef");

		if ((size == 8 || size == 32) && strspn(c, "0") < size && strchr(" \t\n", c[size]) &&
		    (c == text || isspace((unsigned char)c[-1])))
			replace(secrets, c, size);
		c += size ? size : 1;
	}
}

/*
 * "LVM-" and the ids of group and volume, 32 characters each (lvm2, lib/activate/dev_manager.c); "CRYPT-LUKS2-" and
 * the UUID without dashes.
 */
static void hide_mapper(struct secrets *secrets, char *text)
{
	for (char *c = text; *c;) {
		size_t size = 0;

		while (size < 32 && isalnum((unsigned char)c[size]))
			size++;
		if (size >= 16)
			replace(secrets, c, size);
		c += size ? size : 1;
	}
}

/* The full name of each user, the fifth field of etc/passwd. */
static void hide_people(char *text)
{
	int field = 1;

	for (char *c = text; *c; c++) {
		field = *c == '\n' ? 1 : field + (*c == ':');
		if (field == 5 && escapes_is_word((unsigned char)*c))
			*c = 'x';
	}
}

/* What QEMU is given to keep, by an option of its command line: a disk's passphrase, what a guest begins with. */
static void hide_options(struct secrets *secrets, char *text, size_t size)
{
	static const struct {
		const char *begins, *key, *end;
	} options[] = {
		{ "secret,", ",data=", "" },         { "{\"qom-type\":\"secret\"", "\"data\":\"", "\"" },
		{ "name=", ",string=", "" },         { "opt/", ",string=", "" },
		{ "type=11,", "value=", "" },
	};

	for (size_t at = 0; at < size; at += strlen(text + at) + 1)
		for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
			char *value = strncmp(text + at, options[i].begins, strlen(options[i].begins)) == 0 ?
			                  strstr(text + at, options[i].key) :
			                  NULL;

			if (!value)
				continue;
			value += strlen(options[i].key);
			replace(secrets, value, strcspn(value, options[i].end));
		}
}

/* Below etc/ and boot/, and the config that early boot used, which has to stay equal to the other. */
static bool has_comments(const char *path)
{
	return recording_is_below(path, "etc") || recording_is_below(path, "boot") ||
	       strcmp(path, "run/vfio-prep/config") == 0;
}

/*
 * What somebody wrote for himself, behind '#' at the start of a line, and in our own config as it takes comments. The
 * stand-in of a comment is of its length, and another one for another comment: configs that differ go on to.
 */
static void hide_comments(struct secrets *secrets, const char *path, char *text)
{
	bool own = strcmp(path, "etc/vfio-prep.conf") == 0 || strcmp(path, "run/vfio-prep/config") == 0;

	for (char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char *end = line + strcspn(line, "\n"), *at = line + strspn(line, " \t");

		if (*at != '#' && !(own && *at == ';'))
			for (at = line; own && at < end && !(*at == ';' && at > line && isblank((unsigned char)at[-1])); at++)
				continue;
		if (at < end && *at && (own || *at == '#'))
			replace(secrets, at + 1, (size_t)(end - at - 1));
	}
}

static bool ends(const char *text, const char *with)
{
	size_t length = strlen(text), end = strlen(with);

	return length >= end && strcmp(text + length - end, with) == 0;
}

static void hide_special(struct secrets *secrets, struct recorded *entry)
{
	if (ends(entry->path, "/net/route") || ends(entry->path, "/net/ipv6_route"))
		hide_routes(secrets, entry->bytes);
	else if (ends(entry->path, "/dm/uuid"))
		hide_mapper(secrets, entry->bytes);
	else if (recording_is_below(entry->path, "proc") && ends(entry->path, "/cmdline"))
		hide_options(secrets, entry->bytes, entry->size);
	else if (strcmp(entry->path, "etc/passwd") == 0)
		hide_people(entry->bytes);
	else if (has_comments(entry->path))
		hide_comments(secrets, entry->path, entry->bytes);
}

/*
 * The texts in which nothing is to be found: the kernel's numbers alone, and large; and users, whose names are known
 * (secrets_machine.c), where "sys:/dev" is no server with a share.
 */
static bool is_plain(const struct recorded *entry)
{
	static const char *const plain[] = { "proc/iomem", "proc/interrupts", "etc/passwd", "etc/group" };

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (strcmp(entry->path, plain[i]) == 0)
			return true;
	return !entry->bytes;
}

/*
 * The well-known variables of the firmware have their maker's UUID in their names (UEFI specification, 8.2), and are
 * looked for by it.
 */
static bool has_known_name(const struct recorded *entry)
{
	return recording_is_below(entry->path, "sys/firmware/efi");
}

int snapshot_hide(struct secrets *secrets, struct recording *recording)
{
	for (size_t i = 0; i < recording->count; i++) {
		const struct recorded *entry = recording->items[i];

		if (entry->kind == ENTRY_NONE)
			continue;
		if (!has_known_name(entry))
			secrets_find(secrets, entry->path, strlen(entry->path));
		if (!is_plain(entry))
			secrets_find(secrets, entry->bytes, entry->size);
	}
	for (size_t i = 0; i < recording->count; i++) {
		struct recorded *entry = recording->items[i];

		if (entry->kind == ENTRY_NONE)
			continue;
		if (entry->bytes) {
			hide_special(secrets, entry);
			secrets_hide(secrets, entry->bytes, entry->size);
		}
		if (!has_known_name(entry))
			secrets_hide(secrets, entry->path, strlen(entry->path));
	}
	return secrets->no_memory || recording->no_memory ? -ENOMEM : 0;
}
