/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/config_parser.h"

#include <string.h>

/* Rules that need a whole section, or all of them. */

static bool ids_are_all_wild(const struct device_section *device)
{
	for (size_t i = 0; i < device->id_count; i++)
		if (device->ids[i].vendor < 0 && device->ids[i].device < 0 && device->ids[i].subvendor < 0 &&
		    device->ids[i].subdevice < 0)
			return true;
	return false;
}

static void check_device(struct config_parser *parser, const struct device_section *device)
{
	bool placed = device->address_count || device->path_count;

	if (!placed && !device->id_count)
		config_add_error(parser, device->line,
		                 "[device %s] has no id, address or path%s; expected at least one of them", device->name,
		                 device->class_digits ? " (class only narrows them)" : "");
	if (!placed && ids_are_all_wild(device))
		config_add_error(parser, device->line, "[device %s] would take every device (id = *:*); expected an id with a "
		          "vendor or device, or an address or path beside it", device->name);
	if (!placed && device->id_count && device->allow & WAIVE_STORAGE)
		config_add_error(parser, device->line, "[device %s] has allow = storage with an id only; expected an address "
		          "or a path beside it, because an id also takes the twin of the root disk", device->name);
}

/*
 * A section whose key had an error may lack just that key: its own mistakes are told, what follows from
 * them is not.
 */
static bool section_has_error(const struct config *config, unsigned int first, unsigned int next)
{
	for (size_t i = 0; i < config->error_count; i++)
		if (config->errors[i].line >= first && config->errors[i].line < next)
			return true;
	return false;
}

void config_check_rules(struct config_parser *parser)
{
	struct config *config = parser->config;
	size_t reported = config->error_count;

	for (size_t i = 0; i < config->device_count; i++) {
		unsigned int next = i + 1 < config->device_count ? config->devices[i + 1].line : UINT32_MAX;

		if (!section_has_error(config, config->devices[i].line, next))
			check_device(parser, &config->devices[i]);
	}
	if (reported)
		return; /* names may be missing only because their section had an error */
	if (config->cpus.near[0] && !config_device(config, config->cpus.near))
		config_add_error(parser, config->cpus.near_line,
		                 "near = '%s' in [cpus]; expected the name of a [device] section", config->cpus.near);
	for (size_t i = 0; i < config->vm_count; i++)
		for (size_t j = 0; j < config->vms[i].device_count; j++)
			if (!config_device(config, config->vms[i].devices[j]))
				config_add_error(parser, config->vms[i].devices_line,
				                 "devices = '%s' in [vm %s]; expected names of [device] sections",
				                 config->vms[i].devices[j], config->vms[i].name);
}
