/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which boot loader a system has, and which of its files hold kernel parameters. Nothing is ever written to them: an
 * administrator is told what to do (report/loader_command.h).
 */
#ifndef VFIO_PREP_HOST_LOADER_H
#define VFIO_PREP_HOST_LOADER_H

#include <stdbool.h>
#include <stddef.h>

#define LOADER_KERNEL_LINE "etc/kernel/cmdline"
#define LOADER_GRUB_DEFAULT "etc/default/grub"
#define LOADER_GRUB_DIRECTORY "etc/default/grub.d"
#define LOADER_DROP_IN LOADER_GRUB_DIRECTORY "/vfio-prep.cfg"
#define LOADER_DRACUT_DIRECTORY "etc/dracut.conf.d"
#define LOADER_DRACUT_DROP_IN LOADER_DRACUT_DIRECTORY "/zz-vfio-prep.conf"

struct root;

enum loader_kind {
	LOADER_UNKNOWN,
	LOADER_GRUB,        /* etc/default/grub, and a program that makes grub.cfg of it */
	LOADER_GRUBBY,      /* Fedora and its kin: entries are changed by this program */
	LOADER_LINE,        /* etc/kernel/cmdline is the whole line (systemd-boot, unified images, Proxmox) */
	LOADER_ENTRIES,     /* systemd-boot's entries, written by hand */
	LOADER_DRACUT,      /* kernel_cmdline in dracut's config, which makes unified images */
};

struct loader {
	enum loader_kind kind;
	const char
		*name; /* "grub", "grubby", "systemd-boot", "uki", "proxmox-boot-tool", "unknown"; "uki" also of no kind */
	const char *update; /* shell command that makes what the loader reads; "" none is needed */
	bool drop_ins;      /* GRUB: it reads the files of etc/default/grub.d, too */
	bool has_drop_in;   /* ours is there: LOADER_DROP_IN or LOADER_DRACUT_DROP_IN */
	struct loader_file {
		char path[256]; /* relative to the root */
		char *text;
	} *files;           /* those that hold parameters and could be read */
	size_t file_count;
};

/* 0 or -ENOMEM; what cannot be read is not there. loader_done releases either way. */
int loader_read(const struct root *root, struct loader *ret);
void loader_done(struct loader *loader);

/* True where the parameter stands in this file, between blanks, quotes, or the ends of a line that is no comment. */
bool loader_file_has(const struct loader_file *file, const char *parameter);

/* The same of one form: as it is, or with quoted key="value" for key=value, which the kernel reads alike. */
bool loader_file_has_as(const struct loader_file *file, const char *parameter, bool quoted);

#endif
