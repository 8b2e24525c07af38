/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/sysctl.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"

#define FILE_LIMIT (1 << 20)

/* A file to read: a later folder does not count where an earlier one has the name. */
struct source {
	char name[96];
	size_t folder;
};

static const char *const folders[] = { "etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d" };

struct sources {
	struct source *items;
	size_t count;
};

static void sources_done(struct sources *sources)
{
	free(sources->items);
}

static bool has_name(const struct sources *sources, const char *name)
{
	for (size_t i = 0; i < sources->count; i++)
		if (strcmp(sources->items[i].name, name) == 0)
			return true;
	return false;
}

static int list_folder(const struct root *root, size_t folder, struct sources *sources)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = root_list(root, folders[folder], &names);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < names.count; i++) {
		const char *suffix = strrchr(names.items[i], '.');
		struct source *source;

		if (!suffix || strcmp(suffix, ".conf") != 0 || strlen(names.items[i]) >= sizeof(source->name) ||
		    has_name(sources, names.items[i]))
			continue;
		source = array_add(&sources->items, &sources->count, sizeof(*source));
		if (!source)
			return -ENOMEM;
		strcpy(source->name, names.items[i]);
		source->folder = folder;
	}
	return 0;
}

static int compare_sources(const void *a, const void *b)
{
	const struct source *left = a, *right = b;

	return strcmp(left->name, right->name);
}

/* "vm/nr_hugepages" and "vm.nr_hugepages" are the same. */
static bool is_key(const char *word, const char *key)
{
	for (; *word && *key; word++, key++)
		if (*word != *key && !(*word == '/' && *key == '.'))
			return false;
	return *word == *key;
}

/* Reads one file over what was found before. Returns 1 where it has a setting, 0, or -ENOMEM. */
static int read_file(const struct root *root, const char *path, const char *const *keys, size_t key_count,
                     struct sysctl_setting *setting)
{
	_cleanup_free_ char *text = NULL;
	char *next, *line;
	size_t size;
	int found = 0, r = root_read_all(root, path, FILE_LIMIT, &text, &size);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	next = text;
	while ((line = parse_word(&next, "\n"))) {
		char *value, *key;

		line += strspn(line, " \t");
		line += *line == '-'; /* an error of this one does not matter (sysctl.d(5)) */
		value = strchr(line, '=');
		if (*line == '#' || *line == ';' || !value)
			continue;
		*value++ = '\0';
		key = parse_word(&line, " \t");
		value = parse_word(&value, " \t\r");
		for (size_t i = 0; key && value && i < key_count; i++)
			if (is_key(key, keys[i])) {
				snprintf(setting->file, sizeof(setting->file), "%s", path);
				snprintf(setting->key, sizeof(setting->key), "%s", keys[i]);
				snprintf(setting->value, sizeof(setting->value), "%s", value);
				found = 1;
			}
	}
	return found;
}

int sysctl_find(const struct root *root, const char *const *keys, size_t key_count, struct sysctl_setting *ret)
{
	_cleanup_(sources_done) struct sources sources = { 0 };
	int found = 0, r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++)
		r = list_folder(root, i, &sources);
	if (r < 0)
		return r;
	if (sources.count)
		qsort(sources.items, sources.count, sizeof(*sources.items), compare_sources);
	for (size_t i = 0; i <= sources.count; i++) {
		char path[ROOT_PATH_MAX] = "etc/sysctl.conf";

		if (i < sources.count && root_path(path, folders[sources.items[i].folder], sources.items[i].name) < 0)
			continue;
		r = read_file(root, path, keys, key_count, ret);
		if (r < 0)
			return r;
		found |= r;
	}
	return found;
}
