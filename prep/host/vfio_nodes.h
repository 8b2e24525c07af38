/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device nodes through which a program uses what vfio has (Documentation/driver-api/vfio.rst). */
#ifndef VFIO_PREP_HOST_VFIO_NODES_H
#define VFIO_PREP_HOST_VFIO_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "host/account.h"
#include "host/pci.h"

struct root;

struct vfio_node {
	char path[48]; /* below the root; "" such a node is not expected */
	bool there;
	bool device; /* a character device: what only stands in for one in a recording has nobody's permissions */
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/* Of a function that a vfio driver has. */
struct vfio_access {
	size_t function;        /* index of host.pci.functions */
	struct vfio_node group; /* dev/vfio/GROUP; "" on a kernel without groups (CONFIG_VFIO_GROUP, since 6.6) */
	struct vfio_node own;   /* dev/vfio/devices/vfioN, with CONFIG_VFIO_DEVICE_CDEV (since 6.6) */
};

struct vfio_nodes {
	bool known; /* there is a dev/ to look into */
	struct vfio_node container; /* dev/vfio/vfio, which opens groups */
	struct vfio_node iommufd;   /* dev/iommu, which opens devices of their own */
	struct vfio_access *items;
	size_t count;
};

/* 0 or -ENOMEM; vfio_nodes_done releases either way. */
int vfio_nodes_read(const struct root *root, const struct pci *pci, struct vfio_nodes *ret);
void vfio_nodes_done(struct vfio_nodes *nodes);

/* The node of this function; NULL. */
const struct vfio_access *vfio_nodes_find(const struct vfio_nodes *nodes, size_t function);

/* True where the account may read and write a node by owner, group or others (ACLs are not looked at). */
bool vfio_node_usable(const struct vfio_node *node, const struct account *account);

#endif
