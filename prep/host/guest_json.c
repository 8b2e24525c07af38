/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON as libvirt writes it for -object, -device and -blockdev (RFC 8259), flat: {"a":{"b":[1]}} is a.b.0=1. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/guest_options.h"

#define DEPTH_MAX 8
#define KEY_MAX 256
#define STRING_MAX 1024

struct reader {
	const char *at;
	struct guest_option *option;
};

static int read_value(struct reader *reader, const char *key, int depth);

static void skip_blanks(struct reader *reader)
{
	reader->at += strspn(reader->at, " \t\r\n");
}

/* Moves on where the next character is this one. */
static bool take(struct reader *reader, char c)
{
	skip_blanks(reader);
	if (*reader->at != c)
		return false;
	reader->at++;
	return true;
}

/* Into size bytes. A character beyond ASCII that is written as \uXXXX becomes '?': no name of ours has one. */
static int read_string(struct reader *reader, char *text, size_t size)
{
	static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	size_t length = 0;

	if (!take(reader, '"'))
		return -EINVAL;
	for (; *reader->at != '"'; reader->at++) {
		char c = *reader->at;
		unsigned int code;

		if (!c || length + 1 >= size)
			return -EINVAL;
		if (c == '\\') {
			const char *escape;

			c = *++reader->at;
			escape = c ? strchr(escapes, c) : NULL;
			if (escape) {
				c = meant[escape - escapes];
			} else if (c == 'u' && sscanf(reader->at + 1, "%4x", &code) == 1 && strlen(reader->at) > 4) {
				reader->at += 4;
				c = code < 0x80 && code ? (char)code : '?';
			} else {
				return -EINVAL;
			}
		}
		text[length++] = c;
	}
	reader->at++;
	text[length] = '\0';
	return 0;
}

static int join(char *joined, const char *key, const char *part)
{
	return snprintf(joined, KEY_MAX, "%s%s%s", key, *key ? "." : "", part) >= KEY_MAX ? -EINVAL : 0;
}

static int read_object(struct reader *reader, const char *key, int depth)
{
	char part[KEY_MAX], joined[KEY_MAX];

	if (take(reader, '}'))
		return 0;
	do {
		int r = read_string(reader, part, sizeof(part));

		if (r == 0)
			r = take(reader, ':') ? join(joined, key, part) : -EINVAL;
		if (r == 0)
			r = read_value(reader, joined, depth);
		if (r < 0)
			return r;
	} while (take(reader, ','));
	return take(reader, '}') ? 0 : -EINVAL;
}

static int read_array(struct reader *reader, const char *key, int depth)
{
	char part[24], joined[KEY_MAX];
	unsigned int number = 0;

	if (take(reader, ']'))
		return 0;
	do {
		int r;

		snprintf(part, sizeof(part), "%u", number++);
		r = join(joined, key, part);
		if (r == 0)
			r = read_value(reader, joined, depth);
		if (r < 0)
			return r;
	} while (take(reader, ','));
	return take(reader, ']') ? 0 : -EINVAL;
}

static int read_value(struct reader *reader, const char *key, int depth)
{
	char text[STRING_MAX];
	size_t size = 0;
	int r;

	if (depth == DEPTH_MAX)
		return -EINVAL;
	if (take(reader, '{'))
		return read_object(reader, key, depth + 1);
	if (take(reader, '['))
		return read_array(reader, key, depth + 1);
	if (*reader->at == '"') {
		r = read_string(reader, text, sizeof(text));
		return r < 0 ? r : guest_option_add(reader->option, key, strlen(key), text, strlen(text));
	}
	while (isalnum((unsigned char)reader->at[size]) || (reader->at[size] && strchr("+-.", reader->at[size])))
		size++;
	if (!size)
		return -EINVAL;
	reader->at += size;
	/* The words of QEMU's other form. */
	if (size == 4 && strncmp(reader->at - size, "true", size) == 0)
		return guest_option_add(reader->option, key, strlen(key), "on", 2);
	if (size == 5 && strncmp(reader->at - size, "false", size) == 0)
		return guest_option_add(reader->option, key, strlen(key), "off", 3);
	return guest_option_add(reader->option, key, strlen(key), reader->at - size, size);
}

int guest_option_read_json(struct guest_option *option, const char *text)
{
	struct reader reader = { .at = text, .option = option };
	int r;

	if (!take(&reader, '{'))
		return -EINVAL;
	r = read_object(&reader, "", 0);
	if (r < 0)
		return r;
	skip_blanks(&reader);
	return *reader.at ? -EINVAL : 0;
}
