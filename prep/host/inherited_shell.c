/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dracut.conf(5) and mkinitcpio.conf(5) are read by a shell: here only as assignments of lists of words, in quotes or
 * parentheses that may go over several lines. Each line with words of vfio is an item of its own.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "host/fragments.h"
#include "host/inherited_parts.h"

#define EDGES " \t\r\"'()"

enum list { LIST_NONE, LIST_LOADS, LIST_OMITS, LIST_RUNS };

static enum list list_named(const char *name, size_t size)
{
	static const struct {
		const char *name;
		enum list list;
	} lists[] = {
		{ "add_drivers", LIST_LOADS },  { "force_drivers", LIST_LOADS },    { "drivers", LIST_LOADS },
		{ "filesystems", LIST_NONE },   { "omit_drivers", LIST_OMITS },     { "omit_dracutmodules", LIST_OMITS },
		{ "install_items", LIST_RUNS }, { "add_dracutmodules", LIST_RUNS }, { "force_add_dracutmodules", LIST_RUNS },
		{ "dracutmodules", LIST_RUNS }, { "MODULES", LIST_LOADS },          { "HOOKS", LIST_RUNS },
		{ "FILES", LIST_RUNS },         { "BINARIES", LIST_RUNS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (strlen(lists[i].name) == size && strncmp(name, lists[i].name, size) == 0)
			return lists[i].list;
	return LIST_NONE;
}

/* A shell's assignment that a line begins with: the name's size, and where its value begins. */
static size_t assignment(const char *text, const char **ret_value)
{
	size_t size = 0;

	while (isalnum((unsigned char)text[size]) || text[size] == '_')
		size++;
	*ret_value = text + size + (text[size] == '+');
	if (!size || **ret_value != '=')
		return 0;
	++*ret_value;
	return size;
}

/* What closes a value that is opened so; NUL: it ends with its line. */
static char closing(char opening)
{
	return opening == '"' || opening == '\'' ? opening : opening == '(' ? ')' : '\0';
}

/* A path or a hook of somebody: anything that has vfio in its name. */
static bool runs_vfio(const char *value)
{
	const char *found = strstr(value, "vfio");

	return found && strncmp(found, "vfio-prep", 9) != 0;
}

static int take_value(const char *path, const struct line *line, enum list list, const char *value, bool whole,
                      struct inherited *inherited)
{
	_cleanup_free_ char *words = strndup(value, strcspn(value, "#"));
	size_t vfio, others;

	if (!words)
		return -ENOMEM;
	inherited_count(words, EDGES, &vfio, &others);
	if (list == LIST_RUNS)
		return !runs_vfio(words) ||
		       inherited_add(inherited, INHERITED_SCRIPT, FORM_NOTHING, path, line, NULL, words) ? 0 : -ENOMEM;
	if (list == LIST_NONE || !vfio)
		return 0;
	return inherited_add(inherited, list == LIST_LOADS ? INHERITED_LOADS : INHERITED_HINDERS,
	                     whole && !others ? FORM_LINE : FORM_WORDS, path, line, NULL, words) ? 0 : -ENOMEM;
}

static int read_file(const struct root *root, const char *path, struct inherited *inherited)
{
	_cleanup_(lines_done) struct lines lines = { 0 };
	int r = inherited_lines(root, path, LINES_PLAIN, inherited, &lines);
	enum list list = LIST_NONE;
	char end = '\0'; /* of the value that is open from the line before */

	r = r < 0 ? r : 0;
	for (size_t i = 0; r == 0 && i < lines.count; i++) {
		const char *text = lines.items[i].text + strspn(lines.items[i].text, " \t"), *value = text, *close;
		bool continued = end, whole;
		size_t size;

		if (*text == '#')
			continue;
		if (!continued) {
			size = assignment(text, &value);
			list = size ? list_named(text, size) : LIST_NONE;
			end = size ? closing(*value) : '\0';
			value += end != '\0';
		}
		close = end ? strchr(value, end) : NULL;
		/* "MODULES=()" is what mkinitcpio's own file has where there are none. */
		whole = !continued && (close || !end) && !(end == ')' && value[-2] == '=' && value[-3] != '+');
		r = take_value(path, &lines.items[i], list, value, whole, inherited);
		if (close)
			end = '\0';
	}
	return r;
}

static int read_folder(const struct root *root, const char *const *folders, struct inherited *inherited)
{
	static const char *const suffixes[] = { ".conf", NULL };
	_cleanup_(fragments_done) struct fragments files = { 0 };
	int r = fragments_list(root, folders, suffixes, &files);

	for (size_t i = 0; r == 0 && i < files.count; i++)
		r = read_file(root, files.items[i].path, inherited);
	return r;
}

int inherited_read_shell(const struct root *root, struct inherited *inherited)
{
	static const char *const dracut[] = { "etc/dracut.conf.d", "usr/lib/dracut/dracut.conf.d", NULL };
	static const char *const mkinitcpio[] = { "etc/mkinitcpio.conf.d", NULL };
	int r = read_file(root, "etc/dracut.conf", inherited);

	if (r == 0)
		r = read_folder(root, dracut, inherited);
	if (r == 0)
		r = read_file(root, "etc/mkinitcpio.conf", inherited);
	return r < 0 ? r : read_folder(root, mkinitcpio, inherited);
}
