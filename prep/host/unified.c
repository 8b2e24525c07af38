/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/unified.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/root.h"
#include "host/fragments.h"
#include "host/mkinitcpio.h"

#define FILE_LIMIT (1 << 20)
#define VALUE_MAX 32
#define BLANKS " \t"

/* Variables of the firmware; the vendor of the first is the Boot Loader Interface's, of the second UEFI's own. */
#define VARIABLES "sys/firmware/efi/efivars"
#define STUB_INFO VARIABLES "/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
#define BOOT_CURRENT VARIABLES "/BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* What the last line "key=value" of a file says, quotes taken off; as a shell reads it, which reads these files. */
static void read_value(const struct root *root, const char *path, const char *key, char *value)
{
	_cleanup_free_ char *text = NULL;
	size_t size, length = strlen(key);
	char *line, *next;

	if (root_read_all(root, path, FILE_LIMIT, &text, &size) < 0)
		return;
	for (line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line += strspn(line, BLANKS);
		if (strncmp(line, key, length) != 0 || line[length] != '=')
			continue;
		line += length + 1;
		line += strspn(line, "\"'");
		snprintf(value, VALUE_MAX, "%.*s", (int)strcspn(line, "\"'#" BLANKS), line);
	}
}

/* The same of drop-ins: those of an earlier folder hide their namesakes. */
static void read_values(const struct root *root, const char *const *folders, const char *ending, const char *key,
                        char *value)
{
	const char *const endings[] = { ending, NULL };
	_cleanup_(fragments_done) struct fragments files = { 0 };

	fragments_list(root, folders, endings, &files);
	for (size_t i = 0; i < files.count; i++)
		read_value(root, files.items[i].path, key, value);
}

/* kernel-install(8): of the main files the administrator's is the only one, then come the drop-ins of both. */
static void read_install(const struct root *root, const char *key, char *value)
{
	static const char *const folders[] = { "etc/kernel/install.conf.d", "usr/lib/kernel/install.conf.d", NULL };
	const char *own = "etc/kernel/install.conf";

	read_value(root, root_exists(root, own) ? own : "usr/lib/kernel/install.conf", key, value);
	read_values(root, folders, ".conf", key, value);
}

/* dracut.conf(5). */
static bool dracut_makes_one(const struct root *root)
{
	static const char *const folders[] = { "etc/dracut.conf.d", "usr/lib/dracut/dracut.conf.d", NULL };
	char value[VALUE_MAX] = "";

	read_value(root, "etc/dracut.conf", "uefi", value);
	read_values(root, folders, ".conf", "uefi", value);
	return strcmp(value, "yes") == 0;
}

static bool mkinitcpio_makes_one(const struct root *root)
{
	static const char *const keys[] = { "default_uki", "fallback_uki" };
	static const char *const folders[] = { "etc/mkinitcpio.d", NULL };
	char value[VALUE_MAX] = "";

	for (size_t i = 0; i < ARRAY_SIZE(keys) && !*value; i++)
		read_values(root, folders, ".preset", keys[i], value);
	return *value;
}

/* A machine without UEFI boots none; one with has the number of the entry that its firmware booted. */
static enum answer was_booted(const struct root *root)
{
	if (root_exists(root, STUB_INFO))
		return ANSWER_YES;
	if (root_exists(root, BOOT_CURRENT) ||
	    (root_exists(root, "sys/firmware") && !root_exists(root, "sys/firmware/efi")))
		return ANSWER_NO;
	return ANSWER_UNKNOWN;
}

void unified_read(const struct root *root, struct unified *ret)
{
	char layout[VALUE_MAX] = "", generator[VALUE_MAX] = "";

	*ret = (struct unified){ .booted = was_booted(root) };
	read_install(root, "layout", layout);
	read_install(root, "uki_generator", generator);
	if (strcmp(layout, "uki") == 0)
		ret->maker = strcmp(generator, "dracut") == 0 ? UNIFIED_INSTALL_DRACUT : UNIFIED_INSTALL;
	else if (mkinitcpio_makes_one(root))
		ret->maker = UNIFIED_MKINITCPIO;
	/* Images that nothing boots are made beside others, too: a boot without the stub was by the others. */
	else if (ret->booted != ANSWER_NO && dracut_makes_one(root))
		ret->maker = UNIFIED_DRACUT;
}

static bool kernels_with_modules(const struct root *root)
{
	_cleanup_(names_done) struct names names = { 0 };

	if (root_list(root, "usr/lib/modules", &names) == 0)
		for (size_t i = 0; i < names.count; i++) {
			char path[ROOT_PATH_MAX];

			snprintf(path, sizeof(path), "usr/lib/modules/%s/vmlinuz", names.items[i]);
			if (root_exists(root, path))
				return true;
		}
	return false;
}

const char *unified_install_all(const struct root *root)
{
	if (kernels_with_modules(root))
		return "for d in /usr/lib/modules/*/vmlinuz; do d=${d%/vmlinuz}; "
		       "kernel-install add \"${d##*/}\" \"$d/vmlinuz\"; done";
	return "for k in /boot/vmlinuz-*; do kernel-install add \"${k#/boot/vmlinuz-}\" \"$k\"; done";
}

#define INSTALL_FROM_BOOT "kernel-install add \"$(uname -r)\" \"/boot/vmlinuz-$(uname -r)\""
#define INSTALL_FROM_MODULES "kernel-install add \"$(uname -r)\" \"/usr/lib/modules/$(uname -r)/vmlinuz\""

static const char *rebuild_initramfs(const struct root *root)
{
	/* Where several are installed, the distribution's own wrapper comes first. */
	static const struct {
		const char *path, *command; /* NULL: mkinitcpio's */
	} generators[] = {
		{ "usr/sbin/update-initramfs", "update-initramfs -u" },
		{ "usr/bin/update-initramfs", "update-initramfs -u" },
		{ "usr/bin/mkinitcpio", NULL },
		{ "usr/bin/dracut", "dracut --force" },
		{ "usr/sbin/dracut", "dracut --force" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(generators); i++)
		if (root_exists(root, generators[i].path))
			return generators[i].command ? generators[i].command : mkinitcpio_command(root);
	return "";
}

const char *unified_rebuild(const struct root *root, bool *ret_unknown_maker)
{
	const char *initramfs = rebuild_initramfs(root);
	struct unified unified;

	unified_read(root, &unified);
	*ret_unknown_maker = unified.maker == UNIFIED_NONE && unified.booted == ANSWER_YES;
	switch (unified.maker) {
	case UNIFIED_MKINITCPIO:
		return mkinitcpio_command(root);
	case UNIFIED_DRACUT:
		return "dracut --force";
	case UNIFIED_INSTALL:
		/* kernel-install calls dracut and mkinitcpio itself; of initramfs-tools it takes the image that is there. */
		if (strcmp(initramfs, "update-initramfs -u") == 0)
			/* Debian's systemd-boot has a hook there that calls kernel-install. */
			return root_exists(root, "etc/initramfs/post-update.d/systemd-boot") ?
			           initramfs :
			           "update-initramfs -u && " INSTALL_FROM_BOOT;
		break;
	case UNIFIED_INSTALL_DRACUT:
		break;
	case UNIFIED_NONE:
		return *ret_unknown_maker ? "" : initramfs;
	}
	return kernels_with_modules(root) ? INSTALL_FROM_MODULES : INSTALL_FROM_BOOT;
}
