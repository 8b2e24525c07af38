/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/loader_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/loader_line.h"

#define GRUB_VARIABLE "GRUB_CMDLINE_LINUX_DEFAULT" /* not of the recovery entries: they stay as they are */
#define GRUB_BEGIN GRUB_VARIABLE "=\"$" GRUB_VARIABLE " "
#define LINE "%s\\n" /* of printf(1) */

/* A word of a shell, in single quotes. */
static void print_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fputc(*text, out);
	fputc('\'', out);
}

static void print_and(FILE *out)
{
	if (ftell(out) > 0)
		fputs(" && ", out);
}

static void print_update(FILE *out, const struct loader *loader)
{
	if (!loader->update[0])
		return;
	print_and(out);
	fputs(loader->update, out);
}

/* What is to be added and not there yet, and what except holds and is to be kept; with blanks between them. */
static char *join_missing(const struct loader *loader, const struct loader_file *except, const struct advice *advice)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const char *blank = "";

	for (size_t i = 0; out && i < advice->count; i++) {
		const struct advice_item *item = &advice->items[i];
		bool add = item->kind == ADVICE_ADD && !loader_has(loader, except, advice, item->parameter);

		if (!add && !(item->kind == ADVICE_KEEP && except && loader_file_has(except, item->parameter)))
			continue;
		fprintf(out, "%s%s", blank, item->parameter);
		blank = " ";
	}
	return out && fclose(out) == 0 ? text : NULL;
}

static const struct loader_file *drop_in(const struct loader *loader)
{
	const char *path = loader->kind == LOADER_DRACUT ? LOADER_DRACUT_DROP_IN : LOADER_DROP_IN;

	for (size_t i = 0; loader->has_drop_in && i < loader->file_count; i++)
		if (strcmp(loader->files[i].path, path) == 0)
			return &loader->files[i];
	return NULL;
}

/* sed's pattern of a parameter between its edges (GNU sed, in single quotes of the shell). */
static void print_sed(FILE *out, const char *parameter, bool quoted, const char *path)
{
	static const char quote[] = "\\\\?\\x22";
	const char *value = quoted ? strchr(parameter, '=') : NULL;

	fputs("sed -i -E 's/(^|[[:blank:]\\x22\\x27])", out);
	for (const char *c = parameter; *c; c++) {
		if (*c == '\'')
			fputs("\\x27", out);
		else
			fprintf(out, "%s%c", strchr(".[]*+?(){}^$|\\/&", *c) ? "\\" : "", *c);
		if (c == value)
			fputs(quote, out);
	}
	fprintf(out, "%s([[:blank:]\\x22\\x27]|$)/\\1\\2/g' /%s", quoted ? quote : "", path);
}

static void print_drop(FILE *out, const struct loader_file *file, const char *parameter)
{
	for (int quoted = 0; quoted < 2; quoted++)
		if (loader_file_has_as(file, parameter, quoted)) {
			print_and(out);
			print_sed(out, parameter, quoted, file->path);
		}
}

/* Takes dropped parameters out of every file but our own, which is written anew. */
static void print_drops(FILE *out, const struct loader *loader, const struct loader_file *own,
                        const struct advice *advice)
{
	for (size_t i = 0; i < advice->count; i++)
		for (size_t j = 0; advice->items[i].kind == ADVICE_DROP && j < loader->file_count; j++)
			if (&loader->files[j] != own)
				print_drop(out, &loader->files[j], advice->items[i].parameter);
}

/* What a shell reads: the begin of an assignment up to its value in quotes, and the parameters. */
static char *shell_assignment(const char *begin, const char *parameters)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs(begin, out);
	for (const char *c = parameters; *c; c++)
		fprintf(out, "%s%c", strchr("\"\\$`", *c) ? "\\" : "", *c);
	fputc('"', out);
	return fclose(out) == 0 ? text : NULL;
}

static void print_file(FILE *out, const char *format, const char *assignment, const char *target)
{
	fprintf(out, "printf '%s' ", format); /* a shell's echo may take backslashes apart */
	print_quoted(out, assignment);
	fprintf(out, " >%s", target);
}

/* What is appended to a file whose last line has no end becomes a part of that. */
static bool ends_in_line(const struct loader *loader)
{
	for (size_t i = 0; i < loader->file_count; i++) {
		const char *text = loader->files[i].text;

		if (strcmp(loader->files[i].path, LOADER_GRUB_DEFAULT) == 0)
			return !*text || text[strlen(text) - 1] == '\n';
	}
	return true;
}

/* Our file is written as a whole, so with what it gave to the running kernel, too. */
static bool print_grub(FILE *out, const struct loader *loader, const struct advice *advice)
{
	const struct loader_file *own = drop_in(loader);
	_cleanup_free_ char *parameters = join_missing(loader, own, advice);
	_cleanup_free_ char *assignment = parameters ? shell_assignment(GRUB_BEGIN, parameters) : NULL;

	if (!assignment)
		return false;
	print_drops(out, loader, own, advice);
	if (*parameters) {
		print_and(out);
		if (loader->drop_ins && !loader->has_drop_in)
			fputs("mkdir -p /" LOADER_GRUB_DIRECTORY " && ", out);
		if (loader->drop_ins)
			print_file(out, LINE, assignment, "/" LOADER_DROP_IN);
		else
			print_file(out, ends_in_line(loader) ? LINE : "\\n" LINE, assignment, ">/" LOADER_GRUB_DEFAULT);
	} else if (own) {
		print_and(out);
		fputs("rm -f /" LOADER_DROP_IN, out);
	}
	print_update(out, loader);
	return true;
}

/*
 * The same of dracut's. Where nobody else sets the line, dracut took it from somewhere else, and will no longer when
 * ours is there: it has to be the whole line then, and once it is, it stays so.
 */
static bool print_dracut(FILE *out, const struct loader *loader, const struct advice *advice,
                         const struct cmdline *running)
{
	const struct loader_file *own = drop_in(loader);
	bool alone = loader->file_count == (own ? 1 : 0) || (own && strstr(own->text, "kernel_cmdline=\""));
	_cleanup_free_ char *parameters = alone ? loader_line(&(struct loader){ 0 }, advice, running)
	                                        : join_missing(loader, own, advice);
	_cleanup_free_ char *assignment = parameters ? shell_assignment(alone ? "kernel_cmdline=\"" : "kernel_cmdline+=\" ",
	                                                                parameters) : NULL;

	if (!assignment)
		return false;
	print_drops(out, loader, own, advice);
	if (*parameters) {
		print_and(out);
		if (!own)
			fputs("mkdir -p /" LOADER_DRACUT_DIRECTORY " && ", out);
		print_file(out, LINE, assignment, "/" LOADER_DRACUT_DROP_IN);
	} else if (own) {
		print_and(out);
		fputs("rm -f /" LOADER_DRACUT_DROP_IN, out);
	}
	print_update(out, loader);
	return true;
}

/* Parameters of a kind with blanks between them, as one word of the shell behind an option. */
static void print_kind(FILE *out, const char *option, const struct advice *advice, enum advice_kind kind)
{
	if (!advice_count(advice, kind))
		return;
	fprintf(out, " %s='", option);
	for (size_t i = 0, count = 0; i < advice->count; i++)
		if (advice->items[i].kind == kind)
			fprintf(out, "%s%s", count++ ? " " : "", advice->items[i].parameter);
	fputc('\'', out);
}

static bool print_grubby(FILE *out, const struct advice *advice)
{
	fputs("grubby --update-kernel=ALL", out);
	print_kind(out, "--remove-args", advice, ADVICE_DROP);
	print_kind(out, "--args", advice, ADVICE_ADD);
	return true;
}

static bool print_line(FILE *out, const struct loader *loader, const struct advice *advice,
                       const struct cmdline *running)
{
	_cleanup_free_ char *line = loader_line(loader, advice, running);

	if (!line)
		return false;
	print_file(out, LINE, line, "/" LOADER_KERNEL_LINE);
	print_update(out, loader);
	return true;
}

/* A further line of options is combined with the others (the Boot Loader Specification, type 1). */
static bool print_entries(FILE *out, const struct loader *loader, const struct advice *advice)
{
	print_drops(out, loader, NULL, advice);
	for (size_t i = 0; i < loader->file_count; i++) {
		struct loader one = { .kind = loader->kind, .files = &loader->files[i], .file_count = 1 };
		_cleanup_free_ char *added = join_missing(&one, NULL, advice), *script = NULL;

		if (!added || asprintf(&script, "$a options %s", added) < 0)
			return false;
		if (!*added)
			continue;
		print_and(out);
		fputs("sed -i ", out);
		print_quoted(out, script);
		fprintf(out, " /%s", loader->files[i].path);
	}
	return true;
}

char *loader_command(const struct loader *loader, const struct advice *advice, const struct cmdline *running)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool good = true;

	if (!out)
		return NULL;
	if (advice_count(advice, ADVICE_ADD) + advice_count(advice, ADVICE_DROP) > 0)
		switch (loader->kind) {
		case LOADER_GRUB:
			good = print_grub(out, loader, advice);
			break;
		case LOADER_GRUBBY:
			good = print_grubby(out, advice);
			break;
		case LOADER_LINE:
			good = print_line(out, loader, advice, running);
			break;
		case LOADER_ENTRIES:
			good = print_entries(out, loader, advice);
			break;
		case LOADER_DRACUT:
			good = print_dracut(out, loader, advice, running);
			break;
		case LOADER_UNKNOWN:
			break;
		}
	if (fclose(out) == 0 && good)
		return text;
	free(text);
	return NULL;
}

bool loader_command_misses(const struct loader *loader, const char *parameter)
{
	if (loader->kind == LOADER_UNKNOWN || loader->kind == LOADER_GRUBBY ||
	    ((loader->kind == LOADER_LINE || loader->kind == LOADER_DRACUT) && !loader->file_count))
		return false;
	for (size_t i = 0; i < loader->file_count; i++)
		if (loader_file_has(&loader->files[i], parameter))
			return false;
	return true;
}
