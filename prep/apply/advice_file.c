/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/advice_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/record.h"
#include "base/cleanup.h"
#include "base/root.h"

/* The text of the items of a kind behind what is there: its size, whether it fits or not. */
static size_t print_kind(const struct advice *advice, enum advice_kind kind, char *text, size_t size, size_t used)
{
	for (size_t i = 0; i < advice->count; i++) {
		const struct advice_item *item = &advice->items[i];
		bool drop = kind == ADVICE_DROP;

		if (item->kind == kind)
			used += (size_t)snprintf(used < size ? text + used : NULL, used < size ? size - used : 0, "%s%s%s%s\n",
			                         drop ? "# drop " : "", item->parameter, drop ? ": " : "", drop ? item->why : "");
	}
	return used;
}

static size_t print_all(const struct advice *advice, char *text, size_t size)
{
	size_t used = print_kind(advice, ADVICE_DROP, text, size, 0);

	return print_kind(advice, ADVICE_ADD, text, size, used);
}

int advice_write(const struct root *root, const struct advice *advice)
{
	size_t size = print_all(advice, NULL, 0);
	_cleanup_free_ char *text = advice->unknown ? NULL : malloc(size + 1);
	int r;

	if (advice->unknown)
		return 0;
	if (!text)
		return -ENOMEM;
	print_all(advice, text, size + 1);
	r = root_mkdir(root, RUN_DIRECTORY, 0755);
	return r < 0 ? r : root_replace(root, ADVICE_PATH, text, size, 0644);
}
