/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "host/holders.h"
#include "host/host.h"

#define GPU "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0"

static size_t index_of(const struct host *host, const char *text)
{
	struct pci_address address;

	assert_int_equal(pci_address_parse(text, &address), 0);
	return (size_t)(pci_find(&host->pci, &address) - host->pci.functions);
}

static void process(const struct tree *tree, int pid, const char *command, const char *holds)
{
	char *fd = format_text("proc/%d/fd/7", pid), *comm = format_text("proc/%d/comm", pid),
		 *text = format_text("%s\n", command);

	tree_link(tree, fd, holds);
	tree_write(tree, comm, text);
	free(text);
	free(comm);
	free(fd);
}

static void read_host(const struct tree *tree, struct host *ret)
{
	assert_int_equal(host_read(&tree->root, NULL, HOST_ALL_DETAILS | HOST_HOLDERS, ret), 0);
}

static void nodes_of_drivers(void **state)
{
	const struct tree *tree = *state;
	const struct holder *holder;
	struct host host;

	tree_unpack(tree, "desktop-intel-z690");
	tree_write(tree, GPU "/drm/card1/uevent", "MAJOR=226\nMINOR=1\nDEVNAME=dri/card1\nDEVTYPE=drm_minor\n");
	tree_write(tree, GPU "/drm/card1/dev", "226:1\n");
	tree_link(tree, GPU "/drm/card1/device", "../../../0000:01:00.0"); /* a loop, as in sysfs */
	tree_write(tree, GPU "/drm/card2/uevent", "DEVNAME=dri/card2\n"); /* without a number there is no node */
	process(tree, 100, "cat", "/dev/null");
	process(tree, 150, "mark", "/dev/dri/card2");
	process(tree, 200, "Xorg", "/dev/dri/card1");
	process(tree, 300, "other", "socket:[1234]");
	tree_mkdir(tree, "proc/400");
	read_host(tree, &host);
	assert_int_equal(host.holder_count, 1);
	holder = host_holder(&host, index_of(&host, "01:00.0"));
	assert_non_null(holder);
	assert_int_equal(holder->pid, 200);
	assert_string_equal(holder->command, "Xorg");
	assert_string_equal(holder->node, "/dev/dri/card1");
	assert_null(host_holder(&host, index_of(&host, "01:00.1")));
	assert_null(host_holder(&host, index_of(&host, "00:02.0")));
	host_done(&host);
}

static void nodes_of_vfio(void **state)
{
	const struct tree *tree = *state;
	struct host host;

	tree_unpack(tree, "prepared-built-in");
	process(tree, 77, "qemu-system-x86_64", "/dev/vfio/8");
	read_host(tree, &host);
	/* A group is held as a whole. */
	assert_int_equal(host.holder_count, 2);
	assert_int_equal(host_holder(&host, index_of(&host, "01:00.0"))->pid, 77);
	assert_int_equal(host_holder(&host, index_of(&host, "01:00.1"))->pid, 77);
	host_done(&host);
	/* What a process calls itself does nothing to a terminal. */
	tree_write(tree, "proc/77/comm", "a\033[2J\xc2\x9b\n");
	read_host(tree, &host);
	assert_string_equal(host_holder(&host, index_of(&host, "01:00.0"))->command, "a?[2J??");
	assert_string_equal(host.holders[0].node, "/dev/vfio/8");
	host_done(&host);
	/* The node of one device (iommufd). */
	process(tree, 77, "qemu", "/dev/vfio/devices/vfio0");
	tree_write(tree, GPU "/vfio-dev/vfio0/uevent", "DEVNAME=vfio/devices/vfio0\n");
	tree_write(tree, GPU "/vfio-dev/vfio0/dev", "511:0\n");
	read_host(tree, &host);
	assert_int_equal(host.holder_count, 1);
	assert_int_equal(host.holders[0].function, index_of(&host, "01:00.0"));
	host_done(&host);
}

static void deep_nodes_and_other_functions(void **state)
{
	const struct tree *tree = *state;
	struct host host;

	tree_unpack(tree, "laptop-vmd");
	tree_write(tree,
	           "sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme/nvme0/nvme0n1/"
	           "nvme0n1p2/uevent",
	           "DEVNAME=nvme0n1p2\n");
	tree_write(
		tree,
		"sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme/nvme0/nvme0n1/nvme0n1p2/dev",
		"259:2\n");
	process(tree, 5, "cryptsetup", "/dev/nvme0n1p2");
	read_host(tree, &host);
	/* The disk's own function holds it; the VMD above is not blamed for what stands behind its bridges. */
	assert_int_equal(host.holder_count, 1);
	assert_int_equal(host.holders[0].function, index_of(&host, "10000:e1:00.0"));
	host_done(&host);
}

static void nobody(void **state)
{
	const struct tree *tree = *state;
	struct host host;

	tree_unpack(tree, "desktop-intel-z690");
	read_host(tree, &host);
	assert_int_equal(host.holder_count, 0);
	host_done(&host);
	tree_write(tree, GPU "/drm/card1/uevent", "MAJOR=226\n"); /* no name */
	tree_write(tree, GPU "/drm/card1/dev", "226:1\n");
	read_host(tree, &host);
	assert_int_equal(host.holder_count, 0);
	host_done(&host);
}

/* Guests, and whoever else drives a device: also one that no config speaks of. */
static void users_of_vfio(void **state)
{
	const struct tree *tree = *state;
	struct host host;

	tree_unpack(tree, "prepared-built-in");
	process(tree, 77, "qemu-system-x86_64", "/dev/vfio/8");
	tree_link(tree, "proc/77/fd/8", "/dev/vfio/vfio");
	tree_link(tree, "proc/77/fd/9", "/dev/vfio/8");
	tree_link(tree, "proc/77/fd/10", "/dev/vfio/devices/vfio3");
	tree_link(tree, "proc/77/fd/11", "anon_inode:kvm-vcpu:0");
	tree_link(tree, "proc/77/fd/12", "anon_inode:kvm-vcpu:1");
	tree_link(tree, "proc/77/fd/13", "anon_inode:kvm-vm");
	process(tree, 78, "virtqemud", "/dev/vfio/vfio");
	process(tree, 79, "cat", "/dev/vfio/no-group-has-a-name-that-is-so-long");
	process(tree, 80, "kvm", "anon_inode:kvm-vcpu:0");
	assert_int_equal(host_read(&tree->root, NULL, HOST_HOLDERS, &host), 0);
	assert_int_equal(host.vfio_user_count, 1);
	assert_int_equal(host.vfio_users[0].pid, 77);
	assert_int_equal(host.vfio_users[0].vcpus, 2);
	assert_int_equal(host.vfio_users[0].node_count, 2);
	assert_false(host.vfio_users[0].hidden);
	assert_int_equal(host.holder_count, 0);
	host_done(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(nodes_of_drivers), tree_test(nodes_of_vfio), tree_test(deep_nodes_and_other_functions),
		tree_test(nobody),           tree_test(users_of_vfio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
