/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who runs QEMU on this host: the config's user, or libvirt's. */
#ifndef VFIO_PREP_HOST_ACCOUNT_H
#define VFIO_PREP_HOST_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "host/config.h"

struct root;

enum account_state {
	ACCOUNT_NONE,    /* the config names nobody, and passwd has no user of libvirt's */
	ACCOUNT_MISSING, /* the config names somebody whom passwd does not have (a directory service may) */
	ACCOUNT_FOUND,
};

struct account {
	enum account_state state;
	char name[CONFIG_NAME_MAX];
	uid_t uid;
	struct account_group {
		char name[CONFIG_NAME_MAX]; /* "" a number that the group file does not have */
		gid_t gid;
	} *groups; /* the first is the primary one */
	size_t group_count;
	bool libvirt;       /* libvirt's daemon is installed */
	bool libvirts_user; /* it is the user that libvirt runs QEMU as by default */
};

/*
 * Reads etc/passwd and etc/group below the root; user is the config's, "" for libvirt's (libvirt-qemu on Debian and
 * Arch, qemu on Fedora). A name that has to be quoted in a shell is nobody's (as useradd(8) sees it), and missing.
 * 0 or -ENOMEM; account_done releases either way.
 */
int account_read(const struct root *root, const char *user, struct account *ret);
void account_done(struct account *account);

bool account_has_group(const struct account *account, gid_t gid);

#endif
