/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that may name a device which the host needs, and in which way it may name it. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "host/clones.h"
#include "host/storage.h"

/* nvme1n1p2 of this machine: UUID 01DA5F3B2C4D6E80, LABEL "Windows 11", PARTUUID ...0004, PARTLABEL "Basic data
 * partition". */
#define HOST "desktop-amd-x570"
#define GUEST "nvme1n1p2"
#define PARTUUID "1f0c0de0-0001-4000-8000-000000000004"

static void read_all(const struct tree *tree, const struct root *system, const char *mount_point, struct pci *pci,
                     struct storage *storage)
{
	struct cmdline cmdline;

	assert_int_equal(pci_read(&tree->root, false, pci), 0);
	assert_int_equal(cmdline_read(&tree->root, &cmdline), 0);
	assert_int_equal(storage_read(&tree->root, system, mount_point, pci, &cmdline, storage), 0);
	cmdline_done(&cmdline);
}

struct seen {
	unsigned int use;
	size_t unresolved;
	char detail[96], unresolved_name[128], incomplete[128];
};

/* How a block is used, and what is unresolved. */
static struct seen look(const struct tree *tree, const char *name)
{
	struct pci pci;
	struct storage storage;
	struct seen seen = { 0 };
	const struct block *block;

	read_all(tree, &tree->root, "/", &pci, &storage);
	block = blocks_find(&storage.blocks, name);
	if (!block)
		fail_msg("%s is not there", name);
	seen.use = block->use;
	strcpy(seen.detail, block->detail);
	seen.unresolved = storage.unresolved;
	strcpy(seen.unresolved_name, storage.unresolved_name);
	strcpy(seen.incomplete, storage.incomplete);
	storage_done(&storage);
	pci_done(&pci);
	return seen;
}

/* The guest's disk, and nothing that names it yet. */
static void unpack(const struct tree *tree)
{
	tree_unpack(tree, HOST);
	tree_remove(tree, "etc/fstab");
	tree_write(tree, "proc/cmdline", "ro\n");
	tree_link(tree, "dev/disk/by-id/nvme-X_1-part2", "../../" GUEST);
	tree_link(tree, "dev/disk/by-path/pci-0000:04:00.0-nvme-1-part2", "../../" GUEST);
	tree_link(tree, "dev/disk/by-label/anything", "../../nvme0n1p1");
}

static const char *const ways[] = {
	"UUID=01DA5F3B2C4D6E80", "UUID=01da5f3b2c4d6e80", "UUID=\"01DA5F3B2C4D6E80\"", "PARTUUID=" PARTUUID,
	"ID=nvme-X_1-part2", "/dev/" GUEST, "/dev/disk/by-uuid/01DA5F3B2C4D6E80", "/dev/disk/by-partuuid/" PARTUUID,
	"/dev/disk/by-id/nvme-X_1-part2", "/dev/disk/by-path/pci-0000:04:00.0-nvme-1-part2",
	"/dev/disk/by-label/Windows\\x2011",
	"/dev/disk/by-partlabel/Basic\\x20data\\x20partition",
};

static void expect_named(const struct tree *tree, const char *file, const char *format, const char *way,
                         unsigned int use)
{
	char *text = format_text("%s%s%s", format, way, strcmp(file, "etc/fstab") == 0 ? " /srv auto nofail 0 0\n" : "\n");
	struct seen seen;

	tree_write(tree, file, text);
	seen = look(tree, GUEST);
	if (seen.use != use || seen.unresolved)
		fail_msg("%s: '%s': use %x, %zu unresolved; expected %x and none", file, text, seen.use, seen.unresolved, use);
	assert_true(seen.detail[0]); /* each use can be told */
	assert_int_equal(look(tree, "nvme1n1p1").use, 0);
	tree_write(tree, file, strcmp(file, "proc/cmdline") == 0 ? "ro\n" : "");
	free(text);
}

static void every_way_to_name_a_device(void **state)
{
	const struct tree *tree = *state;

	unpack(tree);
	assert_int_equal(look(tree, GUEST).use, 0);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		expect_named(tree, "etc/fstab", "", ways[i], USE_NAMED);
		expect_named(tree, "etc/crypttab", "home ", ways[i], USE_NAMED);
		if (strchr(ways[i], '"'))
			continue;
		expect_named(tree, "proc/cmdline", "ro resume=", ways[i], USE_RESUME);
		expect_named(tree, "proc/cmdline", "ro root=", ways[i], USE_NAMED);
	}
	expect_named(tree, "proc/cmdline", "ro root=block:", "UUID=01DA5F3B2C4D6E80", USE_NAMED);
	expect_named(tree, "proc/cmdline", "ro rd.luks.uuid=", "luks-01DA5F3B2C4D6E80", USE_NAMED);
	/* Blanks: fstab writes them as \040, the kernel command line in quotes. */
	expect_named(tree, "etc/fstab", "", "LABEL=Windows\\04011", USE_NAMED);
	expect_named(tree, "etc/fstab", "", "PARTLABEL=Basic\\040data\\040partition", USE_NAMED);
	expect_named(tree, "etc/fstab", "", "LABEL=\"Windows\\04011\"", USE_NAMED);
	expect_named(tree, "proc/cmdline", "ro ", "root=\"LABEL=Windows 11\"", USE_NAMED);
	expect_named(tree, "etc/crypttab", "home /dev/nvme0n1p2 ", "/dev/" GUEST ":/root.key", USE_NAMED);
}

static void mounts_and_swaps(void **state)
{
	const struct tree *tree = *state;
	struct seen seen;

	unpack(tree);
	tree_write(tree, "proc/mounts",
	           "/dev/" GUEST " /mnt/a\\040b ntfs3 rw 0 0\ntmpfs /run tmpfs rw 0 0\nserver:/x /nfs nfs rw 0 0\n");
	seen = look(tree, GUEST);
	assert_int_equal(seen.use, USE_MOUNTED);
	assert_string_equal(seen.detail, "mounted at /mnt/a b");
	assert_int_equal(seen.unresolved, 0);
	tree_write(tree, "proc/mounts", "/dev/" GUEST " / ext4 rw 0 0\n");
	assert_int_equal(look(tree, GUEST).use, USE_ROOT | USE_MOUNTED);
	tree_write(tree, "proc/mounts",
	           "/dev/nvme0n1p2:/dev/nvme0n1p1:/dev/" GUEST " /pool bcachefs rw 0 0\n"); /* a list of members */
	assert_int_equal(look(tree, GUEST).use, USE_MOUNTED);
	assert_int_equal(look(tree, "nvme0n1p2").use, USE_MOUNTED);
	tree_write(tree, "proc/mounts", "tank/home /home zfs rw 0 0\n/dev/gone /x ext4 rw 0 0\n");
	seen = look(tree, GUEST);
	assert_int_equal(seen.use, 0);
	assert_int_equal(seen.unresolved, 1); /* /dev/gone is more than that: a mount that nothing answers to */
	assert_non_null(strstr(seen.unresolved_name, "tank/home"));
	tree_write(tree, "proc/mounts", "");
	tree_write(tree, "proc/swaps",
	           "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/swapfile file 1 0 -3\n/dev/" GUEST
	           "                          partition\t1\t0\t-2\n");
	assert_int_equal(look(tree, GUEST).use, USE_SWAP);
}

/* In the initramfs the root is mounted elsewhere, and its etc/ is there. */
static void before_the_switch_to_the_root(void **state)
{
	const struct tree *tree = *state;
	struct root system;
	struct storage storage;
	struct pci pci;
	char *directory = format_text("%s/sysroot", tree->directory);

	unpack(tree);
	tree_write(tree, "proc/mounts", "rootfs / rootfs rw 0 0\n/dev/nvme0n1p2 /sysroot ext4 rw 0 0\n");
	tree_write(tree, "sysroot/etc/fstab", "UUID=01DA5F3B2C4D6E80 /srv ntfs3 defaults 0 0\n");
	tree_write(tree, "sysroot/etc/zfs/zpool.cache", "x");
	tree_write(tree, "etc/fstab", "/dev/nvme1n1p1 /wrong vfat defaults 0 0\n"); /* the initramfs' own */
	assert_int_equal(root_open(directory, &system), 0);
	read_all(tree, &system, "/sysroot", &pci, &storage);
	assert_int_equal(blocks_find(&storage.blocks, "nvme0n1p2")->use, USE_ROOT | USE_MOUNTED);
	assert_int_equal(blocks_find(&storage.blocks, GUEST)->use, USE_NAMED);
	assert_int_equal(blocks_find(&storage.blocks, "nvme1n1p1")->use, 0);
	assert_non_null(storage.pools);
	storage_done(&storage);
	pci_done(&pci);
	root_done(&system);
	free(directory);
}

static void expect_unresolved(const struct tree *tree, const char *fstab, size_t unresolved)
{
	struct seen seen;

	tree_write(tree, "etc/fstab", fstab);
	seen = look(tree, GUEST);
	if (seen.unresolved != unresolved || seen.use)
		fail_msg("'%s': %zu unresolved (%s), use %x", fstab, seen.unresolved, seen.unresolved_name, seen.use);
	assert_true(!unresolved == !seen.unresolved_name[0]);
}

static void what_nothing_answers_to(void **state)
{
	const struct tree *tree = *state;

	unpack(tree);
	expect_unresolved(tree, "UUID=0000-0000 /a vfat defaults 0 0\n", 1);
	expect_unresolved(tree, "LABEL=Windows /a vfat defaults 0 0\n", 1);
	expect_unresolved(tree, "/dev/mapper/vg-home /home ext4 defaults 0 0\n/dev/vg/srv /srv ext4 defaults 0 0\n", 2);
	expect_unresolved(tree, "/dev/disk/by-uuid/0000-0000 /a vfat defaults 0 0\n", 1);
	expect_unresolved(tree, "/dev/disk/by-id/ata-GONE-part1 /a vfat defaults 0 0\n", 1);
	expect_unresolved(tree, "tank/home /home zfs defaults 0 0\n", 1);
	/* These name no block device. */
	expect_unresolved(
		tree,
		"# UUID=0000-0000 /a vfat defaults 0 0\n\nproc /proc proc defaults 0 0\ntmpfs /tmp tmpfs rw 0 0\n"
		"server:/export /nfs nfs defaults 0 0\n//server/share /smb cifs guest 0 0\n/swapfile none swap sw 0 0\n"
		"user@host:dir /sshfs fuse.sshfs x=y 0 0\noverlay /o overlay lowerdir=/a 0 0\n/srv/a /b none bind 0 0\n",
		0);
	expect_unresolved(tree, "\n \n\t\nx\n", 0);
	tree_write(tree, "etc/fstab", "");
	tree_write(tree, "etc/crypttab",
	           "# a UUID=1\nswap /dev/gone /dev/urandom swap\n\nlone\nfile /var/lib/x.img none\n");
	assert_int_equal(look(tree, GUEST).unresolved, 1);
}

/* udev may know better than we what is on a device: its link counts as much as what we read. */
static void links_of_tags(void **state)
{
	const struct tree *tree = *state;

	unpack(tree);
	tree_write(tree, "etc/fstab", "UUID=0000-0000 /a vfat defaults 0 0\n");
	assert_int_equal(look(tree, GUEST).unresolved, 1);
	tree_link(tree, "dev/disk/by-uuid/0000-0000", "../../" GUEST);
	assert_int_equal(look(tree, GUEST).use, USE_NAMED);
	assert_int_equal(look(tree, GUEST).unresolved, 0);
	tree_write(tree, "etc/fstab", "/dev/disk/by-uuid/0000-0000 /a vfat defaults 0 0\n");
	assert_int_equal(look(tree, GUEST).use, USE_NAMED);
	tree_link(tree, "dev/disk/by-partlabel/a\\x2fb\\x20\xc3\xa4", "../../" GUEST);
	tree_write(tree, "etc/fstab", "PARTLABEL=a/b\\040\xc3\xa4 /a vfat defaults 0 0\n");
	assert_int_equal(look(tree, GUEST).use, USE_NAMED);
	tree_write(tree, "etc/fstab", "/dev/disk/by-partlabel/a\\x2fb\\x20\xc3\xa4 /a vfat defaults 0 0\n");
	assert_int_equal(look(tree, GUEST).use, USE_NAMED);
	/* By the name as it stands, however it is encoded. */
	tree_link(tree, "dev/disk/by-partlabel/c\\x2Fd", "../../" GUEST);
	tree_write(tree, "etc/fstab", "/dev/disk/by-partlabel/c\\x2Fd /a vfat defaults 0 0\n");
	assert_int_equal(look(tree, GUEST).use, USE_NAMED);
	/* Both, where they do not agree. */
	tree_link(tree, "dev/disk/by-uuid/01DA5F3B2C4D6E80", "../../nvme1n1p1");
	tree_write(tree, "etc/fstab", "UUID=01DA5F3B2C4D6E80 /a ntfs3 defaults 0 0\n");
	assert_int_equal(look(tree, GUEST).use, USE_NAMED);
	assert_int_equal(look(tree, "nvme1n1p1").use, USE_NAMED);
}

static void expect_doubt(const struct tree *tree, const char *name, bool doubt)
{
	char *text = format_text("%s /a ext4 nofail 0 0\n", name);
	struct seen seen;

	tree_write(tree, "etc/fstab", text);
	seen = look(tree, GUEST);
	if (seen.unresolved != 1 || !seen.incomplete[0] == doubt)
		fail_msg("'%s': %zu unresolved, '%s'", name, seen.unresolved, seen.incomplete);
	free(text);
}

/* Names that this very disk may have, where what makes them is not at work. */
static void names_that_may_be_of_any_disk(void **state)
{
	static const char *const linked[] = {
		"/dev/disk/by-id/ata-GONE-part1", "ID=ata-GONE-part1", "/dev/disk/by-path/pci-0000:04:00.0-nvme-9",
		"/dev/disk/by-diskseq/7-part1",
	};
	static const char *const any[] = {
		"/dev/mapper/mpatha-part1", "/dev/mapper/mpathbackup", "/dev/mapper/3600508b400105e210000900000490000",
		"/dev/mapper/3600508b400105e210000900000490000-part2", "/dev/mapper/eui.0025385971b0a1c2",
		"/dev/disk/by-id/dm-uuid-mpath-3600508b400105e21", "/dev/backup", "/dev/my-disk1",
	};
	static const char *const none[] = {
		"/dev/mapper/vg-home", "/dev/mapper/20vg-home", "/dev/vg/home", "/dev/md/data", "/dev/md127p1", "/dev/sdz1",
		"/dev/nvme9n1p1", "/dev/disk/by-uuid/0000", "/dev/disk/by-label/none", "UUID=0000",
		"/dev/disk/by-partuuid/0000",
	};
	const struct tree *tree = *state;

	unpack(tree);
	for (size_t i = 0; i < sizeof(linked) / sizeof(linked[0]); i++)
		expect_doubt(tree, linked[i], i == 3); /* there are links of the other kinds */
	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++)
		expect_doubt(tree, any[i], true);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		expect_doubt(tree, none[i], false);
	tree_remove(tree, "dev/disk/by-id/nvme-X_1-part2");
	expect_doubt(tree, linked[0], true); /* an empty folder is no better than none */
	tree_remove(tree, "dev/disk/by-id");
	tree_remove(tree, "dev/disk/by-path/pci-0000:04:00.0-nvme-1-part2");
	tree_remove(tree, "dev/disk/by-path");
	for (size_t i = 0; i < sizeof(linked) / sizeof(linked[0]); i++)
		expect_doubt(tree, linked[i], true);
	tree_write(tree, "etc/fstab", "");
	tree_write(tree, "etc/crypttab", "home /dev/disk/by-id/ata-GONE none luks\n");
	assert_non_null(strstr(look(tree, GUEST).incomplete, "ata-GONE"));
}

/* Logs, journals and further members stand in the options of a mount. */
static void devices_in_options(void **state)
{
	static const char *const options[] = {
		"logdev=/dev/" GUEST, "rw,logdev=/dev/disk/by-id/nvme-X_1-part2,noatime", "journal_path=/dev/" GUEST,
		"rtdev=/dev/" GUEST ",noatime", "degraded,device=/dev/nvme0n1p2,device=/dev/" GUEST,
	};
	const struct tree *tree = *state;

	unpack(tree);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		char *fstab = format_text("/dev/nvme0n1p2 / xfs %s 0 0\n", options[i]),
			 *mounts = format_text("/dev/nvme0n1p2 / xfs rw,%s 0 0\n", options[i]);

		tree_write(tree, "etc/fstab", fstab);
		if (look(tree, GUEST).use != USE_NAMED)
			fail_msg("'%s'", fstab);
		tree_remove(tree, "etc/fstab");
		assert_int_equal(look(tree, GUEST).use, 0);
		tree_write(tree, "proc/mounts", mounts);
		if (look(tree, GUEST).use != USE_MOUNTED)
			fail_msg("'%s'", mounts);
		tree_write(tree, "proc/mounts", "/dev/nvme0n1p2 / xfs rw 0 0\n");
		free(fstab);
		free(mounts);
	}
	tree_write(tree, "etc/fstab", "/dev/nvme0n1p2 / xfs logdev=/dev/gone/log,nodevice=x 0 0\n");
	assert_non_null(strstr(look(tree, GUEST).unresolved_name, "/dev/gone/log"));
	tree_write(tree, "etc/fstab", "");
	tree_write(tree, "proc/cmdline", "resume=UUID=0000\n");
	assert_non_null(strstr(look(tree, GUEST).unresolved_name, "resume="));
}

static void expect_pool(const struct tree *tree, const char *label, unsigned int use, bool unresolved)
{
	char *text = format_text("E:ID_FS_TYPE=zfs_member\nE:ID_FS_UUID=1\n%s%s\n", label ? "E:ID_FS_LABEL_ENC=" : "",
	                         label ? label : "");
	struct seen seen;

	tree_write(tree, "run/udev/data/b259:5", text);
	seen = look(tree, GUEST);
	if (seen.use != use || !seen.unresolved == unresolved)
		fail_msg("pool '%s': use %x, %zu unresolved", label ? label : "", seen.use, seen.unresolved);
	free(text);
}

/* What is mounted from a pool is on the disks that bear the pool's name, and on those that bear none. */
static void pools(void **state)
{
	static const char *const any[] = { "root=zfs", "root=ZFS=bootfs", "root=zfs:AUTO", "zfs=bootfs" };
	static const char *const named[] = { "root=zfs:tank/root", "root=ZFS=tank/root", "zfs=tank/root" };
	const struct tree *tree = *state;
	struct storage storage;
	struct pci pci;

	unpack(tree);
	expect_pool(tree, "tank", 0, false);
	tree_write(tree, "proc/mounts", "tank/root@x / zfs rw 0 0\n");
	expect_pool(tree, "tank", USE_ROOT | USE_MOUNTED, true);
	expect_pool(tree, "tank2", 0, true);
	expect_pool(tree, NULL, USE_ROOT | USE_MOUNTED, true);
	tree_write(tree, "proc/mounts", "/dev/nvme0n1p2 / ext4 rw 0 0\n");
	tree_write(tree, "etc/fstab", "tank /srv zfs defaults 0 0\n");
	expect_pool(tree, "tank", USE_NAMED, true);
	tree_write(tree, "etc/fstab", "");
	for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++) {
		tree_write(tree, "proc/cmdline", any[i]);
		expect_pool(tree, "tank", USE_NAMED, true);
	}
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		tree_write(tree, "proc/cmdline", named[i]);
		expect_pool(tree, "tank", USE_NAMED, true);
		expect_pool(tree, "guest", 0, true);
	}
	tree_write(tree, "proc/cmdline", "root=zfsroot zfs\n");
	expect_pool(tree, "tank", 0, false);
	/* Imported by a scan of all disks, without a cache. */
	tree_link(tree, "etc/systemd/system/zfs-import.target.wants/zfs-import-scan.service",
	          "/lib/systemd/system/zfs-import-scan.service");
	read_all(tree, &tree->root, "/", &pci, &storage);
	assert_string_equal(storage.pools, "a pool of zfs-import-scan.service");
	storage_done(&storage);
	pci_done(&pci);
}

#define VG "hX2mQk7Tz19aBcDeFgHiJkLmNoPqRsTu"

/* A physical volume of no active volume, while others are: a half of a group. */
static void groups_that_are_active_elsewhere(void **state)
{
	const struct tree *tree = *state;
	struct seen seen;

	unpack(tree);
	tree_write(tree, "run/udev/data/b259:5", "E:ID_FS_TYPE=LVM2_member\nE:ID_FS_UUID=pv2\n");
	assert_int_equal(look(tree, GUEST).use, 0);
	tree_link(tree, "sys/class/block/dm-0", "../../devices/virtual/block/dm-0");
	tree_write(tree, "sys/devices/virtual/block/dm-0/dm/name", "vg-data\n");
	tree_write(tree, "sys/devices/virtual/block/dm-0/dm/uuid", "CRYPT-LUKS2-" VG VG "\n");
	assert_int_equal(look(tree, GUEST).use, 0);
	tree_write(tree, "sys/devices/virtual/block/dm-0/dm/uuid", "LVM-" VG VG "\n");
	tree_link(tree, "sys/devices/virtual/block/dm-0/slaves/nvme0n1p1", "../../x");
	seen = look(tree, GUEST); /* its own group is not known */
	assert_int_equal(seen.use, USE_MEMBER);
	assert_non_null(strstr(seen.detail, "vg-data"));
	assert_int_equal(look(tree, "nvme1n1p1").use, 0);
	tree_write(tree, "run/udev/data/b259:5", "E:ID_FS_TYPE=ntfs\n");
	assert_int_equal(look(tree, GUEST).use, 0);
}

static struct content member(const char *group)
{
	struct content content = { .kind = CONTENT_CONTAINER, .type = "LVM2_member" };

	strcpy(content.volume_group, group);
	return content;
}

static void groups_by_their_ids(void **state)
{
	struct block items[3] = {
		{ .name = "dm-0", .mapper = "vg-data", .volume_group = VG }, { .name = "sda1", .content = member(VG) },
		{ .name = "sdb1", .content = member("another") },
	};
	struct blocks blocks = { .items = items, .count = 3 };

	(void)state;
	clones_mark_groups(&blocks);
	assert_int_equal(items[1].use, USE_MEMBER);
	assert_int_equal(items[2].use, 0); /* a guest's own group */
	items[1].use = 0;
	strcpy(items[1].upper, "dm-0");
	clones_mark_groups(&blocks);
	assert_int_equal(items[1].use, 0); /* it speaks for itself */
}

/* The root comes over the network, whatever the command line says. */
static void roots_over_the_network(void **state)
{
	static const struct {
		const char *mounts, *why;
	} cases[] = {
		{ "server:/srv / nfs4 rw 0 0\n", "the root is nfs4" }, { "//s/x / cifs rw 0 0\n", "the root is cifs" },
		{ "/dev/nvme0n1p2 / ext4 rw 0 0\nserver:/srv /srv nfs rw 0 0\n", "" },
		{ "/dev/nbd0 / ext4 rw 0 0\n", "the root is on nbd0" }, { "/dev/dm-3 / ext4 rw 0 0\n", "the root is on dm-3" },
		{ "/dev/nvme0n1p2 / ext4 rw 0 0\n/dev/dm-3 /srv ext4 rw 0 0\n", "" },
	};
	const struct tree *tree = *state;

	unpack(tree);
	tree_link(tree, "sys/class/block/nbd0", "../../devices/virtual/block/nbd0");
	tree_link(tree, "sys/class/block/sdi", "../../devices/platform/host7/session1/target7:0:0/7:0:0:1/block/sdi");
	tree_link(tree, "sys/class/block/dm-3", "../../devices/virtual/block/dm-3");
	tree_link(tree, "sys/devices/virtual/block/dm-3/slaves/sdi", "../../x");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct storage storage;
		struct pci pci;

		tree_write(tree, "proc/mounts", cases[i].mounts);
		read_all(tree, &tree->root, "/", &pci, &storage);
		assert_string_equal(storage.network_root, cases[i].why);
		storage_done(&storage);
		pci_done(&pci);
	}
}

static void clones(void **state)
{
	static const char root_uuid[] = "E:ID_FS_TYPE=ext4\nE:ID_FS_UUID=5A1C0D1E-4B7D-4D52-9C0F-0F6F8C1B2A3D\n";
	const struct tree *tree = *state;
	struct seen seen;

	unpack(tree);
	tree_write(tree, "run/udev/data/b259:5", root_uuid); /* the root is nvme0n1p2, with this UUID */
	seen = look(tree, GUEST);
	assert_int_equal(seen.use, USE_CLONE);
	assert_non_null(strstr(seen.detail, "nvme0n1p2"));
	/* Two members of one btrfs: the mount names one of them. */
	tree_write(tree, "run/udev/data/b259:5", "E:ID_FS_TYPE=btrfs\nE:ID_FS_UUID=cccc\n");
	tree_write(tree, "run/udev/data/b259:4", "E:ID_FS_TYPE=btrfs\nE:ID_FS_UUID=cccc\n");
	tree_write(tree, "proc/mounts", "/dev/nvme1n1p1 /srv btrfs rw 0 0\n");
	assert_int_equal(look(tree, "nvme1n1p1").use, USE_MOUNTED);
	assert_int_equal(look(tree, GUEST).use, USE_CLONE);
	/* fstab names both. */
	tree_write(tree, "proc/mounts", "");
	tree_write(tree, "etc/fstab", "UUID=cccc /srv btrfs defaults 0 0\n");
	assert_int_equal(look(tree, "nvme1n1p1").use, USE_NAMED);
	assert_int_equal(look(tree, GUEST).use, USE_NAMED);
	/* That two disks are alike is nobody's concern where the host uses neither. */
	tree_write(tree, "etc/fstab", "");
	assert_int_equal(look(tree, GUEST).use, 0);
	/* A container that is open is in use, whatever is in it. */
	tree_write(tree, "run/udev/data/b259:5", "E:ID_FS_TYPE=linux_raid_member\nE:ID_FS_UUID=cccc\n");
	tree_write(tree, "run/udev/data/b259:4", "E:ID_FS_TYPE=linux_raid_member\nE:ID_FS_UUID=cccc\n");
	assert_int_equal(look(tree, GUEST).use, 0);
	tree_link(tree, "sys/class/block/md0", "../../devices/virtual/block/md0");
	tree_link(tree, "sys/devices/virtual/block/md0/slaves/nvme1n1p1", "../../x");
	assert_int_equal(look(tree, GUEST).use, USE_CLONE);
	tree_remove(tree, "sys/class/block/md0");
	/* No UUID is no likeness. */
	tree_write(tree, "run/udev/data/b259:5", "E:ID_FS_TYPE=x\n");
	tree_write(tree, "run/udev/data/b259:4", "E:ID_FS_TYPE=x\n");
	tree_write(tree, "proc/mounts", "/dev/nvme1n1p1 /srv x rw 0 0\n");
	assert_int_equal(look(tree, GUEST).use, 0);
}

/* A whole disk copied, with the volume group of the root on it: which of both is opened next is not for us to say. */
static void a_clone_below_the_root(void **state)
{
	const struct tree *tree = *state;
	struct pci pci;
	struct storage storage;

	tree_unpack(tree, "desktop-intel-z690");
	tree_link(tree, "sys/class/block/sda",
	          "../../devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda");
	tree_write(tree, "sys/devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda/dev", "8:0\n");
	tree_write(tree, "run/udev/data/b8:0",
	           "E:ID_FS_TYPE=LVM2_member\nE:ID_FS_UUID=hX2mQk-7Tz1-9aBc-DeFg-HiJk-LmNo-PqRsTu\n");
	read_all(tree, &tree->root, "/", &pci, &storage);
	assert_int_equal(blocks_find(&storage.blocks, "sda")->use, USE_CLONE);
	storage_done(&storage);
	pci_done(&pci);
}

static void nothing_there(void **state)
{
	const struct tree *tree = *state;
	const struct pci none = { 0 };
	const struct cmdline cmdline = { 0 };
	struct storage storage;

	assert_int_equal(storage_read(&tree->root, &tree->root, "/", &none, &cmdline, &storage), 0);
	assert_true(storage.read);
	assert_int_equal(storage.unresolved, 0);
	assert_null(storage.pools);
	storage_done(&storage);
	/* An empty cache names no pool. */
	tree_write(tree, "etc/zfs/zpool.cache", "");
	assert_int_equal(storage_read(&tree->root, &tree->root, "/", &none, &cmdline, &storage), 0);
	assert_null(storage.pools);
	storage_done(&storage);
	storage_done(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(every_way_to_name_a_device), tree_test(mounts_and_swaps), tree_test(before_the_switch_to_the_root),
		tree_test(what_nothing_answers_to),    tree_test(clones),           tree_test(a_clone_below_the_root),
		tree_test(nothing_there),              tree_test(links_of_tags),    tree_test(names_that_may_be_of_any_disk),
		tree_test(devices_in_options),         tree_test(pools),            tree_test(groups_that_are_active_elsewhere),
		cmocka_unit_test(groups_by_their_ids), tree_test(roots_over_the_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
