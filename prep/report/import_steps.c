/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How to go over to an imported config, as comments behind it: what is to be run, in which order, and what stays. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "host/ini.h"
#include "report/import_parts.h"

/* "/etc/modprobe.d/vfio.conf:3" */
static const char *place_of(const struct import_action *action, char *text, size_t size)
{
	if (action->line)
		snprintf(text, size, "%s:%u", action->file, action->line);
	else
		snprintf(text, size, "%s", action->file);
	return text;
}

/* Up to the first " && " that the shell sees; returns what stands behind it. */
static const char *split_command(const char *command, size_t *ret_size)
{
	bool quoted = false;
	size_t size = 0;

	while (command[size] && (quoted || strncmp(command + size, " && ", 4) != 0))
		quoted ^= command[size++] == '\'';
	*ret_size = size;
	return command + size + (command[size] ? 4 : 0);
}

static bool is_splittable(const char *command)
{
	size_t size;

	while (*command) {
		command = split_command(command, &size);
		if (size + 2 >= INI_LINE_BYTES)
			return false;
	}
	return true;
}

/* A command that would be longer than a line of a config may be is told in lines of its own, or else in words. */
static void print_command(FILE *out, const struct import_action *action)
{
	char place[300];
	size_t size;

	suggestion_comment(out, "%s: %s", place_of(action, place, sizeof(place)), action->what);
	/* For a hand, in words: those of a shell's comment. */
	if (action->command[0] == '#')
		suggestion_comment(out, "By hand: %s.", action->command + strspn(action->command, "# "));
	else if (strlen(action->command) + 2 < INI_LINE_BYTES)
		fprintf(out, "# %s\n", action->command);
	else if (is_splittable(action->command))
		for (const char *part = action->command, *next; *part; part = next) {
			next = split_command(part, &size);
			fprintf(out, "# %.*s\n", (int)size, part);
		}
	else
		suggestion_comment(out,
		                   "The command for this is too long for a config: vfio-prep --import --format json has it.");
}

static void print_removals(FILE *out, const struct import *import, bool first)
{
	for (size_t i = 0; i < import->removal_count; i++)
		if (import->removals[i].first == first)
			print_command(out, &import->removals[i]);
}

static size_t count_removals(const struct import *import, bool first)
{
	size_t count = 0;

	for (size_t i = 0; i < import->removal_count; i++)
		count += import->removals[i].first == first;
	return count;
}

static void print_boot(FILE *out, const struct import *import)
{
	if (import->rebuild[0])
		fprintf(out, "# %s\n", import->rebuild);
	else
		suggestion_comment(out, "Rebuild the initramfs with what makes it here.");
	fputs("# reboot\n# vfio-prep --check\n", out);
}

void import_print_actions(FILE *out, const struct import *import)
{
	bool steps = import->function_count || import->pool_count || import->cpus.live || import->removal_count;

	if (steps) {
		fputc('\n', out);
		suggestion_comment(out, "What to do, in this order; each line behind a '#' is for a shell of root.");
		suggestion_comment(out, "1. This becomes /etc/vfio-prep.conf, and goes into the image. The old "
		                        "settings stay for now: vfio-prep works beside them, and an older image "
		                        "lives on them.");
		if (import->has_config)
			suggestion_comment(out, "Put it and /" CONFIG_PATH ", which is there already, into one:");
		fprintf(out, "# vfio-prep --import --output /etc/vfio-prep.conf%s\n# vfio-prep --plan\n",
		        import->has_config ? ".imported" : "");
		if (count_removals(import, true))
			suggestion_comment(out, "This goes at once, as it keeps vfio-prep from its work:");
		print_removals(out, import, true);
		print_boot(out, import);
	}
	if (count_removals(import, false)) {
		suggestion_comment(out, "2. When no check fails, the old settings go; till then it may warn of them "
		                        "(vfio.ids, device.rival).");
		print_removals(out, import, false);
		suggestion_comment(out, "3. And once more, without them.");
		print_boot(out, import);
	}
	if (!import->kept_count)
		return;
	fputc('\n', out);
	suggestion_comment(out, "What stays, or is for you to judge:");
	for (size_t i = 0; i < import->kept_count; i++) {
		char place[300];

		suggestion_comment(out, "%s: %s: %s.", place_of(&import->kept[i], place, sizeof(place)),
		                   import->kept[i].what, import->kept[i].why);
	}
}
