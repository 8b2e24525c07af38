/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/vfio_nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/root.h"

static void look_at(const struct root *root, struct vfio_node *node)
{
	_cleanup_close_ int fd = root_openat(root, node->path, O_PATH, 0);
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat) < 0)
		return;
	node->there = true;
	node->device = S_ISCHR(stat.st_mode);
	node->mode = stat.st_mode;
	node->uid = stat.st_uid;
	node->gid = stat.st_gid;
}

/* The name of the function's own node is that of its device in vfio-dev (drivers/vfio/vfio_main.c). */
static void find_own(const struct root *root, const struct pci_function *function, struct vfio_node *node)
{
	_cleanup_(names_done) struct names names = { 0 };
	char path[ROOT_PATH_MAX], address[PCI_ADDRESS_MAX];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/vfio-dev", pci_address_format(&function->address, address));
	if (root_list(root, path, &names) == 0 && names.count && strlen(names.items[0]) < 16)
		snprintf(node->path, sizeof(node->path), "dev/vfio/devices/%s", names.items[0]);
}

/*
 * The class of groups is there wherever the kernel has any (drivers/vfio/group.c, vfio_group_init()). Without it, and
 * with a device of its own that has a number, that one alone is for programs.
 */
static bool has_groups(const struct root *root, const struct vfio_node *own)
{
	char path[ROOT_PATH_MAX];

	snprintf(path, sizeof(path), "sys/class/vfio-dev/%s/dev", own->path[0] ? strrchr(own->path, '/') + 1 : "");
	return !own->path[0] || root_exists(root, "sys/class/vfio") || !root_exists(root, path);
}

int vfio_nodes_read(const struct root *root, const struct pci *pci, struct vfio_nodes *ret)
{
	*ret = (struct vfio_nodes){ .known = root_exists(root, "dev"),
		                        .container.path = "dev/vfio/vfio",
		                        .iommufd.path = "dev/iommu" };
	look_at(root, &ret->container);
	look_at(root, &ret->iommufd);
	for (size_t i = 0; i < pci->count; i++) {
		const struct pci_function *function = &pci->functions[i];
		struct vfio_access *access;

		if (!pci_driver_is_vfio(function->driver) || !function->detail || function->detail->group < 0)
			continue;
		access = array_add(&ret->items, &ret->count, sizeof(*access));
		if (!access)
			return -ENOMEM;
		access->function = i;
		find_own(root, function, &access->own);
		if (access->own.path[0])
			look_at(root, &access->own);
		snprintf(access->group.path, sizeof(access->group.path), "dev/vfio/%d", function->detail->group);
		look_at(root, &access->group);
		if (!access->group.there && !has_groups(root, &access->own))
			access->group.path[0] = '\0';
	}
	return 0;
}

void vfio_nodes_done(struct vfio_nodes *nodes)
{
	if (!nodes)
		return;
	free(nodes->items);
	*nodes = (struct vfio_nodes){ 0 };
}

const struct vfio_access *vfio_nodes_find(const struct vfio_nodes *nodes, size_t function)
{
	for (size_t i = 0; i < nodes->count; i++)
		if (nodes->items[i].function == function)
			return &nodes->items[i];
	return NULL;
}

/* As generic_permission() in fs/namei.c: the first class that fits decides, and no later one. */
bool vfio_node_usable(const struct vfio_node *node, const struct account *account)
{
	mode_t bits = S_IROTH | S_IWOTH;

	if (account->uid == 0)
		return true;
	if (node->uid == account->uid)
		bits = S_IRUSR | S_IWUSR;
	else if (account_has_group(account, node->gid))
		bits = S_IRGRP | S_IWGRP;
	return (node->mode & bits) == bits;
}
