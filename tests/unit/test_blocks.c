/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which functions block devices stand on. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "host/blocks.h"

#define NVME "devices/pci0000:00/0000:00:06.0/0000:02:00.0/nvme/nvme0/nvme0n1"
#define SATA "devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda"

struct machine {
	struct pci pci;
	struct blocks blocks;
};

static void machine_read(const struct tree *tree, struct machine *ret)
{
	assert_int_equal(pci_read(&tree->root, false, &ret->pci), 0);
	assert_int_equal(blocks_read(&tree->root, &ret->pci, &ret->blocks), 0);
}

static void machine_done(struct machine *machine)
{
	blocks_done(&machine->blocks);
	pci_done(&machine->pci);
}

/* Adds an empty block at sys/PATH. */
static void add_block(const struct tree *tree, const char *name, const char *path)
{
	char *link = format_text("sys/class/block/%s", name), *target = format_text("../../%s", path),
		 *folder = format_text("sys/%s", path);

	tree_mkdir(tree, folder);
	tree_link(tree, link, target);
	free(link);
	free(target);
	free(folder);
}

static void add_slave(const struct tree *tree, const char *upper, const char *lower)
{
	char *link = format_text("sys/devices/virtual/block/%s/slaves/%s", upper, lower);

	tree_link(tree, link, "../../anything");
	free(link);
}

static void add_text(const struct tree *tree, const char *path, const char *attribute, const char *text)
{
	char *file = format_text("sys/%s/%s", path, attribute);

	tree_write(tree, file, text);
	free(file);
}

static const struct block *find(const struct machine *machine, const char *name)
{
	const struct block *block = blocks_find(&machine->blocks, name);

	if (!block)
		fail_msg("%s is not there", name);
	return block;
}

static bool stands_on(const struct machine *machine, const char *name, const char *function)
{
	struct pci_address address;

	assert_int_equal(pci_address_parse(function, &address), 0);
	return block_on_function(find(machine, name), (size_t)(pci_find(&machine->pci, &address) - machine->pci.functions));
}

static void partitions_and_volumes(void **state)
{
	const struct tree *tree = *state;
	struct machine machine;

	tree_unpack(tree, "desktop-intel-z690");
	machine_read(tree, &machine);
	assert_true(stands_on(&machine, "nvme0n1", "02:00.0"));
	assert_true(stands_on(&machine, "nvme0n1p2", "02:00.0"));
	assert_true(stands_on(&machine, "nvme0n1p2", "00:06.0")); /* and on the port above */
	assert_true(stands_on(&machine, "dm-0", "02:00.0"));
	assert_false(stands_on(&machine, "dm-0", "00:17.0"));
	assert_string_equal(find(&machine, "dm-0")->mapper, "vg-root");
	assert_int_equal(strncmp(find(&machine, "nvme0n1p2")->upper, "dm-", 3), 0); /* the first of two volumes */
	assert_string_equal(find(&machine, "nvme0n1p1")->upper, "");
	assert_string_equal(find(&machine, "nvme0n1")->upper, ""); /* a partition is no container */
	assert_true(find(&machine, "nvme0n1p1")->is_partition);
	assert_false(find(&machine, "nvme0n1")->is_partition);
	assert_int_equal(find(&machine, "nvme0n1p1")->lower_count, 1);
	assert_string_equal(machine.blocks.items[find(&machine, "nvme0n1p1")->lower[0]].name, "nvme0n1");
	machine_done(&machine);
}

/* The order of the directory is nobody's: what is found first may stand on what is found last. */
static void layers_in_every_order(void **state)
{
	const struct tree *tree = *state;
	struct machine machine;

	tree_unpack(tree, "desktop-intel-z690");
	for (int i = 1; i <= 12; i++) { /* up1 to up6 made bottom up, down1 to down6 top down */
		char *name = format_text("%s%d", i <= 6 ? "up" : "down", i <= 6 ? i : 13 - i),
			 *path = format_text("devices/virtual/block/%s", name);

		add_block(tree, name, path);
		free(path);
		free(name);
	}
	for (int i = 1; i <= 12; i++) {
		int number = i <= 6 ? i : i - 6;
		char *upper = format_text("%s%d", i <= 6 ? "up" : "down", number);
		char *lower = number == 1 ? format_text("nvme0n1p1") : format_text("%s%d", i <= 6 ? "up" : "down", number - 1);

		add_slave(tree, upper, lower);
		free(lower);
		free(upper);
	}
	machine_read(tree, &machine);
	assert_true(stands_on(&machine, "up6", "02:00.0"));
	assert_true(stands_on(&machine, "down6", "02:00.0"));
	machine_done(&machine);
}

/* A file system on dm-crypt on LVM on md over two disks. */
static void many_layers(void **state)
{
	const struct tree *tree = *state;
	struct machine machine;

	tree_unpack(tree, "desktop-intel-z690");
	add_block(tree, "sda", SATA);
	add_block(tree, "sda1", SATA "/sda1");
	add_text(tree, SATA "/sda1", "partition", "1\n");
	add_block(tree, "a-top", "devices/virtual/block/a-top");
	add_block(tree, "b-crypt", "devices/virtual/block/b-crypt");
	add_block(tree, "md0", "devices/virtual/block/md0");
	add_slave(tree, "a-top", "b-crypt");
	add_slave(tree, "b-crypt", "md0");
	add_slave(tree, "md0", "sda1");
	add_slave(tree, "md0", "nvme0n1p1");
	add_slave(tree, "md0", "gone");
	add_slave(tree, "md0", "a-top"); /* a ring does not hang us */
	machine_read(tree, &machine);
	assert_true(stands_on(&machine, "a-top", "00:17.0"));
	assert_true(stands_on(&machine, "a-top", "02:00.0"));
	assert_false(stands_on(&machine, "sda1", "02:00.0"));
	assert_string_equal(find(&machine, "b-crypt")->upper, "a-top");
	assert_string_equal(find(&machine, "sda1")->upper, "md0");
	machine_done(&machine);
}

/*
 * drivers/nvme/host/multipath.c: the namespace hangs below its subsystem, and nvme-subsys7 has the
 * controllers nvme0 and nvme3; the paths to it are hidden disks without nodes.
 */
static void nvme_multipath(void **state)
{
	const struct tree *tree = *state;
	struct machine machine;

	tree_unpack(tree, "server-two-sockets");
	add_block(tree, "nvme9n1", "devices/virtual/nvme-subsystem/nvme-subsys7/nvme9n1");
	add_block(tree, "nvme9n1p1", "devices/virtual/nvme-subsystem/nvme-subsys7/nvme9n1/nvme9n1p1");
	add_text(tree, "devices/virtual/nvme-subsystem/nvme-subsys7/nvme9n1/nvme9n1p1", "partition", "1\n");
	tree_link(tree, "sys/class/nvme-subsystem/nvme-subsys7", "../../devices/virtual/nvme-subsystem/nvme-subsys7");
	tree_link(tree, "sys/devices/virtual/nvme-subsystem/nvme-subsys7/nvme0",
	          "../../../pci0001:4a/0001:4a:04.0/0001:4b:00.0/nvme/nvme0");
	tree_link(tree, "sys/devices/virtual/nvme-subsystem/nvme-subsys7/nvme3",
	          "../../../pci0001:4a/0001:4a:05.0/0001:4c:00.0/nvme/nvme3");
	/* Another subsystem bears the number of our controller. */
	tree_link(tree, "sys/class/nvme-subsystem/nvme-subsys9", "../../devices/virtual/nvme-subsystem/nvme-subsys9");
	tree_link(tree, "sys/devices/virtual/nvme-subsystem/nvme-subsys9/nvme1",
	          "../../../pci0000:00/0000:00:14.0/nvme/nvme1");
	add_block(tree, "nvme9c0n1", "devices/pci0001:4a/0001:4a:04.0/0001:4b:00.0/nvme/nvme0/nvme9c0n1");
	add_text(tree, "devices/pci0001:4a/0001:4a:04.0/0001:4b:00.0/nvme/nvme0/nvme9c0n1", "hidden", "1\n");
	machine_read(tree, &machine);
	assert_true(stands_on(&machine, "nvme9n1", "0001:4b:00.0"));
	assert_true(stands_on(&machine, "nvme9n1", "0001:4c:00.0"));
	assert_true(stands_on(&machine, "nvme9n1p1", "0001:4c:00.0"));
	assert_false(stands_on(&machine, "nvme9n1", "00:14.0"));
	assert_true(find(&machine, "nvme9c0n1")->empty); /* nothing to read there: what is on it is read through nvme9n1 */
	assert_false(find(&machine, "nvme9n1")->empty);
	machine_done(&machine);
}

static void nodes(void **state)
{
	const struct tree *tree = *state;
	struct machine machine;

	tree_unpack(tree, "desktop-intel-z690");
	tree_link(tree, "dev/disk/by-id/nvme-A_B-part1", "../../nvme0n1p1");
	tree_link(tree, "dev/vg/root", "../dm-0");
	machine_read(tree, &machine);
	assert_ptr_equal(blocks_find_node(&tree->root, &machine.blocks, "/dev/nvme0n1p1"), find(&machine, "nvme0n1p1"));
	assert_ptr_equal(blocks_find_node(&tree->root, &machine.blocks, "/dev/disk/by-id/nvme-A_B-part1"),
	                 find(&machine, "nvme0n1p1"));
	assert_ptr_equal(blocks_find_node(&tree->root, &machine.blocks, "/dev/vg/root"), find(&machine, "dm-0"));
	tree_remove(tree, "dev/mapper/vg-swap"); /* dm's own name does without the link */
	assert_ptr_equal(blocks_find_node(&tree->root, &machine.blocks, "/dev/mapper/vg-swap"), find(&machine, "dm-1"));
	assert_null(blocks_find_node(&tree->root, &machine.blocks, "/dev/nvme0n1p9"));
	assert_null(blocks_find_node(&tree->root, &machine.blocks, "nvme0n1p1"));
	assert_null(blocks_find_node(&tree->root, &machine.blocks, "/swapfile"));
	assert_null(blocks_find_node(&tree->root, &machine.blocks, "/dev/"));
	machine_done(&machine);
}

static void expect_node(const struct tree *tree, struct machine *machine, const char *node, const char *name)
{
	const struct block *block = blocks_find_node(&tree->root, &machine->blocks, node);

	if (name ? !block || strcmp(block->name, name) != 0 : block != NULL)
		fail_msg("%s is %s, expected %s", node, block ? block->name : "nothing", name ? name : "nothing");
}

/* Links to links: md's names, volumes of LVM, rules of an administrator's own. */
static void links_to_links(void **state)
{
	const struct tree *tree = *state;
	struct machine machine;

	tree_unpack(tree, "desktop-intel-z690");
	add_block(tree, "md127", "devices/virtual/block/md127");
	add_block(tree, "cciss!c0d0p1", SATA "/cciss!c0d0p1");
	tree_link(tree, "dev/md/data", "../md127");
	tree_link(tree, "dev/disk/by-id/md-name-data", "../../md/data");
	tree_link(tree, "dev/backup", "/dev/disk/by-id/md-name-data");
	tree_link(tree, "dev/array", "cciss/c0d0p1");
	tree_link(tree, "dev/far/8", "./../md127");
	for (int i = 0; i < 8; i++) {
		char *link = format_text("dev/far/%d", i), *target = format_text("%d", i + 1);

		tree_link(tree, link, target);
		free(link);
		free(target);
	}
	tree_link(tree, "dev/ring", "ring");
	tree_link(tree, "dev/out", "../etc/md127");
	tree_link(tree, "dev/gone", "disk/md127");
	machine_read(tree, &machine);
	expect_node(tree, &machine, "/dev/md/data", "md127");
	expect_node(tree, &machine, "/dev/disk/by-id/md-name-data", "md127");
	expect_node(tree, &machine, "/dev/backup", "md127");
	expect_node(tree, &machine, "/dev/far/1", "md127");
	expect_node(tree, &machine, "/dev/far/0", NULL); /* nine of them: nobody means that */
	expect_node(tree, &machine, "/dev/array", "cciss!c0d0p1");
	expect_node(tree, &machine, "/dev/cciss/c0d0p1", "cciss!c0d0p1");
	expect_node(tree, &machine, "/dev//./md127", "md127");
	expect_node(tree, &machine, "/dev/ring", NULL);
	expect_node(tree, &machine, "/dev/out", NULL);
	expect_node(tree, &machine, "/dev/gone", NULL);
	assert_false(machine.blocks.incomplete);
	expect_node(tree, &machine, "/dev/ring/disk", NULL); /* ELOOP: nobody knows what it is */
	assert_true(machine.blocks.incomplete);
	machine_done(&machine);
}

/* A loop device over a raw partition holds it, and what is mounted from it stands on its disk. */
static void loops_and_waiting_arrays(void **state)
{
	const struct tree *tree = *state;
	struct machine machine;

	tree_unpack(tree, "desktop-intel-z690");
	add_block(tree, "loop0", "devices/virtual/block/loop0");
	add_text(tree, "devices/virtual/block/loop0", "loop/backing_file", "/dev/disk/by-id/nvme-A_B-part1\n");
	tree_link(tree, "dev/disk/by-id/nvme-A_B-part1", "../../nvme0n1p1");
	add_block(tree, "loop1", "devices/virtual/block/loop1");
	add_text(tree, "devices/virtual/block/loop1", "loop/backing_file", "/srv/nvme0n1\n");
	add_block(tree, "loop2", "devices/virtual/block/loop2");
	add_block(tree, "sda", SATA);
	add_block(tree, "md9", "devices/virtual/block/md9"); /* waits for its other members */
	add_text(tree, "devices/virtual/block/md9", "size", "0\n");
	add_slave(tree, "md9", "sda");
	add_text(tree, "devices/virtual/block/dm-0", "dm/uuid",
	         "LVM-0123456789abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZabcdef\n");
	add_text(tree, "devices/virtual/block/dm-1", "dm/uuid",
	         "CRYPT-LUKS2-0123456789abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZabcdef\n");
	machine_read(tree, &machine);
	assert_string_equal(find(&machine, "nvme0n1p1")->upper, "loop0");
	assert_true(stands_on(&machine, "loop0", "02:00.0"));
	assert_false(stands_on(&machine, "loop1", "02:00.0"));
	assert_string_equal(find(&machine, "nvme0n1")->upper, "");
	assert_string_equal(find(&machine, "sda")->upper, "md9");
	assert_string_equal(find(&machine, "dm-0")->volume_group, "0123456789abcdefghijklmnopqrstuv");
	assert_string_equal(find(&machine, "dm-1")->volume_group, "");
	assert_false(machine.blocks.incomplete);
	machine_done(&machine);
	tree_mkdir(tree, "sys/devices/virtual/block/loop2/loop/backing_file"); /* EISDIR: it may be over anything */
	machine_read(tree, &machine);
	assert_true(machine.blocks.incomplete);
	machine_done(&machine);
}

static void over_the_network(void **state)
{
	const struct tree *tree = *state;
	struct machine machine;

	tree_unpack(tree, "desktop-intel-z690");
	add_block(tree, "sdi", "devices/platform/host7/session1/target7:0:0/7:0:0:1/block/sdi");
	add_block(tree, "sdh", "devices/pci0000:00/0000:00:17.0/host8/session2/target8:0:0/8:0:0:1/block/sdh");
	add_block(tree, "sda", SATA);
	add_block(tree, "nvme8n1", "devices/virtual/nvme-fabrics/ctl/nvme8/nvme8n1");
	add_block(tree, "nbd0", "devices/virtual/block/nbd0");
	add_block(tree, "etherd!e1.0", "devices/virtual/block/etherd!e1.0");
	add_block(tree, "dm-7", "devices/virtual/block/dm-7");
	add_slave(tree, "dm-7", "dm-6");
	add_block(tree, "dm-6", "devices/virtual/block/dm-6");
	add_slave(tree, "dm-6", "sdi");
	machine_read(tree, &machine);
	assert_true(find(&machine, "sdi")->network);
	assert_true(find(&machine, "sdh")->network);
	assert_true(find(&machine, "nvme8n1")->network);
	assert_true(find(&machine, "nbd0")->network);
	assert_true(find(&machine, "etherd!e1.0")->network);
	assert_true(find(&machine, "dm-7")->network);
	assert_false(find(&machine, "sda")->network);
	assert_false(find(&machine, "dm-0")->network);
	machine_done(&machine);
}

/* An unbound loop device of the machine that runs this, held by us; -1 where there is none to have. */
static int hold_any_device(dev_t *ret_number)
{
	for (int i = 7; i >= 0; i--) {
		char *node = format_text("/dev/loop%d", i);
		int fd = open(node, O_RDONLY | O_EXCL | O_CLOEXEC);
		struct stat stat;

		free(node);
		if (fd >= 0 && fstat(fd, &stat) == 0 && S_ISBLK(stat.st_mode)) {
			*ret_number = stat.st_rdev;
			return fd;
		}
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

/* What the kernel holds for a use that no table shows is in use; and only what may be taken is asked for. */
static void held_by_the_kernel(void **state)
{
	const struct tree *tree = *state;
	struct machine machine;
	dev_t number;
	int held = hold_any_device(&number), fd;

	tree_unpack(tree, "desktop-intel-z690");
	add_block(tree, "sda", SATA);
	add_block(tree, "sda1", SATA "/sda1");
	add_text(tree, SATA "/sda1", "partition", "1\n");
	tree_mkdir(tree, "dev");
	if (held < 0 || mknodat(tree->root.fd, "dev/sda1", S_IFBLK | 0600, number) < 0 ||
	    mknodat(tree->root.fd, "dev/sda", S_IFBLK | 0600, number) < 0)
		skip();
	fd = openat(tree->root.fd, "dev/sda1", O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		skip(); /* the folder for temporary files takes no devices */
	close(fd);
	machine_read(tree, &machine);
	assert_int_equal(pci_read_detail(&tree->root, &machine.pci.functions[0]), 0);
	blocks_probe(&tree->root, &machine.pci, &machine.blocks);
	assert_false(find(&machine, "sda1")->busy); /* not of a function that anybody asks for */
	for (size_t i = 0; i < machine.pci.count; i++)
		assert_int_equal(pci_read_detail(&tree->root, &machine.pci.functions[i]), 0);
	blocks_find(&machine.blocks, "sda")->use = USE_NAMED;
	blocks_probe(&tree->root, &machine.pci, &machine.blocks);
	assert_false(find(&machine, "sda1")->busy); /* refused as it is */
	blocks_find(&machine.blocks, "sda")->use = 0;
	blocks_probe(&tree->root, &machine.pci, &machine.blocks);
	assert_true(find(&machine, "sda1")->busy);
	assert_false(find(&machine, "sda")->busy); /* its partitions tell */
	close(held);
	blocks_probe(&tree->root, &machine.pci, &machine.blocks);
	assert_false(find(&machine, "sda1")->busy);
	blocks_find(&machine.blocks, "sda1")->content.was_busy = true;
	blocks_probe(&tree->root, &machine.pci, &machine.blocks);
	assert_true(find(&machine, "sda1")->busy);
	fd = openat(tree->root.fd, "dev/sda1", O_RDONLY | O_EXCL | O_CLOEXEC);
	assert_true(fd >= 0); /* and we do not hold it, either */
	close(fd);
	machine_done(&machine);
}

static void content_of_what_may_have_some(void **state)
{
	const struct tree *tree = *state;
	struct machine machine;

	tree_unpack(tree, "desktop-intel-z690");
	add_block(tree, "loop0", "devices/virtual/block/loop0");
	add_block(tree, "zram0", "devices/virtual/block/zram0");
	add_block(tree, "sdb", SATA "b"); /* a card reader without a card */
	add_text(tree, SATA "b", "size", "0\n");
	add_block(tree, "sda", SATA);
	add_text(tree, SATA, "size", "100\n");
	machine_read(tree, &machine);
	assert_int_equal(find(&machine, "nvme0n1p1")->content.kind, CONTENT_UNREAD);
	blocks_read_content(&tree->root, &machine.blocks);
	assert_int_equal(find(&machine, "nvme0n1p1")->content.kind, CONTENT_FILESYSTEM);
	assert_int_equal(find(&machine, "nvme0n1p2")->content.kind, CONTENT_CONTAINER);
	assert_int_equal(find(&machine, "nvme0n1")->content.kind, CONTENT_TABLE);
	assert_int_equal(find(&machine, "loop0")->content.kind, CONTENT_UNREAD);
	assert_int_equal(find(&machine, "zram0")->content.kind, CONTENT_UNREAD);
	assert_true(find(&machine, "sdb")->empty);
	assert_int_equal(find(&machine, "sdb")->content.kind, CONTENT_UNREAD);
	assert_int_equal(find(&machine, "sda")->content.kind, CONTENT_UNREADABLE);
	machine_done(&machine);
}

static void no_sysfs(void **state)
{
	const struct tree *tree = *state;
	struct blocks blocks;
	const struct pci none = { 0 };

	assert_int_equal(blocks_read(&tree->root, &none, &blocks), 0);
	assert_int_equal(blocks.count, 0);
	blocks_done(&blocks);
	blocks_done(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(partitions_and_volumes),
		tree_test(many_layers),
		tree_test(layers_in_every_order),
		tree_test(nvme_multipath),
		tree_test(nodes),
		tree_test(links_to_links),
		tree_test(loops_and_waiting_arrays),
		tree_test(over_the_network),
		tree_test(held_by_the_kernel),
		tree_test(content_of_what_may_have_some),
		tree_test(no_sysfs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
