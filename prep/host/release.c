/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/release.h"

#include "base/parse.h"
#include "base/root.h"

unsigned int release_read(const struct root *root)
{
	char text[128], *next = text;
	const char *major, *minor;
	uint64_t first, second;

	if (root_read(root, "proc/sys/kernel/osrelease", text, sizeof(text)) < 0)
		return 0;
	/* "6.1.0-18-amd64", "6.12-rc1", "6.6+": what distributions put behind the second number is theirs. */
	major = parse_word(&next, ".");
	minor = parse_word(&next, ".-+_~ ");
	if (!major || !minor || parse_number(major, 999, &first) < 0 || parse_number(minor, 999, &second) < 0)
		return 0;
	return RELEASE(first, second);
}
