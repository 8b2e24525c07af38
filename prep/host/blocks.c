/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/blocks.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"

#define BLOCKS "sys/class/block"

struct block *blocks_find(const struct blocks *blocks, const char *name)
{
	for (size_t i = 0; i < blocks->count; i++)
		if (strcmp(blocks->items[i].name, name) == 0)
			return &blocks->items[i];
	return NULL;
}

bool block_on_function(const struct block *block, size_t function)
{
	for (size_t i = 0; i < block->function_count; i++)
		if (block->functions[i] == function)
			return true;
	return false;
}

void block_use(struct block *block, unsigned int use, const char *detail)
{
	if (!block->detail[0])
		snprintf(block->detail, sizeof(block->detail), "%s", detail);
	block->use |= use;
}

static int add_index(size_t **items, size_t *count, size_t index)
{
	size_t *item;

	for (size_t i = 0; i < *count; i++)
		if ((*items)[i] == index)
			return 0;
	item = array_add(items, count, sizeof(*item));
	if (!item)
		return -ENOMEM;
	*item = index;
	return 0;
}

/* Adds every PCI function in the path of a device in sysfs. */
static int add_functions(const struct pci *pci, struct block *block, char *path)
{
	char *component;

	while ((component = parse_word(&path, "/"))) {
		struct pci_address address;
		const struct pci_function *function;

		if (pci_address_parse(component, &address) < 0)
			continue;
		function = pci_find(pci, &address);
		if (function && add_index(&block->functions, &block->function_count, (size_t)(function - pci->functions)) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * A namespace that several controllers share hangs below its subsystem, not below one of them. Their
 * numbers have nothing to do with each other: the subsystem's folder has links to its controllers.
 */
static int add_subsystem(const struct root *root, const struct pci *pci, struct block *block, const char *path)
{
	_cleanup_(names_done) struct names names = { 0 };
	char directory[ROOT_PATH_MAX], subsystem[32], link[ROOT_PATH_MAX], target[ROOT_PATH_MAX];
	const char *found = path;
	int r;

	/* "../../devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1" */
	while ((found = strstr(found, "/nvme-subsys")) && !isdigit((unsigned char)found[strlen("/nvme-subsys")]))
		found++;
	if (!found || sscanf(found, "/%31[^/]", subsystem) != 1)
		return 0;
	snprintf(directory, sizeof(directory), "sys/class/nvme-subsystem/%s", subsystem);
	r = root_list(root, directory, &names);
	for (size_t i = 0; r == 0 && i < names.count; i++)
		if (strncmp(names.items[i], "nvme", 4) == 0 && isdigit((unsigned char)names.items[i][4]) &&
		    root_path(link, directory, names.items[i]) == 0 &&
		    root_readlink(root, link, target, sizeof(target)) == 0)
			r = add_functions(pci, block, target);
	return r == -ENOMEM ? r : 0;
}

static void read_attributes(const struct root *root, struct block *block)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];

	snprintf(path, sizeof(path), BLOCKS "/%s/dm/name", block->name);
	if (root_read(root, path, text, sizeof(text)) > 0)
		snprintf(block->mapper, sizeof(block->mapper), "%.127s", text);
	/* "LVM-", 32 characters of the group and 32 of the volume (lvm2, lib/activate/dev_manager.c). */
	snprintf(path, sizeof(path), BLOCKS "/%s/dm/uuid", block->name);
	if (root_read(root, path, text, sizeof(text)) >= 4 + 64 && strncmp(text, "LVM-", 4) == 0)
		snprintf(block->volume_group, sizeof(block->volume_group), "%.32s", text + 4);
	snprintf(path, sizeof(path), BLOCKS "/%s/dev", block->name);
	if (root_read(root, path, text, sizeof(text)) > 0)
		snprintf(block->number, sizeof(block->number), "%.23s", text);
	snprintf(path, sizeof(path), BLOCKS "/%s/partition", block->name);
	block->is_partition = root_exists(root, path);
	snprintf(path, sizeof(path), BLOCKS "/%s/size", block->name);
	block->empty = root_read(root, path, text, sizeof(text)) >= 0 && strcmp(text, "0") == 0;
	/* A path of NVMe multipath (nvme0c0n1) has no node: what is on it is read through nvme0n1. */
	snprintf(path, sizeof(path), BLOCKS "/%s/hidden", block->name);
	block->empty |= root_read(root, path, text, sizeof(text)) >= 0 && strcmp(text, "1") == 0;
}

/*
 * iSCSI disks hang below "host2/session1" (drivers/scsi/scsi_transport_iscsi.c), also those of an adapter
 * with a PCI function; NVMe over fabrics below "nvme-fabrics" (drivers/nvme/host/fabrics.c).
 */
static bool is_network(const char *name, const char *path)
{
	const char *session = strstr(path, "/session");

	return strncmp(name, "nbd", 3) == 0 || strncmp(name, "rbd", 3) == 0 || strncmp(name, "etherd!", 7) == 0 ||
	       (session && isdigit((unsigned char)session[8])) || strstr(path, "/nvme-fabrics/");
}

static int read_block(const struct root *root, const struct pci *pci, struct blocks *blocks, struct block *block)
{
	char path[ROOT_PATH_MAX], target[ROOT_PATH_MAX], copy[ROOT_PATH_MAX];
	int r;

	snprintf(path, sizeof(path), BLOCKS "/%s", block->name);
	r = root_readlink(root, path, target, sizeof(target));
	if (r < 0) {
		blocks->incomplete |= r != -ENOENT && r != -EINVAL; /* gone meanwhile; no link in a recorded machine */
		return 0;
	}
	read_attributes(root, block);
	block->network = is_network(block->name, target);
	memcpy(copy, target, sizeof(copy));
	r = add_functions(pci, block, copy);
	return r == 0 ? add_subsystem(root, pci, block, target) : r;
}

static int add_lower(struct blocks *blocks, size_t upper, struct block *lower, bool stacked)
{
	if (!lower)
		return 0;
	/* An md that waits for its members, too: it has size 0, and holds them. */
	if (stacked && !lower->upper[0])
		snprintf(lower->upper, sizeof(lower->upper), "%s", blocks->items[upper].name);
	return add_index(&blocks->items[upper].lower, &blocks->items[upper].lower_count, (size_t)(lower - blocks->items));
}

/*
 * The disk of a partition is the folder above it; what dm, md and bcache are made of are links in slaves/; a
 * loop device names the node or file that it is made of, and may stand on a raw partition.
 */
static int read_lower(const struct root *root, struct blocks *blocks, size_t number)
{
	_cleanup_(names_done) struct names names = { 0 };
	char path[ROOT_PATH_MAX], target[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE], *slash;
	ssize_t length;
	int r = 0;

	snprintf(path, sizeof(path), BLOCKS "/%s", blocks->items[number].name);
	if (blocks->items[number].is_partition && root_readlink(root, path, target, sizeof(target)) == 0 &&
	    (slash = strrchr(target, '/'))) {
		*slash = '\0';
		slash = strrchr(target, '/');
		r = add_lower(blocks, number, blocks_find(blocks, slash ? slash + 1 : target), false);
	}
	snprintf(path, sizeof(path), BLOCKS "/%s/loop/backing_file", blocks->items[number].name);
	length = root_read(root, path, text, sizeof(text));
	blocks->incomplete |= length < 0 && length != -ENOENT && length != -ENOTDIR;
	if (r == 0 && length > 0)
		r = add_lower(blocks, number, blocks_find_node(root, blocks, text), true);
	snprintf(path, sizeof(path), BLOCKS "/%s/slaves", blocks->items[number].name);
	if (r == 0)
		r = root_list(root, path, &names);
	for (size_t i = 0; r == 0 && i < names.count; i++)
		r = add_lower(blocks, number, blocks_find(blocks, names.items[i]), true);
	blocks->incomplete |= r < 0 && r != -ENOENT && r != -ENOTDIR;
	return r == -ENOMEM ? r : 0;
}

/* What a block stands on includes what its parts stand on, however many layers down. */
static int join_functions(struct blocks *blocks)
{
	bool changed;

	do {
		changed = false;
		for (size_t i = 0; i < blocks->count; i++) {
			struct block *block = &blocks->items[i];
			size_t before = block->function_count + block->network;

			for (size_t j = 0; j < block->lower_count; j++) {
				const struct block *lower = &blocks->items[block->lower[j]];

				block->network |= lower->network;
				for (size_t k = 0; k < lower->function_count; k++)
					if (add_index(&block->functions, &block->function_count, lower->functions[k]) < 0)
						return -ENOMEM;
			}
			changed |= block->function_count + block->network != before;
		}
	} while (changed);
	return 0;
}

int blocks_read(const struct root *root, const struct pci *pci, struct blocks *ret)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = root_list(root, BLOCKS, &names);

	*ret = (struct blocks){ 0 };
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = 0;
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		struct block *block = array_add(&ret->items, &ret->count, sizeof(*block));

		if (!block)
			return -ENOMEM;
		snprintf(block->name, sizeof(block->name), "%s", names.items[i]);
		r = read_block(root, pci, ret, block);
	}
	for (size_t i = 0; r == 0 && i < ret->count; i++)
		r = read_lower(root, ret, i);
	return r == 0 ? join_functions(ret) : r;
}

void blocks_done(struct blocks *blocks)
{
	if (!blocks)
		return;
	for (size_t i = 0; i < blocks->count; i++) {
		free(blocks->items[i].functions);
		free(blocks->items[i].lower);
	}
	free(blocks->items);
	*blocks = (struct blocks){ 0 };
}
