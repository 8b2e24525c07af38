/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/mkinitcpio.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"

#define MKINITCPIO_CONF   "etc/mkinitcpio.conf"
#define MKINITCPIO_CONF_D "etc/mkinitcpio.conf.d"
#define MKINITCPIO        "mkinitcpio -P"
/* To where it belongs: behind base, or first. The files are left alone but for HOOKS; once more changes nothing. */
#define MOVE_HOOK         "sed -i -E '/^HOOKS=/{s/ vfio-prep|vfio-prep //;s/[(\"](base )?/&vfio-prep /}' /"

/* What the files of mkinitcpio's config say of HOOKS, the last one that sets it: mkinitcpio.conf(5). */
struct hooks {
	bool set;        /* as MOVE_HOOK finds it */
	bool in_drop_in;
	bool has;        /* vfio-prep */
	bool started;    /* what runs drivers, or holds the display, came already */
	bool late;       /* vfio-prep behind that */
	bool systemd;    /* then units have their own order */
};

static void note_hook(struct hooks *hooks, const char *word)
{
	hooks->systemd |= strcmp(word, "systemd") == 0;
	hooks->started |= strcmp(word, "udev") == 0 || strcmp(word, "plymouth") == 0;
	if (strcmp(word, "vfio-prep") == 0 && !hooks->has) {
		hooks->has = true;
		hooks->late = hooks->started;
	}
}

/* The files are shell, but in practice no more than arrays of words, in one line or several. */
static void read_hooks(const struct root *root, const char *path, bool drop_in, struct hooks *hooks)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line, *word;
	size_t size;

	if (root_read_all(root, path, 1 << 16, &text, &size) < 0)
		return;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		line[strcspn(line, "#")] = '\0';
		if (strncmp(line, "HOOKS=", 6) == 0)
			*hooks = (struct hooks){ .set = line[6] == '(' || line[6] == '"', .in_drop_in = drop_in };
		while ((word = parse_word(&line, " \t()\"'")))
			note_hook(hooks, word);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* An image gets what HOOKS names, in its order: where that is wrong, building it again changes nothing. */
const char *mkinitcpio_command(const struct root *root)
{
	_cleanup_(names_done) struct names names = { 0 };
	struct hooks hooks = { 0 };

	read_hooks(root, MKINITCPIO_CONF, false, &hooks);
	if (root_list(root, MKINITCPIO_CONF_D, &names) == 0 && names.count)
		qsort(names.items, names.count, sizeof(*names.items), compare_names);
	for (size_t i = 0; i < names.count; i++) {
		const char *end = strrchr(names.items[i], '.');
		char path[ROOT_PATH_MAX];

		if (end && strcmp(end, ".conf") == 0 && root_path(path, MKINITCPIO_CONF_D, names.items[i]) == 0)
			read_hooks(root, path, true, &hooks);
	}
	if (!hooks.set || (hooks.has && (!hooks.late || hooks.systemd)))
		return MKINITCPIO;
	return hooks.in_drop_in ? MOVE_HOOK MKINITCPIO_CONF_D "/*.conf && " MKINITCPIO :
	                          MOVE_HOOK MKINITCPIO_CONF " && " MKINITCPIO;
}
