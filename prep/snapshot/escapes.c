/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot/escapes.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

bool escapes_is_word(unsigned char c)
{
	return isalnum(c) || c >= 0x80;
}

size_t escapes_decode(const char *text, size_t left, unsigned char *ret)
{
	char digits[4] = "";
	uint64_t value;

	*ret = (unsigned char)text[0];
	if (text[0] != '\\' || left < 4)
		return 1;
	memcpy(digits, text + 1, 3);
	if (digits[0] == 'x' && parse_hex(digits + 1, 2, 2, &value) == 0)
		*ret = (unsigned char)value;
	else if (digits[0] >= '0' && digits[0] <= '3' && strspn(digits, "01234567") == 3)
		*ret = (unsigned char)((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + digits[2] - '0');
	else
		return 1;
	return 4;
}

/* The second '-' of a pair that stands for the one behind which plain goes on. */
static bool is_doubled(const char *text, size_t used, size_t left, const char *plain)
{
	return *plain == '-' && plain[1] != '-' && used < left && text[used - 1] == '-' && text[used] == '-';
}

size_t escapes_spell(const char *text, size_t left, const char *plain)
{
	size_t used = 0;

	for (; *plain; plain++) {
		unsigned char c;

		if (used == left)
			return 0;
		used += escapes_decode(text + used, left - used, &c);
		if (tolower(c) != tolower((unsigned char)*plain))
			return 0;
		used += is_doubled(text, used, left, plain);
	}
	return used;
}

void escapes_replace(char *text, size_t size, const char *other)
{
	size_t used = 0;

	for (; *other && used < size; other++) {
		char *at = text + used, code[8];
		unsigned char c;
		size_t length = escapes_decode(at, size - used, &c);

		if (length == 1) {
			*at = *other;
		} else {
			snprintf(code, sizeof(code), at[1] == 'x' ? "\\x%02x" : "\\%03o", (unsigned int)(unsigned char)*other);
			memcpy(at, code, length);
		}
		used += length;
		used += is_doubled(text, used, size, other);
	}
}
