/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/stuck.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/root.h"

int stuck_read(const struct root *root, char **ret)
{
	size_t size;
	int r;

	*ret = NULL;
	r = root_read_all(root, STUCK_PATH, STUCK_BYTES_MAX, ret, &size);
	return r == -ENOMEM ? r : 0;
}

bool stuck_has(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = text; line && *line; line = *line ? line + 1 : line) {
		size_t end = strcspn(line, "\n");

		if (end == length && memcmp(line, name, length) == 0)
			return true;
		line += end;
	}
	return false;
}

int stuck_add(const struct root *root, const char *name)
{
	_cleanup_free_ char *text = NULL;
	char bytes[STUCK_BYTES_MAX];
	int r = stuck_read(root, &text), length;

	if (r < 0 || stuck_has(text, name))
		return r;
	length = snprintf(bytes, sizeof(bytes), "%s%s\n", text ? text : "", name);
	if ((size_t)length >= sizeof(bytes))
		return -EFBIG;
	return root_replace(root, STUCK_PATH, bytes, (size_t)length, 0644);
}
