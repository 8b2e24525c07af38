/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/loader_line.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

bool loader_has(const struct loader *loader, const struct loader_file *except, const struct advice *advice,
                const char *parameter)
{
	if (advice_find(advice, ADVICE_DROP, parameter) || strncmp(parameter, "hugepages", 9) == 0)
		return false;
	for (size_t i = 0; i < loader->file_count; i++)
		if (&loader->files[i] != except && loader_file_has(&loader->files[i], parameter))
			return true;
	return false;
}

/* The next parameter as it stands, its quotes included: lib/cmdline.c, next_arg(). Its size, 0 at the end. */
static size_t next_word(const char **text, const char **ret_word)
{
	bool quoted = false;
	const char *c = *text;

	while (isspace((unsigned char)*c))
		c++;
	for (*ret_word = c; *c && (quoted || !isspace((unsigned char)*c)); c++)
		quoted ^= *c == '"';
	*text = c;
	return (size_t)(c - *ret_word);
}

/* Prints a word behind others, unless it is dropped: as the kernel reads it, without its quotes. */
static bool print_word(FILE *out, const struct advice *advice, const char *word)
{
	_cleanup_free_ char *bare = strdup(word);
	char *end = bare;

	if (!bare)
		return false;
	for (const char *c = word; *c; c++)
		if (*c != '"')
			*end++ = *c;
	*end = '\0';
	if (!advice_find(advice, ADVICE_DROP, bare))
		fprintf(out, "%s%s", ftell(out) > 0 ? " " : "", word);
	return true;
}

static bool print_present(FILE *out, const struct loader *loader, const struct advice *advice,
                          const struct cmdline *running)
{
	for (size_t i = 0; !loader->file_count && i < running->count; i++) {
		const struct cmdline_parameter *parameter = &running->parameters[i];
		_cleanup_free_ char *word = cmdline_format(parameter->key, parameter->value);

		if (!word)
			return false;
		if (strcmp(parameter->key, "BOOT_IMAGE") != 0 && strcmp(parameter->key, "initrd") != 0 &&
		    !print_word(out, advice, word))
			return false;
	}
	for (const char *next = loader->file_count ? loader->files[0].text : ""; *next;) {
		const char *start;
		size_t size = next_word(&next, &start);
		_cleanup_free_ char *word = strndup(start, size);

		if (!word)
			return false;
		if (*word == '#' && (start == loader->files[0].text || start[-1] == '\n'))
			next += strcspn(next, "\n");
		else if (*word && !print_word(out, advice, word))
			return false;
	}
	return true;
}

char *loader_line(const struct loader *loader, const struct advice *advice, const struct cmdline *running)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool good = out && print_present(out, loader, advice, running);

	for (size_t i = 0; good && i < advice->count; i++)
		if (advice->items[i].kind == ADVICE_ADD && !loader_has(loader, NULL, advice, advice->items[i].parameter))
			fprintf(out, "%s%s", ftell(out) > 0 ? " " : "", advice->items[i].parameter);
	if (out && fclose(out) == 0 && good)
		return text;
	free(text);
	return NULL;
}
