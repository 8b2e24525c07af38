/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/loader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/root.h"
#include "host/unified.h"

#define FILE_LIMIT (1 << 20)
#define ENTRIES_MAX 64

/*
 * Adds a file where it can be read, and, with key, where one of its lines begins with that word, or gives it a value as
 * a shell does. 0 or -ENOMEM.
 */
static int add_file(const struct root *root, struct loader *loader, const char *path, const char *key)
{
	_cleanup_free_ char *text = NULL;
	struct loader_file *file;
	size_t size;
	int r = root_read_all(root, path, FILE_LIMIT, &text, &size);
	const char *found;

	if (r < 0 || strlen(path) >= sizeof(file->path))
		return r == -ENOMEM ? r : 0;
	for (found = key ? strstr(text, key) : text; found; found = strstr(found + 1, key))
		if (!key || ((found == text || found[-1] == '\n') && strchr(" \t=+", found[strlen(key)])))
			break;
	if (!found)
		return 0;
	file = array_add(&loader->files, &loader->file_count, sizeof(*file));
	if (!file)
		return -ENOMEM;
	snprintf(file->path, sizeof(file->path), "%s", path);
	file->text = text;
	text = NULL;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds the files of a directory whose names end so, by name. */
static int add_files(const struct root *root, struct loader *loader, const char *directory, const char *suffix,
                     const char *key)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = root_list(root, directory, &names);

	if (r == 0 && names.count)
		qsort(names.items, names.count, sizeof(*names.items), compare_names);
	for (size_t i = 0; r == 0 && i < names.count && loader->file_count < ENTRIES_MAX; i++) {
		size_t size = strlen(names.items[i]), end = strlen(suffix);
		char path[ROOT_PATH_MAX];

		if (size > end && strcmp(names.items[i] + size - end, suffix) == 0 &&
		    root_path(path, directory, names.items[i]) == 0)
			r = add_file(root, loader, path, key);
	}
	return r == -ENOMEM ? r : 0;
}

static bool exists_one_of(const struct root *root, const char *const *paths)
{
	for (; *paths; paths++)
		if (root_exists(root, *paths))
			return true;
	return false;
}

static bool file_holds(const struct root *root, const char *path, const char *text, bool *ret_read)
{
	_cleanup_free_ char *content = NULL;
	size_t size;

	*ret_read = root_read_all(root, path, FILE_LIMIT, &content, &size) == 0;
	return *ret_read && strstr(content, text);
}

/* Debian's and Ubuntu's grub-mkconfig reads drop-ins, upstream's does not. */
static bool grub_reads_drop_ins(const struct root *root)
{
	static const char *const makers[] = { "usr/sbin/grub-mkconfig", "usr/bin/grub-mkconfig",
		                                  "usr/sbin/grub2-mkconfig" };
	bool read;

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		bool holds = file_holds(root, makers[i], "default/grub.d", &read);

		if (read)
			return holds;
	}
	return root_exists(root, LOADER_GRUB_DIRECTORY);
}

static int read_grub(const struct root *root, struct loader *loader)
{
	static const char *const wrapper[] = { "usr/sbin/update-grub", "sbin/update-grub", "usr/bin/update-grub", NULL };
	static const char *const grub2[] = { "usr/sbin/grub2-mkconfig", "usr/bin/grub2-mkconfig", NULL };
	int r;

	loader->kind = LOADER_GRUB;
	loader->name = "grub";
	loader->update = exists_one_of(root, wrapper) ? "update-grub" :
	                 exists_one_of(root, grub2) ? "grub2-mkconfig -o /boot/grub2/grub.cfg" :
	                 root_exists(root, "boot/grub2") ? "grub-mkconfig -o /boot/grub2/grub.cfg" :
	                 "grub-mkconfig -o /boot/grub/grub.cfg";
	loader->drop_ins = grub_reads_drop_ins(root);
	loader->has_drop_in = loader->drop_ins && root_exists(root, LOADER_DROP_IN);
	r = add_file(root, loader, LOADER_GRUB_DEFAULT, NULL);
	return r < 0 || !loader->drop_ins ? r : add_files(root, loader, LOADER_GRUB_DIRECTORY, ".cfg", NULL);
}

static int read_line(const struct root *root, struct loader *loader, const char *name, const char *update)
{
	loader->kind = LOADER_LINE;
	loader->name = name;
	loader->update = update;
	return add_file(root, loader, LOADER_KERNEL_LINE, NULL);
}

/* Entries that kernel-install wrote are named by the machine's id, or by the token that it was told. */
static bool kernel_install_wrote(const struct root *root, const struct loader *loader, const char *directory)
{
	static const char *const tokens[] = { "etc/kernel/entry-token", "etc/machine-id" };

	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		char token[128], prefix[ROOT_PATH_MAX];

		if (root_read(root, tokens[i], token, sizeof(token)) <= 0)
			continue;
		snprintf(prefix, sizeof(prefix), "%s/%s-", directory, token);
		for (size_t j = 0; j < loader->file_count; j++)
			if (strncmp(loader->files[j].path, prefix, strlen(prefix)) == 0)
				return true;
	}
	return false;
}

static int read_systemd_boot(const struct root *root, struct loader *loader)
{
	static const char *const directories[] = { "boot/loader/entries", "efi/loader/entries", "boot/efi/loader/entries" };
	bool by_program = root_exists(root, "etc/kernel/install.conf") || root_exists(root, LOADER_KERNEL_LINE);
	const char *directory = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(directories) && !by_program && !loader->file_count; i++) {
		int r = add_files(root, loader, directory = directories[i], ".conf", "linux");

		if (r < 0)
			return r;
	}
	if (by_program || !loader->file_count || kernel_install_wrote(root, loader, directory)) {
		loader_done(loader);
		return read_line(root, loader, "systemd-boot", unified_install_all(root));
	}
	loader->kind = LOADER_ENTRIES;
	loader->name = "systemd-boot";
	loader->update = "";
	return 0;
}

/* dracut's files are read by bash, those of the folder by their names: ours adds to what the others say. */
static int read_dracut(const struct root *root, struct loader *loader, const char *update)
{
	int r = add_file(root, loader, "etc/dracut.conf", "kernel_cmdline");

	loader->kind = LOADER_DRACUT;
	loader->name = "uki";
	loader->update = update;
	loader->has_drop_in = root_exists(root, LOADER_DRACUT_DROP_IN);
	return r < 0 ? r : add_files(root, loader, LOADER_DRACUT_DIRECTORY, ".conf", "kernel_cmdline");
}

/* Whose image was booted, or is made by the distribution's tools, has the line in the image. False: there is none. */
static bool read_unified(const struct root *root, struct loader *loader, const struct unified *unified, int *ret)
{
	bool has_line = root_exists(root, LOADER_KERNEL_LINE);

	*ret = 0;
	switch (unified->maker) {
	case UNIFIED_DRACUT:
		*ret = read_dracut(root, loader, "dracut --force --regenerate-all");
		return true;
	case UNIFIED_INSTALL_DRACUT:
		*ret = read_dracut(root, loader, unified_install_all(root));
		return true;
	case UNIFIED_INSTALL:
		*ret = read_line(root, loader, "uki", unified_install_all(root));
		return true;
	case UNIFIED_MKINITCPIO:
		if (has_line)
			*ret = read_line(root, loader, "uki", "mkinitcpio -P");
		break;
	case UNIFIED_NONE:
		break;
	}
	/* What a boot loader's files say did not reach this kernel, and would not reach the next one. */
	if (loader->kind == LOADER_UNKNOWN && unified->booted == ANSWER_YES)
		loader->name = "uki";
	return strcmp(loader->name, "uki") == 0;
}

/* GRUB's word on the command line; systemd-boot's is initrd=. */
static bool booted_by_grub(const struct root *root)
{
	bool read;

	return file_holds(root, "proc/cmdline", "BOOT_IMAGE=", &read);
}

int loader_read(const struct root *root, struct loader *ret)
{
	static const char *const grubby[] = { "usr/sbin/grubby", "usr/bin/grubby", "sbin/grubby", NULL };
	static const char *const systemd_boot[] = {
		"boot/loader/loader.conf", "efi/loader/loader.conf", "boot/efi/loader/loader.conf", "boot/loader/entries",
		"efi/loader/entries", "boot/efi/loader/entries", "boot/EFI/Linux", "efi/EFI/Linux", "boot/efi/EFI/Linux", NULL,
	};
	static const char *const grub[] = {
		LOADER_GRUB_DEFAULT, "boot/grub/grub.cfg", "boot/grub2/grub.cfg", "usr/sbin/update-grub", NULL,
	};
	bool has_line = root_exists(root, LOADER_KERNEL_LINE), has_grub = exists_one_of(root, grub);
	struct unified unified;
	int r;

	*ret = (struct loader){ .kind = LOADER_UNKNOWN, .name = "unknown", .update = "" };
	/* Proxmox boots by systemd-boot with that line, and by GRUB where there is no UEFI, or Secure Boot. */
	if (root_exists(root, "usr/sbin/proxmox-boot-tool") && root_exists(root, "etc/kernel/proxmox-boot-uuids") &&
	    has_line)
		return has_grub && booted_by_grub(root) ?
		           read_grub(root, ret) :
		           read_line(root, ret, "proxmox-boot-tool", "proxmox-boot-tool refresh");
	unified_read(root, &unified);
	if (exists_one_of(root, grubby) && unified.booted != ANSWER_YES) {
		ret->kind = LOADER_GRUBBY;
		ret->name = "grubby";
		return 0;
	}
	if (read_unified(root, ret, &unified, &r))
		return r;
	/* An EFI system partition that only root may look into hides its entries: then a line tells, without GRUB's
	 * files. */
	if (exists_one_of(root, systemd_boot) || root_exists(root, "etc/kernel/install.conf") || (has_line && !has_grub))
		return read_systemd_boot(root, ret);
	return has_grub ? read_grub(root, ret) : 0;
}

void loader_done(struct loader *loader)
{
	if (!loader)
		return;
	for (size_t i = 0; i < loader->file_count; i++)
		free(loader->files[i].text);
	free(loader->files);
	*loader = (struct loader){ .name = "unknown", .update = "" };
}

/* Whether the line with this place of a text is a comment. */
static bool in_comment(const char *text, const char *at)
{
	while (at > text && at[-1] != '\n')
		at--;
	return at[strspn(at, " \t")] == '#';
}

/*
 * How much of a text is this parameter; 0: none. With quoted it has its value in quotes, which the kernel takes away
 * (lib/cmdline.c, next_arg()); inside of a shell's own they have backslashes.
 */
static size_t match(const char *text, const char *parameter, bool quoted)
{
	size_t size = quoted ? strcspn(parameter, "=") + 1 : strlen(parameter), rest;

	if ((quoted && !strchr(parameter, '=')) || strncmp(text, parameter, size) != 0)
		return 0;
	if (!quoted)
		return size;
	parameter += size;
	rest = strlen(parameter);
	size += text[size] == '\\';
	if (text[size++] != '"' || strncmp(text + size, parameter, rest) != 0)
		return 0;
	size += rest;
	size += text[size] == '\\';
	return text[size] == '"' ? size + 1 : 0;
}

bool loader_file_has_as(const struct loader_file *file, const char *parameter, bool quoted)
{
	static const char edges[] = " \t\n\"'";
	const char *at = file->text;
	size_t key = strcspn(parameter, "=");
	_cleanup_free_ char *begin = strndup(parameter, key);

	for (; begin && (at = strstr(at, begin)); at++) {
		size_t size = match(at, parameter, quoted);

		if (size && (at == file->text || strchr(edges, at[-1])) && strchr(edges, at[size]) &&
		    !in_comment(file->text, at))
			return true;
	}
	return false;
}

bool loader_file_has(const struct loader_file *file, const char *parameter)
{
	return loader_file_has_as(file, parameter, false) || loader_file_has_as(file, parameter, true);
}
