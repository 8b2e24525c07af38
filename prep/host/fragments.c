/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/fragments.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/root.h"

static bool has_suffix(const char *name, const char *const *suffixes)
{
	const char *end = strrchr(name, '.');

	for (; end && *suffixes; suffixes++)
		if (strcmp(end, *suffixes) == 0)
			return true;
	return false;
}

static bool has_name(const struct fragments *fragments, const char *name)
{
	for (size_t i = 0; i < fragments->count; i++)
		if (strcmp(fragments->items[i].path + fragments->items[i].name, name) == 0)
			return true;
	return false;
}

static int list_folder(const struct root *root, const char *folder, const char *const *suffixes,
                       struct fragments *fragments)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = root_list(root, folder, &names);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];
		struct fragment *fragment;
		char path[ROOT_PATH_MAX];

		if (name[0] == '.' || !has_suffix(name, suffixes) || has_name(fragments, name) ||
		    root_path(path, folder, name) < 0 || strlen(path) >= FRAGMENT_PATH_MAX)
			continue;
		fragment = array_add(&fragments->items, &fragments->count, sizeof(*fragment));
		if (!fragment)
			return -ENOMEM;
		strcpy(fragment->path, path);
		fragment->name = strlen(folder) + 1;
	}
	return 0;
}

static int compare_fragments(const void *a, const void *b)
{
	const struct fragment *left = a, *right = b;

	return strcmp(left->path + left->name, right->path + right->name);
}

int fragments_list(const struct root *root, const char *const *folders, const char *const *suffixes,
                   struct fragments *ret)
{
	int r = 0;

	*ret = (struct fragments){ 0 };
	for (; r == 0 && *folders; folders++)
		r = list_folder(root, *folders, suffixes, ret);
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_fragments);
	return r;
}

void fragments_done(struct fragments *fragments)
{
	if (!fragments)
		return;
	free(fragments->items);
	*fragments = (struct fragments){ 0 };
}
