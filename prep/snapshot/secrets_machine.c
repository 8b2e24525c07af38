/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names that a machine has of its own. They are read here, and are no part of a recording for that. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/host.h"
#include "snapshot/escapes.h"
#include "snapshot/snapshot.h"

/* An attribute whose words are secrets: "naa.5002538e09b0d0d0", "t10.ATA     Samsung_SSD_860    S3Z9NB0K". */
static void add_words(const struct root *root, const char *directory, const char *name, struct secrets *secrets)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE], prefixed[80], *next = text, *word;

	if (root_path(path, directory, name) < 0 || root_read(root, path, text, sizeof(text)) <= 0)
		return;
	if (strlen(text) == 36 && text[8] == '-') { /* as it is: a UUID */
		secrets_add(secrets, text);
		return;
	}
	while ((word = parse_word(&next, " \t\n._-"))) {
		secrets_add(secrets, word);
		/* udev's links: wwn-0x5002538e09b0d0d0; multipath's names: a 3 before it */
		snprintf(prefixed, sizeof(prefixed), "0x%.64s", word);
		secrets_add(secrets, prefixed);
		snprintf(prefixed, sizeof(prefixed), "3%.64s", word);
		secrets_add(secrets, prefixed);
	}
}

static void read_disks(const struct root *root, struct secrets *secrets)
{
	static const char *const classes[] = { "sys/class/block", "sys/class/nvme" };
	static const char *const attributes[] = {
		"serial", "wwid", "eui", "nguid", "uuid", "device/serial", "device/wwid", "device/unique_id", "device/cid",
	};

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		_cleanup_(names_done) struct names names = { 0 };

		if (root_list(root, classes[i], &names) < 0)
			continue;
		for (size_t j = 0; j < names.count; j++)
			for (size_t k = 0; k < ARRAY_SIZE(attributes); k++) {
				char directory[ROOT_PATH_MAX];

				if (root_path(directory, classes[i], names.items[j]) == 0)
					add_words(root, directory, attributes[k], secrets);
			}
	}
}

/* Of a network card also as names and boot loaders write it: enx00163e5e6c00, BOOTIF=01-00-16-3e-5e-6c-00. */
static void add_mac(struct secrets *secrets, char *mac)
{
	static const char *const leads[] = { "", "enx", "wlx", "wwx" };
	char joined[32], dashed[32], *out = joined;

	for (const char *c = mac; *c && out < joined + 12; c++)
		if (*c != ':')
			*out++ = *c;
	*out = '\0';
	if (strlen(mac) != 17 || !joined[strspn(joined, "0")])
		return;
	for (size_t i = 0; i < ARRAY_SIZE(leads); i++) {
		char name[32];

		snprintf(name, sizeof(name), "%s%s", leads[i], joined);
		secrets_add(secrets, name);
	}
	snprintf(dashed, sizeof(dashed), "01-%s", mac);
	for (char *c = dashed; *c; c++)
		*c = *c == ':' ? '-' : *c;
	secrets_add(secrets, dashed);
	secrets_add(secrets, mac);
}

static void read_network(const struct root *root, struct secrets *secrets)
{
	_cleanup_(names_done) struct names names = { 0 };

	if (root_list(root, "sys/class/net", &names) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];

		snprintf(path, sizeof(path), "sys/class/net/%.64s/address", names.items[i]);
		if (root_read(root, path, text, sizeof(text)) > 0)
			add_mac(secrets, text);
	}
}

static void read_firmware(const struct root *root, struct secrets *secrets)
{
	_cleanup_(names_done) struct names names = { 0 };

	if (root_list(root, "sys/class/dmi/id", &names) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];

		if ((strstr(names.items[i], "serial") || strstr(names.items[i], "uuid") || strstr(names.items[i], "asset")) &&
		    root_path(path, "sys/class/dmi/id", names.items[i]) == 0 && root_read(root, path, text, sizeof(text)) > 0)
			secrets_add(secrets, text);
	}
}

static void read_names(const struct root *root, struct secrets *secrets)
{
	static const char *const hosts[] = {
		"proc/sys/kernel/hostname", "proc/sys/kernel/domainname", "etc/hostname", "etc/mailname",
	};
	static const char *const ids[] = { "etc/machine-id", "var/lib/dbus/machine-id", "etc/hostid" };
	char text[ROOT_ATTRIBUTE];

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		if (root_read(root, hosts[i], text, sizeof(text)) > 0 && strcmp(text, "(none)") != 0) {
			secrets_add_name(secrets, text);
			text[strcspn(text, ".")] = '\0';
			secrets_add_name(secrets, text);
		}
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (root_read(root, ids[i], text, sizeof(text)) > 0)
			secrets_add(secrets, text);
}

/* People have numbers from 1000 to 59999 (login.defs(5); systemd, docs/UIDS-GIDS.md). */
static void read_users(const struct root *root, struct secrets *secrets)
{
	_cleanup_free_ char *text = NULL;
	char *next, *line;
	size_t size;

	if (root_read_all(root, "etc/passwd", 4 << 20, &text, &size) < 0)
		return;
	next = text;
	while ((line = parse_word(&next, "\n"))) {
		char name[64];
		unsigned int number;

		if (sscanf(line, "%63[^:]:%*[^:]:%u:", name, &number) == 2 && number >= 1000 && number < 60000)
			secrets_add_name(secrets, name);
	}
}

/* Whatever else is called "nvme": what drivers are there, and which of them has a device, is what a snapshot is for. */
static void keep_drivers(const struct root *root, struct secrets *secrets)
{
	static const char *const folders[] = { "sys/bus/pci/drivers", "sys/module" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_(names_done) struct names names = { 0 };

		if (root_list(root, folders[i], &names) < 0)
			continue;
		for (size_t j = 0; j < names.count; j++)
			secrets_keep(secrets, names.items[j]);
	}
}

/* Each folder on the way to where a disk or a share is mounted; what the kernel makes up has names of its own. */
static void read_mounts(const struct root *root, const char *path, struct secrets *secrets)
{
	_cleanup_free_ char *text = NULL;
	char *next, *line, *name;
	size_t size;

	if (root_read_all(root, path, 4 << 20, &text, &size) < 0)
		return;
	next = text;
	while ((line = parse_word(&next, "\n"))) {
		const char *type, *source = parse_word(&line, " \t") ?: "#";
		char *place = parse_word(&line, " \t");

		type = parse_word(&line, " \t");
		if (!place || !type || source[0] == '#' || (source[0] == '/' && strncmp(source, "/dev/loop", 9) == 0))
			continue;
		if (source[0] != '/' && !strchr(source, ':') && !strchr(source, '=') && strcmp(type, "zfs") != 0)
			continue;
		while ((name = parse_word(&place, "/"))) {
			char *out = name;
			unsigned char c;

			/* "\\040" for a blank, in place */
			for (size_t i = 0, left = strlen(name); i < left; *out++ = (char)c)
				i += escapes_decode(name + i, left - i, &c);
			*out = '\0';
			secrets_add_name(secrets, name);
		}
	}
}

void secrets_read(const struct root *root, const struct host *host, struct secrets *secrets)
{
	keep_drivers(root, secrets);
	read_names(root, secrets);
	read_users(root, secrets);
	read_mounts(root, "proc/self/mounts", secrets);
	read_mounts(root, "etc/fstab", secrets);
	read_firmware(root, secrets);
	read_network(root, secrets);
	read_disks(root, secrets);
	for (size_t i = 0; i < host->storage.blocks.count; i++) {
		secrets_add_name(secrets, host->storage.blocks.items[i].content.volume_group);
		secrets_add(secrets, host->storage.blocks.items[i].content.uuid);
		secrets_add(secrets, host->storage.blocks.items[i].content.partuuid);
	}
}
