/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/mkinitcpio.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/fragments.h"

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

/* An image gets what HOOKS names, in its order: where that is wrong, building it again changes nothing. */
const char *mkinitcpio_command(const struct root *root)
{
	static const char *const folders[] = { MKINITCPIO_CONF_D, NULL }, *const suffixes[] = { ".conf", NULL };
	_cleanup_(fragments_done) struct fragments files = { 0 };
	struct hooks hooks = { 0 };

	read_hooks(root, MKINITCPIO_CONF, false, &hooks);
	fragments_list(root, folders, suffixes, &files);
	for (size_t i = 0; i < files.count; i++)
		read_hooks(root, files.items[i].path, true, &hooks);
	if (!hooks.set || (hooks.has && (!hooks.late || hooks.systemd)))
		return MKINITCPIO;
	return hooks.in_drop_in ? MOVE_HOOK MKINITCPIO_CONF_D "/*.conf && " MKINITCPIO :
	                          MOVE_HOOK MKINITCPIO_CONF " && " MKINITCPIO;
}
