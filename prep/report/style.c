/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/style.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Without setlocale(3), which would change what isalpha(3) and its like mean to the parsers. */
static bool locale_is_unicode(void)
{
	static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" }; /* the first one that is set counts */
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);

	if (locale) {
		bool unicode = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

		freelocale(locale);
		return unicode;
	}
	/* A locale that is not installed here, as over ssh: its name tells. */
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = getenv(variables[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

struct style style_make(FILE *out, enum color_choice choice)
{
	const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
	bool automatic = isatty(fileno(out)) && !(no_color && *no_color) && !(terminal && strcmp(terminal, "dumb") == 0);

	return (struct style){ out, choice == COLOR_ALWAYS || (choice == COLOR_AUTO && automatic), locale_is_unicode() };
}

/* Bytes that continue a UTF-8 character take no column. */
int style_columns(const char *text, size_t size)
{
	int columns = 0;

	for (size_t i = 0; i < size; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

void style_print(const struct style *style, enum ink ink, int width, const char *text)
{
	static const char *const codes[] = {
		[INK_PLAIN] = "",   [INK_BOLD] = "1",    [INK_DIM] = "2",  [INK_GREEN] = "32",
		[INK_CYAN] = "36",  [INK_YELLOW] = "33", [INK_RED] = "31", [INK_MAGENTA] = "35",
	};
	int columns = style_columns(text, strlen(text));

	if (style->color && ink != INK_PLAIN)
		fprintf(style->out, "\033[%sm%s\033[0m", codes[ink], text);
	else
		fputs(text, style->out);
	if (columns < width)
		fprintf(style->out, "%*s", width - columns, "");
}

void style_wrap(const struct style *style, int column, const char *text)
{
	int at = column;

	while (*text) {
		size_t size = strcspn(text, " ");
		int columns = style_columns(text, size);

		if (at > column && at + 1 + columns > STYLE_COLUMNS) {
			fprintf(style->out, "\n%*s", column, "");
			at = column;
		} else if (at > column) {
			fputc(' ', style->out);
			at++;
		}
		fwrite(text, 1, size, style->out);
		at += columns;
		text += size;
		text += strspn(text, " ");
	}
	fputc('\n', style->out);
}
