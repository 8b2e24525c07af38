/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cpus.h"

#include <errno.h>
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

unsigned int cpus_count(const struct cpus *cpus)
{
	unsigned int count = 0;

	for (size_t i = 0; i < CPUS_MAX / 64; i++)
		count += (unsigned int)__builtin_popcountll(cpus->bits[i]);
	return count;
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
