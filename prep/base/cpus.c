/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cpus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

bool cpus_has(const struct cpus *cpus, unsigned int cpu)
{
	return cpu < CPUS_MAX && cpus->bits[cpu / 64] >> (cpu % 64) & 1;
}

void cpus_add(struct cpus *cpus, unsigned int cpu)
{
	if (cpu < CPUS_MAX)
		cpus->bits[cpu / 64] |= UINT64_C(1) << (cpu % 64);
}

void cpus_remove(struct cpus *cpus, unsigned int cpu)
{
	if (cpu < CPUS_MAX)
		cpus->bits[cpu / 64] &= ~(UINT64_C(1) << (cpu % 64));
}

unsigned int cpus_count(const struct cpus *cpus)
{
	unsigned int count = 0;

	for (size_t i = 0; i < CPUS_MAX / 64; i++)
		count += (unsigned int)__builtin_popcountll(cpus->bits[i]);
	return count;
}

unsigned int cpus_next(const struct cpus *cpus, unsigned int from)
{
	uint64_t mask = UINT64_MAX << (from % 64);

	for (size_t i = from / 64; i < CPUS_MAX / 64; i++, mask = UINT64_MAX)
		if (cpus->bits[i] & mask)
			return (unsigned int)(i * 64) + (unsigned int)__builtin_ctzll(cpus->bits[i] & mask);
	return CPUS_MAX;
}

bool cpus_empty(const struct cpus *cpus)
{
	return cpus_next(cpus, 0) == CPUS_MAX;
}

bool cpus_equal(const struct cpus *a, const struct cpus *b)
{
	return memcmp(a->bits, b->bits, sizeof(a->bits)) == 0;
}

bool cpus_subset(const struct cpus *cpus, const struct cpus *of)
{
	for (size_t i = 0; i < CPUS_MAX / 64; i++)
		if (cpus->bits[i] & ~of->bits[i])
			return false;
	return true;
}

bool cpus_overlap(const struct cpus *a, const struct cpus *b)
{
	for (size_t i = 0; i < CPUS_MAX / 64; i++)
		if (a->bits[i] & b->bits[i])
			return true;
	return false;
}

void cpus_and(struct cpus *cpus, const struct cpus *other)
{
	for (size_t i = 0; i < CPUS_MAX / 64; i++)
		cpus->bits[i] &= other->bits[i];
}

void cpus_or(struct cpus *cpus, const struct cpus *other)
{
	for (size_t i = 0; i < CPUS_MAX / 64; i++)
		cpus->bits[i] |= other->bits[i];
}

void cpus_minus(struct cpus *cpus, const struct cpus *other)
{
	for (size_t i = 0; i < CPUS_MAX / 64; i++)
		cpus->bits[i] &= ~other->bits[i];
}

bool cpus_format(const struct cpus *cpus, char *text, size_t size)
{
	static const char cut[] = "...";
	size_t used = 0;

	text[0] = '\0';
	for (unsigned int first = cpus_next(cpus, 0), last; first < CPUS_MAX; first = cpus_next(cpus, last + 1)) {
		char range[16];
		size_t length;

		for (last = first; cpus_has(cpus, last + 1); last++)
			;
		length = (size_t)(last > first ? snprintf(range, sizeof(range), "%s%u-%u", used ? "," : "", first, last) :
		                                 snprintf(range, sizeof(range), "%s%u", used ? "," : "", first));
		/* Room for the sign that it is cut, too: unless this is the last range, which no longer needs it. */
		if (used + length + (cpus_next(cpus, last + 1) < CPUS_MAX ? sizeof(cut) : 1) > size) {
			snprintf(text + used, size - used, "%s", cut);
			return false;
		}
		memcpy(text + used, range, length + 1);
		used += length;
	}
	return true;
}

int cpus_parse(const char *text, struct cpus *ret)
{
	struct cpus cpus = { 0 };
	const char *part = text;

	for (;;) {
		size_t size = strcspn(part, ",");
		char range[24];
		uint64_t first, last;
		char *dash;
		int r;

		if (size >= sizeof(range))
			return -EINVAL;
		memcpy(range, part, size);
		range[size] = '\0';
		dash = strchr(range, '-');
		if (dash)
			*dash = '\0';
		r = parse_number(range, CPUS_MAX - 1, &first);
		if (r < 0)
			return r;
		last = first;
		if (dash) {
			r = parse_number(dash + 1, CPUS_MAX - 1, &last);
			if (r < 0)
				return r;
		}
		if (last < first)
			return -EINVAL;
		for (uint64_t cpu = first; cpu <= last; cpu++)
			cpus_add(&cpus, (unsigned int)cpu);
		if (!part[size])
			break;
		part += size + 1;
	}
	*ret = cpus;
	return 0;
}
