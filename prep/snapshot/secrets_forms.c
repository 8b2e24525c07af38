/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known for a secret by its form alone. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "snapshot/escapes.h"
#include "snapshot/secrets_parts.h"

static bool is_one_of(char c, const char *characters)
{
	return c && strchr(characters, c);
}

static size_t uuid_size(const char *text, size_t left, char *plain)
{
	size_t used = 0;

	for (size_t i = 0; i < UUID_SIZE; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		unsigned char c;

		if (used == left)
			return 0;
		used += escapes_decode(text + used, left - used, &c);
		if (dash ? c != '-' : !isxdigit(c))
			return 0;
		plain[i] = (char)c;
	}
	plain[UUID_SIZE] = '\0';
	return used;
}

static size_t mac_size(const char *text, size_t left, char *plain)
{
	if (left < MAC_SIZE || (left > MAC_SIZE && text[MAC_SIZE] == ':'))
		return 0;
	for (size_t i = 0; i < MAC_SIZE; i++)
		if (i % 3 == 2 ? text[i] != ':' && text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return 0;
	memcpy(plain, text, MAC_SIZE);
	plain[MAC_SIZE] = '\0';
	return MAC_SIZE;
}

/* Four numbers; "5.15.90.1-microsoft" is a version. */
static size_t ipv4_size(const char *text, size_t left, char *plain)
{
	size_t used = 0, dots = 0;

	for (int part = 0; part < 4; part++) {
		size_t digits = 0;
		unsigned int number = 0;

		while (used < left && isdigit((unsigned char)text[used]) && digits++ < 3)
			number = number * 10 + (unsigned int)(text[used++] - '0');
		if (!digits || number > 255)
			return 0;
		if (part < 3 && used < left && text[used] == '.') {
			dots++;
			used++;
		}
	}
	if (dots != 3 || (used < left && is_one_of(text[used], ".-")))
		return 0;
	memcpy(plain, text, used);
	plain[used] = '\0';
	return strncmp(plain, "127.", 4) == 0 || strncmp(plain, "255.", 4) == 0 ? 0 : used;
}

/*
 * Groups of up to four digits, "::" once or eight groups: no PCI address and no id has these. etc/passwd has, where a
 * user has no full name ("1000:1000::/home/..."), but no address is followed by a path.
 */
static size_t ipv6_size(const char *text, size_t left, char *plain)
{
	size_t used = 0, run = 0, colons = 0, doubles = 0;

	for (; used < left && used < 39 && (isxdigit((unsigned char)text[used]) || text[used] == ':'); used++) {
		run = text[used] == ':' ? 0 : run + 1;
		colons += text[used] == ':';
		doubles += text[used] == ':' && used && text[used - 1] == ':';
		if (run > 4)
			return 0;
	}
	if (left - used > 1 && text[used] == '/' && !isdigit((unsigned char)text[used + 1]))
		return 0;
	if (used < 6 || colons > 7 || !(doubles == 1 || (doubles == 0 && colons == 7)))
		return 0;
	memcpy(plain, text, used);
	plain[used] = '\0';
	return used;
}

size_t form_of_id(const char *text, size_t at, size_t size, char *plain)
{
	size_t left = size - at, used = uuid_size(text + at, left, plain);

	if (!used)
		used = mac_size(text + at, left, plain);
	if (!used && !(at && is_one_of(text[at - 1], "-.")))
		used = ipv4_size(text + at, left, plain);
	return used ? used : ipv6_size(text + at, left, plain);
}

/* Devices ("block:/dev/sda1") and schemes ("https://") are no servers, nor is what is part of a path. */
static bool is_mounted_from(const char *text, size_t at, size_t end, size_t size)
{
	if (at && is_one_of(text[at - 1], "/.-"))
		return false;
	return size - end > 2 && memcmp(text + end, ":/", 2) == 0 && text[end + 2] != '/' &&
	       !(size - end > 5 && memcmp(text + end, ":/dev/", 6) == 0);
}

size_t form_of_server(const char *text, size_t at, size_t size, char *plain)
{
	bool share = at >= 2 && memcmp(text + at - 2, "//", 2) == 0 && (at == 2 || is_one_of(text[at - 3], " \t\n\"'="));
	size_t end = at;

	while (end < size && (isalnum((unsigned char)text[end]) || is_one_of(text[end], ".-")))
		end++;
	if (end == at || end == size || end - at >= FORM_MAX)
		return 0;
	if (!(share && text[end] == '/') && !is_mounted_from(text, at, end, size))
		return 0;
	memcpy(plain, text + at, end - at);
	plain[end - at] = '\0';
	return end - at;
}
