/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/config_values.h"

#include <ctype.h>
#include <string.h>

#include "base/array.h"
#include "base/parse.h"

static const struct {
	const char *name;
	enum waiver waiver;
} waivers[] = {
	{ "boot-display", WAIVE_BOOT_DISPLAY }, { "storage", WAIVE_STORAGE }, { "network", WAIVE_NETWORK },
	{ "usb", WAIVE_USB },                   { "group", WAIVE_GROUP },
};

const char *waiver_name(enum waiver waiver)
{
	for (size_t i = 0; i < ARRAY_SIZE(waivers); i++)
		if (waivers[i].waiver == waiver)
			return waivers[i].name;
	return "";
}

const char *value_id(const char *text, struct id_pattern *ret)
{
	static const char expected[] =
		"vendor:device or vendor:device:subvendor:subdevice, each four hex digits or '*'";
	int32_t parts[4] = { -1, -1, -1, -1 };
	size_t count = 0;
	char copy[32], *next = copy;

	if (strlen(text) >= sizeof(copy))
		return expected;
	strcpy(copy, text);
	while (next) {
		char *part = next;
		uint64_t value;

		next = strchr(part, ':');
		if (next)
			*next++ = '\0';
		if (count == 4)
			return expected;
		if (strcmp(part, "*") != 0) {
			if (parse_hex(part, 4, 4, &value) < 0)
				return expected;
			parts[count] = (int32_t)value;
		}
		count++;
	}
	if (count != 2 && count != 4)
		return expected;
	*ret = (struct id_pattern){ parts[0], parts[1], parts[2], parts[3] };
	return NULL;
}

const char *value_class(const char *text, uint32_t *ret, unsigned int *ret_digits)
{
	uint64_t value;

	if (parse_hex(text, 2, 6, &value) < 0)
		return "the first two to six hex digits of a class, such as 03 or 0c03";
	*ret = (uint32_t)value;
	*ret_digits = (unsigned int)strlen(text);
	return NULL;
}

const char *value_also(const char *text, enum also *ret)
{
	static const char *const words[] = { [ALSO_NONE] = "none", [ALSO_SLOT] = "slot", [ALSO_GROUP] = "group" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(text, words[i]) == 0) {
			*ret = (enum also)i;
			return NULL;
		}
	return "none, slot or group";
}

const char *value_name(const char *text, char *ret)
{
	if (!*text || strlen(text) >= CONFIG_NAME_MAX)
		return "a name of 1 to 63 bytes";
	for (const char *c = text; *c; c++)
		if (isspace((unsigned char)*c) || iscntrl((unsigned char)*c) || *c == '/')
			return "one word without '/'";
	strcpy(ret, text);
	return NULL;
}

const char *value_driver(const char *text, char *ret)
{
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
			return "vfio-pci, or the name of a vfio variant driver";
	/* The kernel takes any text for an override, and one that is no driver's name never matches. */
	if (strcmp(text, "vfio_pci") == 0)
		return "vfio-pci, with '-': the driver's name, not the module's";
	if (!strstr(text, "vfio"))
		return "vfio-pci, or the name of a vfio variant driver";
	return value_name(text, ret);
}

const char *value_allow(const char *text, unsigned int *ret)
{
	static const char expected[] = "some of boot-display, storage, network, usb and group, separated by blanks";
	char copy[256], *next = copy, *word;
	unsigned int allow = 0;

	if (strlen(text) >= sizeof(copy))
		return expected;
	strcpy(copy, text);
	while ((word = parse_word(&next, " \t"))) {
		size_t i = 0;

		while (i < ARRAY_SIZE(waivers) && strcmp(word, waivers[i].name) != 0)
			i++;
		if (i == ARRAY_SIZE(waivers))
			return expected;
		allow |= waivers[i].waiver;
	}
	if (!allow)
		return expected;
	*ret = allow;
	return NULL;
}

const char *value_isolate(const char *text, struct cpus_section *ret)
{
	uint64_t count;

	if (strcmp(text, "none") == 0) {
		ret->isolate = ISOLATE_NONE;
	} else if (strcmp(text, "auto") == 0) {
		ret->isolate = ISOLATE_AUTO;
		ret->auto_count = 0;
	} else if (strncmp(text, "auto:", 5) == 0) {
		if (parse_number(text + 5, CPUS_MAX, &count) < 0 || count == 0)
			return "auto:N with N from 1 to 8192 logical CPUs";
		ret->isolate = ISOLATE_AUTO;
		ret->auto_count = (unsigned int)count;
	} else if (cpus_parse(text, &ret->list) == 0) {
		ret->isolate = ISOLATE_LIST;
	} else {
		return "a CPU list such as 4-7,12-15, or auto, auto:N, none";
	}
	return NULL;
}

const char *value_pool_key(const char *text, struct page_pool *ret)
{
	char size[32];
	const char *at = strchr(text, '@');
	size_t length = at ? (size_t)(at - text) : strlen(text);
	uint64_t page_size, node = 0;
	bool bare;

	if (length >= sizeof(size))
		return "a page size such as 2M or 1G, with @NODE for one NUMA node";
	memcpy(size, text, length);
	size[length] = '\0';
	if (parse_size(size, &page_size, &bare) < 0 || bare)
		return "a page size such as 2M or 1G, with @NODE for one NUMA node";
	if (page_size < 16 << 10 || page_size & (page_size - 1))
		return "a page size that is a power of two from 16K on, such as 2M or 1G";
	if (at && parse_number(at + 1, 1023, &node) < 0)
		return "a NUMA node behind '@', 0 to 1023";
	ret->page_size = page_size;
	ret->node = at ? (int)node : -1;
	return NULL;
}

const char *value_pool_amount(const char *text, struct page_pool *pool)
{
	uint64_t amount;
	bool bare;

	if (parse_size(text, &amount, &bare) < 0)
		return "an amount in bytes with K, M, G or T, or a bare number of pages";
	if (bare && amount > UINT64_MAX / pool->page_size)
		return "fewer pages";
	if (!bare && amount % pool->page_size)
		return "a multiple of the page size";
	pool->pages = bare ? amount : amount / pool->page_size;
	return NULL;
}
