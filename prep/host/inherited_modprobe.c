/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modprobe.d(5) with the places of its lines, which libkmod does not tell: its grammar is kmod_config_parse() in
 * libkmod-config.c. A comment is a line whose first word is none that it knows.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "host/fragments.h"
#include "host/inherited_parts.h"

#define BLANKS " \t\r"

static bool is_module(const char *word, const char *name)
{
	return cmdline_keys_equal(word, name);
}

static int add_options(const char *path, const struct line *line, const char *module, const char *options,
                       struct inherited *inherited)
{
	struct inherited_item *item = inherited_add(inherited, INHERITED_OPTIONS, FORM_IDS, path, line, NULL, options);

	if (!item)
		return -ENOMEM;
	snprintf(item->module, sizeof(item->module), "%s", module);
	for (char *c = item->module; *c; c++)
		*c = *c == '-' ? '_' : *c;
	return 0;
}

/* "softdep nvidia pre: vfio-pci": what vfio itself depends on is no business of a device's. */
static int add_softdep(const char *path, const struct line *line, const char *module, const char *rest,
                       struct inherited *inherited)
{
	size_t vfio, others;

	inherited_count(rest, BLANKS, &vfio, &others);
	if (!vfio || inherited_is_vfio(module, strlen(module)))
		return 0;
	others -= strstr(rest, "pre:") != NULL;
	others -= others && strstr(rest, "post:") != NULL;
	return inherited_add(inherited, INHERITED_LOADS, others ? FORM_WORDS : FORM_LINE, path, line, NULL, NULL) ? 0 :
	                                                                                                            -ENOMEM;
}

static int add_install(const char *path, const struct line *line, const char *module, const char *command,
                       struct inherited *inherited)
{
	enum inherited_kind kind = INHERITED_BLOCKS;

	if (inherited_is_vfio(module, strlen(module)))
		kind = INHERITED_HINDERS;
	else if (strstr(command, "vfio"))
		kind = INHERITED_LOADS;
	else if (!inherited_is_driver(module, strlen(module)))
		return 0;
	return inherited_add(inherited, kind, kind == INHERITED_BLOCKS ? FORM_NOTHING : FORM_LINE, path, line, NULL,
	                     kind == INHERITED_BLOCKS ? module : command) ? 0 : -ENOMEM;
}

static int add_blacklist(const char *path, const struct line *line, const char *module, struct inherited *inherited)
{
	bool vfio = inherited_is_vfio(module, strlen(module));

	if (!vfio && !inherited_is_driver(module, strlen(module)))
		return 0;
	return inherited_add(inherited, vfio ? INHERITED_HINDERS : INHERITED_BLOCKS, vfio ? FORM_LINE : FORM_NOTHING,
	                     path, line, NULL, module) ? 0 : -ENOMEM;
}

static int read_line(const char *path, const struct line *line, struct inherited *inherited)
{
	_cleanup_free_ char *copy = strdup(line->text);
	char *rest = copy, *command, *module;

	if (!copy)
		return -ENOMEM;
	command = parse_word(&rest, BLANKS);
	module = command ? parse_word(&rest, BLANKS) : NULL;
	if (!module)
		return 0;
	rest += strspn(rest, BLANKS);
	if (strcmp(command, "options") == 0)
		return *rest && (inherited_is_vfio(module, strlen(module)) || is_module(module, "pci-stub")) ?
		       add_options(path, line, module, rest, inherited) : 0;
	if (strcmp(command, "softdep") == 0 || strcmp(command, "weakdep") == 0)
		return add_softdep(path, line, module, rest, inherited);
	if (strcmp(command, "install") == 0)
		return add_install(path, line, module, rest, inherited);
	if (strcmp(command, "blacklist") == 0)
		return add_blacklist(path, line, module, inherited);
	/* "alias pci:v000010DEd... vfio-pci" loads it in place of the device's own driver. */
	if (strcmp(command, "alias") == 0 && strncmp(module, "pci:", 4) == 0 &&
	    inherited_is_vfio(rest, strcspn(rest, BLANKS)))
		return inherited_add(inherited, INHERITED_LOADS, FORM_LINE, path, line, NULL, NULL) ? 0 : -ENOMEM;
	return 0;
}

int inherited_read_modprobe(const struct root *root, struct inherited *inherited)
{
	static const char *const folders[] = {
		"etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d", "usr/lib/modprobe.d", "lib/modprobe.d", NULL,
	};
	static const char *const suffixes[] = { ".conf", ".alias", NULL };
	_cleanup_(fragments_done) struct fragments files = { 0 };
	int r = fragments_list(root, folders, suffixes, &files);

	for (size_t i = 0; r == 0 && i < files.count; i++) {
		_cleanup_(lines_done) struct lines lines = { 0 };

		r = inherited_lines(root, files.items[i].path, LINES_OF_MODPROBE, inherited, &lines);
		r = r < 0 ? r : 0;
		for (size_t j = 0; r == 0 && j < lines.count; j++)
			r = read_line(files.items[i].path, &lines.items[j], inherited);
	}
	return r;
}
