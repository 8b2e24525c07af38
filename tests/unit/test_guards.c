/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "fake_kernel.h"
#include "plan/guards.h"

/* What guards say of the goals: "ADDRESS GUARD [late] [deferred]" a line. */
static char *guards_text(const struct tree *tree, const char *config_text, enum view view)
{
	char *text = format_text("%s", ""), *longer, address[PCI_ADDRESS_MAX];
	struct config config;
	struct host host;
	struct goals goals;

	config_from_text(config_text, &config);
	if (config.error_count)
		fail_msg("%s", config.errors[0].text);
	assert_int_equal(host_read(&tree->root, &config, HOST_HOLDERS | (view == VIEW_EARLY ? 0 : HOST_STORAGE), &host), 0);
	assert_int_equal(goals_build(&config, &host, &goals), 0);
	guards_apply(&goals, &host, view);
	for (size_t i = 0; i < goals.count; i++) {
		longer = format_text("%s%s %s%s%s\n", text,
		                     pci_address_format(&host.pci.functions[goals.items[i].function].address, address),
		                     guard_name(goals.items[i].guard), goals.items[i].stage == STAGE_LATE ? " late" : "",
		                     goals.items[i].deferred ? " deferred" : "");
		assert_true((goals.items[i].guard == GUARD_NONE) == !goals.items[i].why[0]); /* each refusal says why */
		free(text);
		text = longer;
	}
	goals_done(&goals);
	host_done(&host);
	config_done(&config);
	return text;
}

static void expect(const struct tree *tree, const char *config, enum view view, const char *wanted)
{
	char *got = guards_text(tree, config, view);

	assert_string_equal(got, wanted);
	free(got);
}

static void boot_display(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	expect(tree, "[device a]\naddress = 0b:00.0\nalso = slot\n", VIEW_NEXT_BOOT,
	       "0000:0b:00.0 boot-display\n0000:0b:00.1 group\n"); /* the audio is lost with its group */
	expect(tree, "[device a]\naddress = 0b:00.0\nalso = slot\nallow = boot-display\n", VIEW_NEXT_BOOT,
	       "0000:0b:00.0 none\n0000:0b:00.1 none\n");
	expect(tree, "[device a]\naddress = 0c:00.0\nalso = slot\n", VIEW_NEXT_BOOT,
	       "0000:0c:00.0 none\n0000:0c:00.1 none\n");
	expect(tree, "[device a]\naddress = 0b:00.0\nalso = slot\nallow = storage network usb group\n", VIEW_NOW,
	       "0000:0b:00.0 boot-display\n0000:0b:00.1 none\n"); /* other waivers do not waive it */
}

static void storage_and_usb(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	/* Two identical disks: the root's stays, whatever else is waived, and the guest's goes. */
	expect(tree, "[device a]\naddress = 01:00.0\n", VIEW_NEXT_BOOT, "0000:01:00.0 storage late\n");
	expect(tree, "[device a]\naddress = 01:00.0\nallow = usb\n", VIEW_NEXT_BOOT, "0000:01:00.0 storage late\n");
	expect(tree, "[device a]\naddress = 01:00.0\nallow = storage\n", VIEW_NEXT_BOOT, "0000:01:00.0 none\n");
	expect(tree, "[device a]\naddress = 04:00.0\n", VIEW_NEXT_BOOT, "0000:04:00.0 none late\n");
	expect(tree, "[device a]\nid = 144d:a808\n", VIEW_NEXT_BOOT, "0000:01:00.0 storage late\n0000:04:00.0 none late\n");
	expect(tree, "[device a]\nid = 144d:a808\n", VIEW_LATE, "0000:01:00.0 storage late\n0000:04:00.0 none late\n");
	expect(tree, "[device a]\nid = 144d:a808\n", VIEW_EARLY,
	       "0000:01:00.0 none late deferred\n0000:04:00.0 none late deferred\n");
	expect(tree, "[device a]\naddress = 0e:00.3\nalso = group\n", VIEW_NEXT_BOOT,
	       "0000:0e:00.0 none\n0000:0e:00.3 none late\n0000:0e:00.4 none\n");
	expect(tree, "[device a]\naddress = 0e:00.3\nalso = group\n", VIEW_EARLY,
	       "0000:0e:00.0 none\n0000:0e:00.3 none late deferred\n0000:0e:00.4 none\n");
	expect(tree, "[device a]\naddress = 0e:00.3\nalso = group\nallow = usb\n", VIEW_NEXT_BOOT,
	       "0000:0e:00.0 none\n0000:0e:00.3 none\n0000:0e:00.4 none\n");
	/* A card's own USB port goes with the card, and only with it. */
	expect(tree, "[device a]\naddress = 05:00.0\nalso = slot\n", VIEW_NEXT_BOOT,
	       "0000:05:00.0 none\n0000:05:00.1 none\n0000:05:00.2 none\n0000:05:00.3 none\n");
	expect(tree, "[device a]\naddress = 05:00.0\nalso = slot\n", VIEW_EARLY,
	       "0000:05:00.0 none\n0000:05:00.1 none\n0000:05:00.2 none\n0000:05:00.3 none\n");
	expect(tree, "[device a]\naddress = 05:00.2\nallow = group\n", VIEW_NEXT_BOOT, "0000:05:00.2 none late\n");
	tree_write(tree, "proc/cmdline", "vfio_prep.skip=05:00.0\n"); /* the card stays, so its port waits as any other */
	expect(tree, "[device a]\naddress = 05:00.0\nalso = slot\nallow = group\n", VIEW_EARLY,
	       "0000:05:00.0 skip\n0000:05:00.1 none\n0000:05:00.2 none late deferred\n0000:05:00.3 none\n");
}

#define STICK "devices/pci0000:00/0000:00:08.1/0000:0e:00.3/usb3/3-1/3-1:1.0/host9/target9:0:0/9:0:0:0/block/sdx"
#define TWIN "devices/pci0000:00/0000:00:01.2/0000:02:00.0/0000:03:01.0/0000:04:00.0/nvme/nvme1/nvme1n1"

static const char twin[] = "[device a]\naddress = 04:00.0\n";

/* A stick with something on it behind the USB controller 0e:00.3. */
static void add_stick(const struct tree *tree)
{
	tree_link(tree, "sys/class/block/sdx", "../../" STICK);
	tree_write(tree, "sys/" STICK "/dev", "8:240\n");
	tree_write(tree, "sys/" STICK "/size", "1000\n");
	tree_write(tree, "run/udev/data/b8:240", "E:ID_FS_TYPE=ext4\nE:ID_FS_UUID=aaaaaaaa-0000-4000-8000-000000000001\n");
}

static void a_mount_behind_usb(void **state)
{
	static const char usb[] = "[device a]\naddress = 0e:00.3\nallow = group\n";
	static const char waived[] = "[device a]\naddress = 0e:00.3\nallow = group usb\n";
	static const char other[] = "[device a]\naddress = 0e:00.3\nallow = group storage\n";
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	add_stick(tree);
	expect(tree, usb, VIEW_NEXT_BOOT, "0000:0e:00.3 none late\n"); /* nobody needs it */
	tree_write(tree, "proc/mounts", "/dev/sdx / ext4 rw 0 0\n");
	expect(tree, usb, VIEW_NEXT_BOOT, "0000:0e:00.3 usb late\n");
	expect(tree, usb, VIEW_LATE, "0000:0e:00.3 usb late\n");
	expect(tree, other, VIEW_LATE, "0000:0e:00.3 usb late\n");
	expect(tree, waived, VIEW_NEXT_BOOT, "0000:0e:00.3 none\n");
	expect(tree, waived, VIEW_EARLY, "0000:0e:00.3 none\n");
	expect(tree, waived, VIEW_NOW, "0000:0e:00.3 in-use\n");
	tree_write(tree, "proc/mounts", "/dev/nvme0n1p2 / ext4 rw 0 0\n");
	tree_write(tree, "etc/fstab", "UUID=aaaaaaaa-0000-4000-8000-000000000001 /srv ext4 nofail 0 0\n");
	expect(tree, usb, VIEW_LATE, "0000:0e:00.3 usb late\n");
	/* A stick that cannot be read is no reason to keep the controller: only what is in use is. */
	tree_remove(tree, "etc/fstab");
	tree_remove(tree, "run/udev/data/b8:240");
	expect(tree, usb, VIEW_LATE, "0000:0e:00.3 none late\n");
	/* A mount that no block device answers to may be anywhere, unless its number tells where it is. */
	tree_write(tree, "proc/mounts", "/dev/nvme0n1p2 / ext4 rw 0 0\n/dev/mapper/renamed /srv ext4 rw 0 0\n");
	expect(tree, usb, VIEW_LATE, "0000:0e:00.3 usb late\n");
	tree_write(tree, "proc/self/mountinfo",
	           "1 0 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n2 1 8:240 / /srv rw - ext4 /dev/mapper/renamed rw\n");
	expect(tree, usb, VIEW_LATE, "0000:0e:00.3 usb late\n");
	tree_write(tree, "proc/self/mountinfo",
	           "1 0 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n2 1 259:2 / /srv rw - ext4 /dev/mapper/renamed rw\n");
	expect(tree, usb, VIEW_LATE, "0000:0e:00.3 none late\n");
	/* The host waits for a filesystem by its UUID: a slow stick may still bring it. */
	tree_write(tree, "etc/fstab", "UUID=aaaaaaaa-0000-4000-8000-00000000dead /srv ext4 defaults 0 0\n");
	expect(tree, usb, VIEW_LATE, "0000:0e:00.3 usb late\n");
	tree_write(tree, "etc/fstab", "UUID=aaaaaaaa-0000-4000-8000-00000000dead /srv ext4 nofail 0 0\n");
	expect(tree, usb, VIEW_LATE, "0000:0e:00.3 none late\n");
	/* What cannot be read may name anything. */
	tree_remove(tree, "etc/fstab");
	tree_mkdir(tree, "etc/fstab");
	expect(tree, usb, VIEW_LATE, "0000:0e:00.3 usb late\n");
}

/* What speaks against a disk that nobody uses. */
static void content_that_cannot_be_judged(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	expect(tree, twin, VIEW_LATE, "0000:04:00.0 none late\n");
	tree_write(tree, "run/udev/data/b259:5", "E:ID_FS_AMBIVALENT=filesystem:ext4:1.0 other:swap:1\n");
	expect(tree, twin, VIEW_LATE, "0000:04:00.0 storage late\n");
	expect(tree, twin, VIEW_NEXT_BOOT, "0000:04:00.0 storage late\n");
	expect(tree, "[device a]\naddress = 04:00.0\nallow = storage\n", VIEW_NEXT_BOOT, "0000:04:00.0 none\n");
	tree_remove(tree, "run/udev/data/b259:5");
	expect(tree, twin, VIEW_LATE, "0000:04:00.0 storage late\n");
	tree_write(tree, "sys/" TWIN "/nvme1n1p2/size", "0\n");
	expect(tree, twin, VIEW_LATE, "0000:04:00.0 none late\n");
	tree_write(tree, "run/udev/data/b259:4", "E:ID_FS_TYPE=ext4\nE:ID_FS_UUID=5a1c0d1e-4b7d-4d52-9c0f-0f6f8c1b2a3d\n");
	expect(tree, twin, VIEW_LATE, "0000:04:00.0 storage late\n"); /* a clone of the root */
}

static void containers(void **state)
{
	static const char *const types[] = { "LVM2_member", "linux_raid_member", "crypto_LUKS", "zfs_member",
		                                 "bcache",      "isw_raid_member",   "BitLocker" };
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		char *text = format_text("E:ID_FS_TYPE=%s\nE:ID_FS_UUID=x\n", types[i]);

		tree_write(tree, "run/udev/data/b259:5", text);
		tree_write(tree, "etc/fstab", "# nothing\n");
		expect(tree, twin, VIEW_LATE, "0000:04:00.0 none late\n"); /* nothing is looked for that could be in it */
		tree_write(tree, "etc/fstab", "UUID=00000000-1111-2222-3333-444444444444 /srv ext4 defaults 0 0\n");
		expect(tree, twin, VIEW_LATE, "0000:04:00.0 storage late\n");
		/* Open: what stands on it would break, whoever it is for. */
		tree_write(tree, "etc/fstab", "# nothing\n");
		tree_link(tree, "sys/class/block/dm-5", "../../devices/virtual/block/dm-5");
		tree_link(tree, "sys/devices/virtual/block/dm-5/slaves/nvme1n1p2", "../../x");
		tree_write(tree, "sys/devices/virtual/block/dm-5/dev", "254:5\n");
		tree_write(tree, "run/udev/data/b254:5",
		           "E:ID_FS_TYPE=ext4\nE:ID_FS_UUID=bbbbbbbb-1111-2222-3333-444444444444\n");
		expect(tree, twin, VIEW_LATE, "0000:04:00.0 storage late\n");
		tree_write(tree, "etc/fstab", "UUID=bbbbbbbb-1111-2222-3333-444444444444 /srv ext4 defaults 0 0\n");
		expect(tree, twin, VIEW_LATE, "0000:04:00.0 storage late\n");
		tree_remove(tree, "sys/class/block/dm-5");
		tree_write(tree, "etc/fstab", "# nothing\n");
		tree_write(tree, "etc/zfs/zpool.cache", "x");
		expect(tree, twin, VIEW_LATE, "0000:04:00.0 storage late\n");
		tree_remove(tree, "etc/zfs/zpool.cache");
		free(text);
	}
}

/* What is active on a disk would break, though nothing of it is mounted or named. */
static void active_uppers(void **state)
{
	static const char *const uppers[] = { "md0", "dm-3", "bcache0" };
	static const char usb[] = "[device a]\naddress = 0e:00.3\nallow = group\n";
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	for (size_t i = 0; i < sizeof(uppers) / sizeof(uppers[0]); i++) {
		char *link = format_text("sys/class/block/%s", uppers[i]),
			 *target = format_text("../../devices/virtual/block/%s", uppers[i]);
		char *slave = format_text("sys/devices/virtual/block/%s/slaves/nvme1n1p1", uppers[i]);

		expect(tree, twin, VIEW_NOW, "0000:04:00.0 none late\n");
		tree_link(tree, slave, "../../x");
		tree_link(tree, link, target);
		expect(tree, twin, VIEW_NOW, "0000:04:00.0 storage late\n");
		expect(tree, twin, VIEW_LATE, "0000:04:00.0 storage late\n");
		expect(tree, twin, VIEW_NEXT_BOOT, "0000:04:00.0 storage late\n");
		expect(tree, "[device a]\naddress = 04:00.0\nallow = storage\n", VIEW_NOW, "0000:04:00.0 none\n");
		tree_remove(tree, link);
		free(slave);
		free(target);
		free(link);
	}
	tree_link(tree, "sys/class/block/loop0", "../../devices/virtual/block/loop0");
	tree_write(tree, "sys/devices/virtual/block/loop0/loop/backing_file", "/dev/nvme1n1\n");
	expect(tree, twin, VIEW_NOW, "0000:04:00.0 storage late\n");
	tree_write(tree, "sys/devices/virtual/block/loop0/loop/backing_file", "/srv/guest.img\n");
	expect(tree, twin, VIEW_NOW, "0000:04:00.0 none late\n");
	add_stick(tree);
	expect(tree, usb, VIEW_LATE, "0000:0e:00.3 none late\n");
	tree_write(tree, "sys/devices/virtual/block/loop0/loop/backing_file", "/dev/sdx\n");
	expect(tree, usb, VIEW_LATE, "0000:0e:00.3 usb late\n");
}

/* A log without its filesystem, and a name that may be this very disk's. */
static void logs_and_doubtful_names(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	tree_write(tree, "run/udev/data/b259:5", "E:ID_FS_TYPE=jbd\nE:ID_FS_UUID=x\n");
	expect(tree, twin, VIEW_LATE, "0000:04:00.0 storage late\n");
	tree_write(tree, "run/udev/data/b259:5", "E:ID_FS_TYPE=ext4\nE:ID_FS_UUID=x\n");
	expect(tree, twin, VIEW_LATE, "0000:04:00.0 none late\n");
	tree_write(tree, "etc/fstab", "/dev/disk/by-id/nvme-A /srv ext4 nofail 0 0\n");
	expect(tree, twin, VIEW_LATE, "0000:04:00.0 storage late\n");
	tree_link(tree, "dev/disk/by-id/nvme-B", "../../nvme0n1");
	expect(tree, twin, VIEW_LATE, "0000:04:00.0 none late\n");
	tree_write(tree, "etc/fstab", "/dev/mapper/mpatha /srv ext4 nofail 0 0\n");
	expect(tree, twin, VIEW_LATE, "0000:04:00.0 storage late\n");
	tree_remove(tree, "etc/fstab");
	tree_write(tree, "etc/systemd/system/srv.mount", "[Mount]\nWhat=UUID=x\n");
	expect(tree, twin, VIEW_LATE, "0000:04:00.0 storage late\n");
}

/* A disk that shows nothing: its driver is missing, or has not found it yet. */
static void storage_that_shows_no_disk(void **state)
{
	static const char sata[] = "[device a]\naddress = 00:17.0\n";
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-intel-z690");
	expect(tree, sata, VIEW_LATE, "0000:00:17.0 none late\n");
	tree_write(tree, "etc/crypttab", "home UUID=00000000-1111-2222-3333-444444444444 none luks\n");
	expect(tree, sata, VIEW_LATE, "0000:00:17.0 storage late\n"); /* the disk may come a second later */
	tree_remove(tree, "sys/devices/pci0000:00/0000:00:17.0/driver");
	expect(tree, sata, VIEW_LATE, "0000:00:17.0 storage late\n");
	tree_remove(tree, "etc/crypttab");
	expect(tree, sata, VIEW_LATE, "0000:00:17.0 none late\n");
	/* On vfio-pci it was judged before it was taken. */
	tree_link(tree, "sys/devices/pci0000:00/0000:00:17.0/driver", "../../../bus/pci/drivers/vfio-pci");
	tree_write(tree, "etc/crypttab", "home UUID=00000000-1111-2222-3333-444444444444 none luks\n");
	expect(tree, sata, VIEW_LATE, "0000:00:17.0 none late\n");
}

static void a_boot_framebuffer(void **state)
{
	static const char card[] = "[device a]\naddress = 01:00.0\n";
	const struct tree *tree = *state;

	tree_unpack(tree, "laptop-vmd"); /* a 3D controller has no boot_vga */
	expect(tree, card, VIEW_NEXT_BOOT, "0000:01:00.0 none\n");
	tree_write(tree, "proc/iomem", "6030000000-603fffffff : 0000:01:00.0\n  6030000000-60307fffff : BOOTFB\n");
	expect(tree, card, VIEW_NEXT_BOOT, "0000:01:00.0 boot-display\n");
	expect(tree, card, VIEW_EARLY, "0000:01:00.0 boot-display\n");
	expect(tree, "[device a]\naddress = 01:00.0\nallow = boot-display\n", VIEW_EARLY, "0000:01:00.0 none\n");
}

static void network(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "strangers");
	expect(tree, "[device a]\naddress = 04:00.0\n", VIEW_NEXT_BOOT, "0000:04:00.0 none\n"); /* the e1000 is left */
	expect(tree, "[device a]\naddress = 04:00.0\n[device b]\naddress = 03:01.0\nallow = group\n", VIEW_NEXT_BOOT,
	       "0000:03:01.0 network\n0000:04:00.0 network\n");
	expect(tree,
	       "[device a]\naddress = 04:00.0\nallow = network\n[device b]\naddress = 03:01.0\nallow = group network\n",
	       VIEW_NEXT_BOOT, "0000:03:01.0 none\n0000:04:00.0 none\n");
	tree_write(tree, "proc/cmdline", "root=/dev/nfs nfsroot=10.0.0.1:/srv ip=dhcp\n");
	expect(tree, "[device a]\naddress = 04:00.0\n", VIEW_NEXT_BOOT, "0000:04:00.0 network\n");
	expect(tree, "[device a]\naddress = 04:00.0\nallow = network\n", VIEW_NEXT_BOOT, "0000:04:00.0 none\n");
	tree_write(tree, "proc/cmdline", "root=/dev/sda1 rd.neednet=0 ip=dhcp\n");
	expect(tree, "[device a]\naddress = 04:00.0\n", VIEW_NEXT_BOOT, "0000:04:00.0 none\n");
	/* The command line says nothing: the root that is mounted does. */
	tree_write(tree, "proc/mounts", "10.0.0.1:/srv / nfs4 rw 0 0\n");
	expect(tree, "[device a]\naddress = 04:00.0\n", VIEW_NOW, "0000:04:00.0 network\n");
	expect(tree, "[device a]\naddress = 04:00.0\n", VIEW_NEXT_BOOT, "0000:04:00.0 none\n"); /* as early boot sees it */
	expect(tree, "[device a]\naddress = 04:00.0\nallow = network\n", VIEW_NOW, "0000:04:00.0 none\n");
}

/* Virtual functions do not outlive their physical one: they are no NIC that is left to the host. */
static void virtual_functions_are_no_nic_that_is_left(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-two-sockets");
	expect(tree, "[device a]\nid = 15b3:1017\n", VIEW_NEXT_BOOT, "0000:17:00.0 network\n0000:17:00.1 network\n");
}

static void groups(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "strangers");
	expect(tree, "[device a]\naddress = 03:00.0\n", VIEW_NEXT_BOOT, "0000:03:00.0 group\n");
	expect(tree, "[device a]\naddress = 03:00.0\nallow = group\n", VIEW_NEXT_BOOT, "0000:03:00.0 none\n");
	expect(tree, "[device a]\naddress = 03:00.0\nalso = group\n", VIEW_NEXT_BOOT,
	       "0000:03:00.0 none\n0000:03:01.0 none\n");
	expect(tree, "[device a]\naddress = 03:00.0\nalso = slot\n", VIEW_NOW, "0000:03:00.0 group\n");
}

/* A stranger without a driver: harmless now, but the next boot gives it one. */
static void groups_from_every_view(void **state)
{
	static const char config[] = "[device a]\naddress = 03:00.0\n";
	const struct tree *tree = *state;
	struct fake_kernel kernel;

	tree_unpack(tree, "strangers");
	fake_kernel_new(&kernel, tree);
	assert_int_equal(kernel.effects.write(&kernel.effects, "sys/bus/pci/devices/0000:03:01.0/driver/unbind",
	                                      "0000:03:01.0"),
	                 0);
	expect(tree, config, VIEW_NOW, "0000:03:00.0 none\n");
	expect(tree, config, VIEW_EARLY, "0000:03:00.0 group\n");
	expect(tree, config, VIEW_NEXT_BOOT, "0000:03:00.0 group\n");
	fake_kernel_early(&kernel);
	expect(tree, config, VIEW_EARLY, "0000:03:00.0 group\n");
	fake_kernel_done(&kernel);
}

static void without_a_waiver(void **state)
{
	const struct tree *tree = *state;
	static const char all[] = "allow = boot-display storage network usb group\n";
	char *config;

	tree_unpack(tree, "desktop-amd-x570");
	config = format_text("[device a]\naddress = 00:03.2\naddress = 00:14.3\naddress = 00:00.0\n%s", all);
	expect(tree, config, VIEW_NEXT_BOOT, "0000:00:00.0 bridge\n0000:00:03.2 bridge\n0000:00:14.3 bridge\n");
	free(config);
	config = format_text("[device a]\nid = 10de:9999\naddress = 0c:00.0\n%s", all);
	expect(tree, config, VIEW_NEXT_BOOT, "0000:0c:00.0 identity\n");
	free(config);
	config = format_text("[device a]\naddress = 0c:00.0\nalso = slot\n%s", all);
	tree_link(tree, "proc/200/fd/3", "/dev/snd/pcmC1D3p");
	tree_write(tree, "sys/devices/pci0000:00/0000:00:03.2/0000:0c:00.1/sound/card1/pcmC1D3p/uevent",
	           "DEVNAME=snd/pcmC1D3p\n");
	tree_write(tree, "sys/devices/pci0000:00/0000:00:03.2/0000:0c:00.1/sound/card1/pcmC1D3p/dev", "116:7\n");
	expect(tree, config, VIEW_NOW, "0000:0c:00.0 none\n0000:0c:00.1 in-use\n");
	expect(tree, config, VIEW_NEXT_BOOT, "0000:0c:00.0 none\n0000:0c:00.1 none\n"); /* nobody holds it then */
	tree_write(tree, "proc/cmdline", "vfio_prep.skip=0c:00.0\n");
	expect(tree, config, VIEW_NEXT_BOOT, "0000:0c:00.0 skip\n0000:0c:00.1 none\n");
	free(config);
}

static void physical_functions(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-two-sockets");
	expect(tree, "[device a]\naddress = 17:00.0\n", VIEW_NOW, "0000:17:00.0 in-use\n");
	expect(tree, "[device a]\naddress = 17:00.1\n", VIEW_NOW, "0000:17:00.1 none\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(boot_display),
		tree_test(storage_and_usb),
		tree_test(network),
		tree_test(groups),
		tree_test(virtual_functions_are_no_nic_that_is_left),
		tree_test(groups_from_every_view),
		tree_test(without_a_waiver),
		tree_test(physical_functions),
		tree_test(a_mount_behind_usb),
		tree_test(content_that_cannot_be_judged),
		tree_test(containers),
		tree_test(storage_that_shows_no_disk),
		tree_test(a_boot_framebuffer),
		tree_test(active_uppers),
		tree_test(logs_and_doubtful_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
