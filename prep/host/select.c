/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/select.h"

#include <stdio.h>
#include <string.h>

static bool part_matches(int32_t wanted, uint16_t value)
{
	return wanted < 0 || wanted == value;
}

static bool id_matches(const struct device_section *section, const struct pci_function *function)
{
	for (size_t i = 0; i < section->id_count; i++) {
		const struct id_pattern *id = &section->ids[i];

		if (part_matches(id->vendor, function->vendor) && part_matches(id->device, function->device) &&
		    part_matches(id->subvendor, function->subvendor) &&
		    part_matches(id->subdevice, function->subdevice))
			return true;
	}
	return section->id_count == 0;
}

static bool class_matches(const struct device_section *section, const struct pci_function *function)
{
	return function->class >> 4 * (6 - section->class_digits) == section->class_value;
}

static bool place_matches(const struct device_section *section, const struct pci_function *function, const char *path)
{
	for (size_t i = 0; i < section->address_count; i++)
		if (pci_address_compare(&section->addresses[i], &function->address) == 0)
			return true;
	for (size_t i = 0; i < section->path_count; i++)
		if (strcmp(section->paths[i], path) == 0)
			return true;
	return false;
}

enum match select_match(const struct device_section *section, const struct pci_function *function, const char *path)
{
	bool placed = section->address_count || section->path_count;

	if (placed && !place_matches(section, function, path))
		return MATCH_NO;
	if (section->class_digits && !class_matches(section, function))
		return MATCH_NO;
	if (!id_matches(section, function))
		return placed ? MATCH_IDENTITY : MATCH_NO;
	return MATCH_YES;
}

bool select_needs_path(const struct device_section *section, const struct pci_function *function)
{
	char devfn[8];

	snprintf(devfn, sizeof(devfn), "%02x.%x", function->address.device & 0x1fU, function->address.function & 7U);
	for (size_t i = 0; i < section->path_count; i++)
		if (strcmp(section->paths[i] + strlen(section->paths[i]) - 4, devfn) == 0)
			return true;
	return false;
}
