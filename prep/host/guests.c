/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/guests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/guest_options.h"
#include "host/holders.h"

#define ARGUMENTS_MAX (4 << 20) /* the kernel takes 6 MiB at most (fs/exec.c), libvirt's are some KiB */
#define LIBVIRT_MAX (4 << 20)

static int add_device(const struct root *root, const struct host *host, const char *name, struct guest *guest)
{
	const struct pci_function *function;
	struct guest_device *device;
	struct pci_address address;
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];
	uint64_t node;

	if (pci_address_parse(name, &address) < 0)
		return 0;
	function = pci_find(&host->pci, &address);
	if (!function || !pci_driver_is_vfio(function->driver))
		return 0; /* a bridge of the group */
	device = array_add(&guest->devices, &guest->device_count, sizeof(*device));
	if (!device)
		return -ENOMEM;
	device->address = address;
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/numa_node", name);
	device->node = -1;
	if (root_read(root, path, text, sizeof(text)) >= 0 && parse_number(text, 1 << 20, &node) == 0)
		device->node = (int)node;
	return 0;
}

/* "devices/vfio0" is one device, which a link of its class leads to; "8" and "noiommu-8" are groups. */
static int add_devices(const struct root *root, const struct host *host, const char *node, struct guest *guest)
{
	_cleanup_(names_done) struct names names = { 0 };
	char path[ROOT_PATH_MAX], target[ROOT_PATH_MAX];
	const char *group = strncmp(node, "noiommu-", 8) == 0 ? node + 8 : node;
	int r = 0;

	if (strncmp(node, "devices/", 8) == 0) {
		char *end;

		snprintf(path, sizeof(path), "sys/class/vfio-dev/%s", node + 8);
		if (root_readlink(root, path, target, sizeof(target)) < 0)
			return 0;
		end = strstr(target, "/vfio-dev/");
		if (!end)
			return 0;
		*end = '\0';
		end = strrchr(target, '/');
		return end ? add_device(root, host, end + 1, guest) : 0;
	}
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%s/devices", group);
	if (root_list(root, path, &names) < 0)
		return 0;
	for (size_t i = 0; r == 0 && i < names.count; i++)
		r = add_device(root, host, names.items[i], guest);
	return r;
}

static int compare_devices(const void *a, const void *b)
{
	const struct guest_device *left = a, *right = b;

	return pci_address_compare(&left->address, &right->address);
}

/* "qemu-system-x86_64", ".qemu-system-x86_64-wrapped", "qemu-kvm", and Debian's and Proxmox' "kvm". */
static bool is_qemu(const char *program)
{
	return strstr(program, "qemu") || strcmp(program, "kvm") == 0;
}

/*
 * What virt-manager, virt-install and GNOME Boxes tell libvirt of the system in a guest, in the metadata of its
 * definition, which libvirt keeps there while it runs: <libosinfo:os id="http://microsoft.com/win/10"/>.
 */
static void read_os(const struct root *root, struct guest *guest)
{
	static const char key[] = "os id=\"";
	_cleanup_free_ char *text = NULL;
	char path[ROOT_PATH_MAX];
	const char *found;
	size_t size;

	snprintf(path, sizeof(path), "run/libvirt/qemu/%s.xml", guest->setup.name);
	if (!guest->setup.libvirt || strchr(guest->setup.name, '/') ||
	    root_read_all(root, path, LIBVIRT_MAX, &text, &size) < 0)
		return;
	found = strstr(text, key);
	if (found)
		snprintf(guest->os, sizeof(guest->os), "%.*s", (int)strcspn(found + strlen(key), "\""), found + strlen(key));
}

/* A name is whatever somebody gave it, and goes to a terminal. */
static void take_name(struct guest *guest)
{
	if (guest->setup.name[0])
		snprintf(guest->name, sizeof(guest->name), "%s", guest->setup.name);
	else
		snprintf(guest->name, sizeof(guest->name), "pid %d", guest->pid);
	for (char *c = guest->name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

/* A process whose open files we may not see uses vfio where it was told to. */
static bool names_vfio(const struct guest_options *options)
{
	for (size_t i = 0; i < options->count; i++) {
		const char *driver = guest_option_get(&options->items[i], "driver");

		if (strcmp(options->items[i].name, "device") == 0 && driver && strncmp(driver, "vfio-pci", 8) == 0)
			return true;
	}
	return false;
}

/* What it was started with; *ret_is: it is a guest. */
static int read_arguments(const struct root *root, struct guest *guest, bool *ret_is)
{
	_cleanup_(guest_options_done) struct guest_options options = { 0 };
	_cleanup_free_ char *bytes = NULL;
	char path[ROOT_PATH_MAX];
	size_t size;
	int r;

	*ret_is = !guest->hidden;
	snprintf(path, sizeof(path), "proc/%d/cmdline", guest->pid);
	if (root_read_all(root, path, ARGUMENTS_MAX, &bytes, &size) < 0 || !size)
		return 0;
	r = guest_options_read(root, bytes, size, &options);
	if (r < 0)
		return r;
	snprintf(guest->program, sizeof(guest->program), "%s", options.program);
	guest->qemu = is_qemu(options.program);
	if (guest->qemu)
		guest_setup_read(&options, &guest->setup);
	*ret_is |= guest->qemu && names_vfio(&options);
	return 0;
}

static int add_guest(const struct root *root, const struct host *host, const struct vfio_user *user,
                     struct guests *guests)
{
	struct guest *guest = array_add(&guests->items, &guests->count, sizeof(*guest));
	bool is;
	int r;

	if (!guest)
		return -ENOMEM;
	guest->pid = user->pid;
	guest->hidden = user->hidden;
	r = read_arguments(root, guest, &is);
	if (r == 0 && !is)
		guests->count--;
	if (r < 0 || !is)
		return r;
	take_name(guest);
	read_os(root, guest);
	for (size_t i = 0; r == 0 && i < user->node_count; i++)
		r = add_devices(root, host, user->nodes[i], guest);
	if (guest->device_count)
		qsort(guest->devices, guest->device_count, sizeof(*guest->devices), compare_devices);
	return r == 0 ? guest_threads_read(root, user->vcpus, guest) : r;
}

static int compare_guests(const void *a, const void *b)
{
	return ((const struct guest *)a)->pid - ((const struct guest *)b)->pid;
}

int guests_read(const struct root *root, const struct host *host, struct guests *ret)
{
	int r = 0;

	*ret = (struct guests){ 0 };
	for (size_t i = 0; r == 0 && i < host->vfio_user_count; i++)
		r = add_guest(root, host, &host->vfio_users[i], ret);
	if (r < 0 || !ret->count)
		return r;
	qsort(ret->items, ret->count, sizeof(*ret->items), compare_guests);
	r = topology_read(root, &ret->topology);
	for (size_t i = 0; r == 0 && i < ret->count; i++)
		r = guest_memory_read(root, ret->topology.node_count > 1, &ret->items[i]);
	return r;
}

void guests_done(struct guests *guests)
{
	if (!guests)
		return;
	for (size_t i = 0; i < guests->count; i++) {
		free(guests->items[i].devices);
		free(guests->items[i].vcpus);
		free(guests->items[i].memory.nodes);
	}
	free(guests->items);
	topology_done(&guests->topology);
	*guests = (struct guests){ 0 };
}

const struct guest *guests_find(const struct guests *guests, const char *name)
{
	uint64_t pid;

	for (size_t i = 0; i < guests->count; i++)
		if (strcmp(guests->items[i].name, name) == 0)
			return &guests->items[i];
	if (parse_number(strncmp(name, "pid ", 4) == 0 ? name + 4 : name, INT32_MAX, &pid) < 0)
		return NULL;
	for (size_t i = 0; i < guests->count; i++)
		if (guests->items[i].pid == (int)pid)
			return &guests->items[i];
	return NULL;
}
