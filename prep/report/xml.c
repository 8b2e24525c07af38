/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/xml.h"

#include <stdarg.h>
#include <string.h>

#define COLUMNS 100

/* Of ASCII the tab and the line ends alone are characters of XML below the blank; U+FFFE and U+FFFF are none either. */
static size_t not_a_character(const char *c)
{
	if ((unsigned char)*c < 0x20)
		return *c != '\t' && *c != '\n' && *c != '\r';
	return strncmp(c, "\xef\xbf\xbe", 3) == 0 || strncmp(c, "\xef\xbf\xbf", 3) == 0 ? 3 : 0;
}

void xml_text(FILE *out, const char *text)
{
	for (size_t skip; *text; text += skip ? skip : 1) {
		skip = not_a_character(text);
		if (skip)
			fputc('?', out);
		else if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '"')
			fputs("&quot;", out);
		else if (*text == '\'')
			fputs("&apos;", out);
		else
			fputc(*text, out);
	}
}

/* One word of a comment: there two hyphens would end it, and entities mean nothing. */
static void print_word(FILE *out, const char *word, size_t size)
{
	for (size_t i = 0, skip; i < size; i += skip ? skip : 1) {
		skip = not_a_character(word + i);
		if (word[i] == '-' && i + 1 < size && word[i + 1] == '-')
			fputs("- ", out);
		else
			fputc(skip ? '?' : word[i], out);
	}
}

void xml_comment(FILE *out, const char *indent, const char *format, ...)
{
	char text[1024];
	size_t column = strlen(indent) + 4;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fprintf(out, "%s<!--", indent);
	for (const char *word = text; *word; word += strspn(word, " ")) {
		size_t size = strcspn(word, " ");

		if (column + 1 + size > COLUMNS) {
			fprintf(out, "\n%s    ", indent);
			column = strlen(indent) + 4;
		}
		fputc(' ', out);
		print_word(out, word, size);
		column += 1 + size;
		word += size;
	}
	fputs(" -->\n", out);
}
