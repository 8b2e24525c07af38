/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of modules to load, one a line: initramfs-tools' (initramfs.conf(5); what stands behind a name is given to
 * modprobe), the system's (modules-load.d(5), and Debian's /etc/modules).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/fragments.h"
#include "host/inherited_parts.h"

#define BLANKS " \t\r"

static int read_line(const char *path, const struct line *line, struct inherited *inherited)
{
	_cleanup_free_ char *copy = strdup(line->text);
	char *rest = copy, *module;
	struct inherited_item *item;

	if (!copy)
		return -ENOMEM;
	module = parse_word(&rest, BLANKS);
	if (!module || *module == '#' || *module == ';')
		return 0;
	if (!inherited_is_vfio(module, strlen(module)) && !cmdline_keys_equal(module, "pci-stub"))
		return 0;
	rest += strspn(rest, BLANKS);
	rest[strcspn(rest, "#")] = '\0';
	item = inherited_add(inherited, strstr(rest, "ids=") ? INHERITED_OPTIONS : INHERITED_LOADS, FORM_LINE, path,
	                     line, NULL, rest);
	if (!item)
		return -ENOMEM;
	snprintf(item->module, sizeof(item->module), "%s", module);
	for (char *c = item->module; *c; c++)
		*c = *c == '-' ? '_' : *c;
	return 0;
}

static int read_list(const struct root *root, const char *path, struct inherited *inherited)
{
	_cleanup_(lines_done) struct lines lines = { 0 };
	int r = inherited_lines(root, path, LINES_PLAIN, inherited, &lines);

	r = r < 0 ? r : 0;
	for (size_t i = 0; r == 0 && i < lines.count; i++)
		r = read_line(path, &lines.items[i], inherited);
	return r;
}

int inherited_read_lists(const struct root *root, struct inherited *inherited)
{
	static const char *const folders[] = {
		"etc/modules-load.d", "run/modules-load.d", "usr/local/lib/modules-load.d", "usr/lib/modules-load.d", NULL,
	};
	static const char *const suffixes[] = { ".conf", NULL };
	_cleanup_(fragments_done) struct fragments files = { 0 };
	int r = fragments_list(root, folders, suffixes, &files);

	if (r == 0)
		r = read_list(root, "etc/initramfs-tools/modules", inherited);
	if (r == 0)
		r = read_list(root, "etc/modules", inherited);
	for (size_t i = 0; r == 0 && i < files.count; i++) {
		char target[ROOT_PATH_MAX];

		/* Debian's modules.conf is /etc/modules by another name. */
		if (root_link_name(root, files.items[i].path, target, sizeof(target)) >= 0 && strcmp(target, "modules") == 0)
			continue;
		r = read_list(root, files.items[i].path, inherited);
	}
	return r;
}
