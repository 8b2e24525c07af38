/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/guest_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/root.h"
#include "host/cmdline.h"

#define FILE_MAX (1 << 20)

/* The options that are kept, and the key of what stands first in them without one; NULL: the whole is one value. */
static const struct {
	const char *written, *name, *implied;
} known[] = {
	{ "machine", "machine", "type" },      { "M", "machine", "type" },       { "cpu", "cpu", "model" },
	{ "smp", "smp", "cpus" },              { "smp-opts", "smp", "cpus" },    { "m", "m", "size" },
	{ "memory", "m", "size" },             { "name", "name", "guest" },      { "object", "object", "qom-type" },
	{ "device", "device", "driver" },      { "accel", "accel", "accel" },    { "rtc", "rtc", "base" },
	{ "drive", "drive", "file" },          { "blockdev", "blockdev", "" },   { "mem-path", "mem-path", NULL },
	{ "bios", "bios", NULL },              { "pflash", "pflash", NULL },     { "enable-kvm", "enable-kvm", NULL },
	{ "readconfig", "readconfig", NULL },
};

static int find_known(const char *written, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i].written) == size && strncmp(known[i].written, written, size) == 0)
			return (int)i;
	return -1;
}

int guest_option_add(struct guest_option *option, const char *key, size_t key_size, const char *value,
                     size_t value_size)
{
	struct guest_property *property = array_add(&option->properties, &option->count, sizeof(*property));

	if (!property)
		return -ENOMEM;
	property->key = strndup(key, key_size);
	property->value = strndup(value, value_size);
	return property->key && property->value ? 0 : -ENOMEM;
}

static void option_done(struct guest_option *option)
{
	for (size_t i = 0; i < option->count; i++) {
		free(option->properties[i].key);
		free(option->properties[i].value);
	}
	free(option->properties);
	*option = (struct guest_option){ 0 };
}

/* One part of "a=b,c": what stands first may have no key, and later ones without a value are flags. */
static int add_part(struct guest_option *option, char *part, const char *implied)
{
	char *equals = strchr(part, '=');
	bool sign = *part == '+' || *part == '-';

	if (equals)
		return guest_option_add(option, part, (size_t)(equals - part), equals + 1, strlen(equals + 1));
	if (option->count == 0 && implied)
		return guest_option_add(option, implied, strlen(implied), part, strlen(part));
	if (*part == '-')
		return guest_option_add(option, part + 1, strlen(part + 1), "off", 3);
	return guest_option_add(option, part + sign, strlen(part + sign), "on", 2);
}

/* "a=b,c": a comma that belongs to a value is written twice. */
static int read_keyval(struct guest_option *option, const char *text, const char *implied)
{
	_cleanup_free_ char *part = malloc(strlen(text) + 1);
	size_t size = 0;
	int r = 0;

	if (!part)
		return -ENOMEM;
	for (const char *c = text; r == 0; c++) {
		if (*c && *c != ',') {
			part[size++] = *c;
		} else if (*c && c[1] == ',') {
			part[size++] = *c++;
		} else {
			part[size] = '\0';
			r = size ? add_part(option, part, implied) : 0;
			size = 0;
			if (!*c)
				break;
		}
	}
	return r;
}

/* Adds an option of the table; a NULL value is an option without one. */
static int add_option(struct guest_options *options, int number, const char *value)
{
	struct guest_option *option = array_add(&options->items, &options->count, sizeof(*option));
	int r;

	if (!option)
		return -ENOMEM;
	option->name = known[number].name;
	if (!value)
		return 0;
	if (!known[number].implied)
		r = guest_option_add(option, "", 0, value, strlen(value));
	else if (*value == '{')
		r = guest_option_read_json(option, value);
	else
		r = read_keyval(option, value, known[number].implied);
	if (r == -EINVAL) {
		option_done(option);
		options->count--;
		r = 0;
	}
	return r;
}

/* A line of -readconfig's file: [GROUP], [GROUP "ID"], or KEY = "VALUE" of the group before it, *option. */
static int read_config_line(struct guest_options *options, char *line, struct guest_option **option)
{
	char *start = line + strspn(line, " \t"), *equals = strchr(start, '='), *value, *end;
	int number;

	if (*start == '[') {
		number = find_known(start + 1, strcspn(start + 1, "] \""));
		*option = NULL;
		if (number < 0)
			return 0;
		*option = array_add(&options->items, &options->count, sizeof(**option));
		if (!*option)
			return -ENOMEM;
		(*option)->name = known[number].name;
		return 0;
	}
	if (*start == '#' || !equals || !*option)
		return 0;
	value = strchr(equals, '"');
	end = value ? strchr(value + 1, '"') : NULL;
	return end ? guest_option_add(*option, start, strcspn(start, " \t="), value + 1, (size_t)(end - value - 1)) : 0;
}

static int read_config(const struct root *root, struct guest_options *options, const char *path)
{
	_cleanup_free_ char *text = NULL;
	struct guest_option *option = NULL;
	char *next, *line;
	size_t size;
	int r = 0;

	/* A relative path starts where QEMU was started. */
	if (*path != '/' || root_read_all(root, path, FILE_MAX, &text, &size) < 0)
		return 0;
	next = text;
	while (r == 0 && (line = strsep(&next, "\n")))
		r = read_config_line(options, line, &option);
	return r;
}

int guest_options_read(const struct root *root, const char *bytes, size_t size, struct guest_options *ret)
{
	const char *slash = strrchr(bytes, '/');
	int r = 0;

	*ret = (struct guest_options){ 0 };
	ret->program = strdup(slash ? slash + 1 : bytes);
	if (!ret->program)
		return -ENOMEM;
	for (size_t at = strlen(bytes) + 1; r == 0 && at < size; at += strlen(bytes + at) + 1) {
		const char *argument = bytes + at;
		size_t next = at + strlen(argument) + 1;
		int number;

		ret->libvirt |= strstr(argument, "/libvirt/qemu/") != NULL;
		if (*argument != '-')
			continue;
		argument += 1 + (argument[1] == '-');
		number = find_known(argument, strlen(argument));
		if (number >= 0)
			r = add_option(ret, number, next < size && bytes[next] != '-' ? bytes + next : NULL);
		if (r == 0 && number >= 0 && strcmp(known[number].name, "readconfig") == 0 && next < size)
			r = read_config(root, ret, bytes + next);
	}
	return r;
}

void guest_options_done(struct guest_options *options)
{
	if (!options)
		return;
	for (size_t i = 0; i < options->count; i++)
		option_done(&options->items[i]);
	free(options->items);
	free(options->program);
	*options = (struct guest_options){ 0 };
}

const char *guest_option_get(const struct guest_option *option, const char *key)
{
	for (size_t i = option->count; i-- > 0;)
		if (cmdline_keys_equal(option->properties[i].key, key))
			return option->properties[i].value;
	return NULL;
}

const char *guest_options_get(const struct guest_options *options, const char *name, const char *key)
{
	for (size_t i = options->count; i-- > 0;) {
		const char *value =
			strcmp(options->items[i].name, name) == 0 ? guest_option_get(&options->items[i], key) : NULL;

		if (value)
			return value;
	}
	return NULL;
}
