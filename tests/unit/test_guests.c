/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running guests: processes, threads, memory. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "host/guests.h"
#include "host/holders.h"

#define MIB(n) (UINT64_C(n) << 20)

static void read_machine(const struct tree *tree, struct host *ret_host, struct guests *ret)
{
	assert_int_equal(host_read(&tree->root, NULL, HOST_HOLDERS, ret_host), 0);
	assert_int_equal(guests_read(&tree->root, ret_host, ret), 0);
}

static void machine_done(struct host *host, struct guests *guests)
{
	guests_done(guests);
	host_done(host);
}

static bool is_on(const struct guest_vcpu *vcpu, const char *list)
{
	struct cpus cpus;

	assert_int_equal(cpus_parse(list, &cpus), 0);
	return cpus_equal(&vcpu->allowed, &cpus);
}

static void libvirt(void **state)
{
	const struct tree *tree = *state;
	const struct guest *guest;
	struct guests guests;
	struct host host;
	char address[PCI_ADDRESS_MAX];

	tree_unpack(tree, "desktop-isolated");
	read_machine(tree, &host, &guests);
	assert_int_equal(guests.count, 1);
	guest = &guests.items[0];
	assert_int_equal(guest->pid, 4242);
	assert_string_equal(guest->name, "win10");
	assert_string_equal(guest->program, "qemu-system-x86_64");
	assert_true(guest->qemu && guest->setup.libvirt && guest->setup.kvm && guest->setup.uefi && !guest->hidden);
	assert_string_equal(guest->os, "http://microsoft.com/win/10");
	assert_int_equal(guest->device_count, 2);
	assert_string_equal(pci_address_format(&guest->devices[1].address, address), "0000:01:00.1");
	assert_int_equal(guest->devices[0].node, -1);
	assert_int_equal(guest->vcpu_count, 4);
	assert_int_equal(guest->vcpu_total, 4);
	assert_int_equal(guest->vcpus[1].number, 1);
	assert_int_equal(guest->vcpus[1].tid, 4251);
	assert_true(is_on(&guest->vcpus[1], "6"));
	assert_true(guest->memory.huge == MIB(8192));
	assert_true(guest->memory.transparent == MEMORY_UNKNOWN); /* not asked for: all of it is on hugetlb */
	assert_int_equal(guest->memory.size_count, 1);
	assert_true(guest->memory.sizes[0].page_size == MIB(2) && guest->memory.sizes[0].bytes == MIB(8192));
	assert_false(guest->memory.nodes_known);
	machine_done(&host, &guests);
}

static void four_kinds(void **state)
{
	const struct tree *tree = *state;
	const struct guest *guest;
	struct guests guests;
	struct host host;
	char address[PCI_ADDRESS_MAX];

	tree_unpack(tree, "server-guests");
	tree_link(tree, "sys/kernel/iommu_groups/20/devices/0000:00:00.0",
	          "../../../../devices/pci0000:00/0000:00:00.0"); /* a bridge */
	read_machine(tree, &host, &guests);
	assert_int_equal(guests.count, 4);
	assert_int_equal(guests.items[0].device_count, 1);
	/* QEMU without names of threads: those that have run a virtual CPU. */
	guest = &guests.items[0];
	assert_string_equal(guest->name, "build");
	assert_int_equal(guest->vcpu_count, 4);
	assert_int_equal(guest->vcpu_total, 4);
	assert_int_equal(guest->vcpus[0].number, -1);
	assert_int_equal(guest->vcpus[0].tid, 5104);
	assert_true(is_on(&guest->vcpus[0], "0-7"));
	assert_int_equal(guest->devices[0].node, 0);
	assert_true(guest->memory.huge == 0 && guest->memory.small == MIB(4288) && guest->memory.transparent == MIB(1024));
	assert_true(guest->memory.nodes_known);
	assert_int_equal(guest->memory.node_count, 2);
	assert_int_equal(guest->memory.nodes[1].number, 1);
	assert_true(guest->memory.nodes[1].bytes == UINT64_C(1048064) << 12);
	/* cloud-hypervisor, with a device of iommufd */
	guest = &guests.items[1];
	assert_string_equal(guest->name, "pid 5200");
	assert_false(guest->qemu);
	assert_int_equal(guest->device_count, 1);
	assert_string_equal(pci_address_format(&guest->devices[0].address, address), "0000:81:00.0");
	assert_int_equal(guest->vcpu_count, 2);
	assert_int_equal(guest->vcpus[1].number, 1);
	/* No virtual machine. */
	guest = &guests.items[2];
	assert_string_equal(guest->program, "dpdk-testpmd");
	assert_int_equal(guest->vcpu_count + guest->vcpu_total, 0);
	assert_int_equal(guest->memory.node_count, 1);
	assert_string_equal(guests.items[3].os, "http://microsoft.com/win/7");
	/* What it has of small pages on another node is not its memory. */
	assert_int_equal(guests.items[3].memory.node_count, 1);
	assert_ptr_equal(guests_find(&guests, "win7"), &guests.items[3]);
	assert_ptr_equal(guests_find(&guests, "pid 5200"), &guests.items[1]);
	assert_ptr_equal(guests_find(&guests, "5300"), &guests.items[2]);
	assert_ptr_equal(guests_find(&guests, "pid 5100"), &guests.items[0]);
	assert_null(guests_find(&guests, "530"));
	assert_null(guests_find(&guests, ""));
	machine_done(&host, &guests);
}

/* Of threads without names not all may have run yet, or the kernel may not name descriptors. */
static void threads(void **state)
{
	const struct tree *tree = *state;
	struct guests guests;
	struct host host;

	tree_unpack(tree, "server-guests");
	tree_write(tree, "proc/5100/task/5104/stat",
	           "5104 (qemu) x)) S 1 1 1 0 -1\n"); /* as short as no kernel writes it */
	tree_write(tree, "proc/5100/task/5105/status", "Name:\tqemu\n");
	tree_remove(tree, "proc/5100/task/5106/stat");
	tree_write(tree, "proc/5400/task/5405/stat", "5405 (CPU x/KVM) S 1 1 1 0 -1\n");
	read_machine(tree, &host, &guests);
	assert_int_equal(guests.items[0].vcpu_count, 2);
	assert_int_equal(guests.items[0].vcpu_total, 4);
	assert_true(cpus_empty(&guests.items[0].vcpus[0].allowed));
	assert_int_equal(guests.items[3].vcpu_count, 1);
	machine_done(&host, &guests);
	/* A name is worth more than time. */
	tree_write(tree, "proc/5100/task/5120/stat", "5120 (CPU 0/KVM) S 1 1 1 0 -1\n");
	for (int vcpu = 0; vcpu < 4; vcpu++) {
		char *path = format_text("proc/5100/fd/%d", 11 + vcpu);

		tree_remove(tree, path);
		free(path);
	}
	read_machine(tree, &host, &guests);
	assert_int_equal(guests.items[0].vcpu_count, 1);
	assert_int_equal(guests.items[0].vcpus[0].tid, 5120);
	assert_int_equal(guests.items[0].vcpu_total, 1);
	machine_done(&host, &guests);
	tree_remove(tree, "proc/5100/task/5120/stat");
	read_machine(tree, &host, &guests);
	assert_int_equal(guests.items[0].vcpu_total, 4); /* -smp */
	machine_done(&host, &guests);
}

/* What is walked page by page has a bound, and what cannot be read is unknown. */
static void memory(void **state)
{
	const struct tree *tree = *state;
	struct guests guests;
	struct host host;

	tree_unpack(tree, "server-guests");
	tree_write(tree, "proc/5400/status", "VmRSS:\t 8388609 kB\nHugetlbPages:\t 4194304 kB\n");
	tree_remove(tree, "proc/5100/smaps_rollup");
	tree_write(tree, "proc/5200/status", "VmRSS:\t 4 kB\n");
	tree_write(tree, "proc/5300/status", "VmRSS:\t many kB\nHugetlbPages:\t 0 kB\n");
	read_machine(tree, &host, &guests);
	assert_false(guests.items[3].memory.sizes_known || guests.items[3].memory.nodes_known);
	assert_true(guests.items[3].memory.huge == MIB(4096));
	assert_true(guests.items[0].memory.transparent == MEMORY_UNKNOWN);
	assert_true(guests.items[0].memory.nodes_known);
	assert_true(guests.items[1].memory.huge == MEMORY_UNKNOWN);
	assert_true(guests.items[2].memory.small == MEMORY_UNKNOWN);
	machine_done(&host, &guests);
	/* Transparent huge pages are walked fast: of as much memory all can be told. */
	tree_write(tree, "proc/5100/status", "VmRSS:\t 12582912 kB\nHugetlbPages:\t 0 kB\n");
	tree_write(tree, "proc/5100/smaps_rollup",
	           "Rss: 12582912 kB\nAnonHugePages: 4194304 kB\nShmemPmdMapped: 4194304 kB\n");
	read_machine(tree, &host, &guests);
	assert_true(guests.items[0].memory.transparent == MIB(8192));
	assert_true(guests.items[0].memory.nodes_known);
	machine_done(&host, &guests);
	tree_write(tree, "proc/5100/smaps_rollup", "Rss: 12582912 kB\nAnonHugePages: 4194303 kB\n");
	read_machine(tree, &host, &guests);
	assert_false(guests.items[0].memory.nodes_known);
	machine_done(&host, &guests);
}

/* As another user than root: the process is seen, and what it holds is not. */
static void hidden(void **state)
{
	const struct tree *tree = *state;
	struct guests guests;
	struct host host;

	tree_unpack(tree, "server-guests");
	assert_int_equal(host_read(&tree->root, NULL, HOST_HOLDERS, &host), 0);
	assert_int_equal(host.vfio_user_count, 4);
	for (size_t i = 0; i < host.vfio_user_count; i++) {
		host.vfio_users[i].hidden = true;
		host.vfio_users[i].node_count = 0;
	}
	tree_write_bytes(tree, "proc/5300/cmdline", "qemu-system-x86_64\0-device\0virtio-net-pci",
	                 42); /* a guest without a device */
	assert_int_equal(guests_read(&tree->root, &host, &guests), 0);
	assert_int_equal(guests.count, 2); /* those whose command line names vfio-pci */
	assert_true(guests.items[0].hidden);
	assert_string_equal(guests.items[0].name, "build");
	assert_int_equal(guests.items[0].device_count, 0);
	assert_string_equal(guests.items[1].name, "win7");
	machine_done(&host, &guests);
}

static void names(void **state)
{
	const struct tree *tree = *state;
	struct guests guests;
	struct host host;

	tree_unpack(tree, "desktop-isolated");
	tree_write_bytes(tree, "proc/4242/cmdline", "/usr/bin/kvm\0-name\0a\033[1mb\n", 27);
	read_machine(tree, &host, &guests);
	assert_string_equal(guests.items[0].name, "a?[1mb?");
	assert_true(guests.items[0].qemu);
	assert_string_equal(guests.items[0].os, "");
	machine_done(&host, &guests);
	tree_write(tree, "proc/4242/cmdline", ""); /* it has ended */
	read_machine(tree, &host, &guests);
	assert_string_equal(guests.items[0].name, "pid 4242");
	assert_false(guests.items[0].qemu);
	machine_done(&host, &guests);
	/* A container is no device, and no guest no guest. */
	tree_link(tree, "proc/4242/fd/31", "/dev/vfio/vfio");
	read_machine(tree, &host, &guests);
	assert_int_equal(guests.count, 0);
	assert_int_equal(guests.topology.node_count, 0);
	machine_done(&host, &guests);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(libvirt), tree_test(four_kinds), tree_test(threads),
		tree_test(memory),  tree_test(hidden),     tree_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
