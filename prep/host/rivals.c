/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/rivals.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"

/* The name of such a file is "BUS-DEVICE", and its content the name of the driver (driverctl, save_override). */
static int read_saved(const struct root *root, struct rivals *rivals)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = root_list(root, DRIVERCTL_DIRECTORY, &names);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < names.count; i++) {
		char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE], *next = text, *driver;
		struct saved_override *saved;
		struct pci_address address;

		if (strncmp(names.items[i], "pci-", 4) != 0 || pci_address_parse(names.items[i] + 4, &address) < 0 ||
		    root_path(path, DRIVERCTL_DIRECTORY, names.items[i]) < 0 || root_read(root, path, text, sizeof(text)) < 0)
			continue;
		driver = parse_word(&next, " \t\r\n");
		if (!driver)
			continue; /* an empty one is passed over (driverctl, load-override) */
		saved = array_add(&rivals->saved, &rivals->saved_count, sizeof(*saved));
		if (!saved)
			return -ENOMEM;
		saved->address = address;
		snprintf(saved->driver, sizeof(saved->driver), "%.*s", DRIVER_NAME_MAX - 1, driver);
	}
	return 0;
}

static int read_seized(const struct root *root, struct rivals *rivals)
{
	char text[ROOT_ATTRIBUTE], *next = text, *line;

	if (root_read(root, PCIBACK_SLOTS, text, sizeof(text)) < 0)
		return 0;
	while ((line = parse_word(&next, "\n"))) {
		struct pci_address address, *seized;

		if (pci_address_parse(line, &address) < 0)
			continue;
		seized = array_add(&rivals->seized, &rivals->seized_count, sizeof(*seized));
		if (!seized)
			return -ENOMEM;
		*seized = address;
	}
	return 0;
}

int rivals_read(const struct root *root, struct rivals *ret)
{
	int r;

	*ret = (struct rivals){ 0 };
	r = read_saved(root, ret);
	return r < 0 ? r : read_seized(root, ret);
}

void rivals_done(struct rivals *rivals)
{
	if (!rivals)
		return;
	free(rivals->saved);
	free(rivals->seized);
	*rivals = (struct rivals){ 0 };
}

const struct saved_override *rivals_saved(const struct rivals *rivals, const struct pci_address *address)
{
	for (size_t i = 0; i < rivals->saved_count; i++)
		if (pci_address_compare(&rivals->saved[i].address, address) == 0)
			return &rivals->saved[i];
	return NULL;
}

bool rivals_seized(const struct rivals *rivals, const struct pci_address *address)
{
	for (size_t i = 0; i < rivals->seized_count; i++)
		if (pci_address_compare(&rivals->seized[i], address) == 0)
			return true;
	return false;
}

/* One number of an address, or '*' where it may stand for any. */
static bool part_fits(const char *part, bool any, unsigned int wanted)
{
	uint64_t value;

	if (strcmp(part, "*") == 0)
		return any;
	return parse_hex(part, 1, 8, &value) == 0 && value == wanted;
}

/* "D:B:S.F" or "B:S.F", of domain 0. */
static bool pattern_fits(char *pattern, const struct pci_address *address)
{
	const char *colon = strchr(pattern, ':');
	bool has_domain = colon && strchr(colon + 1, ':');
	char *rest = pattern, *domain = has_domain ? parse_word(&rest, ":") : NULL;
	char *bus = parse_word(&rest, ":"), *device = parse_word(&rest, ":."), *function = parse_word(&rest, ".");

	if (!function || (has_domain ? !part_fits(domain, false, address->domain) : address->domain != 0))
		return false;
	return part_fits(bus, false, address->bus) && part_fits(device, true, address->device) &&
	       part_fits(function, true, address->function);
}

bool pciback_hides(const char *value, const struct pci_address *address)
{
	char copy[1024], *next = copy, *pattern;

	snprintf(copy, sizeof(copy), "%s", value);
	while ((pattern = parse_word(&next, "()")))
		if (pattern_fits(pattern, address))
			return true;
	return false;
}
