/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "host/host.h"
#include "host/usage.h"

#define NVME "sys/devices/pci0000:00/0000:00:06.0/0000:02:00.0/nvme/nvme0/nvme0n1"
#define SATA "sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda"

static unsigned int usage_of(const struct tree *tree, const char *text)
{
	struct pci_address address;
	struct host host;
	unsigned int usage;

	assert_int_equal(pci_address_parse(text, &address), 0);
	assert_int_equal(host_read(&tree->root, NULL, HOST_ALL_DETAILS | HOST_STORAGE, &host), 0);
	usage = pci_find(&host.pci, &address)->detail->usage;
	host_done(&host);
	return usage;
}

static void as_recorded(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-intel-z690");
	/* Through the partition, the volume and the link of its name. */
	assert_int_equal(usage_of(tree, "02:00.0"), USAGE_ROOT | USAGE_MOUNTED | USAGE_SWAP);
	assert_int_equal(usage_of(tree, "03:00.0"), USAGE_DEFAULT_ROUTE);
	assert_int_equal(usage_of(tree, "01:00.0"), 0);
	assert_int_equal(usage_of(tree, "00:17.0"), 0);
}

static void disks(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-intel-z690");
	tree_mkdir(tree, SATA "/sda1");
	tree_link(tree, "sys/class/block/sda1",
	          "../../devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda1");
	tree_write(tree, "proc/mounts",
	           "/dev/sda1 /srv/with\\040blank xfs rw 0 0\ntmpfs /run tmpfs rw 0 0\nserver:/srv /mnt nfs rw 0 0\n");
	tree_write(tree, "proc/swaps", "Filename Type Size Used Priority\n");
	assert_int_equal(usage_of(tree, "00:17.0"), USAGE_MOUNTED);
	assert_int_equal(usage_of(tree, "02:00.0"), 0);
	/* A volume over both disks. */
	tree_link(tree, "sys/devices/virtual/block/dm-0/slaves/sda1", "../../../../pci0000:00");
	tree_write(tree, "proc/mounts", "/dev/mapper/vg-root / ext4 rw 0 0\n");
	assert_int_equal(usage_of(tree, "00:17.0"), USAGE_ROOT | USAGE_MOUNTED);
	assert_int_equal(usage_of(tree, "02:00.0"), USAGE_ROOT | USAGE_MOUNTED);
	/* Volumes that are made of themselves do not exist, and do not hang us. */
	tree_link(tree, "sys/devices/virtual/block/dm-0/slaves/dm-0", "../../dm-0");
	assert_int_equal(usage_of(tree, "02:00.0"), USAGE_ROOT | USAGE_MOUNTED);
	tree_remove(tree, "proc/mounts");
	tree_remove(tree, "proc/swaps");
	assert_int_equal(usage_of(tree, "02:00.0"), 0);
}

static void routes(void **state)
{
	static const char header[] = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n";
	const struct tree *tree = *state;
	char *text;

	tree_unpack(tree, "desktop-intel-z690");
	text = format_text("%senp3s0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n", header); /* no default */
	tree_write(tree, "proc/net/route", text);
	assert_int_equal(usage_of(tree, "03:00.0"), 0);
	free(text);
	/* Through a bridge. */
	tree_link(tree, "sys/class/net/br0", "../../devices/virtual/net/br0");
	tree_link(tree, "sys/devices/virtual/net/br0/lower_enp3s0", "../../../pci0000:00");
	text = format_text("%sbr0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n", header);
	tree_write(tree, "proc/net/route", text);
	assert_int_equal(usage_of(tree, "03:00.0"), USAGE_DEFAULT_ROUTE);
	free(text);
	tree_write(tree, "proc/net/route", header);
	assert_int_equal(usage_of(tree, "03:00.0"), 0);
	tree_write(tree, "proc/net/ipv6_route",
	           "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
	           "fe800000000000000000000000000001 00000400 00000001 00000000 00000003 enp3s0\n");
	assert_int_equal(usage_of(tree, "03:00.0"), USAGE_DEFAULT_ROUTE);
	tree_write(tree, "proc/net/ipv6_route",
	           "fe800000000000000000000000000000 40 00000000000000000000000000000000 00 "
	           "00000000000000000000000000000000 00000100 00000001 00000000 00000001 enp3s0\n"
	           "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
	           "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n");
	assert_int_equal(usage_of(tree, "03:00.0"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(as_recorded), tree_test(disks), tree_test(routes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
