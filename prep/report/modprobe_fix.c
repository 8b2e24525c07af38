/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/modprobe_fix.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Neither a shell nor sed's patterns see anything in these. */
static bool is_plain(const char *text)
{
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-/+", *c))
			return false;
	return true;
}

/* libkmod shows every '-' of a module's name as '_': the file may have either. */
static void write_pattern(const char *module, char *pattern, size_t size)
{
	size_t used = 0;

	for (const char *c = module; *c && used + 5 < size; c++)
		used += (size_t)snprintf(pattern + used, size - used, *c == '_' || *c == '-' ? "[-_]" : "%c", *c);
	pattern[used] = '\0';
}

/* True where ids= is all that the line says. */
static bool only_ids(const char *options)
{
	_cleanup_free_ char *kept = malloc(strlen(options) + 1);
	char dropped[8];

	return kept && module_options_keep(options, kept, dropped, sizeof(dropped)) && !kept[0];
}

void modprobe_fix(const struct modprobe_line *line, const char *rebuild, char *fix, size_t size)
{
	static const char *const words[MODPROBE_KINDS] = {
		[MODPROBE_INSTALL] = "install",
		[MODPROBE_ALIAS] = "alias",
		[MODPROBE_SOFTDEP] = "softdep",
		[MODPROBE_OPTIONS] = "options",
	};
	const char *module = line->kind == MODPROBE_ALIAS ? line->value : line->key;
	char pattern[128];

	if (!*rebuild)
		rebuild = "rebuild the initramfs";
	write_pattern(module, pattern, sizeof(pattern));
	if (!is_plain(line->file) || !is_plain(module))
		snprintf(fix, size, "# take the line '%s' of %s out of /%s, then %s", words[line->kind], module, line->file,
		         rebuild);
	else if (line->kind == MODPROBE_OPTIONS && !only_ids(line->value))
		snprintf(
			fix, size,
			"sed -i '/^[[:blank:]]*options[[:blank:]]*%s[[:blank:]]/s/[[:blank:]]ids=[^[:blank:]]*//' /%s  # then %s",
			pattern, line->file, rebuild);
	else if (line->kind == MODPROBE_OPTIONS) /* the lines with other options stay */
		snprintf(fix, size,
		         "sed -i '/^[[:blank:]]*options[[:blank:]]*%s\\([[:blank:]]*ids=[^[:blank:]]*\\)*[[:blank:]]*$/d' "
		         "/%s  # then %s",
		         pattern, line->file, rebuild);
	else if (line->kind == MODPROBE_ALIAS)
		snprintf(fix, size, "sed -i '/^[[:blank:]]*alias[[:blank:]]*pci:.*[[:blank:]]%s[[:blank:]]*$/d' /%s  # then %s",
		         pattern, line->file, rebuild);
	else
		snprintf(fix, size, "sed -i '/^[[:blank:]]*%s[[:blank:]]*%s[[:blank:]]/d' /%s  # then %s", words[line->kind],
		         pattern, line->file, rebuild);
}
