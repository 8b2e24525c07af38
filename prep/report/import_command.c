/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/import_command.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "plan/advice.h"
#include "report/loader_command.h"

/* Neither a shell nor sed sees anything in these. */
static bool is_plain_path(const char *path)
{
	for (const char *c = path; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-/+:@", *c))
			return false;
	return true;
}

/* What sed's pattern can hold so that a terminal, an editor and a config show it as it is. */
static bool is_plain_text(const char *text)
{
	for (const char *c = text; *c; c++)
		if (*c != '\t' && ((unsigned char)*c < 0x20 || *c == 0x7f))
			return false;
	return *text && parse_is_utf8(text, strlen(text));
}

/* A line as a basic regular expression of GNU sed, in single quotes of the shell. */
static void print_pattern(FILE *out, const char *text)
{
	fputs("/^", out);
	for (const char *c = text; *c; c++)
		if (*c == '\t')
			fputs("[[:blank:]]", out);
		else if (*c == '\'')
			fputs("\\x27", out);
		else
			fprintf(out, "%s%c", strchr(".[]*^$\\/", *c) ? "\\" : "", *c);
	fputs("$/", out);
}

/* "mlx5_vfio_pci" */
static bool has_variant(const char *text)
{
	return strstr(text, "_vfio_pci") || strstr(text, "-vfio-pci");
}

/* Takes words one after the other: what stands behind one may be the edge of the next. */
static void print_words(FILE *out, bool variant)
{
	fprintf(out, "{:a;s/\\(^\\|[^-_[:alnum:]]\\)%svfio[-_[:alnum:]]*%s[[:blank:]]*/\\1/;ta;}", variant ? "\\(" : "",
	        variant ? "\\|[-_[:alnum:]]*[-_]vfio[-_]pci\\)" : "");
}

static void print_by_hand(FILE *out, const struct inherited_item *item)
{
	static const char *const parts[] = {
		[FORM_NOTHING] = "look at",      [FORM_LINE] = "take this out:",
		[FORM_IDS] = "take ids= out of", [FORM_WORDS] = "take the vfio modules out of",
		[FORM_FILE] = "remove",          [FORM_PARAMETER] = "take this parameter out of",
	};

	fprintf(out, "# %s /", parts[item->form]);
	/* A newline in a file's name would begin a line that is no comment. */
	for (const char *c = item->file; *c; c++)
		fputc(*c >= 0x20 && *c < 0x7f ? *c : '?', out);
	if (item->line)
		fprintf(out, ", line %u", item->line);
}

/*
 * A range of sed ends at the first line behind its beginning that does not go on. Which part of such lines ids= is in
 * nobody can say by a pattern.
 */
char *import_command(const struct inherited_item *item)
{
	bool quoted = strchr(item->raw, '"') != NULL;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (item->form == FORM_FILE && is_plain_path(item->file)) {
		fprintf(out, "rm /%s", item->file);
	} else if (item->form == FORM_NOTHING || item->form == FORM_FILE || item->form == FORM_PARAMETER ||
	           !is_plain_path(item->file) || !is_plain_text(item->raw) ||
	           (item->joined && item->form != FORM_LINE) || (quoted && item->form == FORM_IDS)) {
		print_by_hand(out, item);
	} else {
		fputs("sed -i '", out);
		print_pattern(out, item->raw);
		if (item->form == FORM_IDS)
			fputs("s/[[:blank:]]ids=[^[:blank:]]*//g", out);
		else if (item->form == FORM_WORDS)
			print_words(out, has_variant(item->raw));
		else
			fputs(item->joined ? ",/\\(^\\|[^\\\\]\\)$/d" : "d", out);
		fprintf(out, "' /%s", item->file);
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/*
 * Each parameter has a command of its own, so none of them may write what it does not know of: neither a whole line,
 * which would have the others in it again, nor the whole drop-in that --advise writes for GRUB.
 */
char *import_parameter_command(const struct inherited_item *item, const struct loader *loader,
                               const struct cmdline *running)
{
	struct advice_item drop = { .kind = ADVICE_DROP, .parameter = item->text };
	const struct advice advice = { .items = &drop, .count = 1 };
	struct loader edited = *loader;
	_cleanup_free_ char *command = NULL;
	bool line = loader->kind == LOADER_LINE;
	char *text = NULL;

	if (loader_command_misses(loader, item->text))
		return strdup("");
	if (!is_plain_text(item->text))
		return strdup("# take this parameter off the kernel command line, in the boot loader's config");
	edited.has_drop_in = false;
	edited.kind = line ? LOADER_ENTRIES : loader->kind; /* which are edited, too */
	command = loader_command(&edited, &advice, running);
	if (!command)
		return NULL;
	if (!*command &&
	    asprintf(&text, "# take %s off the kernel command line, in the boot loader's config", item->text) < 0)
		return NULL;
	if (*command &&
	    asprintf(&text, "%s%s%s", command, line && *loader->update ? " && " : "", line ? loader->update : "") < 0)
		return NULL;
	return text;
}
