/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/sysctl.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/fragments.h"

#define FILE_LIMIT (1 << 20)

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
	unsigned int number = 0;
	char *next, *line;
	size_t size;
	int found = 0, r = root_read_all(root, path, FILE_LIMIT, &text, &size);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	next = text;
	while ((line = strsep(&next, "\n"))) {
		char *value, *key;

		number++;
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
				setting->line = number;
				found = 1;
			}
	}
	return found;
}

int sysctl_find(const struct root *root, const char *const *keys, size_t key_count, struct sysctl_setting *ret)
{
	static const char *const folders[] = { "etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d",
		                                   NULL };
	static const char *const suffixes[] = { ".conf", NULL };
	_cleanup_(fragments_done) struct fragments files = { 0 };
	int found = 0, r = fragments_list(root, folders, suffixes, &files);

	if (r < 0)
		return r;
	for (size_t i = 0; i <= files.count; i++) {
		r = read_file(root, i < files.count ? files.items[i].path : "etc/sysctl.conf", keys, key_count, ret);
		if (r < 0)
			return r;
		found |= r;
	}
	return found;
}
