/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "report/import.h"
#include "report/json.h"
#include "report/json_parts.h"
#include "report/marks.h"

static struct json_object *sources_of(const struct import *import, size_t function)
{
	struct json_object *sources = json_list_of();
	char place[400];

	for (size_t i = 0; i < import->inherited->count; i++)
		if (import_is_for(import, &import->inherited->items[i], function))
			json_append_text(sources, import_place(&import->inherited->items[i], place, sizeof(place)));
	return sources;
}

/* Everything that a section takes: what vfio-pci has today, and what its group brings along. */
static struct json_object *devices_of(const struct import *import)
{
	struct json_object *devices = json_list_of();

	for (size_t i = 0; i < import->host->pci.count; i++) {
		const struct device_section *section = import_section(import, i);
		const struct pci_function *function = &import->host->pci.functions[i];
		struct json_object *device;
		char text[PCI_ADDRESS_MAX];

		if (!section)
			continue;
		device = json_map();
		json_put_text(device, "section", section->name);
		json_put_text(device, "address", pci_address_format(&function->address, text));
		snprintf(text, sizeof(text), "%04x:%04x", function->vendor, function->device);
		json_put_text(device, "id", text);
		json_put_value(device, "from", sources_of(import, i));
		json_append(devices, device);
	}
	return devices;
}

static struct json_object *twins_of(const struct import *import)
{
	struct json_object *twins = json_list_of();

	for (size_t i = 0; i < import->left_count; i++) {
		const struct import_left *left = &import->left[i];
		const struct pci_function *function = &import->host->pci.functions[left->function];
		struct json_object *twin = json_map(), *marks = json_list_of();
		char address[PCI_ADDRESS_MAX], place[400];
		const char *found[MARKS];
		size_t count = marks_of(import->host, left->function, found);

		json_put_text(twin, "id", left->id);
		json_put_text(twin, "address", pci_address_format(&function->address, address));
		if (function->driver[0])
			json_put_text(twin, "driver", function->driver);
		else
			json_put_value(twin, "driver", NULL);
		for (size_t j = 0; j < count; j++)
			json_append_text(marks, found[j]);
		json_put_value(twin, "marks", marks);
		json_put_text(twin, "from", import_place(left->item, place, sizeof(place)));
		json_append(twins, twin);
	}
	return twins;
}

static struct json_object *new_action(const struct import_action *action)
{
	struct json_object *object = json_map();

	json_put_text(object, "file", action->file);
	json_put_number(object, "line", action->line);
	json_put_text(object, "what", action->what);
	return object;
}

int json_import(FILE *out, const struct import *import, struct pci_access *names)
{
	struct json_object *document, *removals, *kept;
	_cleanup_free_ char *config = NULL;
	size_t size;
	FILE *text = open_memstream(&config, &size);

	if (!text)
		return -ENOMEM;
	import_print(text, import, names);
	if (fclose(text) != 0)
		return -ENOMEM;
	document = json_map();
	removals = json_list_of();
	kept = json_list_of();
	for (size_t i = 0; i < import->removal_count; i++) {
		struct json_object *removal = new_action(&import->removals[i]);

		json_put_text(removal, "command", import->removals[i].command);
		json_put_text(removal, "when", import->removals[i].first ? "before" : "after");
		json_append(removals, removal);
	}
	for (size_t i = 0; i < import->kept_count; i++) {
		struct json_object *stays = new_action(&import->kept[i]);

		json_put_text(stays, "why", import->kept[i].why);
		json_append(kept, stays);
	}
	json_put_number(document, "schema", 1);
	json_put_text(document, "config", config);
	json_put_value(document, "devices", devices_of(import));
	json_put_value(document, "twins", twins_of(import));
	json_put_value(document, "remove", removals);
	json_put_value(document, "keep", kept);
	return json_write(out, document);
}
