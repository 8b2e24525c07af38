/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/memlock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/fragments.h"

#define FILE_LIMIT (1 << 20)

/* Whom a line speaks of, the most special first, as in pam_limits.c. */
enum rank { RANK_USER, RANK_GROUP, RANK_ALL, RANK_NONE };

struct search {
	const struct account *account;
	enum rank rank; /* of what was found so far */
	struct memlock *found;
};

typedef int (*read_function)(const char *path, char *text, struct search *search);

/* "MIN:MAX", "MIN:", ":MAX": numbers of users or groups. True where it is such a range and has the number. */
static bool range_has(const char *text, uint64_t number)
{
	char copy[32], *colon;
	uint64_t low = 0, high = UINT32_MAX;

	if (!strchr(text, ':') || (size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		return false;
	colon = strchr(copy, ':');
	*colon++ = '\0';
	if ((copy[0] && parse_number(copy, UINT32_MAX, &low) < 0) || (*colon && parse_number(colon, UINT32_MAX, &high) < 0))
		return false;
	/* ":MAX" is that number alone (limits.conf(5)). */
	return copy[0] ? number >= low && number <= high : number == high;
}

static enum rank rank_of(const char *domain, const struct account *account)
{
	if (strcmp(domain, account->name) == 0 || range_has(domain, account->uid))
		return RANK_USER;
	if (domain[0] == '@')
		for (size_t i = 0; i < account->group_count; i++)
			if (strcmp(domain + 1, account->groups[i].name) == 0 || range_has(domain + 1, account->groups[i].gid))
				return RANK_GROUP;
	return strcmp(domain, "*") == 0 ? RANK_ALL : RANK_NONE;
}

/* In KiB; "unlimited", "infinity" and -1 are none. */
static bool parse_limit(const char *text, uint64_t *ret)
{
	if (strcmp(text, "unlimited") == 0 || strcmp(text, "infinity") == 0 || strcmp(text, "-1") == 0) {
		*ret = MEMLOCK_UNLIMITED;
		return true;
	}
	if (parse_number(text, UINT64_MAX >> 10, ret) < 0)
		return false;
	*ret <<= 10;
	return true;
}

/* "<domain> <type> <item> <value>"; "-" is soft and hard, and a hard one alone raises nothing. */
static int read_limits(const char *path, char *text, struct search *search)
{
	char *line;

	while ((line = parse_word(&text, "\n"))) {
		char *domain, *type, *item, *value;
		enum rank rank;
		uint64_t bytes;

		line[strcspn(line, "#")] = '\0';
		domain = parse_word(&line, " \t\r");
		type = parse_word(&line, " \t\r");
		item = parse_word(&line, " \t\r");
		value = parse_word(&line, " \t\r");
		if (!value || strcmp(item, "memlock") != 0 || (strcmp(type, "-") != 0 && strcmp(type, "soft") != 0))
			continue;
		rank = rank_of(domain, search->account);
		if (rank == RANK_NONE || rank > search->rank || !parse_limit(value, &bytes))
			continue;
		search->rank = rank;
		search->found->bytes = bytes;
		snprintf(search->found->file, sizeof(search->found->file), "%s", path);
	}
	return 0;
}

/* "DefaultLimitMEMLOCK=64M", "=64M:1G" (soft:hard), "=infinity"; bytes, with K, M, G and T (systemd-system.conf(5)). */
static int read_manager(const char *path, char *text, struct search *search)
{
	char *line;

	while ((line = parse_word(&text, "\n"))) {
		char *key = parse_word(&line, " \t="), *value = key ? parse_word(&line, " \t=:\r") : NULL;
		uint64_t bytes = MEMLOCK_UNLIMITED;
		bool bare;

		if (!value || strcmp(key, "DefaultLimitMEMLOCK") != 0 ||
		    (strcmp(value, "infinity") != 0 && parse_size(value, &bytes, &bare) < 0))
			continue;
		search->found->bytes = bytes;
		snprintf(search->found->file, sizeof(search->found->file), "%s", path);
	}
	return 0;
}

static int read_file(const struct root *root, const char *path, read_function read, struct search *search)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = root_read_all(root, path, FILE_LIMIT, &text, &size);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return read(path, text, search);
}

/* The drop-ins of these folders (NULL ends them), of which the first hide namesakes in the others. */
static int read_folders(const struct root *root, const char *const *folders, read_function read, struct search *search)
{
	static const char *const suffixes[] = { ".conf", NULL };
	_cleanup_(fragments_done) struct fragments files = { 0 };
	int r = fragments_list(root, folders, suffixes, &files);

	for (size_t i = 0; r == 0 && i < files.count; i++)
		r = read_file(root, files.items[i].path, read, search);
	return r;
}

int memlock_read(const struct root *root, const struct account *account, struct memlock *ret)
{
	static const char *const managers[] = {
		"etc/systemd/system.conf.d", "run/systemd/system.conf.d", "usr/local/lib/systemd/system.conf.d",
		"usr/lib/systemd/system.conf.d", NULL,
	};
	static const char *const limits[] = { "etc/security/limits.d", NULL };
	struct search search = { .account = account, .rank = RANK_NONE, .found = ret };
	int r;

	*ret = (struct memlock){ .bytes = MEMLOCK_DEFAULT };
	r = read_file(root,
	              root_exists(root, "etc/systemd/system.conf") ? "etc/systemd/system.conf" :
	                                                             "usr/lib/systemd/system.conf",
	              read_manager, &search);
	if (r == 0)
		r = read_folders(root, managers, read_manager, &search);
	if (r == 0)
		r = read_file(root, "etc/security/limits.conf", read_limits, &search);
	return r < 0 ? r : read_folders(root, limits, read_limits, &search);
}
