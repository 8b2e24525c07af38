/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/host.h"

#define DEPTH_MAX 16 /* layers of dm, md, bonds on each other */

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

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

/* The devices that one is made of: links in "slaves", or "lower_NAME" of a network device. */
static int mark_device(const struct root *root, struct host *host, const char *class, const char *name,
                       unsigned int usage, int depth)
{
	_cleanup_(names_done) struct names names = { 0 };
	char directory[ROOT_PATH_MAX], target[ROOT_PATH_MAX];
	bool network = strcmp(class, "net") == 0;
	int r;

	snprintf(directory, sizeof(directory), "sys/class/%s/%s", class, name);
	if (depth == DEPTH_MAX || root_readlink(root, directory, target, sizeof(target)) < 0)
		return 0;
	mark_path(host, target, usage);
	if (!network)
		snprintf(directory, sizeof(directory), "sys/class/%s/%s/slaves", class, name);
	r = root_list(root, directory, &names);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < names.count; i++) {
		const char *lower = names.items[i];

		if (network && strncmp(lower, "lower_", 6) != 0)
			continue;
		r = mark_device(root, host, class, network ? lower + 6 : lower, usage, depth + 1);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The kernel's name of a block device: "/dev/nvme0n1p2", or what a link in /dev/mapper, /dev/disk leads to. */
static int mark_block(const struct root *root, struct host *host, const char *node, unsigned int usage)
{
	char path[ROOT_PATH_MAX], target[ROOT_PATH_MAX];
	const char *name;

	if (strncmp(node, "/dev/", 5) != 0)
		return 0; /* proc, tmpfs, a network filesystem */
	snprintf(path, sizeof(path), "%s", node + 1);
	if (root_readlink(root, path, target, sizeof(target)) == 0)
		node = target;
	name = strrchr(node, '/');
	return mark_device(root, host, "block", name ? name + 1 : node, usage, 0);
}

static int read_mounts(const struct root *root, struct host *host)
{
	_cleanup_(close_file) FILE *file = NULL;
	struct mntent entry;
	char buffer[4096];
	int fd = root_openat(root, "proc/mounts", O_RDONLY, 0), r = 0;

	if (fd < 0)
		return 0;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && getmntent_r(file, &entry, buffer, sizeof(buffer)))
		r = mark_block(root, host, entry.mnt_fsname,
		               strcmp(entry.mnt_dir, "/") == 0 ? USAGE_ROOT | USAGE_MOUNTED : USAGE_MOUNTED);
	return r;
}

/* /proc/swaps: a header, then "FILENAME TYPE ..." a line. */
static int read_swaps(const struct root *root, struct host *host)
{
	_cleanup_free_ char *text = NULL;
	char *next, *line;
	size_t size;
	int r = 0;

	if (root_read_all(root, "proc/swaps", 1 << 20, &text, &size) < 0)
		return 0;
	next = text;
	while (r == 0 && (line = parse_word(&next, "\n"))) {
		const char *node = parse_word(&line, " \t");

		if (node)
			r = mark_block(root, host, node, USAGE_SWAP);
	}
	return r;
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
			r = mark_device(root, host, "net", name, USAGE_DEFAULT_ROUTE, 0);
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
			r = mark_device(root, host, "net", name, USAGE_DEFAULT_ROUTE, 0);
	}
	return r;
}

int usage_read(const struct root *root, struct host *host)
{
	int r = read_mounts(root, host);

	if (r == 0)
		r = read_swaps(root, host);
	if (r == 0)
		r = read_routes(root, host);
	return r == 0 ? read_routes6(root, host) : r;
}
