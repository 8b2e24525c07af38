/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/modprobe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/root.h"

static const char *const folders[] = {
	"etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d", "usr/lib/modprobe.d", "lib/modprobe.d",
};

struct file {
	char name[96];
	const char *folder;
};

struct files {
	struct file *items;
	size_t count;
};

static void files_done(struct files *files)
{
	free(files->items);
}

static bool has_name(const struct files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].name, name) == 0)
			return true;
	return false;
}

/* Of a folder libkmod reads what ends in .conf or .alias, and hidden files not (conf_files_filter_out). */
static int list_folder(const struct root *root, const char *folder, struct files *files)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = root_list(root, folder, &names);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i], *suffix = strrchr(name, '.');
		struct file *file;

		if (!suffix || (strcmp(suffix, ".conf") != 0 && strcmp(suffix, ".alias") != 0) || name[0] == '.' ||
		    strlen(name) >= sizeof(file->name) || has_name(files, name))
			continue;
		file = array_add(&files->items, &files->count, sizeof(*file));
		if (!file)
			return -ENOMEM;
		strcpy(file->name, name);
		file->folder = folder;
	}
	return 0;
}

static int compare_files(const void *a, const void *b)
{
	const struct file *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static int count_options(enum modprobe_kind kind, const char *key, const char *value, void *data)
{
	(void)key;
	(void)value;
	*(size_t *)data += kind == MODPROBE_OPTIONS;
	return 0;
}

static int add_line(enum modprobe_kind kind, const char *key, const char *value, void *data)
{
	struct modprobe *modprobe = data;
	struct modprobe_line *line = array_add(&modprobe->lines, &modprobe->count, sizeof(*line));

	if (!line)
		return -ENOMEM;
	line->kind = kind;
	line->key = strdup(key);
	line->value = strdup(value ?: "");
	return line->key && line->value ? 0 : -ENOMEM;
}

static void drop_last(struct modprobe *modprobe)
{
	struct modprobe_line *line = &modprobe->lines[--modprobe->count];

	free(line->key);
	free(line->value);
}

/*
 * libkmod opens paths by itself: it is given the descriptor of a file that was looked up below the root, so that no
 * link leads it out. It always adds the options of the running machine's command line: so many are taken off again.
 */
static int read_file(const struct root *root, const struct file *file, size_t foreign, struct modprobe *modprobe)
{
	char path[ROOT_PATH_MAX], given[32];
	size_t first = modprobe->count;
	_cleanup_close_ int fd = -1;
	int r;

	if (root_path(path, file->folder, file->name) < 0)
		return 0;
	fd = root_openat(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK, 0);
	if (fd < 0)
		return 0;
	snprintf(given, sizeof(given), "/proc/self/fd/%d", fd);
	if (access(given, R_OK) < 0)
		return -ENOENT;
	r = modules_config(given, add_line, modprobe);
	for (size_t i = 0; r == 0 && i < foreign; i++)
		drop_last(modprobe);
	for (size_t i = first; i < modprobe->count; i++)
		snprintf(modprobe->lines[i].file, sizeof(modprobe->lines[i].file), "%s", path);
	return r;
}

int modprobe_read(const struct root *root, struct modprobe *ret)
{
	_cleanup_(files_done) struct files files = { 0 };
	size_t foreign = 0;
	int r = 0;

	*ret = (struct modprobe){ 0 };
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++)
		r = list_folder(root, folders[i], &files);
	if (files.count)
		qsort(files.items, files.count, sizeof(*files.items), compare_files);
	/* Bad lines are modprobe's to complain of, and it does: the context knows no other way to be told before it reads. */
	setenv("KMOD_LOG", "0", false);
	if (r == 0)
		r = modules_config(NULL, count_options, &foreign);
	for (size_t i = 0; r == 0 && i < files.count; i++)
		r = read_file(root, &files.items[i], foreign, ret);
	return r;
}

void modprobe_done(struct modprobe *modprobe)
{
	if (!modprobe)
		return;
	while (modprobe->count)
		drop_last(modprobe);
	free(modprobe->lines);
	*modprobe = (struct modprobe){ 0 };
}

bool modprobe_option(const char *options, const char *name, char *value, size_t size)
{
	bool found = false;

	while (*options) {
		const char *start = options + strspn(options, " \t\n");
		size_t length = 0, used = 0, name_size = strlen(name);
		bool quoted = *start == '"', named; /* the kernel takes quotes around a whole parameter away */

		start += quoted;
		named = strncmp(start, name, name_size) == 0 && start[name_size] == '=';
		for (; start[length] && (quoted || !strchr(" \t\n", start[length])); length++) {
			if (start[length] == '"')
				quoted = !quoted;
			else if (named && length > name_size && used + 1 < size)
				value[used++] = start[length];
		}
		if (named)
			value[used] = '\0';
		found |= named;
		options = start + length;
	}
	return found;
}
