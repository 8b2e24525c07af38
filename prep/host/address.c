/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

/* "DD.F" */
static int devfn_parse(const char *text, uint8_t *ret_device, uint8_t *ret_function)
{
	char part[3];
	uint64_t device, function;

	if (strlen(text) != 4 || text[2] != '.')
		return -EINVAL;
	memcpy(part, text, 2);
	part[2] = '\0';
	if (parse_hex(part, 2, 2, &device) < 0 || parse_hex(text + 3, 1, 1, &function) < 0)
		return -EINVAL;
	if (device > 0x1f || function > 7)
		return -EINVAL;
	*ret_device = (uint8_t)device;
	*ret_function = (uint8_t)function;
	return 0;
}

int pci_address_parse(const char *text, struct pci_address *ret)
{
	struct pci_address address = { 0 };
	char part[9];
	const char *bus = strchr(text, ':'), *devfn;
	uint64_t value;
	size_t size;

	devfn = bus ? strchr(bus + 1, ':') : NULL;
	if (devfn) {
		size = (size_t)(bus - text);
		if (size >= sizeof(part))
			return -EINVAL;
		memcpy(part, text, size);
		part[size] = '\0';
		if (parse_hex(part, 4, 8, &value) < 0)
			return -EINVAL;
		address.domain = (uint32_t)value;
		text = bus + 1;
	} else {
		devfn = bus;
	}
	if (!devfn || devfn - text != 2)
		return -EINVAL;
	memcpy(part, text, 2);
	part[2] = '\0';
	if (parse_hex(part, 2, 2, &value) < 0)
		return -EINVAL;
	address.bus = (uint8_t)value;
	if (devfn_parse(devfn + 1, &address.device, &address.function) < 0)
		return -EINVAL;
	*ret = address;
	return 0;
}

const char *pci_address_format(const struct pci_address *address, char *text)
{
	snprintf(text, PCI_ADDRESS_MAX, "%04x:%02x:%02x.%x", address->domain, address->bus,
	         address->device & 0x1fU, address->function & 7U);
	return text;
}

int pci_address_compare(const struct pci_address *a, const struct pci_address *b)
{
	uint64_t left = (uint64_t)a->domain << 24 | (uint64_t)a->bus << 16 | a->device << 8 | a->function;
	uint64_t right = (uint64_t)b->domain << 24 | (uint64_t)b->bus << 16 | b->device << 8 | b->function;

	return left < right ? -1 : left > right;
}

bool pci_address_same_slot(const struct pci_address *a, const struct pci_address *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->device == b->device;
}

/* Adds "/DD.F" to a path. */
static int path_add(char *path, uint8_t device, uint8_t function)
{
	size_t used = strlen(path);
	int length = snprintf(path + used, PCI_PATH_MAX - used, "/%02x.%x", device, function);

	return length < 0 || (size_t)length >= PCI_PATH_MAX - used ? -EINVAL : 0;
}

int pci_path_parse(const char *text, char *path)
{
	char copy[PCI_PATH_MAX], made[PCI_PATH_MAX];
	struct pci_address first;
	char *part, *next;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	next = strchr(copy, '/');
	if (next)
		*next++ = '\0';
	if (pci_address_parse(copy, &first) < 0)
		return -EINVAL;
	pci_address_format(&first, made);
	while (next) {
		uint8_t device, function;

		part = next;
		next = strchr(part, '/');
		if (next)
			*next++ = '\0';
		if (devfn_parse(part, &device, &function) < 0 || path_add(made, device, function) < 0)
			return -EINVAL;
	}
	strcpy(path, made);
	return 0;
}

/* "pci0000:00", a root bus in sysfs. */
static bool is_root_bus(const char *name)
{
	return strncmp(name, "pci", 3) == 0 && strchr(name, ':') && !strchr(name, '.');
}

int pci_path_from_sysfs(const char *link, char *path)
{
	char copy[512], made[PCI_PATH_MAX];
	char *rest = copy, *part;
	bool rooted = false;

	if (strlen(link) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, link);
	made[0] = '\0';
	while ((part = parse_word(&rest, "/"))) {
		struct pci_address address;

		if (is_root_bus(part)) {
			rooted = true;
			made[0] = '\0';
			continue;
		}
		if (!rooted)
			continue;
		if (pci_address_parse(part, &address) < 0)
			return -EINVAL;
		if (!made[0])
			pci_address_format(&address, made);
		else if (path_add(made, address.device, address.function) < 0)
			return -EINVAL;
	}
	if (!made[0])
		return -EINVAL;
	strcpy(path, made);
	return 0;
}
