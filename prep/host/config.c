/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/config_parser.h"
#include "host/config_values.h"
#include "host/ini.h"

/* Control characters never reach a terminal from a config. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			*text = '?';
}

void config_add_error(struct config_parser *parser, unsigned int line, const char *format, ...)
{
	struct config *config = parser->config;
	struct config_error *error = array_add(&config->errors, &config->error_count, sizeof(*error));
	va_list arguments;

	if (!error) {
		parser->no_memory = true;
		return;
	}
	error->line = line;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	make_printable(error->text);
}

void *config_add_item(struct config_parser *parser, void *items, size_t *count, size_t size)
{
	void *item = array_add(items, count, size);

	if (!item)
		parser->no_memory = true;
	return item;
}

/* Sections */

static void begin_device(struct config_parser *parser, unsigned int line, const char *name)
{
	struct config *config = parser->config;
	struct device_section *device = config_add_item(parser, &config->devices, &config->device_count, sizeof(*device));

	if (!device)
		return;
	snprintf(device->name, sizeof(device->name), "%s", name);
	strcpy(device->driver, "vfio-pci");
	device->line = line;
	device->required = true;
	for (size_t i = 0; i + 1 < config->device_count; i++)
		if (strcmp(config->devices[i].name, name) == 0) {
			config_add_error(parser, line, "[device %s]: the name stands already in line %u; expected another one",
			                 name, config->devices[i].line);
			break;
		}
}

static void begin_vm(struct config_parser *parser, unsigned int line, const char *name)
{
	struct config *config = parser->config;
	struct vm_section *vm = config_add_item(parser, &config->vms, &config->vm_count, sizeof(*vm));

	if (!vm)
		return;
	snprintf(vm->name, sizeof(vm->name), "%s", name);
	vm->line = line;
	for (size_t i = 0; i + 1 < config->vm_count; i++)
		if (strcmp(config->vms[i].name, name) == 0) {
			config_add_error(parser, line, "[vm %s]: the name stands already in line %u; expected another one",
			                 name, config->vms[i].line);
			break;
		}
}

static void on_section(void *context, unsigned int line, const char *text)
{
	static const struct {
		const char *word;
		enum section section;
		void (*begin)(struct config_parser *parser, unsigned int line, const char *name); /* of sections with a name */
	} sections[] = {
		{ "vfio-prep", SECTION_GENERAL, NULL }, { "device", SECTION_DEVICE, begin_device },
		{ "hugepages", SECTION_HUGEPAGES, NULL }, { "cpus", SECTION_CPUS, NULL },
		{ "vm", SECTION_VM, begin_vm },
	};
	struct config_parser *parser = context;
	char copy[INI_LINE_BYTES + 1], *rest = copy, *word, *name, *more;
	size_t i = 0;

	parser->section = SECTION_UNKNOWN;
	parser->seen_keys = 0;
	if (!text)
		return;
	snprintf(copy, sizeof(copy), "%s", text);
	word = parse_word(&rest, " \t");
	name = parse_word(&rest, " \t");
	more = parse_word(&rest, " \t");
	while (i < ARRAY_SIZE(sections) && (!word || strcmp(word, sections[i].word) != 0))
		i++;
	if (i == ARRAY_SIZE(sections)) {
		config_add_error(parser, line,
		                 "unknown section [%s]; expected vfio-prep, device NAME, hugepages, cpus or vm NAME", text);
		return;
	}
	parser->section = sections[i].section;
	if (sections[i].begin) {
		char checked[CONFIG_NAME_MAX];

		if (!name || more || value_name(name, checked)) {
			config_add_error(parser, line, "[%s]; expected [%s NAME] with one word for NAME", text, word);
			parser->section = SECTION_UNKNOWN;
			return;
		}
		sections[i].begin(parser, line, name);
		return;
	}
	if (name)
		config_add_error(parser, line, "[%s]; expected [%s], which has no name", text, word);
	if (parser->seen_sections & 1U << sections[i].section)
		config_add_error(parser, line, "[%s] stands there twice; expected one", text);
	parser->seen_sections |= 1U << sections[i].section;
}

static void on_error(void *context, unsigned int line, const char *found, const char *expected)
{
	config_add_error(context, line, "read '%.80s'; expected %s", found, expected);
}

static int compare_errors(const void *a, const void *b)
{
	const struct config_error *left = a, *right = b;

	return left->line < right->line ? -1 : left->line > right->line;
}

static void judge_owner(int fd, struct config *config)
{
	struct stat stat;

	if (fstat(fd, &stat) < 0)
		return;
	if (stat.st_uid != 0)
		snprintf(config->unsafe, sizeof(config->unsafe), "it belongs to user %u; expected root as its owner",
		         (unsigned int)stat.st_uid);
	else if (stat.st_mode & (S_IWGRP | S_IWOTH))
		snprintf(config->unsafe, sizeof(config->unsafe),
		         "others than root may write it (mode %04o); expected mode 0644", (unsigned int)stat.st_mode & 07777U);
}

int config_read(int fd, struct config *ret)
{
	struct config_parser parser = { .config = ret };
	const struct ini_events events = { on_section, config_entry, on_error, &parser };
	int r;

	*ret = (struct config){
		.enabled = true,
		.timeout_us = UINT64_C(20) * 1000000,
		.keep_free = UINT64_C(2) << 30,
		.cpus.irqs = true,
	};
	judge_owner(fd, ret);
	r = root_slurp(fd, CONFIG_SIZE_MAX, &ret->bytes, &ret->size);
	if (r < 0)
		return r;
	r = ini_read(ret->bytes, ret->size, &events);
	if (r < 0)
		return r;
	config_check_rules(&parser);
	if (parser.no_memory)
		return -ENOMEM;
	if (ret->error_count)
		qsort(ret->errors, ret->error_count, sizeof(*ret->errors), compare_errors);
	return 0;
}

void config_done(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->device_count; i++) {
		free(config->devices[i].ids);
		free(config->devices[i].addresses);
		free(config->devices[i].paths);
	}
	for (size_t i = 0; i < config->vm_count; i++) {
		free(config->vms[i].pools);
		free(config->vms[i].devices);
	}
	free(config->devices);
	free(config->pools);
	free(config->vms);
	free(config->errors);
	free(config->bytes);
	*config = (struct config){ 0 };
}

const struct device_section *config_device(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->device_count; i++)
		if (strcmp(config->devices[i].name, name) == 0)
			return &config->devices[i];
	return NULL;
}

const struct vm_section *config_vm(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->vm_count; i++)
		if (strcmp(config->vms[i].name, name) == 0)
			return &config->vms[i];
	return NULL;
}

bool vm_has_device(const struct vm_section *vm, const char *name)
{
	for (size_t i = 0; i < vm->device_count; i++)
		if (strcmp(vm->devices[i], name) == 0)
			return true;
	return false;
}

const struct vm_section *config_vm_of_device(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->vm_count; i++)
		if (vm_has_device(&config->vms[i], name))
			return &config->vms[i];
	return NULL;
}
