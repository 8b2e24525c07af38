/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/units.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/root.h"

struct unit {
	char *name, *type, *options; /* What=, Type=, Options= in its text */
};

static bool ends(const char *text, const char *with)
{
	size_t length = strlen(text), end = strlen(with);

	return length > end && strcmp(text + length - end, with) == 0;
}

/*
 * The next line without blanks around it, continued ones joined by a blank (systemd.syntax(7): between them
 * comments are passed over).
 */
static char *next_line(char **text)
{
	char *start = *text, *out = start, *in = start;

	if (!*in)
		return NULL;
	for (;;) {
		size_t length = strcspn(in, "\n");
		const char *first = in + strspn(in, " \t");
		bool comment = *first && strchr("#;", *first), begun = out != start, more;

		more = comment ? begun : length && in[length - 1] == '\\';
		if (!comment || !begun) {
			memmove(out, in, length);
			out += length;
			if (more)
				out[-1] = ' ';
		}
		in += length + (in[length] == '\n');
		if (!more || !*in)
			break;
	}
	*text = in;
	while (out > start && isspace((unsigned char)out[-1]))
		out--;
	*out = '\0';
	return start + strspn(start, " \t");
}

/*
 * Names are not escaped here, only file names are; '%' begins a specifier (systemd.unit(5)). False where one is
 * used that only systemd knows.
 */
static bool expand(char *value)
{
	char *out = value;

	for (const char *in = value; *in; in++) {
		if (*in == '%' && *++in != '%')
			return false;
		*out++ = *in;
	}
	*out = '\0';
	return true;
}

/* The value of a line "KEY=VALUE"; NULL where it is of another key. */
static char *value_of(char *line, const char *key)
{
	size_t length = strlen(key);

	if (strncmp(line, key, length) != 0)
		return NULL;
	line += length + strspn(line + length, " \t");
	return *line == '=' ? line + 1 + strspn(line + 1, " \t") : NULL;
}

static void mark_unit(const struct needs *needs, const struct unit *unit, const char *file, bool wanted)
{
	const struct need need = {
		.name = unit->name ? unit->name : "", /* a drop-in of options alone */
		.type = unit->type ? unit->type : "",
		.options = unit->options ? unit->options : "",
		.where = file,
		.insists = wanted,
	};
	char detail[96];

	snprintf(detail, sizeof(detail), "the unit %s names it", file);
	needs_mark_entry(needs, &need, detail);
}

static void read_unit(const struct needs *needs, const struct root *root, const char *path, const char *file,
                      bool wanted)
{
	_cleanup_free_ char *text = NULL;
	struct unit unit = { 0 };
	char *next, *line, *value;
	bool ours = false;

	if (needs_read_text(needs, root, path, &text) < 0)
		return; /* a link to a unit of something that was removed has no entries */
	next = text;
	while ((line = next_line(&next))) {
		if (line[0] == '[')
			ours = strcmp(line, "[Mount]") == 0 || strcmp(line, "[Swap]") == 0;
		else if (ours && (value = value_of(line, "What")))
			unit.name = value;
		else if (ours && (value = value_of(line, "Type")))
			unit.type = value;
		else if (ours && (value = value_of(line, "Options")))
			unit.options = value;
	}
	if ((unit.name && !expand(unit.name)) || (unit.options && !expand(unit.options)))
		needs_note_incomplete(needs, file, "what it names has a specifier");
	else
		mark_unit(needs, &unit, file, wanted);
}

/* depth 0 is a folder of units, 1 one of links to them or of drop-ins. */
static void read_folder(const struct needs *needs, const struct root *root, const char *directory, int depth)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = root_list(root, directory, &names);

	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		needs_note_incomplete(needs, directory, strerror(-r));
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		const char *name = names.items[i];
		bool drop_in = depth && ends(name, ".conf") && (ends(directory, ".mount.d") || ends(directory, ".swap.d"));
		char path[ROOT_PATH_MAX];

		if (root_path(path, directory, name) < 0)
			needs_note_incomplete(needs, name, strerror(ENAMETOOLONG));
		else if (drop_in || ends(name, ".mount") || ends(name, ".swap"))
			read_unit(needs, root, path, drop_in ? strrchr(directory, '/') + 1 : name, depth && !drop_in);
		else if (!depth && (ends(name, ".wants") || ends(name, ".requires") || ends(name, ".upholds") ||
		                    ends(name, ".mount.d") || ends(name, ".swap.d")))
			read_folder(needs, root, path, 1);
	}
}

void units_read(const struct needs *needs)
{
	read_folder(needs, needs->system, "etc/systemd/system", 0);
	read_folder(needs, needs->root, "run/systemd/system", 0);
}
