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

struct sysctl_settings {
	struct sysctl_setting *items;
	size_t count;
};

/*
 * All settings of these keys ("vm.nr_hugepages"), as they are read in a boot: each undoes the one before. 0 or
 * -ENOMEM; sysctl_settings_done releases either way.
 */
int sysctl_list(const struct root *root, const char *const *keys, size_t key_count, struct sysctl_settings *ret);
void sysctl_settings_done(struct sysctl_settings *settings);

/*
 * The last setting of one of these keys ("vm.nr_hugepages") in the files of /etc/sysctl.d, /run/sysctl.d,
 * /usr/local/lib/sysctl.d and /usr/lib/sysctl.d, in the order of their names, where a file hides those of the
 * same name in later folders, and then in /etc/sysctl.conf. 1 and *ret where there is one, else 0; -ENOMEM.
 */
int sysctl_find(const struct root *root, const char *const *keys, size_t key_count, struct sysctl_setting *ret);

#endif
