/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/cmdline.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"

/* COMMAND_LINE_SIZE is 2048 on x86 and arm64, 4096 and more elsewhere. */
#define CMDLINE_MAX (1 << 16)

/*
 * Cuts the next parameter off, as lib/cmdline.c, next_arg(): blanks inside of double quotes do not
 * separate, and quotes around the value or the whole are taken away.
 */
static char *next_parameter(char **text)
{
	char *start = *text, *out, *in;
	bool quoted = false;

	while (isspace((unsigned char)*start))
		start++;
	if (!*start)
		return NULL;
	for (in = out = start; *in && (quoted || !isspace((unsigned char)*in)); in++) {
		if (*in == '"')
			quoted = !quoted;
		else
			*out++ = *in;
	}
	*text = *in ? in + 1 : in;
	*out = '\0';
	return start;
}

bool cmdline_keys_equal(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return *a == *b;
}

int cmdline_read(const struct root *root, struct cmdline *ret)
{
	_cleanup_(cmdline_done) struct cmdline cmdline = { 0 };
	char *next, *part;
	size_t size;
	int r = root_read_all(root, "proc/cmdline", CMDLINE_MAX, &cmdline.text, &size);

	if (r < 0)
		return r;
	next = cmdline.text;
	while ((part = next_parameter(&next))) {
		struct cmdline_parameter *parameter;
		char *value = strchr(part, '=');

		parameter = array_add(&cmdline.parameters, &cmdline.count, sizeof(*parameter));
		if (!parameter)
			return -ENOMEM;
		if (value)
			*value++ = '\0';
		*parameter = (struct cmdline_parameter){ part, value };
	}
	*ret = cmdline;
	cmdline = (struct cmdline){ 0 };
	return 0;
}

void cmdline_done(struct cmdline *cmdline)
{
	if (!cmdline)
		return;
	free(cmdline->text);
	free(cmdline->parameters);
	*cmdline = (struct cmdline){ 0 };
}

char *cmdline_format(const char *key, const char *value)
{
	size_t size = strlen(key) + (value ? strlen(value) : 0) + sizeof("=\"\"");
	const char *quote = value && strpbrk(value, " \t\n") ? "\"" : "";
	char *text = malloc(size);

	if (text)
		snprintf(text, size, "%s%s%s%s%s", key, value ? "=" : "", quote, value ? value : "", quote);
	return text;
}

bool cmdline_has(const struct cmdline *cmdline, const char *key, const char **ret_value)
{
	for (size_t i = cmdline->count; i-- > 0;)
		if (cmdline_keys_equal(cmdline->parameters[i].key, key)) {
			if (ret_value)
				*ret_value = cmdline->parameters[i].value;
			return true;
		}
	return false;
}

static void switch_to(struct switches *switches, enum switch_mode mode, const struct cmdline_parameter *why)
{
	if (mode <= switches->mode)
		return;
	switches->mode = mode;
	snprintf(switches->why, sizeof(switches->why), "%s%s%s", why->key, why->value ? "=" : "",
	         why->value ? why->value : "");
}

static int read_skip(struct switches *switches, const struct cmdline_parameter *parameter)
{
	_cleanup_free_ char *copy = strdup(parameter->value);
	char *next = copy, *word;

	if (!copy)
		return -ENOMEM;
	while ((word = parse_word(&next, ","))) {
		struct pci_address address, *item;

		if (pci_address_parse(word, &address) < 0) {
			/* Somebody wants a device to be left alone, and we cannot tell which. */
			snprintf(switches->skip_error, sizeof(switches->skip_error), "%s", word);
			switch_to(switches, SWITCH_OFF, parameter);
			continue;
		}
		item = array_add(&switches->skip, &switches->skip_count, sizeof(*item));
		if (!item)
			return -ENOMEM;
		*item = address;
	}
	return 0;
}

/* "a,b,c" holds one of the two names of the vfio-pci module. */
static bool list_names_vfio_pci(const char *list)
{
	while (*list) {
		size_t size = strcspn(list, ",");

		if (size == 8 && (strncmp(list, "vfio-pci", 8) == 0 || strncmp(list, "vfio_pci", 8) == 0))
			return true;
		list += size + (list[size] == ',');
	}
	return false;
}

/* Words of a repair boot: systemd's (kernel-command-line(7)) and the old ones of sysvinit. */
static bool is_repair_boot(const struct cmdline_parameter *parameter)
{
	static const char *const words[] = { "single", "rescue", "emergency", "s", "S", "1", "-b" };
	static const char *const units[] = { "rescue.target", "emergency.target", "rescue", "emergency" };

	if (!parameter->value) {
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if (strcmp(parameter->key, words[i]) == 0)
				return true;
		return false;
	}
	if (strcmp(parameter->key, "systemd.unit") != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strcmp(parameter->value, units[i]) == 0)
			return true;
	return false;
}

int switches_read(const struct cmdline *cmdline, struct switches *ret)
{
	*ret = (struct switches){ 0 };
	for (size_t i = 0; i < cmdline->count; i++) {
		const struct cmdline_parameter *parameter = &cmdline->parameters[i];
		const char *value = parameter->value ? parameter->value : "";
		bool off = false;

		if (cmdline_keys_equal(parameter->key, "vfio_prep")) {
			bool on;

			if (strcmp(value, "plan") == 0)
				switch_to(ret, SWITCH_PLAN, parameter);
			else
				off = parse_bool(value, &on) < 0 || !on;
		} else if (cmdline_keys_equal(parameter->key, "vfio_prep.skip") && parameter->value) {
			if (read_skip(ret, parameter) < 0) {
				switches_done(ret);
				return -ENOMEM;
			}
		} else if (cmdline_keys_equal(parameter->key, "rd.hostonly")) {
			off = strcmp(value, "0") == 0;
		} else if (cmdline_keys_equal(parameter->key, "modprobe.blacklist") ||
		           cmdline_keys_equal(parameter->key, "module_blacklist")) {
			off = list_names_vfio_pci(value);
		} else {
			off = cmdline_keys_equal(parameter->key, "elfcorehdr") || is_repair_boot(parameter);
		}
		if (off)
			switch_to(ret, SWITCH_OFF, parameter);
	}
	return 0;
}

void switches_done(struct switches *switches)
{
	if (!switches)
		return;
	free(switches->skip);
	*switches = (struct switches){ 0 };
}
