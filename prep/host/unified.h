/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unified kernel images: kernel, initramfs and command line in one file that firmware or a boot loader starts
 * (systemd-stub(7)). Who makes them is who has to be told of a changed config or of another command line.
 */
#ifndef VFIO_PREP_HOST_UNIFIED_H
#define VFIO_PREP_HOST_UNIFIED_H

#include "host/host.h"

struct root;

enum unified_maker {
	UNIFIED_NONE,           /* none is known */
	UNIFIED_MKINITCPIO,     /* a preset in etc/mkinitcpio.d names an image */
	UNIFIED_DRACUT,         /* uefi="yes" in dracut's config: the line is its kernel_cmdline */
	UNIFIED_INSTALL,        /* layout=uki in kernel-install's config: the line is etc/kernel/cmdline */
	UNIFIED_INSTALL_DRACUT, /* the same with uki_generator=dracut: again dracut's kernel_cmdline */
};

struct unified {
	enum unified_maker maker;
	enum answer booted; /* the running kernel was started by the stub of such an image */
};

/* What cannot be read is not there. */
void unified_read(const struct root *root, struct unified *ret);

/* kernel-install for every kernel below the root: the kernel lies with its modules, or in /boot where Debian has it. */
const char *unified_install_all(const struct root *root);

/*
 * The command that makes the initramfs anew, and the unified image around it where one is in use, by what is
 * installed below the root; "" where that is not known, and then *ret_unknown_maker tells whether it is part of a
 * unified image.
 */
const char *unified_rebuild(const struct root *root, bool *ret_unknown_maker);

#endif
