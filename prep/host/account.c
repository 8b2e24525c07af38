/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/account.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"

#define TABLE_LIMIT (16 << 20)

static const char *const libvirts_users[] = { "libvirt-qemu", "qemu" };

/* Cuts a line of passwd or group at its colons; fields may be empty. Returns how many there are, at most room. */
static size_t split(char *line, char **fields, size_t room)
{
	size_t count = 0;

	while (line && count < room) {
		fields[count++] = line;
		line = strchr(line, ':');
		if (line)
			*line++ = '\0';
	}
	return count;
}

static bool is_plain(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			return false;
	return name[0] && name[0] != '-';
}

static struct account_group *add_group(struct account *account, uint64_t gid, const char *name)
{
	struct account_group *group = array_add(&account->groups, &account->group_count, sizeof(*group));

	if (group) {
		group->gid = (gid_t)gid;
		snprintf(group->name, sizeof(group->name), "%.*s", CONFIG_NAME_MAX - 1, name);
	}
	return group;
}

/* 0, -ENOENT, -ENOMEM */
static int find_user(const struct root *root, const char *name, struct account *account)
{
	_cleanup_free_ char *text = NULL;
	char *next, *line, *fields[7];
	uint64_t uid, gid;
	size_t size;
	int r = root_read_all(root, "etc/passwd", TABLE_LIMIT, &text, &size);

	if (r < 0)
		return r == -ENOMEM ? r : -ENOENT;
	next = text;
	while ((line = parse_word(&next, "\n"))) {
		if (split(line, fields, ARRAY_SIZE(fields)) < 4 || strcmp(fields[0], name) != 0 ||
		    parse_number(fields[2], UINT32_MAX, &uid) < 0 || parse_number(fields[3], UINT32_MAX, &gid) < 0)
			continue;
		account->uid = (uid_t)uid;
		return add_group(account, gid, "") ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

static bool is_member(char *members, const char *name)
{
	for (char *member = parse_word(&members, ", \t"); member; member = parse_word(&members, ", \t"))
		if (strcmp(member, name) == 0)
			return true;
	return false;
}

static int find_groups(const struct root *root, struct account *account)
{
	_cleanup_free_ char *text = NULL;
	char *next, *line, *fields[4];
	uint64_t gid;
	size_t size;
	int r = root_read_all(root, "etc/group", TABLE_LIMIT, &text, &size);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	next = text;
	while ((line = parse_word(&next, "\n"))) {
		if (split(line, fields, ARRAY_SIZE(fields)) < 4 || parse_number(fields[2], UINT32_MAX, &gid) < 0)
			continue;
		if ((gid_t)gid == account->groups[0].gid)
			snprintf(account->groups[0].name, CONFIG_NAME_MAX, "%s", fields[0]);
		else if (is_member(fields[3], account->name) && !add_group(account, gid, fields[0]))
			return -ENOMEM;
	}
	return 0;
}

static bool has_libvirt(const struct root *root)
{
	/* The one daemon of old, and the one for QEMU alone; in bin where sbin was merged with it. */
	static const char *const daemons[] = {
		"usr/sbin/libvirtd", "usr/sbin/virtqemud", "usr/bin/libvirtd", "usr/bin/virtqemud",
	};

	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++)
		if (root_exists(root, daemons[i]))
			return true;
	return false;
}

int account_read(const struct root *root, const char *user, struct account *ret)
{
	int r = -ENOENT;

	*ret = (struct account){ .libvirt = has_libvirt(root) };
	for (size_t i = 0; !user[0] && r == -ENOENT && i < ARRAY_SIZE(libvirts_users); i++) {
		snprintf(ret->name, sizeof(ret->name), "%s", libvirts_users[i]);
		r = find_user(root, ret->name, ret);
	}
	if (user[0]) {
		snprintf(ret->name, sizeof(ret->name), "%s", user);
		r = is_plain(user) ? find_user(root, user, ret) : -ENOENT;
	}
	/* Root needs no entry: a recording may have no passwd. */
	if (r == -ENOENT && strcmp(user, "root") == 0)
		r = add_group(ret, 0, "root") ? 0 : -ENOMEM;
	if (r == -ENOENT) {
		ret->state = user[0] ? ACCOUNT_MISSING : ACCOUNT_NONE;
		return 0;
	}
	if (r < 0)
		return r;
	ret->state = ACCOUNT_FOUND;
	for (size_t i = 0; i < ARRAY_SIZE(libvirts_users); i++)
		ret->libvirts_user |= strcmp(ret->name, libvirts_users[i]) == 0;
	return find_groups(root, ret);
}

void account_done(struct account *account)
{
	if (!account)
		return;
	free(account->groups);
	*account = (struct account){ 0 };
}

bool account_has_group(const struct account *account, gid_t gid)
{
	for (size_t i = 0; i < account->group_count; i++)
		if (account->groups[i].gid == gid)
			return true;
	return false;
}
