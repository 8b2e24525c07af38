/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* strtoull, wrapped once: it alone would take blanks, signs and trailing text. */
static int parse_digits(const char *text, int base, size_t min_digits, size_t max_digits, uint64_t *ret)
{
	size_t digits =
		base == 16 ? strspn(text, "0123456789abcdefABCDEF") : strspn(text, base == 8 ? "01234567" : "0123456789");
	unsigned long long value;

	if (text[digits] || digits < min_digits)
		return -EINVAL;
	if (digits > max_digits)
		return -ERANGE;
	errno = 0;
	value = strtoull(text, NULL, base);
	if (errno)
		return -errno;
	*ret = value;
	return 0;
}

int parse_number(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t value;
	int r = parse_digits(text, 10, 1, SIZE_MAX, &value);

	if (r < 0)
		return r;
	if (value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int parse_kernel_number(const char *text, uint64_t max, uint64_t *ret)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	uint64_t value = 0;
	int r = hex ? parse_digits(text + 2, 16, 1, SIZE_MAX, &value) :
	              parse_digits(text, text[0] == '0' ? 8 : 10, 1, SIZE_MAX, &value);

	if (r < 0)
		return r;
	if (value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int parse_hex(const char *text, size_t min_digits, size_t max_digits, uint64_t *ret)
{
	/* More digits than the form has is another form, not a large value. */
	return parse_digits(text, 16, min_digits, max_digits, ret) < 0 ? -EINVAL : 0;
}

int parse_bool(const char *text, bool *ret)
{
	static const char *const words[][2] = {
		{ "no", "yes" }, { "false", "true" }, { "off", "on" }, { "0", "1" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (int value = 0; value < 2; value++)
			if (strcasecmp(text, words[i][value]) == 0) {
				*ret = value;
				return 0;
			}
	return -EINVAL;
}

/* Splits "NUMBERunit" into its number and a pointer to the unit. */
static int parse_scaled(const char *text, uint64_t *ret, const char **ret_unit)
{
	char number[24];
	size_t digits = strspn(text, "0123456789");
	int r;

	if (digits >= sizeof(number))
		return -ERANGE;
	memcpy(number, text, digits);
	number[digits] = '\0';
	r = parse_number(number, UINT64_MAX, ret);
	if (r < 0)
		return r;
	*ret_unit = text + digits;
	return 0;
}

int parse_size(const char *text, uint64_t *ret_bytes, bool *ret_bare)
{
	static const char suffixes[] = "KMGT";
	const char *unit, *suffix;
	uint64_t value;
	unsigned int shift;
	int r = parse_scaled(text, &value, &unit);

	if (r < 0)
		return r;
	if (!*unit) {
		*ret_bytes = value;
		*ret_bare = true;
		return 0;
	}
	suffix = strchr(suffixes, toupper((unsigned char)*unit));
	if (!suffix || unit[1])
		return -EINVAL;
	shift = 10 * (unsigned int)(suffix - suffixes + 1);
	if (value > UINT64_MAX >> shift)
		return -ERANGE;
	*ret_bytes = value << shift;
	*ret_bare = false;
	return 0;
}

uint64_t parse_memory(const char *text)
{
	static const char units[] = "KMGT";
	char *end;
	uint64_t size = isdigit((unsigned char)*text) ? strtoull(text, &end, 0) : 0;
	const char *unit = size && *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	int shift = unit ? 10 * (int)(unit - units + 1) : 0;

	return size <= UINT64_MAX >> shift ? size << shift : 0;
}

int parse_duration(const char *text, uint64_t *ret_usec)
{
	static const struct {
		const char *unit;
		uint64_t usec;
	} units[] = { { "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { "min", 60000000 } };
	const char *unit;
	uint64_t value;
	int r = parse_scaled(text, &value, &unit);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].unit) != 0)
			continue;
		if (value > UINT64_MAX / units[i].usec)
			return -ERANGE;
		*ret_usec = value * units[i].usec;
		return 0;
	}
	return -EINVAL;
}

char *parse_word(char **text, const char *separators)
{
	char *word = *text + strspn(*text, separators);
	char *end = word + strcspn(word, separators);

	if (!*word)
		return NULL;
	*text = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

bool parse_is_utf8(const char *bytes, size_t size)
{
	const unsigned char *byte = (const unsigned char *)bytes;

	for (size_t i = 0; i < size;) {
		unsigned char lead = byte[i++], low = 0x80, high = 0xbf;
		unsigned int rest;

		if (lead < 0x80)
			continue;
		if (lead >= 0xc2 && lead <= 0xdf) {
			rest = 1;
		} else if (lead >= 0xe0 && lead <= 0xef) {
			rest = 2;
			low = lead == 0xe0 ? 0xa0 : low;
			high = lead == 0xed ? 0x9f : high;
		} else if (lead >= 0xf0 && lead <= 0xf4) {
			rest = 3;
			low = lead == 0xf0 ? 0x90 : low;
			high = lead == 0xf4 ? 0x8f : high;
		} else {
			return false;
		}
		for (; rest; rest--, low = 0x80, high = 0xbf)
			if (i >= size || byte[i] < low || byte[i++] > high)
				return false;
	}
	return true;
}
