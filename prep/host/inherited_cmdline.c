/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel parameters about vfio: those of this boot, and those that the boot loader's files give to the next one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "host/inherited_parts.h"

/* What separates parameters in GRUB's shell variables, in entries and in a line of the kernel. */
#define EDGES " \t\r\n\"'"

enum parameter_kind { PARAMETER_NONE, PARAMETER_IDS, PARAMETER_OPTION, PARAMETER_LOADS, PARAMETER_BLACKLIST };

static enum parameter_kind kind_of(const char *key)
{
	static const struct {
		const char *key;
		enum parameter_kind kind;
	} keys[] = {
		{ "vfio-pci.ids", PARAMETER_IDS },        { "pci-stub.ids", PARAMETER_IDS },
		{ "rd.driver.pre", PARAMETER_LOADS },     { "rd.driver.post", PARAMETER_LOADS },
		{ "modules-load", PARAMETER_LOADS },      { "rd.modules-load", PARAMETER_LOADS },
		{ "rdloaddriver", PARAMETER_LOADS },      { "modprobe.blacklist", PARAMETER_BLACKLIST },
		{ "module_blacklist", PARAMETER_BLACKLIST }, { "rd.driver.blacklist", PARAMETER_BLACKLIST },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (cmdline_keys_equal(key, keys[i].key))
			return keys[i].kind;
	return inherited_is_vfio(key, strcspn(key, ".")) && strchr(key, '.') ? PARAMETER_OPTION : PARAMETER_NONE;
}

static bool names_driver(const char *list)
{
	while (*list) {
		size_t size = strcspn(list, ",");

		if (inherited_is_driver(list, size))
			return true;
		list += size + (list[size] == ',');
	}
	return false;
}

static int add_parameter(const char *file, const struct line *line, const char *text, const char *key,
                         const char *value, bool running, struct inherited *inherited)
{
	enum parameter_kind kind = kind_of(key);
	struct inherited_item *item;
	char options[1024];
	size_t vfio, others;

	inherited_count(value, ",", &vfio, &others);
	snprintf(options, sizeof(options), "%s=%s", strchr(key, '.') ? strchr(key, '.') + 1 : key, value);
	if (kind == PARAMETER_IDS || kind == PARAMETER_OPTION)
		item = inherited_add(inherited, INHERITED_OPTIONS,
		                     kind == PARAMETER_IDS ? FORM_PARAMETER : FORM_NOTHING, file, line, text, options);
	else if (kind == PARAMETER_LOADS && vfio)
		item =
			inherited_add(inherited, INHERITED_LOADS, others ? FORM_NOTHING : FORM_PARAMETER, file, line, text, value);
	else if (kind == PARAMETER_BLACKLIST && (vfio || names_driver(value)))
		item = inherited_add(inherited, vfio ? INHERITED_HINDERS : INHERITED_BLOCKS,
		                     vfio && !others ? FORM_PARAMETER : FORM_NOTHING, file, line, text, value);
	else
		return 0;
	if (!item)
		return -ENOMEM;
	item->running = running;
	snprintf(item->module, sizeof(item->module), "%.*s", (int)strcspn(key, "."), key);
	for (char *c = item->module; *c; c++)
		*c = *c == '-' ? '_' : *c;
	return 0;
}

/* The item of a parameter of this boot; NULL. */
static struct inherited_item *find_running(const struct inherited *inherited, const char *text)
{
	for (size_t i = 0; i < inherited->count; i++)
		if (inherited->items[i].running && strcmp(inherited->items[i].text, text) == 0)
			return &inherited->items[i];
	return NULL;
}

/* One parameter of a loader's file: the place of one that runs, or one for the next boot. */
static int take_word(const char *path, const struct line *line, char *word, struct inherited *inherited)
{
	struct inherited_item *item = find_running(inherited, word);
	char *equals = strchr(word, '=');
	_cleanup_free_ char *text = strdup(word);

	if (!text)
		return -ENOMEM;
	if (item) {
		if (item->line)
			return 0;
		snprintf(item->file, sizeof(item->file), "%s", path);
		item->line = line->number;
		return 0;
	}
	if (!equals)
		return 0;
	*equals = '\0';
	return add_parameter(path, line, text, word, equals + 1, false, inherited);
}

static bool is_known(char *word)
{
	char *equals = strchr(word, '=');
	bool known;

	if (!equals)
		return false;
	*equals = '\0';
	known = kind_of(word) != PARAMETER_NONE;
	*equals = '=';
	return known;
}

/*
 * Cuts the next parameter off a line. Quotes around the value of one that is looked for are the kernel's own, with
 * backslashes inside of a shell's; all others are a shell's.
 */
static char *next_parameter(char **text)
{
	char *start = *text + strspn(*text, EDGES), *end = start + strcspn(start, EDGES), *value = end, *close = NULL;

	if (!*start)
		return NULL;
	if (value > start && value[-1] == '\\')
		value--;
	if (*end == '"' && value > start && value[-1] == '=')
		close = strchr(end + 1, '"');
	if (close && is_known(start)) {
		for (const char *c = end + 1; c < close; c++)
			if (*c != '\\')
				*value++ = *c;
		*value = '\0';
		*text = close + 1;
		return start;
	}
	*text = *end ? end + 1 : end;
	*end = '\0';
	return start;
}

static int read_file(const struct loader_file *file, struct inherited *inherited)
{
	_cleanup_free_ char *copy = strdup(file->text);
	char *next = copy, *text;
	struct line line = { .raw = (char[1]){ 0 } };
	int r = copy ? 0 : -ENOMEM;

	while (r == 0 && (text = strsep(&next, "\n"))) {
		char *word;

		line.number++;
		text += strspn(text, " \t");
		if (*text == '#')
			continue;
		line.text = text;
		while (r == 0 && (word = next_parameter(&text)))
			r = take_word(file->path, &line, word, inherited);
	}
	return r;
}

int inherited_read_cmdline(const struct cmdline *cmdline, const struct loader *loader, struct inherited *inherited)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < cmdline->count; i++) {
		const struct cmdline_parameter *parameter = &cmdline->parameters[i];
		_cleanup_free_ char *text = cmdline_format(parameter->key, parameter->value);

		if (strcmp(parameter->key, "--") == 0)
			break; /* what follows is init's */
		if (!text)
			return -ENOMEM;
		if (parameter->value && !find_running(inherited, text))
			r = add_parameter("proc/cmdline", NULL, text, parameter->key, parameter->value, true, inherited);
	}
	for (size_t i = 0; r == 0 && i < loader->file_count; i++)
		r = read_file(&loader->files[i], inherited);
	return r;
}
