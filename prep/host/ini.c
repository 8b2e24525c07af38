/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/ini.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

static const char byte_order_mark[] = "\xef\xbb\xbf";

struct reader {
	const char *next, *end;
	unsigned int line;
	const struct ini_events *events;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* "[name]" with nothing but blanks and a comment behind it. Reports what is wrong with it. */
static bool read_section(const struct reader *reader, const char *line, size_t size)
{
	const struct ini_events *events = reader->events;
	const char *close = memchr(line, ']', size);
	char name[INI_LINE_BYTES + 1];
	size_t length, after;

	if (!close) {
		events->error(events->context, reader->line, line, "a section, [NAME]");
		return false;
	}
	length = (size_t)(close - line) - 1;
	after = length + 2;
	while (after < size && is_blank(line[after]))
		after++;
	/* '#' starts a comment only at the start of a line (design: as inih has it). */
	if (after < size && (line[after] != ';' || line[after - 1] == ']')) {
		events->error(events->context, reader->line, line, "nothing behind the ']' of a section");
		return false;
	}
	if (length > INI_SECTION_BYTES) {
		char expected[64];

		snprintf(expected, sizeof(expected), "a section name of at most %d bytes", INI_SECTION_BYTES);
		events->error(events->context, reader->line, line, expected);
		return false;
	}
	memcpy(name, line + 1, length);
	name[length] = '\0';
	if (memchr(name, ';', length) || memchr(name, '[', length)) {
		events->error(events->context, reader->line, line, "a section name without ';' and '['");
		return false;
	}
	events->section(events->context, reader->line, name);
	return true;
}

/*
 * True where '=' ends a key that is not empty. inih would take ':' for '=', and tells only the first of all
 * lines whose '=' stands behind a comment.
 */
static bool has_key(const char *line, size_t size)
{
	size_t i = 0;

	while (i < size && line[i] != '=' && line[i] != ':' && !(line[i] == ';' && i && is_blank(line[i - 1])))
		i++;
	return i && i < size && line[i] == '=';
}

/*
 * Looks at one line before inih sees it. True where it is for inih: an entry, whole and short enough.
 * Sections are told to the caller here, because inih keeps a section to itself until an entry comes.
 */
static bool line_is_entry(const struct reader *reader, const char *line, size_t size)
{
	const struct ini_events *events = reader->events;
	char shown[64], expected[64];

	snprintf(shown, sizeof(shown), "%.*s", (int)(size < sizeof(shown) ? size : sizeof(shown) - 1), line);
	if (size > INI_LINE_BYTES) {
		snprintf(expected, sizeof(expected), "a line of at most %d bytes (this one has %zu)",
		         INI_LINE_BYTES, size);
		events->error(events->context, reader->line, shown, expected);
		return false;
	}
	if (memchr(line, '\0', size)) {
		events->error(events->context, reader->line, shown, "text (there is a NUL byte)");
		return false;
	}
	if (!parse_is_utf8(line, size)) {
		/* The bytes are not shown: a terminal could take them for commands. */
		events->error(events->context, reader->line, "bytes that are not UTF-8", "UTF-8 text");
		return false;
	}
	if (size == 0 || line[0] == ';' || line[0] == '#')
		return false;
	if (line[0] == '[') {
		char header[INI_LINE_BYTES + 1];

		memcpy(header, line, size);
		header[size] = '\0';
		/* What stands below a header that is none belongs to nothing, least of all to the section above. */
		if (!read_section(reader, header, size))
			events->section(events->context, reader->line, NULL);
		return false;
	}
	if (!has_key(line, size)) {
		events->error(events->context, reader->line, shown, "KEY = VALUE, or a section, [NAME]");
		return false;
	}
	return true;
}

/* Gives inih the next line, as fgets would. Lines that are not for it become empty ones. */
static char *read_line(char *buffer, int room, void *stream)
{
	struct reader *reader = stream;
	const char *line = reader->next, *newline;
	size_t size;

	if (line == reader->end)
		return NULL;
	newline = memchr(line, '\n', (size_t)(reader->end - line));
	reader->next = newline ? newline + 1 : reader->end;
	size = (size_t)((newline ? newline : reader->end) - line);
	if (reader->line++ == 0 && size >= 3 && memcmp(line, byte_order_mark, 3) == 0) {
		line += 3;
		size -= 3;
	}
	while (size && is_blank(line[size - 1]))
		size--;
	while (size && is_blank(line[0])) {
		line++;
		size--;
	}
	if (!line_is_entry(reader, line, size) || size + 2 > (size_t)room)
		size = 0;
	memcpy(buffer, line, size);
	memcpy(buffer + size, "\n", 2);
	return buffer;
}

static int take_entry(void *context, const char *section, const char *key, const char *value)
{
	const struct reader *reader = context;

	(void)section;
	reader->events->entry(reader->events->context, reader->line, key, value);
	return 1;
}

int ini_read(const char *bytes, size_t size, const struct ini_events *events)
{
	struct reader reader = { .next = bytes, .end = bytes + size, .events = events };

	int r = ini_parse_stream(read_line, &reader, take_entry, &reader);

	if (r == -2)
		return -ENOMEM;
	/* A line that the reader let pass and inih did not take: another inih than those that were tried. */
	if (r > 0)
		events->error(events->context, (unsigned int)r, "a line that inih does not take", "KEY = VALUE");
	return 0;
}
