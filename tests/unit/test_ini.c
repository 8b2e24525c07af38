/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/ini.h"

/* What the reader told, one line an event: "1 [section]", "2 key=value", "3 ! found ! expected". */
struct told {
	char *text;
};

static void tell(struct told *told, char *line)
{
	char *longer = format_text("%s%s\n", told->text, line);

	free(told->text);
	free(line);
	told->text = longer;
}

static void on_section(void *context, unsigned int line, const char *name)
{
	tell(context, format_text("%u [%s]", line, name ? name : "-"));
}

static void on_entry(void *context, unsigned int line, const char *key, const char *value)
{
	tell(context, format_text("%u %s=%s", line, key, value));
}

static void on_error(void *context, unsigned int line, const char *found, const char *expected)
{
	tell(context, format_text("%u ! %s ! %s", line, found, expected));
}

static void expect_bytes(const char *bytes, size_t size, const char *wanted)
{
	struct told told = { format_text("%s", "") };
	const struct ini_events events = { on_section, on_entry, on_error, &told };
	char *copy = malloc(size + 1); /* just as large as that, for the sanitizer */

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	assert_int_equal(ini_read(copy, size, &events), 0);
	assert_string_equal(told.text, wanted);
	free(copy);
	free(told.text);
}

static void expect(const char *text, const char *wanted)
{
	expect_bytes(text, strlen(text), wanted);
}

static void lines(void **state)
{
	(void)state;
	expect("", "");
	expect("\n\n", "");
	expect("[a]\nb = c\n", "1 [a]\n2 b=c\n");
	expect("[a]\nb=c", "1 [a]\n2 b=c\n"); /* no newline at the end */
	expect("[a]", "1 [a]\n");
	expect("[a]\n[b]\n", "1 [a]\n2 [b]\n"); /* empty sections are told, too */
	expect("b = c = d\n", "1 b=c = d\n");
	expect("b =\n", "1 b=\n");
	expect("\tb\t=\tc\t\n", "1 b=c\n");
	expect("[ a  b ]\n", "1 [ a  b ]\n");
	expect("\n\nb = c\n", "3 b=c\n");
}

static void endings_and_marks(void **state)
{
	(void)state;
	expect("[a]\r\nb = c\r\n", "1 [a]\n2 b=c\n");
	expect("\xef\xbb\xbf[a]\nb = c\n", "1 [a]\n2 b=c\n");
	expect("\xef\xbb\xbf" "b = c\n", "1 b=c\n");
	expect("\xef\xbb\xbf", "");
	expect("b = gr\xc3\xbc\xc3\x9f" "e\n", "1 b=gr\xc3\xbc\xc3\x9f" "e\n");
}

static void indented_lines_are_lines(void **state)
{
	(void)state;
	expect("[a]\nid = 1\n   id = 2\n\tid = 3\n", "1 [a]\n2 id=1\n3 id=2\n4 id=3\n");
	expect("id = 1\n  [b]\n", "1 id=1\n2 [b]\n");
	expect("id = 1\n   ; comment\n   more\n", "1 id=1\n3 ! more ! KEY = VALUE, or a section, [NAME]\n");
}

static void comments(void **state)
{
	(void)state;
	expect("; one\n# two\n  ; three\n\t# four\n", "");
	expect("b = c ; comment\n", "1 b=c\n");
	expect("b = c\t; comment\n", "1 b=c\n");
	expect("b = c;d\n", "1 b=c;d\n"); /* only after a blank */
	expect("b = c # d\n", "1 b=c # d\n");
	expect("b = ; nothing\n", "1 b=\n");
	expect("[a] ; comment\n", "1 [a]\n");
	expect("[a]\t; comment = x\nb = c\n", "1 [a]\n2 b=c\n");
}

static void not_of_the_grammar(void **state)
{
	(void)state;
	expect("word\n", "1 ! word ! KEY = VALUE, or a section, [NAME]\n");
	expect("= value\n", "1 ! = value ! KEY = VALUE, or a section, [NAME]\n");
	expect("[a\nb = c\n", "1 ! [a ! a section, [NAME]\n1 [-]\n2 b=c\n");
	expect("[a] b = c\n", "1 ! [a] b = c ! nothing behind the ']' of a section\n1 [-]\n");
	expect("[a];c\n", "1 ! [a];c ! nothing behind the ']' of a section\n1 [-]\n");
	expect("[a] # c\n", "1 ! [a] # c ! nothing behind the ']' of a section\n1 [-]\n");
	expect("[a]]\n", "1 ! [a]] ! nothing behind the ']' of a section\n1 [-]\n");
	expect("[a;b]\n", "1 ! [a;b] ! a section name without ';' and '['\n1 [-]\n");
	expect("[[a]\n", "1 ! [[a] ! a section name without ';' and '['\n1 [-]\n");
	/* Every error of a file, not only the first. */
	expect("one\nb = c\ntwo\n", "1 ! one ! KEY = VALUE, or a section, [NAME]\n2 b=c\n"
	       "3 ! two ! KEY = VALUE, or a section, [NAME]\n");
	expect("one ; = 1\nb = c\ntwo ;= 2\n", "1 ! one ; = 1 ! KEY = VALUE, or a section, [NAME]\n2 b=c\n"
	       "3 ! two ;= 2 ! KEY = VALUE, or a section, [NAME]\n");
	/* ':' is no '=', though inih would take it for one. */
	expect("a: b\n", "1 ! a: b ! KEY = VALUE, or a section, [NAME]\n");
	expect("a: b = c\n", "1 ! a: b = c ! KEY = VALUE, or a section, [NAME]\n");
}

static void bytes_that_are_no_text(void **state)
{
	(void)state;
	expect_bytes("a = b\0c\nd = e\n", 14, "1 ! a = b ! text (there is a NUL byte)\n2 d=e\n");
	expect_bytes("\0", 1, "1 !  ! text (there is a NUL byte)\n");
	expect("a = \xff\nb = c\n", "1 ! bytes that are not UTF-8 ! UTF-8 text\n2 b=c\n");
	expect("; \xc3\n", "1 ! bytes that are not UTF-8 ! UTF-8 text\n");
}

static void long_lines(void **state)
{
	char *value = malloc(300), *text, *wanted;

	(void)state;
	memset(value, 'v', 299);
	/* 198 bytes are the longest. */
	text = format_text("[a]\nb = %.194s\nc = d\n", value);
	wanted = format_text("1 [a]\n2 b=%.194s\n3 c=d\n", value);
	expect(text, wanted);
	free(text);
	free(wanted);
	text = format_text("[a]\nb = %.195s\nc = d\n", value);
	wanted = format_text("1 [a]\n2 ! b = %.59s ! a line of at most 198 bytes (this one has 199)\n3 c=d\n", value);
	expect(text, wanted);
	free(text);
	free(wanted);
	/* Blanks around it do not count, and a comment does. */
	text = format_text("    b = %.194s    \r\n", value);
	wanted = format_text("1 b=%.194s\n", value);
	expect(text, wanted);
	free(text);
	free(wanted);
	text = format_text("; %.197s\nb = c\n", value);
	wanted = format_text("1 ! ; %.61s ! a line of at most 198 bytes (this one has 199)\n2 b=c\n", value);
	expect(text, wanted);
	free(text);
	free(wanted);
	free(value);
}

static void long_sections(void **state)
{
	char name[] = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn", *text, *wanted; /* 49 */

	(void)state;
	assert_int_equal(strlen(name), INI_SECTION_BYTES + 1);
	text = format_text("[%s]\nb = c\n", name + 1);
	wanted = format_text("1 [%s]\n2 b=c\n", name + 1);
	expect(text, wanted);
	free(text);
	free(wanted);
	text = format_text("[%s]\nb = c\n", name);
	wanted = format_text("1 ! [%s] ! a section name of at most 48 bytes\n1 [-]\n2 b=c\n", name);
	expect(text, wanted);
	free(text);
	free(wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),      cmocka_unit_test(endings_and_marks),  cmocka_unit_test(indented_lines_are_lines),
		cmocka_unit_test(comments),   cmocka_unit_test(not_of_the_grammar), cmocka_unit_test(bytes_that_are_no_text),
		cmocka_unit_test(long_lines), cmocka_unit_test(long_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
