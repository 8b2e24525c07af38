/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block devices: which PCI functions they stand on, through partitions, dm, md, loop devices and NVMe
 * multipath, what uses them, and what is on them.
 */
#ifndef VFIO_PREP_HOST_BLOCKS_H
#define VFIO_PREP_HOST_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

#include "host/content.h"
#include "host/pci.h"

struct root;

/* What the host needs a block device for. */
enum use {
	USE_ROOT = 1 << 0,
	USE_MOUNTED = 1 << 1,
	USE_SWAP = 1 << 2,
	USE_RESUME = 1 << 3,    /* resume= on the kernel command line */
	USE_NAMED = 1 << 4,     /* fstab, crypttab or root= name it */
	USE_CLONE = 1 << 5,     /* it has the UUID of a filesystem that is in use on another device */
	USE_MEMBER = 1 << 6,    /* its volume group, or its array, is active on other devices */
};

struct block {
	char name[32];        /* the kernel's: "nvme0n1p2", "dm-0" */
	char number[24];      /* "MAJOR:MINOR" */
	char mapper[128];     /* dm's name, as in /dev/mapper; "" none */
	char detail[96];      /* what the use is: a mount point, the entry that names it */
	unsigned int use;     /* of enum use, its own; not that of what stands on it */
	size_t *functions;    /* indexes of PCI functions that it stands on, directly or through others */
	size_t function_count;
	size_t *lower;        /* indexes of blocks that it is made of (slaves), and the disk of a partition */
	size_t lower_count;
	char upper[32];       /* what is made of it: dm, md, bcache, or a loop device over its node; "" nothing */
	char volume_group[33]; /* of the LVM volume that it is: the id without its dashes; "" none */
	bool network;         /* it comes over the network: iSCSI, NBD, Ceph, AoE, NVMe over fabrics */
	bool busy;            /* the kernel holds it for itself, for whatever; see blocks_probe */
	bool is_partition;
	bool empty;           /* size 0 (no medium), or hidden: only a path to another block */
	struct content content; /* CONTENT_UNREAD until blocks_read_content */
};

struct blocks {
	struct block *items;
	size_t count;
	bool incomplete; /* one of them could not be looked at: not because it vanished meanwhile */
};

/* Reads /sys/class/block. 0 or -ENOMEM; without sysfs there are none. blocks_done releases either way. */
int blocks_read(const struct root *root, const struct pci *pci, struct blocks *ret);
void blocks_done(struct blocks *blocks);

/* The block of a kernel name; NULL. */
struct block *blocks_find(const struct blocks *blocks, const char *name);

/*
 * The block of a node in /dev, or of a link to one (also through several links, below root); NULL. A link that
 * cannot be read makes the blocks incomplete.
 */
struct block *blocks_find_node(const struct root *root, struct blocks *blocks, const char *node);

/* Marks a use, with its detail where it is the first. */
void block_use(struct block *block, unsigned int use, const char *detail);

/* Reads what is on every block that may carry something of somebody's. */
void blocks_read_content(const struct root *root, struct blocks *blocks);

/*
 * Asks the kernel whether it holds a block for a use that no table shows: the log of a filesystem, a
 * target's disk, a member of a pool. Only where all else speaks for taking: on functions with details of which
 * no block has a use or an upper yet, and of a disk with partitions only those; for while we ask, a mount
 * of the block would fail.
 */
void blocks_probe(const struct root *root, const struct pci *pci, struct blocks *blocks);

/* True where block stands on this PCI function. */
bool block_on_function(const struct block *block, size_t function);

#endif
