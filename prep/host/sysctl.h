/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sysctl.d(5) sets at each boot. */
#ifndef VFIO_PREP_HOST_SYSCTL_H
#define VFIO_PREP_HOST_SYSCTL_H

#include <stddef.h>

struct root;

struct sysctl_setting {
	char file[128];  /* below the root */
	unsigned int line;
	char key[32];
	char value[64];
};

/*
 * The last setting of one of these keys ("vm.nr_hugepages") in the files of /etc/sysctl.d, /run/sysctl.d,
 * /usr/local/lib/sysctl.d and /usr/lib/sysctl.d, in the order of their names, where a file hides those of the
 * same name in later folders, and then in /etc/sysctl.conf. 1 and *ret where there is one, else 0; -ENOMEM.
 */
int sysctl_find(const struct root *root, const char *const *keys, size_t key_count, struct sysctl_setting *ret);

#endif
