/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are about one device, one guest or one number: driverctl's, scripts, libvirt's domains, sysctl.d. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/inherited_parts.h"
#include "host/rivals.h"
#include "host/sysctl.h"

#define FILE_LIMIT (1 << 20)
#define DOMAINS "etc/libvirt/qemu"

static int read_saved(const struct root *root, struct inherited *inherited)
{
	_cleanup_(rivals_done) struct rivals rivals = { 0 };
	int r = rivals_read(root, &rivals);

	for (size_t i = 0; r == 0 && i < rivals.saved_count; i++) {
		const struct saved_override *saved = &rivals.saved[i];
		char path[64], text[64 + DRIVER_NAME_MAX], address[PCI_ADDRESS_MAX];
		struct inherited_item *item;

		pci_address_format(&saved->address, address);
		snprintf(path, sizeof(path), DRIVERCTL_DIRECTORY "/pci-%s", address);
		snprintf(text, sizeof(text), "driverctl: %s is for %s", address, saved->driver);
		item = inherited_add(inherited, INHERITED_SAVED, FORM_FILE, path, NULL, text, saved->driver);
		if (!item)
			return -ENOMEM;
		item->address = saved->address;
	}
	return r;
}

/* Reads a text; NULL in *ret where it is not there, and a note where it cannot be read. 0 or -ENOMEM. */
static int read_text(const struct root *root, const char *path, struct inherited *inherited, char **ret)
{
	size_t size;
	int r = root_read_all(root, path, FILE_LIMIT, ret, &size);

	if (r == 0)
		return 0;
	*ret = NULL;
	if (r != -EACCES && r != -EPERM)
		return r == -ENOMEM ? r : 0; /* a folder, a program of many megabytes: no script of a few lines */
	return inherited_add(inherited, INHERITED_UNREADABLE, FORM_NOTHING, path, NULL, path, strerror(-r)) ? 0 : -ENOMEM;
}

/* A script that writes driver_override; our own is none of those. */
static int read_script(const struct root *root, const char *folder, const char *name, struct inherited *inherited)
{
	_cleanup_free_ char *text = NULL;
	char path[ROOT_PATH_MAX];
	int r;

	if (strstr(name, "vfio-prep") || root_path(path, folder, name) < 0)
		return 0;
	r = read_text(root, path, inherited, &text);
	if (r < 0 || !text || !strstr(text, "driver_override"))
		return r;
	return inherited_add(inherited, INHERITED_SCRIPT, FORM_NOTHING, path, NULL,
	                     "a script that writes driver_override", NULL) ? 0 : -ENOMEM;
}

/* Where recipes put them: all that the image runs, and of programs those that go by their names. */
static int read_scripts(const struct root *root, struct inherited *inherited)
{
	static const char *const run[] = {
		"etc/initramfs-tools/scripts/init-top", "etc/initramfs-tools/scripts/init-premount", "etc/initcpio/hooks",
	};
	static const char *const folders[] = { "usr/local/bin", "usr/local/sbin", "usr/bin", "usr/sbin", "sbin", "bin" };
	static const char *const known[] = {
		"vfio-pci-override.sh", "vfio-pci-override-vga.sh",
		"vfio-pci-override",    "vfio-override.sh",
		"vfio-bind.sh",         "vfio-bind",
		"vfio-pci-bind.sh",     "vfio.sh",
	};
	char link[ROOT_PATH_MAX];
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(run); i++) {
		_cleanup_(names_done) struct names names = { 0 };

		r = root_list(root, run[i], &names);
		r = r == -ENOMEM ? r : 0;
		for (size_t j = 0; r == 0 && j < names.count; j++)
			r = read_script(root, run[i], names.items[j], inherited);
	}
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++) {
		if (root_readlink(root, folders[i], link, sizeof(link)) == 0)
			continue; /* /bin and /sbin are /usr's: once is enough */
		for (size_t j = 0; r == 0 && j < ARRAY_SIZE(known); j++)
			r = read_script(root, folders[i], known[j], inherited);
	}
	return r;
}

/* The value of an attribute, "bus='0x01'", between from and to: a number in hex. */
static bool attribute(const char *from, const char *to, const char *name, uint64_t max, uint64_t *ret)
{
	char key[24], text[12];
	const char *at;
	size_t size;

	snprintf(key, sizeof(key), " %s=", name);
	at = memmem(from, (size_t)(to - from), key, strlen(key));
	if (!at || at + strlen(key) + 1 >= to)
		return false;
	at += strlen(key) + 1;
	at += strncmp(at, "0x", 2) == 0 ? 2 : 0;
	size = strcspn(at, "'\"");
	if (size >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)size, at);
	return parse_hex(text, 1, 8, ret) == 0 && *ret <= max;
}

/* One <hostdev ...>...</hostdev> of a domain; those of USB have no such address. */
static int take_hostdev(const char *path, const char *guest, const char *start, const char *end,
                        struct inherited *inherited)
{
	const char *open = memchr(start, '>', (size_t)(end - start));
	const char *source = memmem(start, (size_t)(end - start), "<address", 8);
	const char *close = source ? memchr(source, '>', (size_t)(end - source)) : NULL;
	uint64_t domain, bus, slot, function;
	struct inherited_item *item;
	char text[160], address[PCI_ADDRESS_MAX];

	if (!open || !close || source < open)
		return 0;
	if (!memmem(start, (size_t)(open - start), "managed='yes'", 13) &&
	    !memmem(start, (size_t)(open - start), "managed=\"yes\"", 13))
		return 0;
	if (!attribute(source, close, "bus", 0xff, &bus) || !attribute(source, close, "slot", 0x1f, &slot) ||
	    !attribute(source, close, "function", 7, &function))
		return 0;
	if (!attribute(source, close, "domain", UINT32_MAX, &domain))
		domain = 0;
	item = inherited_add(inherited, INHERITED_DOMAIN, FORM_NOTHING, path, NULL, "", guest);
	if (!item)
		return -ENOMEM;
	item->address = (struct pci_address){ (uint32_t)domain, (uint8_t)bus, (uint8_t)slot, (uint8_t)function };
	snprintf(text, sizeof(text), "libvirt takes %s whenever the guest %s starts (managed='yes')",
	         pci_address_format(&item->address, address), guest);
	free(item->text);
	item->text = strdup(text);
	return item->text ? 0 : -ENOMEM;
}

static int read_domains(const struct root *root, struct inherited *inherited)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = root_list(root, DOMAINS, &names);

	if (r < 0 && r != -EACCES && r != -EPERM)
		return r == -ENOMEM ? r : 0;
	if (r < 0)
		return inherited_add(inherited, INHERITED_UNREADABLE, FORM_NOTHING, DOMAINS, NULL, DOMAINS,
		                     strerror(-r)) ? 0 : -ENOMEM;
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		const char *suffix = strrchr(names.items[i], '.');
		_cleanup_free_ char *text = NULL;
		char path[ROOT_PATH_MAX], guest[96];

		if (!suffix || strcmp(suffix, ".xml") != 0 || root_path(path, DOMAINS, names.items[i]) < 0)
			continue;
		snprintf(guest, sizeof(guest), "%.*s", (int)(suffix - names.items[i]), names.items[i]);
		r = read_text(root, path, inherited, &text);
		for (const char *at = text ? strstr(text, "<hostdev ") : NULL, *end;
		     r == 0 && at && (end = strstr(at, "</hostdev>")); at = strstr(end, "<hostdev "))
			r = take_hostdev(path, guest, at, end, inherited);
	}
	return r;
}

static int take_setting(const struct root *root, const struct sysctl_setting *setting, struct inherited *inherited)
{
	_cleanup_(lines_done) struct lines lines = { 0 };
	int r = inherited_lines(root, setting->file, LINES_PLAIN, inherited, &lines);

	for (size_t i = 0; i < lines.count; i++)
		if (lines.items[i].number == setting->line &&
		    !inherited_add(inherited, INHERITED_PAGES, FORM_LINE, setting->file, &lines.items[i], NULL, setting->value))
			return -ENOMEM;
	return r < 0 ? r : 0;
}

/* All of them: where the last one goes, the one before is in force. */
static int read_pages(const struct root *root, struct inherited *inherited)
{
	static const char *const keys[] = { "vm.nr_hugepages", "vm.nr_hugepages_mempolicy" };
	_cleanup_(sysctl_settings_done) struct sysctl_settings settings = { 0 };
	int r = sysctl_list(root, keys, ARRAY_SIZE(keys), &settings);

	for (size_t i = 0; r == 0 && i < settings.count; i++)
		r = take_setting(root, &settings.items[i], inherited);
	return r;
}

int inherited_read_others(const struct root *root, struct inherited *inherited)
{
	int r = read_saved(root, inherited);

	if (r == 0)
		r = read_scripts(root, inherited);
	if (r == 0)
		r = read_pages(root, inherited);
	return r < 0 ? r : read_domains(root, inherited);
}
