/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fix in text, broken into lines so that what is copied from the terminal still works when it is pasted. */
#include <string.h>

#include "report/text.h"

/* The bytes of the shell word at text: blanks inside quotes are part of it. */
static size_t word_size(const char *text)
{
	char quote = '\0';
	size_t size = 0;

	for (; text[size] && (quote || text[size] != ' '); size++) {
		if (quote)
			quote = text[size] == quote ? '\0' : quote;
		else if (text[size] == '\'' || text[size] == '"')
			quote = text[size];
		else if (text[size] == '\\' && text[size + 1])
			size++;
	}
	return size;
}

/* A line of the config, "key = value", whose comments begin with ';'; anything else is the shell's, with '#'. */
static bool is_config_line(const char *text)
{
	size_t key = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@-_");

	return key && strncmp(text + key, " = ", 3) == 0;
}

/* Where the comment behind the code begins, blanks before it left out of the code; the end where there is none. */
static const char *comment_of(const char *text, char mark, size_t *ret_code)
{
	const char *at = text;

	*ret_code = 0;
	while (*at) {
		size_t size;

		at += strspn(at, " ");
		if (*at == mark)
			return at;
		size = word_size(at);
		if (size)
			*ret_code = (size_t)(at - text) + size;
		at += size;
	}
	return at;
}

static void new_line(const struct style *style, int column, const char *end)
{
	fprintf(style->out, "%s\n%*s", end, column, "");
}

/* The shell joins a line that ends with a backslash to the next one, blanks before it included. */
static void print_code(const struct style *style, int column, const char *code, size_t size)
{
	const char *end = code + size;
	int at = column;

	while (code < end) {
		size_t word = word_size(code);
		int columns = style_columns(code, word), room = code + word < end ? STYLE_COLUMNS - 2 : STYLE_COLUMNS;

		if (at > column && at + 1 + columns > room) {
			new_line(style, column, " \\");
			at = column;
		} else if (at > column) {
			fputc(' ', style->out);
			at++;
		}
		fwrite(code, 1, word, style->out);
		at += columns;
		code += word;
		code += strspn(code, " ");
	}
}

/* Each line of a comment begins with its mark. */
static void print_comment(const struct style *style, int column, const char *comment, char mark)
{
	int at = column + 1;

	fputc(mark, style->out);
	comment += *comment == mark;
	for (comment += strspn(comment, " "); *comment; comment += strspn(comment, " ")) {
		size_t word = strcspn(comment, " ");
		int columns = style_columns(comment, word);

		if (at > column + 1 && at + 1 + columns > STYLE_COLUMNS) {
			new_line(style, column, "");
			fputc(mark, style->out);
			at = column + 1;
		}
		fputc(' ', style->out);
		fwrite(comment, 1, word, style->out);
		at += 1 + columns;
		comment += word;
	}
}

void text_fix(const struct style *style, int column, const char *text)
{
	char mark = is_config_line(text) ? ';' : '#';
	const char *comment;
	size_t size;

	comment = comment_of(text, mark, &size);
	if (column + style_columns(text, strlen(text)) <= STYLE_COLUMNS) {
		fputs(text, style->out);
	} else {
		/* A line of the config has no way to go on in the next one. */
		if (mark == ';')
			fwrite(text, 1, size, style->out);
		else
			print_code(style, column, text, size);
		if (size && *comment)
			new_line(style, column, "");
		if (*comment)
			print_comment(style, column, comment, mark);
	}
	fputc('\n', style->out);
}
