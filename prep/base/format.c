/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/format.h"

#include <stdio.h>

const char *format_size(uint64_t bytes, char *text)
{
	static const char units[] = "TGMK";

	for (unsigned int i = 0; i < 4; i++) {
		unsigned int shift = 10 * (4 - i);

		if (bytes >> shift && (bytes & ((UINT64_C(1) << shift) - 1) ? units[i] == 'M' || units[i] == 'K' : 1)) {
			snprintf(text, FORMAT_SIZE_MAX, "%llu%c", (unsigned long long)(bytes >> shift), units[i]);
			return text;
		}
	}
	snprintf(text, FORMAT_SIZE_MAX, "%llu", (unsigned long long)bytes);
	return text;
}
