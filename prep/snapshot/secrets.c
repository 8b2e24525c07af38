/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot/secrets_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "snapshot/escapes.h"

/*
 * Names that an installer or a manual gives, and the parts of well-known paths: they tell nothing, and stand where they
 * must stay.
 */
static bool is_common(const char *text)
{
	static const char *const words[] = {
		"admin", "administrator", "alpine", "archlinux", "auto", "backup", "bin", "block", "boot", "bus", "cache",
		"cdrom", "cdrom0", "class", "config", "containers", "cpu", "cpus", "data", "debian", "default", "desktop",
		"dev",
		"device", "devices", "disk", "disks", "docker", "drivers", "efi", "esp", "etc", "fedora", "files", "firmware",
		"games", "gentoo", "gpu", "group", "guest", "guests", "home", "host", "hugepages", "image", "images", "iso",
		"isolated", "kernel", "kvm", "laptop", "lib", "libvirt", "linux", "local", "localdomain", "localhost", "log",
		"mail", "man", "manjaro", "media", "mnt", "module", "modules", "nas", "net", "network", "news", "nixos",
		"nobody",
		"node", "none", "ondemand", "opensuse", "opt", "pci", "performance", "pool", "powersave", "proc", "proxmox",
		"pve", "qemu", "rhel", "root", "rootfs", "rpool", "run", "sbin", "schedutil", "server", "share", "slot", "snap",
		"srv", "storage", "swap", "sys", "system", "systemd", "tank", "tmp", "ubuntu", "ubuntu-vg", "unknown", "usb",
		"user", "usr", "var", "vfio", "workstation",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

static bool is_uuid(const char *text)
{
	return strlen(text) == UUID_SIZE && text[8] == '-' && strspn(text, "0123456789abcdefABCDEF-") == UUID_SIZE;
}

static bool is_mac(const char *text)
{
	return strlen(text) == MAC_SIZE && text[2] == ':' && strspn(text, "0123456789abcdefABCDEF:") == MAC_SIZE;
}

/* Zeros, or a stand-in of an earlier snapshot: the same again. */
static bool is_nobodys(const char *text)
{
	return !text[strspn(text, "0-:.")] || strncmp(text, STAND_IN_UUID, strlen(STAND_IN_UUID)) == 0 ||
	       strncmp(text, STAND_IN_MAC, strlen(STAND_IN_MAC)) == 0;
}

/* Counts in the letters and digits from the end on, each in its kind: "S649NX0R" is "X000XX0A", then "X000XX0B". */
static void count_in(char *text, size_t number)
{
	bool hex = true;

	for (const char *c = text; *c; c++)
		hex &= !escapes_is_word((unsigned char)*c) || isxdigit((unsigned char)*c);
	for (char *c = text + strlen(text); c-- > text;) {
		const char *digits = isdigit((unsigned char)*c) ? "0123456789" : hex ? "abcdef" : "xabcdefghijklmnopqrstuvwyz";

		if (!escapes_is_word((unsigned char)*c))
			continue;
		*c = (char)(isupper((unsigned char)*c) ? toupper(digits[number % strlen(digits)]) :
		                                         digits[number % strlen(digits)]);
		number /= strlen(digits);
	}
}

static struct secret *find(const struct secrets *secrets, const char *text)
{
	for (size_t i = 0; i < secrets->count; i++)
		if (strcasecmp(secrets->items[i].text, text) == 0)
			return &secrets->items[i];
	return NULL;
}

static struct secret *add_as_it_is(struct secrets *secrets, const char *text)
{
	struct secret *secret = array_add(&secrets->items, &secrets->count, sizeof(*secret));

	if (secret) {
		secret->text = strdup(text);
		secret->stand_in = strdup(text);
	}
	if (secret && secret->text && secret->stand_in)
		return secret;
	secrets->no_memory = true;
	return NULL;
}

void secrets_keep(struct secrets *secrets, const char *text)
{
	if (!find(secrets, text) && add_as_it_is(secrets, text))
		secrets->kept++;
}

struct secret *secrets_take(struct secrets *secrets, const char *text)
{
	struct secret *secret = find(secrets, text);
	size_t number = secrets->count - secrets->kept + 1;

	if (secret)
		return secret;
	secret = add_as_it_is(secrets, text);
	if (!secret)
		return NULL;
	if (is_nobodys(text) || is_common(text))
		return secret;
	if (is_uuid(text))
		sprintf(secret->stand_in, STAND_IN_UUID "%012zu", number);
	else if (is_mac(text))
		sprintf(secret->stand_in, STAND_IN_MAC "%02zx:%02zx:%02zx", number >> 16 & 0xff, ((number >> 8) + 0x53) & 0xff,
		        number & 0xff);
	else
		count_in(secret->stand_in, number);
	return secret;
}

static size_t count_digits(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += isdigit((unsigned char)*text) != 0;
	return count;
}

void secrets_add(struct secrets *secrets, const char *text)
{
	size_t size = strlen(text), digits = count_digits(text), leading = strspn(text, "0x");
	struct secret *secret;

	/* What is shorter may be anything: an NVMe's "nvme.1b36-..-00000001" has its maker's PCI id and a count in it. */
	if (!digits || size < leading + 6 || (digits == size && size < leading + 8))
		return;
	secret = secrets_take(secrets, text);
	if (secret)
		secret->everywhere = true;
}

void secrets_add_name(struct secrets *secrets, const char *text)
{
	struct secret *secret = strlen(text) < 3 || count_digits(text) == strlen(text) ? NULL : secrets_take(secrets, text);

	if (secret)
		secret->everywhere = true;
}

const char *secrets_stand_in(struct secrets *secrets, const char *text, size_t size)
{
	char *decoded = strndup(text, size);
	const struct secret *secret = decoded ? secrets_take(secrets, decoded) : NULL;

	secrets->no_memory |= !decoded;
	free(decoded);
	return secret ? secret->stand_in : NULL;
}

void secrets_done(struct secrets *secrets)
{
	if (!secrets)
		return;
	for (size_t i = 0; i < secrets->count; i++) {
		free(secrets->items[i].text);
		free(secrets->items[i].stand_in);
	}
	free(secrets->items);
	*secrets = (struct secrets){ 0 };
}
