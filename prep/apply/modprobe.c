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
#include "host/fragments.h"

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
static int read_file(const struct root *root, const char *path, size_t foreign, struct modprobe *modprobe)
{
	char given[32];
	size_t first = modprobe->count;
	_cleanup_close_ int fd = -1;
	int r;

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
	static const char *const folders[] = {
		"etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d", "usr/lib/modprobe.d", "lib/modprobe.d", NULL,
	};
	static const char *const suffixes[] = { ".conf", ".alias", NULL }; /* libkmod, conf_files_filter_out() */
	_cleanup_(fragments_done) struct fragments files = { 0 };
	size_t foreign = 0;
	int r;

	*ret = (struct modprobe){ 0 };
	r = fragments_list(root, folders, suffixes, &files);
	/* Bad lines are modprobe's to complain of, and it does: the context knows no other way to be told before it
	 * reads. */
	setenv("KMOD_LOG", "0", false);
	if (r == 0)
		r = modules_config(NULL, count_options, &foreign);
	for (size_t i = 0; r == 0 && i < files.count; i++)
		r = read_file(root, files.items[i].path, foreign, ret);
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
