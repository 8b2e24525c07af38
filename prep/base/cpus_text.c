/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other forms of a set of CPUs: the kernel's masks, and the shorter of list and mask. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cpus.h"
#include "base/parse.h"

#define CHUNK 32 /* bits; the kernel takes no more digits without a comma (lib/bitmap.c, bitmap_parse()) */
#define CHUNKS (CPUS_MAX / CHUNK)

static uint32_t chunk_of(const struct cpus *cpus, size_t chunk)
{
	return (uint32_t)(cpus->bits[chunk / 2] >> (chunk % 2 * CHUNK));
}

bool cpus_format_mask(const struct cpus *cpus, char *text, size_t size)
{
	size_t chunk = CHUNKS - 1, used;

	while (chunk > 0 && !chunk_of(cpus, chunk))
		chunk--;
	used = (size_t)snprintf(text, size, "%x", chunk_of(cpus, chunk));
	while (chunk-- > 0 && used < size)
		used += (size_t)snprintf(text + used, size - used, ",%08x", chunk_of(cpus, chunk));
	return used < size;
}

int cpus_parse_mask(const char *text, struct cpus *ret)
{
	struct cpus cpus = { 0 };
	const char *end = text + strlen(text);

	for (size_t chunk = 0;; chunk++) {
		const char *start = end;
		char digits[CHUNK / 4 + 1];
		uint64_t value;
		int r;

		while (start > text && start[-1] != ',')
			start--;
		if ((size_t)(end - start) >= sizeof(digits))
			return -EINVAL;
		memcpy(digits, start, (size_t)(end - start));
		digits[end - start] = '\0';
		r = parse_hex(digits, 1, CHUNK / 4, &value);
		if (r < 0)
			return r;
		/* A mask may be as wide as NR_CPUS, with nothing in its upper part. */
		if (chunk >= CHUNKS && value)
			return -ERANGE;
		if (chunk < CHUNKS)
			cpus.bits[chunk / 2] |= value << (chunk % 2 * CHUNK);
		if (start == text)
			break;
		end = start - 1;
	}
	*ret = cpus;
	return 0;
}

bool cpus_format_short(const struct cpus *cpus, char *text, size_t size)
{
	if (cpus_format(cpus, text, size))
		return true;
	if (size < 4)
		return false;
	memcpy(text, "0x", 2);
	return cpus_format_mask(cpus, text + 2, size - 2);
}

int cpus_parse_short(const char *text, struct cpus *ret)
{
	return strncmp(text, "0x", 2) == 0 ? cpus_parse_mask(text + 2, ret) : cpus_parse(text, ret);
}
