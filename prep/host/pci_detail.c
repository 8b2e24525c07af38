/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "base/patience.h"
#include "base/root.h"
#include "host/pci.h"

/* The path of an attribute of a function. */
static const char *attribute(const struct pci_function *function, const char *name, char *path)
{
	char address[PCI_ADDRESS_MAX];

	snprintf(path, ROOT_PATH_MAX, PCI_DEVICES "/%s/%s", pci_address_format(&function->address, address), name);
	return path;
}

/* A small decimal number, -1 where it is absent, unreadable or -1 itself. */
static int read_int(const struct root *root, const struct pci_function *function, const char *name)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];
	uint64_t value;

	if (root_read(root, attribute(function, name, path), text, sizeof(text)) < 0)
		return -1;
	return parse_number(text, INT_MAX, &value) < 0 ? -1 : (int)value;
}

static void read_override(const struct root *root, const struct pci_function *function, struct pci_detail *detail)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];

	ssize_t length;

	attribute(function, "driver_override", path);
	length = function->suspect ? root_read_patiently(root, path, text, sizeof(text), PATIENCE_USEC)
	                           : root_read(root, path, text, sizeof(text));
	detail->stuck = length == -ETIMEDOUT;
	if (length < 0)
		return;
	detail->has_override = true;
	if (strcmp(text, "(null)") != 0) /* drivers/pci/pci-sysfs.c prints an unset one with %s */
		snprintf(detail->driver_override, sizeof(detail->driver_override), "%.63s", text);
}

static int read_group(const struct root *root, const struct pci_function *function)
{
	char path[ROOT_PATH_MAX], name[16];
	uint64_t group;

	if (root_link_name(root, attribute(function, "iommu_group", path), name, sizeof(name)) < 0)
		return -1;
	return parse_number(name, INT_MAX, &group) < 0 ? -1 : (int)group;
}

/* "resource": a line "start end flags" a region, the first six are the BARs. */
static void read_bars(const struct root *root, const struct pci_function *function, struct pci_detail *detail)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE], *next = text, *line;

	if (root_read(root, attribute(function, "resource", path), text, sizeof(text)) < 0)
		return;
	for (size_t i = 0; i < PCI_BARS && (line = parse_word(&next, "\n")); i++) {
		char *end;
		uint64_t start = strtoull(line, &end, 16), last = strtoull(end, &end, 16);
		uint64_t flags = strtoull(end, NULL, 16);

		if (!flags)
			continue;
		detail->bars[i] = (struct pci_bar){ start, last - start + 1, flags };
	}
}

void pci_read_path(const struct root *root, const struct pci_function *function, char *path)
{
	char link[ROOT_PATH_MAX], target[ROOT_PATH_MAX], address[PCI_ADDRESS_MAX];

	snprintf(link, sizeof(link), PCI_DEVICES "/%s", pci_address_format(&function->address, address));
	if (root_readlink(root, link, target, sizeof(target)) < 0 || pci_path_from_sysfs(target, path) < 0)
		path[0] = '\0';
}

int pci_read_detail(const struct root *root, struct pci_function *function)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE], driver[DRIVER_NAME_MAX];
	struct pci_detail *detail;

	if (function->detail)
		return 0;
	detail = calloc(1, sizeof(*detail));
	if (!detail)
		return -ENOMEM;
	/* The link is what binding and unbinding change; uevent only tells of it. */
	if (root_link_name(root, attribute(function, "driver", path), driver, sizeof(driver)) == 0)
		memcpy(function->driver, driver, sizeof(driver));
	pci_read_path(root, function, detail->path);
	read_override(root, function, detail);
	detail->group = read_group(root, function);
	detail->node = read_int(root, function, "numa_node");
	detail->boot_vga = read_int(root, function, "boot_vga");
	detail->is_vf = root_exists(root, attribute(function, "physfn", path));
	detail->has_rom = root_exists(root, attribute(function, "rom", path));
	detail->enabled_vfs = read_int(root, function, "sriov_numvfs");
	if (root_read(root, attribute(function, "reset_method", path), text, sizeof(text)) >= 0)
		snprintf(detail->reset, sizeof(detail->reset), "%.63s", text);
	read_bars(root, function, detail);
	function->detail = detail;
	return 0;
}
