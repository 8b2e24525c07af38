/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding secrets in a text, and putting the stand-ins into it. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/content.h"
#include "snapshot/escapes.h"
#include "snapshot/secrets_parts.h"

enum marker_kind {
	MARKER_VALUE, /* what follows is replaced here alone: a label may be any word */
	MARKER_PATH,  /* the same, with '/' in it */
	MARKER_ID,    /* and wherever else it stands */
	MARKER_NAME,  /* the same, of three characters or more */
	MARKER_LINK,  /* udev's name for a disk: bus, model, serial number, partition */
};

static const struct marker {
	const char *text; /* ends with '=', '/' or '-' */
	enum marker_kind kind;
} markers[] = {
	{ "LABEL=", MARKER_VALUE },             { "by-label/", MARKER_VALUE },
	{ "by-partlabel/", MARKER_VALUE },      { "by\\x2dlabel-", MARKER_VALUE },
	{ "by\\x2dpartlabel-", MARKER_VALUE },  { "ID_FS_LABEL_ENC=", MARKER_VALUE },
	{ "ID_PART_ENTRY_NAME=", MARKER_VALUE }, { CONTENT_KEY_GROUP "=", MARKER_VALUE },
	{ "UUID=", MARKER_ID },                 { "by-uuid/", MARKER_ID },
	{ "by-partuuid/", MARKER_ID },          { "by\\x2duuid-", MARKER_ID },
	{ "by\\x2dpartuuid-", MARKER_ID },      { "serial=", MARKER_ID },
	{ "by-id/", MARKER_LINK },              { "by\\x2did-", MARKER_LINK },
	{ "username=", MARKER_NAME },           { "hostname=", MARKER_NAME },
	{ "password=", MARKER_VALUE },          { "initiator=", MARKER_VALUE },
	{ ",pass=", MARKER_VALUE },             { " pass=", MARKER_VALUE },
	{ "credentials=", MARKER_PATH },        { "netroot=", MARKER_PATH },
};

/* The marker that ends where the text behind it begins; NULL. */
static const struct marker *marker_before(const char *text, size_t at)
{
	if (!at || !strchr("=/-", text[at - 1]))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(markers); i++) {
		size_t size = strlen(markers[i].text);

		if (at >= size && memcmp(text + at - size, markers[i].text, size) == 0)
			return &markers[i];
	}
	return NULL;
}

/* A link's name without the bus before it, whose forms are looked at, and the partition behind it. */
static void cut_link(const char *text, size_t *start, size_t *size)
{
	static const char *const leads[] = {
		"dm-uuid-mpath-", "dm-uuid-part", "dm-uuid-LVM-", "dm-uuid-", "dm-name-", "lvm-pv-uuid-", "md-uuid-",
		"md-name-",
		"wwn-0x", "nvme-eui.",
	};
	const char *value = text + *start, *dash = memchr(value, '-', *size);
	size_t lead = dash ? (size_t)(dash - value) + 1 : 0, end = *size;

	for (size_t i = 0; i < ARRAY_SIZE(leads); i++)
		if (*size > strlen(leads[i]) && memcmp(value, leads[i], strlen(leads[i])) == 0) {
			lead = strlen(leads[i]);
			break;
		}
	while (end && isdigit((unsigned char)value[end - 1]))
		end--;
	if (end >= 5 && end > lead + 5 && memcmp(value + end - 5, "-part", 5) == 0)
		*size = end - 5;
	*start += lead;
	*size -= lead;
}

/* How long the value behind a marker is; *start goes behind a quotation mark. */
static size_t value_size(const struct marker *marker, const char *text, size_t size, size_t *start)
{
	const char *ends = marker->kind == MARKER_PATH ? "\"' \t\n,;" :
	                   strchr(marker->text, '\\')  ? "\"' \t\n,;/." :
	                                                 "\"' \t\n,;/";
	size_t end;

	if (*start < size && strchr("\"'", text[*start]) && text[*start]) {
		ends = text[*start] == '"' ? "\"\n" : "'\n";
		++*start;
	}
	for (end = *start; end < size && text[end] && !strchr(ends, text[end]); end++)
		continue;
	end -= *start;
	if (marker->kind == MARKER_LINK)
		cut_link(text, start, &end);
	return end;
}

/* The characters that a value stands for, to be freed. */
static char *decode(struct secrets *secrets, const char *text, size_t size)
{
	char *plain = malloc(size + 1), *out = plain;
	unsigned char c;

	secrets->no_memory |= !plain;
	for (size_t i = 0; plain && i < size; *out++ = (char)c)
		i += escapes_decode(text + i, size - i, &c);
	if (plain)
		*out = '\0';
	return plain;
}

static void find_value(struct secrets *secrets, enum marker_kind kind, const char *text, size_t size)
{
	char *plain = size ? decode(secrets, text, size) : NULL;

	if (plain && kind == MARKER_ID)
		secrets_add(secrets, plain);
	else if (plain && kind == MARKER_NAME)
		secrets_add_name(secrets, plain);
	free(plain);
}

static void hide_value(struct secrets *secrets, char *text, size_t size)
{
	char *plain = size ? decode(secrets, text, size) : NULL;
	const char *stand_in = plain ? secrets_stand_in(secrets, plain, strlen(plain)) : NULL;

	if (stand_in)
		escapes_replace(text, size, stand_in);
	free(plain);
}

static bool ends_word(const char *text, size_t at, size_t size)
{
	unsigned char c;

	if (at >= size)
		return true;
	escapes_decode(text + at, size - at, &c);
	return !escapes_is_word(c);
}

static void find_word(struct secrets *secrets, const char *text, size_t at, size_t size)
{
	char plain[FORM_MAX];
	size_t used = form_of_id(text, at, size, plain);
	struct secret *secret = used && ends_word(text, at + used, size) ? secrets_take(secrets, plain) : NULL;

	if (secret)
		secret->everywhere = true;
	else if (!used && form_of_server(text, at, size, plain))
		secrets_add_name(secrets, plain);
}

void secrets_find(struct secrets *secrets, const char *text, size_t size)
{
	unsigned char c, before = 0;

	for (size_t i = 0; i < size; before = c) {
		const struct marker *marker = marker_before(text, i);
		size_t start = i, length = marker ? value_size(marker, text, size, &start) : 0;

		if (length)
			find_value(secrets, marker->kind, text + start, length);
		start = i;
		i += escapes_decode(text + i, size - i, &c);
		if (escapes_is_word(c) && !escapes_is_word(before))
			find_word(secrets, text, start, size);
	}
}

/* The length of the secret that is spelled here, and has been replaced; 0. */
static size_t hide_word(const struct secrets *secrets, char *text, size_t at, size_t size)
{
	unsigned char first;

	escapes_decode(text + at, size - at, &first);
	for (size_t i = 0; i < secrets->count; i++) {
		const struct secret *secret = &secrets->items[i];
		size_t used;

		if (!secret->everywhere || tolower(first) != tolower((unsigned char)secret->text[0]))
			continue;
		used = escapes_spell(text + at, size - at, secret->text);
		if (used && ends_word(text, at + used, size)) {
			escapes_replace(text + at, used, secret->stand_in);
			return used;
		}
	}
	return 0;
}

void secrets_hide(struct secrets *secrets, char *text, size_t size)
{
	unsigned char c, before = 0;

	for (size_t i = 0; i < size; before = c) {
		const struct marker *marker = marker_before(text, i);
		size_t start = i, length = marker ? value_size(marker, text, size, &start) : 0;

		if (length) {
			hide_value(secrets, text + start, length);
			i = start + length;
			c = 'x';
			continue;
		}
		start = i;
		i += escapes_decode(text + i, size - i, &c);
		if (escapes_is_word(c) && !escapes_is_word(before) && (length = hide_word(secrets, text, start, size))) {
			i = start + length;
			c = 'x';
		}
	}
}
