/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/holders.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/root.h"
#include "host/host.h"

#define DEPTH_MAX 16 /* a disk behind USB hubs, or a SAS expander */

/* A node below /dev that belongs to a function. */
struct node {
	char name[64]; /* "/dev/dri/card0" */
	size_t function;
};

struct nodes {
	struct node *items;
	size_t count;
};

static int add_node(struct nodes *nodes, size_t function, const char *name)
{
	struct node *node;

	/* Whoever listens to a keyboard is told that it went away, and takes no harm. */
	if (strncmp(name, "input/", 6) == 0)
		return 0;
	node = array_add(&nodes->items, &nodes->count, sizeof(*node));
	if (!node)
		return -ENOMEM;
	snprintf(node->name, sizeof(node->name), "/dev/%s", name);
	node->function = function;
	return 0;
}

/* The name of a node stands in the uevent of its class device: DEVNAME=dri/card0. */
static int add_devname(const struct root *root, struct nodes *nodes, size_t function, const char *directory)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE], name[58];
	const char *found;

	if (root_path(path, directory, "uevent") < 0 || root_read(root, path, text, sizeof(text)) < 0)
		return 0;
	found = strstr(text, "DEVNAME=");
	if (!found || sscanf(found, "DEVNAME=%57[^\n]", name) != 1)
		return 0;
	return add_node(nodes, function, name);
}

/*
 * Walks the folders below a device in sysfs; links lead elsewhere and other PCI functions hold their own. A
 * device with a node has its number in "dev".
 */
static int walk(const struct root *root, struct nodes *nodes, size_t function, const char *directory, int depth)
{
	_cleanup_(names_done) struct names names = { 0 };
	char path[ROOT_PATH_MAX];
	int r = root_list_folders(root, directory, &names);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (root_path(path, directory, "dev") == 0 && root_exists(root, path))
		r = add_devname(root, nodes, function, directory);
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		struct pci_address address;

		if (depth == DEPTH_MAX || pci_address_parse(names.items[i], &address) == 0 ||
		    root_path(path, directory, names.items[i]) < 0)
			continue;
		r = walk(root, nodes, function, path, depth + 1);
	}
	return r;
}

static int nodes_of(const struct root *root, struct nodes *nodes, const struct host *host, size_t function)
{
	const struct pci_function *f = &host->pci.functions[function];
	char path[ROOT_PATH_MAX], address[PCI_ADDRESS_MAX], group[32];
	int r;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s", pci_address_format(&f->address, address));
	r = walk(root, nodes, function, path, 0);
	if (r == 0 && pci_driver_is_vfio(f->driver) && f->detail->group >= 0) {
		snprintf(group, sizeof(group), "vfio/%d", f->detail->group);
		r = add_node(nodes, function, group);
	}
	return r;
}

/* What is made of a function's disks hangs elsewhere in sysfs: dm, md, the heads of NVMe multipath. */
static int nodes_of_blocks(struct nodes *nodes, const struct host *host)
{
	for (size_t i = 0; i < host->storage.blocks.count; i++) {
		const struct block *block = &host->storage.blocks.items[i];

		for (size_t j = 0; j < block->function_count; j++) {
			const struct pci_function *function = &host->pci.functions[block->functions[j]];

			if (function->detail && !pci_is_bridge(function) && add_node(nodes, block->functions[j], block->name) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static int add_holder(const struct root *root, struct host *host, const struct node *node, const char *pid)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];
	struct holder *holder;

	if (host_holder(host, node->function))
		return 0;
	holder = array_add(&host->holders, &host->holder_count, sizeof(*holder));
	if (!holder)
		return -ENOMEM;
	holder->function = node->function;
	holder->pid = atoi(pid);
	snprintf(holder->node, sizeof(holder->node), "%s", node->name);
	snprintf(path, sizeof(path), "proc/%s/comm", pid);
	if (root_read(root, path, text, sizeof(text)) >= 0)
		snprintf(holder->command, sizeof(holder->command), "%.19s", text);
	/* A process names itself, and its name is told to root's terminal. */
	for (char *c = holder->command; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			*c = '?';
	return 0;
}

static struct vfio_user *add_user(struct host *host, int pid)
{
	struct vfio_user *last = host->vfio_user_count ? &host->vfio_users[host->vfio_user_count - 1] : NULL;

	if (last && last->pid == pid)
		return last;
	last = array_add(&host->vfio_users, &host->vfio_user_count, sizeof(*last));
	if (last)
		last->pid = pid;
	return last;
}

/* The container, /dev/vfio/vfio, is no device, and libvirt's daemon holds it to ask what it can. */
static int add_vfio_node(struct host *host, const char *pid, const char *target)
{
	static const char directory[] = "/dev/vfio/";
	const char *name = target + strlen(directory);
	struct vfio_user *user;
	char (*node)[32];

	if (strncmp(target, directory, strlen(directory)) != 0 || strcmp(name, "vfio") == 0 ||
	    strlen(name) >= sizeof(*node))
		return 0;
	user = add_user(host, atoi(pid));
	if (!user)
		return -ENOMEM;
	for (size_t i = 0; i < user->node_count; i++)
		if (strcmp(user->nodes[i], name) == 0)
			return 0;
	node = array_add(&user->nodes, &user->node_count, sizeof(*node));
	if (!node)
		return -ENOMEM;
	strcpy(*node, name);
	return 0;
}

static int add_hidden(struct host *host, const char *pid)
{
	struct vfio_user *user = add_user(host, atoi(pid));

	if (!user)
		return -ENOMEM;
	user->hidden = true;
	return 0;
}

/* Looks at the open files of one process. */
static int look_into(const struct root *root, struct host *host, const struct nodes *nodes, const char *pid)
{
	_cleanup_(names_done) struct names fds = { 0 };
	char directory[ROOT_PATH_MAX];
	unsigned int vcpus = 0;
	int r;

	snprintf(directory, sizeof(directory), "proc/%s/fd", pid);
	r = root_list(root, directory, &fds);
	if (r < 0)
		return r == -EACCES || r == -EPERM ? add_hidden(host, pid) : 0;
	for (size_t i = 0; i < fds.count; i++) {
		char path[ROOT_PATH_MAX], target[ROOT_PATH_MAX];

		if (root_path(path, directory, fds.items[i]) < 0 ||
		    root_readlink(root, path, target, sizeof(target)) < 0)
			continue;
		for (size_t j = 0; j < nodes->count; j++)
			if (strcmp(nodes->items[j].name, target) == 0 && add_holder(root, host, &nodes->items[j], pid) < 0)
				return -ENOMEM;
		if (add_vfio_node(host, pid, target) < 0)
			return -ENOMEM;
		/* virt/kvm/kvm_main.c, create_vcpu_fd() */
		vcpus += strncmp(target, "anon_inode:kvm-vcpu", 19) == 0;
	}
	if (host->vfio_user_count && host->vfio_users[host->vfio_user_count - 1].pid == atoi(pid))
		host->vfio_users[host->vfio_user_count - 1].vcpus = vcpus;
	return 0;
}

/* Somebody may use a device that the config does not speak of. */
static bool has_vfio_driver(const struct host *host)
{
	for (size_t i = 0; i < host->pci.count; i++)
		if (pci_driver_is_vfio(host->pci.functions[i].driver))
			return true;
	return false;
}

int holders_read(const struct root *root, struct host *host)
{
	_cleanup_(names_done) struct names processes = { 0 };
	struct nodes nodes = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < host->pci.count; i++)
		if (host->pci.functions[i].driver[0] && host->pci.functions[i].detail &&
		    !pci_is_bridge(&host->pci.functions[i]))
			r = nodes_of(root, &nodes, host, i);
	if (r == 0)
		r = nodes_of_blocks(&nodes, host);
	if (r == 0 && (nodes.count || has_vfio_driver(host)) && root_list(root, "proc", &processes) == 0)
		for (size_t i = 0; r == 0 && i < processes.count; i++)
			if (isdigit((unsigned char)processes.items[i][0]))
				r = look_into(root, host, &nodes, processes.items[i]);
	free(nodes.items);
	return r;
}

const struct holder *host_holder(const struct host *host, size_t function)
{
	for (size_t i = 0; i < host->holder_count; i++)
		if (host->holders[i].function == function)
			return &host->holders[i];
	return NULL;
}

void vfio_users_done(struct vfio_user *users, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(users[i].nodes);
	free(users);
}
