/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/pci.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/patience.h"
#include "base/root.h"

/* "VVVV:DDDD" as in PCI_ID and PCI_SUBSYS_ID. */
static void read_id_pair(const char *text, uint16_t *vendor, uint16_t *device)
{
	char part[5] = "";
	uint64_t value;

	if (strlen(text) != 9 || text[4] != ':')
		return;
	memcpy(part, text, 4);
	if (parse_hex(part, 4, 4, &value) == 0)
		*vendor = (uint16_t)value;
	if (parse_hex(text + 5, 4, 4, &value) == 0)
		*device = (uint16_t)value;
}

/* drivers/pci/pci-driver.c, pci_uevent(): class and ids; drivers/base/core.c, dev_uevent(): DRIVER. */
static void read_uevent(char *text, struct pci_function *function)
{
	char *line;

	while ((line = parse_word(&text, "\n"))) {
		char *value = strchr(line, '=');
		uint64_t number;

		if (!value)
			continue;
		*value++ = '\0';
		if (strcmp(line, "DRIVER") == 0) {
			snprintf(function->driver, sizeof(function->driver), "%s", value);
			/* It is printed on terminals; no driver of Linux has such a name. */
			for (char *c = function->driver; *c; c++)
				*c = *c > ' ' && *c < 0x7f ? *c : '?';
		}
		else if (strcmp(line, "PCI_CLASS") == 0 && parse_hex(value, 1, 6, &number) == 0)
			function->class = (uint32_t)number;
		else if (strcmp(line, "PCI_ID") == 0)
			read_id_pair(value, &function->vendor, &function->device);
		else if (strcmp(line, "PCI_SUBSYS_ID") == 0)
			read_id_pair(value, &function->subvendor, &function->subdevice);
	}
}

/* One attribute of a function as a hexadecimal number ("0x10de"); 0 where it cannot be read. */
static uint32_t read_hex_attribute(const struct root *root, const char *name, const char *attribute)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];
	uint64_t value;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", name, attribute);
	if (root_read(root, path, text, sizeof(text)) < 0 || strncmp(text, "0x", 2) != 0)
		return 0;
	return parse_hex(text + 2, 1, 6, &value) < 0 ? 0 : (uint32_t)value;
}

/* A record of a machine may lack uevent, and have the attributes by themselves. */
static void read_attributes(const struct root *root, const char *name, struct pci_function *function)
{
	char path[ROOT_PATH_MAX], driver[DRIVER_NAME_MAX];

	function->class = read_hex_attribute(root, name, "class");
	function->vendor = (uint16_t)read_hex_attribute(root, name, "vendor");
	function->device = (uint16_t)read_hex_attribute(root, name, "device");
	function->subvendor = (uint16_t)read_hex_attribute(root, name, "subsystem_vendor");
	function->subdevice = (uint16_t)read_hex_attribute(root, name, "subsystem_device");
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver", name);
	if (root_link_name(root, path, driver, sizeof(driver)) == 0)
		memcpy(function->driver, driver, sizeof(driver));
}

/* All but the address, which is the name. 0, or the errno of reading its uevent. */
static int read_function(const struct root *root, const char *name, bool careful, struct pci_function *function)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE] = "";
	ssize_t length;

	if (careful) {
		read_attributes(root, name, function);
		if (function->vendor)
			return 0;
	}
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/uevent", name);
	length = careful ? root_read_patiently(root, path, text, sizeof(text), PATIENCE_USEC)
	                 : root_read(root, path, text, sizeof(text));
	read_uevent(text, function);
	if (!careful && !function->vendor)
		read_attributes(root, name, function);
	return length < 0 ? (int)length : 0;
}

static int compare_functions(const void *a, const void *b)
{
	const struct pci_function *left = a, *right = b;

	return pci_address_compare(&left->address, &right->address);
}

int pci_read(const struct root *root, bool careful, struct pci *ret)
{
	_cleanup_(names_done) struct names names = { 0 };
	_cleanup_(pci_done) struct pci pci = { 0 };
	int r = root_list(root, PCI_DEVICES, &names);

	if (r < 0)
		return r;
	for (size_t i = 0; i < names.count; i++) {
		struct pci_function function = { 0 }, *item;

		if (pci_address_parse(names.items[i], &function.address) < 0)
			continue; /* nothing that the kernel puts there */
		if (read_function(root, names.items[i], careful, &function) < 0 && root->machine)
			continue; /* unplugged between the listing and now */
		item = array_add(&pci.functions, &pci.count, sizeof(*item));
		if (!item)
			return -ENOMEM;
		*item = function;
	}
	if (pci.count)
		qsort(pci.functions, pci.count, sizeof(*pci.functions), compare_functions);
	*ret = pci;
	pci = (struct pci){ 0 };
	return 0;
}

void pci_done(struct pci *pci)
{
	if (!pci)
		return;
	for (size_t i = 0; i < pci->count; i++) {
		if (pci->functions[i].detail)
			free(pci->functions[i].detail->health);
		free(pci->functions[i].detail);
	}
	free(pci->functions);
	*pci = (struct pci){ 0 };
}

struct pci_function *pci_find(const struct pci *pci, const struct pci_address *address)
{
	const struct pci_function key = { .address = *address };

	if (!pci->count)
		return NULL;
	return bsearch(&key, pci->functions, pci->count, sizeof(key), compare_functions);
}

size_t pci_slot(const struct pci *pci, size_t function, size_t *ret_first)
{
	const struct pci_address *address = &pci->functions[function].address;
	size_t first = function, end = function + 1;

	while (first > 0 && pci_address_same_slot(&pci->functions[first - 1].address, address))
		first--;
	while (end < pci->count && pci_address_same_slot(&pci->functions[end].address, address))
		end++;
	*ret_first = first;
	return end;
}

bool pci_is_bridge(const struct pci_function *function)
{
	return PCI_CLASS_BASE(function->class) == PCI_BASE_BRIDGE;
}

bool pci_driver_is_vfio(const char *driver)
{
	return strstr(driver, "vfio") != NULL;
}

bool pci_driver_is_harmless(const char *driver)
{
	return !*driver || pci_driver_is_vfio(driver) || strcmp(driver, "pci-stub") == 0 ||
	       strcmp(driver, "pcieport") == 0;
}
