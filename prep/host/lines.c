/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/root.h"

#define FILE_LIMIT (1 << 20)

static size_t next_end(const char *text, size_t at, size_t size)
{
	const char *newline = memchr(text + at, '\n', size - at);

	return newline ? (size_t)(newline - text) : size;
}

/* Copies a line as modprobe reads it to out. True where it goes on in the next one of the file. */
static bool unwrap(const char *line, size_t size, char **out)
{
	for (size_t i = 0; i < size; i++) {
		if (line[i] == '\\' && i + 1 == size)
			return true;
		i += line[i] == '\\';
		*(*out)++ = line[i];
	}
	return false;
}

/* Cuts the line off that begins at *at, and those that belong to it. 0 or -ENOMEM. */
static int add_line(const char *text, size_t size, enum lines_rule rule, size_t *at, unsigned int *number,
                    struct lines *lines)
{
	size_t end = next_end(text, *at, size);
	_cleanup_free_ char *raw = strndup(text + *at, end - *at);
	_cleanup_free_ char *joined = malloc(rule == LINES_PLAIN ? 1 : size - *at + 1);
	unsigned int first = ++*number;
	bool goes_on = false;
	struct line *line;
	char *out = joined;

	if (!raw || !joined)
		return -ENOMEM;
	if (rule == LINES_OF_MODPROBE)
		while (unwrap(text + *at, end - *at, &out) && end < size) {
			goes_on = true;
			*at = end + 1;
			end = next_end(text, *at, size);
			++*number;
		}
	*out = '\0';
	*at = end + 1;
	if (!raw[strspn(raw, " \t\r")])
		return 0;
	line = array_add(&lines->items, &lines->count, sizeof(*line));
	if (!line)
		return -ENOMEM;
	line->number = first;
	line->joined = goes_on;
	line->text = strdup(rule == LINES_PLAIN ? raw : joined);
	line->raw = raw;
	raw = NULL;
	return line->text ? 0 : -ENOMEM;
}

int lines_read(const struct root *root, const char *path, enum lines_rule rule, struct lines *ret)
{
	_cleanup_free_ char *text = NULL;
	unsigned int number = 0;
	size_t size;
	int r;

	*ret = (struct lines){ 0 };
	r = root_read_all(root, path, FILE_LIMIT, &text, &size);
	for (size_t at = 0; r == 0 && at < size;)
		r = add_line(text, size, rule, &at, &number, ret);
	return r;
}

void lines_done(struct lines *lines)
{
	if (!lines)
		return;
	for (size_t i = 0; i < lines->count; i++) {
		free(lines->items[i].text);
		free(lines->items[i].raw);
	}
	free(lines->items);
	*lines = (struct lines){ 0 };
}
