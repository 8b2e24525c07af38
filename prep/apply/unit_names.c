/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/unit_names.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"

static const char *const every_host[] = { "init.scope", "system.slice", "user.slice" };

int unit_names_add(struct names *names, const char *name)
{
	char **item = array_add(&names->items, &names->count, sizeof(*item));

	if (!item)
		return -ENOMEM;
	*item = strdup(name);
	if (!*item) {
		names->count--;
		return -ENOMEM;
	}
	return 0;
}

bool unit_has_type(const char *name, const char *type)
{
	size_t length = strlen(name), type_length = strlen(type);

	return length > type_length && strcmp(name + length - type_length, type) == 0;
}

const char *unit_of_every_host(size_t i)
{
	return i < ARRAY_SIZE(every_host) ? every_host[i] : NULL;
}

/* A slice is below the one that its name has before its last '-' (systemd.slice(5)): without one it is at the top. */
bool unit_is_host_slice(const char *name)
{
	if (strchr(name, '-') || !unit_has_type(name, ".slice"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(every_host); i++)
		if (strcmp(name, every_host[i]) == 0)
			return false;
	/* What is registered with systemd-machined, and the guests of Proxmox VE. */
	return strcmp(name, "machine.slice") != 0 && strcmp(name, "qemu.slice") != 0;
}

bool unit_escape(const char *text, char *ret, size_t size)
{
	size_t length = 0;

	for (const char *c = text; *c; c++) {
		bool plain = isascii((unsigned char)*c) && (isalnum((unsigned char)*c) || strchr(":_.", *c));

		if (length + (plain || *c == '/' ? 1 : 4) >= size)
			return false;
		if (*c == '/')
			ret[length++] = '-';
		else if (plain && !(*c == '.' && c == text))
			ret[length++] = *c;
		else
			length += (size_t)sprintf(ret + length, "\\x%02x", (unsigned char)*c);
	}
	ret[length] = '\0';
	return true;
}

size_t unit_mask_build(const struct cpus *cpus, uint8_t *mask)
{
	size_t size = 0;

	memset(mask, 0, UNIT_MASK_MAX);
	CPUS_FOR_EACH(cpu, cpus) {
		mask[cpu / 8] = (uint8_t)(mask[cpu / 8] | 1U << cpu % 8);
		size = cpu / 8 + 1;
	}
	return size;
}

void unit_mask_read(const uint8_t *mask, size_t size, struct cpus *ret)
{
	*ret = (struct cpus){ 0 };
	for (unsigned int cpu = 0; cpu < CPUS_MAX && cpu / 8 < size; cpu++)
		if (mask[cpu / 8] & 1U << cpu % 8)
			cpus_add(ret, cpu);
}
