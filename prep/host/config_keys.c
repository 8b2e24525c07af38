/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of the config: one table row and one short reader each. */
#include "host/config_parser.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/parse.h"
#include "host/config_values.h"
#include "host/ini.h"

/* Keys: each reads its value into the section, and returns what is expected where the value is bad. */

static const char *expect_bool(const char *value, bool *ret)
{
	return parse_bool(value, ret) < 0 ? "yes or no" : NULL;
}

static const char *general_enabled(struct config_parser *parser, const char *value)
{
	return expect_bool(value, &parser->config->enabled);
}

static const char *general_timeout(struct config_parser *parser, const char *value)
{
	uint64_t usec;

	if (parse_duration(value, &usec) < 0 || usec < 100000 || usec > UINT64_C(100000000))
		return "a time from 100ms to 100s, such as 20s"; /* the units of the initramfs give it 120 s */
	parser->config->timeout_us = usec;
	return NULL;
}

static const char *general_user(struct config_parser *parser, const char *value)
{
	return value_name(value, parser->config->user);
}

static struct device_section *current_device(const struct config_parser *parser)
{
	return &parser->config->devices[parser->config->device_count - 1];
}

static const char *device_id(struct config_parser *parser, const char *value)
{
	struct device_section *device = current_device(parser);
	struct id_pattern pattern, *item;
	const char *expected = value_id(value, &pattern);

	if (expected)
		return expected;
	item = config_add_item(parser, &device->ids, &device->id_count, sizeof(*item));
	if (item)
		*item = pattern;
	return NULL;
}

static const char *device_address(struct config_parser *parser, const char *value)
{
	struct device_section *device = current_device(parser);
	struct pci_address address, *item;

	if (pci_address_parse(value, &address) < 0)
		return "a PCI address, [DDDD:]BB:DD.F in hex, such as 0000:01:00.0";
	item = config_add_item(parser, &device->addresses, &device->address_count, sizeof(*item));
	if (item)
		*item = address;
	return NULL;
}

static const char *device_path(struct config_parser *parser, const char *value)
{
	struct device_section *device = current_device(parser);
	char path[PCI_PATH_MAX], *item;

	if (pci_path_parse(value, path) < 0)
		return "a bridge path, [DDDD:]BB:DD.F[/DD.F...], such as 0000:00:01.1/00.0";
	item = config_add_item(parser, &device->paths, &device->path_count, sizeof(*device->paths));
	if (item)
		strcpy(item, path);
	return NULL;
}

static const char *device_class(struct config_parser *parser, const char *value)
{
	struct device_section *device = current_device(parser);

	return value_class(value, &device->class_value, &device->class_digits);
}

static const char *device_also(struct config_parser *parser, const char *value)
{
	return value_also(value, &current_device(parser)->also);
}

static const char *device_driver(struct config_parser *parser, const char *value)
{
	return value_driver(value, current_device(parser)->driver);
}

static const char *device_required(struct config_parser *parser, const char *value)
{
	return expect_bool(value, &current_device(parser)->required);
}

static const char *device_allow(struct config_parser *parser, const char *value)
{
	return value_allow(value, &current_device(parser)->allow);
}

static const char *hugepages_keep_free(struct config_parser *parser, const char *value)
{
	uint64_t bytes;
	bool bare;

	if (parse_size(value, &bytes, &bare) < 0 || (bare && bytes))
		return "an amount of memory with K, M, G or T, such as 2G";
	parser->config->keep_free = bytes;
	return NULL;
}

static const char *cpus_isolate(struct config_parser *parser, const char *value)
{
	return value_isolate(value, &parser->config->cpus);
}

static const char *cpus_near(struct config_parser *parser, const char *value)
{
	parser->config->cpus.near_line = parser->line;
	return value_name(value, parser->config->cpus.near);
}

static const char *cpus_tick(struct config_parser *parser, const char *value)
{
	return expect_bool(value, &parser->config->cpus.tick);
}

static const char *cpus_irqs(struct config_parser *parser, const char *value)
{
	return expect_bool(value, &parser->config->cpus.irqs);
}

static const char *cpus_governor(struct config_parser *parser, const char *value)
{
	return value_name(value, parser->config->cpus.governor);
}

static const char *cpus_max_latency(struct config_parser *parser, const char *value)
{
	struct cpus_section *cpus = &parser->config->cpus;

	if (parse_duration(value, &cpus->max_latency_us) < 0)
		return "a time with us, ms or s, such as 10us";
	cpus->has_max_latency = true;
	return NULL;
}

static struct vm_section *current_vm(const struct config_parser *parser)
{
	return &parser->config->vms[parser->config->vm_count - 1];
}

static const char *vm_hugepages(struct config_parser *parser, const char *value)
{
	struct vm_section *vm = current_vm(parser);
	struct page_pool pool, *item;
	char copy[INI_LINE_BYTES + 1], *amount;
	const char *expected;

	snprintf(copy, sizeof(copy), "%s", value);
	amount = strchr(copy, ':');
	if (!amount)
		return "SIZE[@NODE]:AMOUNT, such as 2M:8G";
	*amount++ = '\0';
	expected = value_pool_key(copy, &pool);
	if (!expected)
		expected = value_pool_amount(amount, &pool);
	if (expected)
		return expected;
	pool.line = parser->line;
	for (size_t i = 0; i < vm->pool_count; i++)
		if (vm->pools[i].page_size == pool.page_size && vm->pools[i].node == pool.node)
			return "one amount for a page size and node";
	item = config_add_item(parser, &vm->pools, &vm->pool_count, sizeof(*item));
	if (item)
		*item = pool;
	return NULL;
}

static const char *vm_cpus(struct config_parser *parser, const char *value)
{
	struct vm_section *vm = current_vm(parser);

	if (cpus_parse(value, &vm->cpus) < 0)
		return "a CPU list such as 4-7,12-15";
	vm->has_cpus = true;
	return NULL;
}

static const char *vm_devices(struct config_parser *parser, const char *value)
{
	struct vm_section *vm = current_vm(parser);
	char copy[INI_LINE_BYTES + 1], *rest = copy, *word;

	vm->devices_line = parser->line;
	snprintf(copy, sizeof(copy), "%s", value);
	while ((word = parse_word(&rest, " \t"))) {
		char *item = config_add_item(parser, &vm->devices, &vm->device_count, sizeof(*vm->devices));

		if (item)
			snprintf(item, sizeof(*vm->devices), "%s", word);
	}
	return vm->device_count ? NULL : "names of [device] sections, separated by blanks";
}

static const char *vm_governor(struct config_parser *parser, const char *value)
{
	return value_name(value, current_vm(parser)->governor);
}

static const struct key {
	enum section section;
	const char *name;
	const char *(*read)(struct config_parser *parser, const char *value);
	bool repeatable;
} keys[] = {
	{ SECTION_GENERAL, "enabled", general_enabled, false },
	{ SECTION_GENERAL, "timeout", general_timeout, false },
	{ SECTION_GENERAL, "user", general_user, false },
	{ SECTION_DEVICE, "id", device_id, true },
	{ SECTION_DEVICE, "address", device_address, true },
	{ SECTION_DEVICE, "path", device_path, true },
	{ SECTION_DEVICE, "class", device_class, false },
	{ SECTION_DEVICE, "also", device_also, false },
	{ SECTION_DEVICE, "driver", device_driver, false },
	{ SECTION_DEVICE, "required", device_required, false },
	{ SECTION_DEVICE, "allow", device_allow, false },
	{ SECTION_HUGEPAGES, "keep-free", hugepages_keep_free, false },
	{ SECTION_CPUS, "isolate", cpus_isolate, false },
	{ SECTION_CPUS, "near", cpus_near, false },
	{ SECTION_CPUS, "tick", cpus_tick, false },
	{ SECTION_CPUS, "irqs", cpus_irqs, false },
	{ SECTION_CPUS, "governor", cpus_governor, false },
	{ SECTION_CPUS, "max-latency", cpus_max_latency, false },
	{ SECTION_VM, "hugepages", vm_hugepages, true },
	{ SECTION_VM, "cpus", vm_cpus, false },
	{ SECTION_VM, "devices", vm_devices, false },
	{ SECTION_VM, "governor", vm_governor, false },
};

_Static_assert(ARRAY_SIZE(keys) <= 8 * sizeof(((struct config_parser *)0)->seen_keys), "seen_keys has a bit a key");

/* The keys of a section as "a, b or c". */
static void list_keys(enum section section, char *text, size_t size)
{
	const char *last = NULL;
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i <= ARRAY_SIZE(keys); i++) {
		if (i < ARRAY_SIZE(keys) && keys[i].section != section)
			continue;
		if (last)
			used += (size_t)snprintf(text + used, size - used, "%s%s",
			                         used == 0 ? "" : i == ARRAY_SIZE(keys) ? " or " : ", ", last);
		if (i < ARRAY_SIZE(keys))
			last = keys[i].name;
		if (used >= size)
			return;
	}
}

static void read_pool(struct config_parser *parser, unsigned int line, const char *key, const char *value)
{
	struct config *config = parser->config;
	struct page_pool pool, *item;
	const char *expected = value_pool_key(key, &pool);

	if (expected) {
		config_add_error(parser, line, "unknown key '%s' in [hugepages]; expected %s, or keep-free", key, expected);
		return;
	}
	expected = value_pool_amount(value, &pool);
	if (expected) {
		config_add_error(parser, line, "%s = '%s'; expected %s", key, value, expected);
		return;
	}
	for (size_t i = 0; i < config->pool_count; i++)
		if (config->pools[i].page_size == pool.page_size && config->pools[i].node == pool.node) {
			config_add_error(parser, line,
			                 "'%s' stands already in line %u; expected one amount for a page size and node", key,
			                 config->pools[i].line);
			return;
		}
	pool.line = line;
	item = config_add_item(parser, &config->pools, &config->pool_count, sizeof(*item));
	if (item)
		*item = pool;
}

void config_entry(void *context, unsigned int line, const char *key, const char *value)
{
	struct config_parser *parser = context;
	const char *expected;
	char known[200];
	size_t i = 0;

	if (parser->no_memory || parser->section == SECTION_UNKNOWN)
		return; /* the section was reported; its keys would only repeat that */
	if (parser->section == SECTION_NONE) {
		config_add_error(parser, line,
		                 "'%s' stands before any section; expected [vfio-prep], [device NAME], ... above it", key);
		return;
	}
	while (i < ARRAY_SIZE(keys) && (keys[i].section != parser->section || strcmp(keys[i].name, key) != 0))
		i++;
	if (i == ARRAY_SIZE(keys)) {
		if (parser->section == SECTION_HUGEPAGES) {
			read_pool(parser, line, key, value);
			return;
		}
		list_keys(parser->section, known, sizeof(known));
		config_add_error(parser, line, "unknown key '%s'; expected %s", key, known);
		return;
	}
	if (!keys[i].repeatable && parser->seen_keys & 1U << i) {
		config_add_error(parser, line, "'%s' stands there twice in this section; expected one", key);
		return;
	}
	parser->seen_keys |= 1U << i;
	parser->line = line;
	expected = keys[i].read(parser, value);
	if (expected)
		config_add_error(parser, line, "%s = '%s'; expected %s", key, value, expected);
}
