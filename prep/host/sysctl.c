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

static int add_setting(struct sysctl_settings *settings, const char *path, unsigned int number, const char *key,
                       const char *value)
{
	struct sysctl_setting *setting = array_add(&settings->items, &settings->count, sizeof(*setting));

	if (!setting)
		return -ENOMEM;
	snprintf(setting->file, sizeof(setting->file), "%s", path);
	snprintf(setting->key, sizeof(setting->key), "%s", key);
	snprintf(setting->value, sizeof(setting->value), "%s", value);
	setting->line = number;
	return 0;
}

/* One that cannot be read sets nothing. 0 or -ENOMEM. */
static int read_file(const struct root *root, const char *path, const char *const *keys, size_t key_count,
                     struct sysctl_settings *settings)
{
	_cleanup_free_ char *text = NULL;
	unsigned int number = 0;
	char *next, *line;
	size_t size;
	int r = root_read_all(root, path, FILE_LIMIT, &text, &size);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	next = text;
	while (r == 0 && (line = strsep(&next, "\n"))) {
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
		for (size_t i = 0; r == 0 && key && value && i < key_count; i++)
			if (is_key(key, keys[i]))
				r = add_setting(settings, path, number, keys[i], value);
	}
	return r;
}

int sysctl_list(const struct root *root, const char *const *keys, size_t key_count, struct sysctl_settings *ret)
{
	static const char *const folders[] = { "etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d",
		                                   NULL };
	static const char *const suffixes[] = { ".conf", NULL };
	_cleanup_(fragments_done) struct fragments files = { 0 };
	int r = fragments_list(root, folders, suffixes, &files);

	*ret = (struct sysctl_settings){ 0 };
	for (size_t i = 0; r == 0 && i <= files.count; i++)
		r = read_file(root, i < files.count ? files.items[i].path : "etc/sysctl.conf", keys, key_count, ret);
	return r;
}

void sysctl_settings_done(struct sysctl_settings *settings)
{
	if (!settings)
		return;
	free(settings->items);
	*settings = (struct sysctl_settings){ 0 };
}

int sysctl_find(const struct root *root, const char *const *keys, size_t key_count, struct sysctl_setting *ret)
{
	_cleanup_(sysctl_settings_done) struct sysctl_settings settings = { 0 };
	int r = sysctl_list(root, keys, key_count, &settings);

	if (r < 0 || !settings.count)
		return r;
	*ret = settings.items[settings.count - 1];
	return 1;
}
