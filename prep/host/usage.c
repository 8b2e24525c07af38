/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/usage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/host.h"

#define DEPTH_MAX 16 /* bridges, bonds and VLANs on each other */

/* Marks every PCI function in the path of a device in sysfs: the one that it hangs on, and a VMD above it. */
static void mark_path(struct host *host, char *path, unsigned int usage)
{
	char *component;

	while ((component = parse_word(&path, "/"))) {
		struct pci_address address;
		struct pci_function *function;

		if (pci_address_parse(component, &address) < 0)
			continue;
		function = pci_find(&host->pci, &address);
		if (function && function->detail)
			function->detail->usage |= usage;
	}
}

/* A network device, and those that a bridge or bond is made of: links "lower_NAME". */
static int mark_network(const struct root *root, struct host *host, const char *name, int depth)
{
	_cleanup_(names_done) struct names names = { 0 };
	char directory[ROOT_PATH_MAX], target[ROOT_PATH_MAX];
	int r;

	snprintf(directory, sizeof(directory), "sys/class/net/%s", name);
	if (depth == DEPTH_MAX || root_readlink(root, directory, target, sizeof(target)) < 0)
		return 0;
	mark_path(host, target, USAGE_DEFAULT_ROUTE);
	r = root_list(root, directory, &names);
	for (size_t i = 0; r == 0 && i < names.count; i++)
		if (strncmp(names.items[i], "lower_", 6) == 0)
			r = mark_network(root, host, names.items[i] + 6, depth + 1);
	return r == -ENOMEM ? r : 0;
}

/* What the block devices are used for is used of the functions that they stand on. */
static void mark_storage(struct host *host)
{
	static const struct {
		unsigned int use, usage;
	} same[] = { { USE_ROOT, USAGE_ROOT }, { USE_MOUNTED, USAGE_MOUNTED }, { USE_SWAP, USAGE_SWAP } };

	for (size_t i = 0; i < host->storage.blocks.count; i++) {
		const struct block *block = &host->storage.blocks.items[i];

		for (size_t j = 0; j < block->function_count; j++)
			for (size_t k = 0; k < ARRAY_SIZE(same); k++)
				if (block->use & same[k].use && host->pci.functions[block->functions[j]].detail)
					host->pci.functions[block->functions[j]].detail->usage |= same[k].usage;
	}
}

/* /proc/net/route: "IFACE DESTINATION ... MASK", the default route has zeros for both. */
static int read_routes(const struct root *root, struct host *host)
{
	_cleanup_free_ char *text = NULL;
	char *next, *line;
	size_t size;
	int r = 0;

	if (root_read_all(root, "proc/net/route", 1 << 20, &text, &size) < 0)
		return 0;
	next = text;
	while (r == 0 && (line = parse_word(&next, "\n"))) {
		char name[32], destination[9], mask[9];

		if (sscanf(line, "%31s %8s %*s %*s %*s %*s %*s %8s", name, destination, mask) == 3 &&
		    strcmp(destination, "00000000") == 0 && strcmp(mask, "00000000") == 0)
			r = mark_network(root, host, name, 0);
	}
	return r;
}

/* /proc/net/ipv6_route: "DESTINATION PREFIX ... IFACE"; loopback holds the unreachable default. */
static int read_routes6(const struct root *root, struct host *host)
{
	_cleanup_free_ char *text = NULL;
	char *next, *line;
	size_t size;
	int r = 0;

	if (root_read_all(root, "proc/net/ipv6_route", 1 << 20, &text, &size) < 0)
		return 0;
	next = text;
	while (r == 0 && (line = parse_word(&next, "\n"))) {
		char name[32], destination[33], prefix[3];

		if (sscanf(line, "%32s %2s %*s %*s %*s %*s %*s %*s %*s %31s", destination, prefix, name) == 3 &&
		    strspn(destination, "0") == 32 && strcmp(prefix, "00") == 0 && strcmp(name, "lo") != 0)
			r = mark_network(root, host, name, 0);
	}
	return r;
}

int usage_read(const struct root *root, struct host *host)
{
	int r = read_routes(root, host);

	mark_storage(host);
	return r == 0 ? read_routes6(root, host) : r;
}
