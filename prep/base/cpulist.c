/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cpulist.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"

static bool ends_part(char c)
{
	return !c || c == ',' || c == ' ' || c == '\t' || c == '\n';
}

/* A number, or N; moves *text behind it. */
static int read_number(const char **text, unsigned int last, unsigned int *ret)
{
	size_t digits = strspn(*text, "0123456789");
	char number[16];
	uint64_t value;
	int r;

	if (**text == 'N') {
		(*text)++;
		*ret = last;
		return 0;
	}
	if (digits >= sizeof(number))
		return -ERANGE;
	memcpy(number, *text, digits);
	number[digits] = '\0';
	r = parse_number(number, UINT32_MAX, &value);
	if (r < 0)
		return r;
	*text += digits;
	*ret = (unsigned int)value;
	return 0;
}

/* "FIRST", "FIRST-LAST" or "all", with ":USED/GROUP" behind a range. */
static int read_part(const char **text, unsigned int last, struct cpus *cpus)
{
	unsigned int from = 0, to = last, used = 1, group = 1;
	int r;

	if (strncasecmp(*text, "all", 3) == 0) {
		*text += 3;
	} else {
		r = read_number(text, last, &from);
		if (r < 0)
			return r;
		to = from;
		if (**text == '-') {
			(*text)++;
			r = read_number(text, last, &to);
			if (r < 0)
				return r;
		} else if (!ends_part(**text)) {
			return -EINVAL;
		}
	}
	if (**text == ':') {
		(*text)++;
		r = read_number(text, last, &used);
		if (r < 0)
			return r;
		if (**text != '/')
			return -EINVAL;
		(*text)++;
		r = read_number(text, last, &group);
		if (r < 0)
			return r;
	}
	if (!ends_part(**text) || from > to || !group || used > group)
		return -EINVAL;
	if (to >= CPUS_MAX)
		return -ERANGE;
	for (unsigned int cpu = from; cpu <= to; cpu++)
		if ((cpu - from) % group < used)
			cpus_add(cpus, cpu);
	return 0;
}

int cpulist_parse(const char *text, unsigned int last, struct cpus *ret)
{
	struct cpus cpus = { 0 };

	for (;;) {
		int r;

		while (*text && ends_part(*text))
			text++;
		if (!*text)
			break;
		r = read_part(&text, last, &cpus);
		if (r < 0)
			return r;
	}
	*ret = cpus;
	return 0;
}
