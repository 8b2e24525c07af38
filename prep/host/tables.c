/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/tables.h"

#include <mntent.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

void tables_read_fstab(const struct needs *needs)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_(close_file) FILE *file = NULL;
	struct mntent entry;
	char buffer[4096], detail[96];

	if (needs_read_text(needs, needs->system, "etc/fstab", &text) < 0 || !*text)
		return;
	file = fmemopen(text, strlen(text), "r");
	if (!file)
		needs_note_incomplete(needs, "/etc/fstab", "no memory");
	while (file && getmntent_r(file, &entry, buffer, sizeof(buffer))) {
		const struct need need = {
			.name = entry.mnt_fsname,
			.type = entry.mnt_type,
			.options = entry.mnt_opts,
			.where = "fstab",
			.insists = !hasmntopt(&entry, "nofail") && !hasmntopt(&entry, "noauto"),
		};

		snprintf(detail, sizeof(detail), "fstab names it for %s", entry.mnt_dir);
		needs_mark_entry(needs, &need, detail);
	}
}

/* A device that an option or a key file of crypttab names: "/dev/...", "TAG=...". */
static void mark_crypt_part(const struct needs *needs, const char *name)
{
	char node[256];

	snprintf(node, sizeof(node), "%.*s", (int)strcspn(name, ":,"), name);
	if (strncmp(node, "/dev/", 5) != 0 || (strcmp(node, "/dev/urandom") != 0 && strcmp(node, "/dev/random") != 0))
		needs_mark(needs, node, USE_NAMED, "crypttab needs it for a key or a header");
}

/* crypttab(5): "NAME DEVICE [KEY [OPTIONS]]" */
void tables_read_crypttab(const struct needs *needs)
{
	_cleanup_free_ char *text = NULL;
	char *next, *line;

	if (needs_read_text(needs, needs->system, "etc/crypttab", &text) < 0)
		return;
	next = text;
	while ((line = parse_word(&next, "\n"))) {
		const char *name = parse_word(&line, " \t"), *device, *key, *options;
		char detail[96];

		if (!name || name[0] == '#')
			continue;
		device = parse_word(&line, " \t");
		key = parse_word(&line, " \t");
		snprintf(detail, sizeof(detail), "crypttab names it for %s", name);
		if (device && needs_mark(needs, device, USE_NAMED, detail) == 0)
			needs_note_unresolved(needs, "crypttab", device);
		/* A key on a device of its own: "/dev/disk/by-label/KEYS:/root.key" (Debian), "/root.key:LABEL=KEYS"
		 * (systemd); and a header apart from the data. */
		if (key) {
			const char *at = strchr(key, ':'), *header;

			mark_crypt_part(needs, key);
			if (at)
				mark_crypt_part(needs, at + 1);
			header = (options = parse_word(&line, " \t")) ? strstr(options, "header=") : NULL;
			if (header)
				mark_crypt_part(needs, header + 7);
		}
	}
}
