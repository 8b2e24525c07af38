/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An imported config as text: what is in force, and where it comes from. */
#include <stdio.h>
#include <string.h>

#include "report/import_parts.h"
#include "report/marks.h"

/* The settings that the section's functions are taken for. */
static void print_sources(FILE *out, const struct import *import, const struct device_section *section)
{
	char text[800] = "", place[400];
	size_t used = 0;

	for (size_t i = 0; i < import->inherited->count; i++) {
		const struct inherited_item *item = &import->inherited->items[i];
		bool is_for = false;

		for (size_t j = 0; j < import->function_count; j++)
			is_for |= import_section(import, import->functions[j]) == section &&
			          import_is_for(import, item, import->functions[j]);
		if (is_for && used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : "",
			                         import_place(item, place, sizeof(place)));
	}
	if (used)
		suggestion_comment(out, "Set by %s.", text);
	else
		suggestion_comment(out,
		                   "vfio-pci has it today, and none of the files looked at says so: a script, a hand or "
		                   "what starts its guests (hostpci of Proxmox) did it%s.",
		                   import->has_config ? ", or vfio-prep" : "");
	for (size_t i = 0; i < import->host->pci.count; i++) {
		const struct pci_function *function = &import->host->pci.functions[i];
		char address[PCI_ADDRESS_MAX];

		if (import_takes(import, i) && import_section(import, i) == section && !import_is_held(function))
			suggestion_comment(out, "%s is not vfio-pci's today (%s); with this config it will be.",
			                   pci_address_format(&function->address, address),
			                   function->driver[0] ? function->driver : "no driver");
		if (suggestion_brings(&import->suggestion, section, i) && !import_takes(import, i))
			suggestion_comment(out, "%s comes along for the group, and is not vfio-pci's today (%s).",
			                   pci_address_format(&function->address, address),
			                   function->driver[0] ? function->driver : "no driver");
	}
	if (section->allow)
		suggestion_comment(out, "vfio-pci has it today, so this host lives without it: allow = goes on so.");
}

static void print_left(FILE *out, const struct import *import, const struct import_left *left, struct pci_access *names)
{
	const struct pci_function *function = &import->host->pci.functions[left->function];
	const char *found[MARKS];
	size_t count = marks_of(import->host, left->function, found), used = 0;
	char tail[160];

	used += (size_t)snprintf(tail, sizeof(tail), ", %s", function->driver[0] ? function->driver : "no driver");
	for (size_t i = 0; i < count && used < sizeof(tail); i++)
		used += (size_t)snprintf(tail + used, sizeof(tail) - used, " [%s]", found[i]);
	suggestion_print_function(out, "  ", function, tail, names);
	if (left->why[0])
		suggestion_comment(out, "It cannot be spared: %s.", left->why);
}

/* Twins are told once for each setting that has them. */
static void print_twins(FILE *out, const struct import *import, struct pci_access *names)
{
	for (size_t i = 0; i < import->left_count; i++) {
		bool first = true;
		char place[400];

		for (size_t j = 0; j < i; j++)
			first &= import->left[j].item != import->left[i].item;
		if (!first)
			continue;
		fputc('\n', out);
		suggestion_comment(out,
		                   "ids= takes every device that is alike, unless another driver is first. These of "
		                   "%s are not in this config, and stay with the host:",
		                   import_place(import->left[i].item, place, sizeof(place)));
		for (size_t j = i; j < import->left_count; j++)
			if (import->left[j].item == import->left[i].item)
				print_left(out, import, &import->left[j], names);
	}
}

static bool is_known_id(const struct import *import, size_t until)
{
	for (size_t i = 0; i < until; i++)
		if (strcmp(import->ids[i].text, import->ids[until].text) == 0)
			return true;
	return false;
}

/* A section for an id as the kernel takes it, "0x10de:57"; a number of more digits stands for any. */
static void print_id(FILE *out, const char *text, unsigned int number)
{
	unsigned int vendor = 0, device = 0;

	sscanf(text, "%8x:%8x", &vendor, &device);
	if (vendor <= 0xffff && device <= 0xffff)
		fprintf(out, ";[device absent%u]\n;id = %04x:%04x\n", number, vendor, device);
}

static void print_absent(FILE *out, const struct import *import)
{
	char place[400], address[PCI_ADDRESS_MAX];
	unsigned int number = 0;

	for (size_t i = 0; i < import->id_count; i++) {
		const struct import_id *id = &import->ids[i];

		if (id->matches || is_known_id(import, i))
			continue;
		fputc('\n', out);
		if (!id->valid) {
			suggestion_comment(out, "'%s' of %s is no id, and the kernel passes it over.", id->text,
			                   import_place(id->item, place, sizeof(place)));
			continue;
		}
		if (id->bridges) {
			suggestion_comment(out, "'%s' of %s is a bridge's: no driver of vfio takes one, and no config.", id->text,
			                   import_place(id->item, place, sizeof(place)));
			continue;
		}
		suggestion_comment(out, "%s is there for a device that this machine does not have now.",
		                   import_place(id->item, place, sizeof(place)));
		print_id(out, id->text, ++number);
	}
	for (size_t i = 0; i < import->inherited->count; i++) {
		const struct inherited_item *item = &import->inherited->items[i];

		if (item->kind != INHERITED_SAVED || pci_find(&import->host->pci, &item->address) ||
		    !import_driver_is_guests(item->value))
			continue;
		fputc('\n', out);
		suggestion_comment(out, "/%s is there for a device that this machine does not have now.", item->file);
		fprintf(out, ";[device absent%u]\n;address = %s\n", ++number, pci_address_format(&item->address, address));
	}
}

static void print_unreadable(FILE *out, const struct import *import)
{
	for (size_t i = 0; i < import->inherited->count; i++)
		if (import->inherited->items[i].kind == INHERITED_UNREADABLE)
			suggestion_comment(out, "Not read: /%s: %s.", import->inherited->items[i].file,
			                   import->inherited->items[i].value);
}

void import_print(FILE *out, const struct import *import, struct pci_access *names)
{
	const struct config *config = &import->suggestion.config;

	suggestion_comment(out, "A config for vfio-prep, vfio-prep.conf(5), that does what this host does today by "
	                        "other means. A line that begins with ';' and no blank is not in force.");
	suggestion_comment(out, "vfio-prep --plan tells what the next boot makes of it. How to go over to it stands "
	                        "at its end.");
	if (import->has_config)
		suggestion_comment(out, "This host has a config already, /" CONFIG_PATH ": what it says is not in this one.");
	print_unreadable(out, import);
	for (size_t i = 0; i < config->device_count; i++) {
		suggestion_print_section(out, &import->suggestion, &config->devices[i], names);
		print_sources(out, import, &config->devices[i]);
	}
	print_twins(out, import, names);
	print_absent(out, import);
	import_print_pages(out, import);
	import_print_cpus(out, import);
	import_print_actions(out, import);
}
