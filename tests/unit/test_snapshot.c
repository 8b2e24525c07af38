/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is left out of a snapshot, what is written in other words, and whose names are not in it. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/holders.h"
#include "host/host.h"
#include "snapshot/snapshot.h"

#define UUID "8c32f0a1-52d5-4a8b-9b1e-3f0a7c6d5e4b"
#define GROUP "AbCdEfGhIjKlMnOpQrStUvWxYz012345"

static void add_link(struct recording *recording, const char *path, const char *target)
{
	struct recorded *entry = recording_add(recording, path);

	entry->kind = ENTRY_LINK;
	recording_fill(recording, entry, strdup(target), strlen(target));
}

static void add_folder(struct recording *recording, const char *path)
{
	recording_add(recording, path)->kind = ENTRY_FOLDER;
}

static bool has(const struct recording *recording, const char *path)
{
	const struct recorded *entry = recording_find(recording, path);

	return entry && entry->kind != ENTRY_NONE;
}

static const char *text_of(const struct recording *recording, const char *path)
{
	assert_true(has(recording, path));
	return recording_find(recording, path)->bytes ?: "";
}

/* Kernel threads that tell who calls RCU's callbacks, who holds a device, and nobody else. */
static void processes(void **state)
{
	struct holder holder = { .pid = 300, .node = "/dev/dri/card0" };
	const struct host host = { .holders = &holder, .holder_count = 1 };
	struct recording recording = { 0 };

	(void)state;
	recording_write(&recording, "proc/2/stat", "2 (kthreadd) S 0\n");
	recording_write(&recording, "proc/14/stat", "14 (rcuop/3) S 2\n");
	recording_write(&recording, "proc/200/stat", "200 (firefox) S 1\n");
	add_folder(&recording, "proc/200/fd");
	add_link(&recording, "proc/200/fd/1", "/home/alice/diary");
	recording_write(&recording, "proc/300/comm", "Xorg\n");
	add_link(&recording, "proc/300/fd/1", "/home/alice/diary");
	add_link(&recording, "proc/300/fd/7", "/dev/dri/card0");
	add_link(&recording, "proc/400/fd/9", "/dev/vfio/12");
	recording_write(&recording, "proc/400/comm", "qemu\n");
	recording_write(&recording, "proc/self/mounts", "");
	snapshot_trim(&host, &recording);
	assert_true(has(&recording, "proc/2/stat") && has(&recording, "proc/14/stat") &&
	            has(&recording, "proc/self/mounts"));
	assert_false(has(&recording, "proc/200/stat") || has(&recording, "proc/200/fd") ||
	             has(&recording, "proc/200/fd/1"));
	assert_true(has(&recording, "proc/300/comm") && has(&recording, "proc/300/fd/7"));
	assert_false(has(&recording, "proc/300/fd/1"));
	assert_true(has(&recording, "proc/400/fd/9") && has(&recording, "proc/400/comm"));
	recording_done(&recording);
}

/* Of a guest's file which devices it takes, of a script that it writes overrides; and a program stays as it is. */
static void files_of_others(void **state)
{
	static const char script[] = "PASSWORD=secret\necho vfio-pci >/sys/bus/pci/devices/x/driver_override\n";
	const struct host host = { 0 };
	struct recording recording = { 0 };

	(void)state;
	recording_write(&recording, "etc/libvirt/qemu/win.xml",
	                "<name>win</name>\n<graphics passwd='secret'/>\n<hostdev managed='yes'>\n<source>\n"
	                "<address bus='0x01'/>\n</source>\n</hostdev>\n");
	recording_write(&recording, "etc/initramfs-tools/scripts/init-top/mine", script);
	recording_write(&recording, "usr/local/bin/vfio-bind.sh", script);
	recording_write(&recording, "usr/bin/grub-mkconfig", "for x in ${sysconfdir}/default/grub.d/*.cfg\n");
	for (size_t i = 0; i < recording.count; i++)
		recording.items[i]->read = true;
	snapshot_trim(&host, &recording);
	assert_string_equal(text_of(&recording, "etc/libvirt/qemu/win.xml"),
	                    "<hostdev managed='yes'>\n<address bus='0x01'/>\n</hostdev>\n");
	assert_string_equal(text_of(&recording, "etc/initramfs-tools/scripts/init-top/mine"),
	                    "echo vfio-pci >/sys/bus/pci/devices/x/driver_override\n");
	assert_string_equal(text_of(&recording, "usr/local/bin/vfio-bind.sh"),
	                    "echo vfio-pci >/sys/bus/pci/devices/x/driver_override\n");
	assert_non_null(strstr(text_of(&recording, "usr/bin/grub-mkconfig"), "grub.d"));
	recording_done(&recording);
}

#define CGROUPS "sys/fs/cgroup"

static void cgroups(void **state)
{
	const struct host host = { 0 };
	struct recording recording = { 0 };

	(void)state;
	add_folder(&recording, CGROUPS);
	recording_write(&recording, CGROUPS "/cgroup.controllers", "cpuset\n");
	add_folder(&recording, CGROUPS "/user.slice");
	recording_write(&recording, CGROUPS "/user.slice/cpuset.cpus.partition", "member\n");
	add_folder(&recording, CGROUPS "/machine.slice");
	recording_write(&recording, CGROUPS "/machine.slice/cpuset.cpus.partition", "member\n");
	add_folder(&recording, CGROUPS "/machine.slice/vm");
	recording_write(&recording, CGROUPS "/machine.slice/vm/cpuset.cpus.partition", "isolated\n");
	snapshot_trim(&host, &recording);
	assert_false(has(&recording, CGROUPS "/user.slice/cpuset.cpus.partition") ||
	             has(&recording, CGROUPS "/user.slice"));
	assert_true(has(&recording, CGROUPS "/machine.slice/cpuset.cpus.partition"));
	assert_true(has(&recording, CGROUPS "/machine.slice/vm/cpuset.cpus.partition"));
	assert_true(has(&recording, CGROUPS "/cgroup.controllers"));
	recording_done(&recording);
}

static void lines(void **state)
{
	const struct host host = { 0 };
	struct recording recording = { 0 };

	(void)state;
	recording_write(&recording, "proc/self/mounts",
	                "overlay / overlay rw 0 0\n/dev/sda1 /home ext4 rw 0 0\ntmpfs /run/user/1000 tmpfs rw 0 0\n"
	                "portal /run/doc fuse.portal rw 0 0\nhugetlbfs /dev/hugepages hugetlbfs rw 0 0\n");
	recording_write(&recording, "proc/self/mountinfo",
	                "22 1 0:20 / / rw - overlay overlay rw\n23 22 8:1 / /home rw - ext4 /dev/sda1 rw\n"
	                "24 22 0:21 / /run/user/1000 rw - tmpfs tmpfs rw\n");
	recording_write(
		&recording, "proc/iomem",
		"00100000-7fffffff : System RAM\n  2a000000-2b3fffff : Kernel code\n80000000-80ffffff : 0000:01:00.0");
	snapshot_trim(&host, &recording);
	assert_string_equal(text_of(&recording, "proc/iomem"),
	                    "00100000-7fffffff : System RAM\n80000000-80ffffff : 0000:01:00.0");
	assert_string_equal(
		text_of(&recording, "proc/self/mounts"),
		"overlay / overlay rw 0 0\n/dev/sda1 /home ext4 rw 0 0\nhugetlbfs /dev/hugepages hugetlbfs rw 0 0\n");
	assert_string_equal(text_of(&recording, "proc/self/mountinfo"),
	                    "22 1 0:20 / / rw - overlay overlay rw\n23 22 8:1 / /home rw - ext4 /dev/sda1 rw\n");
	assert_int_equal(recording_find(&recording, "proc/self/mountinfo")->size,
	                 strlen(text_of(&recording, "proc/self/mountinfo")));
	recording_done(&recording);
}

static void kernel_log(void **state)
{
	struct log_entry entries[] = {
		{ 0, "Linux version 6.1.0 (alice@box) (gcc)" },
		{ 5, "nouveau 0000:01:00.0: bios" },
		{ 6, "input: Alice's keyboard as /devices/pci0000:00/0000:00:14.0/usb1" },
		{ 7, "wlan0: authenticate with 52:54:00:a1:b2:c3" },
		{ 8, "DMAR: IOMMU enabled" },
	};
	struct host host = { .log = { .entries = entries, .count = 5 } };
	struct recording recording = { 0 };

	(void)state;
	snapshot_trim(&host, &recording); /* nobody asked for it */
	assert_false(has(&recording, "dev/kmsg"));
	recording_write(&recording, "dev/kmsg", "");
	snapshot_trim(&host, &recording);
	assert_string_equal(text_of(&recording, "dev/kmsg"),
	                    "6,0,0,-;Linux version 6.1.0\n6,1,5,-;nouveau 0000:01:00.0: bios\n"
	                    "6,4,8,-;DMAR: IOMMU enabled\n");
	recording_done(&recording);
}

/* The content of disks is told in the words of udev, without the nodes. */
static void disks(void **state)
{
	struct block blocks[] = {
		{ .name = "sda", .number = "8:0", .content = { .kind = CONTENT_TABLE } },
		{ .name = "sda1",
		  .number = "8:1",
		  .busy = true,
		  .content = { .kind = CONTENT_CONTAINER,
		               .type = "LVM2_member",
		               .uuid = UUID,
		               .label = "My disk",
		               .volume_group = GROUP } },
		{ .name = "dm-0", .number = "254:0", .content = { .kind = CONTENT_AMBIVALENT } },
		{ .name = "sdb", .number = "8:16", .content = { .kind = CONTENT_UNREADABLE } },
		{ .name = "cciss!c0d0", .number = "104:0", .content = { .kind = CONTENT_NOTHING } },
	};
	const struct host host = { .storage = { .blocks = { .items = blocks, .count = 5 } } };
	struct recording recording = { 0 };
	struct recorded *node;

	(void)state;
	recording_write(&recording, "dev/sda1", "");
	recording_write(&recording, "dev/cciss/c0d0", "");
	recording_write(&recording, "run/udev/data/b8:16", "E:ID_SERIAL=S649NX0R\n");
	node = recording_add(&recording, "dev/mapper/vg-root");
	node->kind = ENTRY_FILE;
	strcpy(node->number, "254:0");
	snapshot_trim(&host, &recording);
	assert_string_equal(text_of(&recording, "run/udev/data/b8:0"), "E:ID_PART_TABLE_TYPE=gpt\n");
	assert_string_equal(text_of(&recording, "run/udev/data/b8:1"),
	                    "E:VFIO_PREP_BUSY=1\nE:ID_FS_TYPE=LVM2_member\nE:ID_FS_UUID=" UUID "\n"
	                    "E:ID_FS_LABEL_ENC=My\\x20disk\nE:VFIO_PREP_VOLUME_GROUP=" GROUP "\n");
	assert_string_equal(text_of(&recording, "run/udev/data/b254:0"), "E:ID_FS_AMBIVALENT=1\n");
	assert_string_equal(text_of(&recording, "run/udev/data/b104:0"), "");
	assert_false(has(&recording, "run/udev/data/b8:16"));
	assert_false(has(&recording, "dev/sda1") || has(&recording, "dev/cciss/c0d0"));
	assert_string_equal(text_of(&recording, "dev/mapper/vg-root"), "/dev/dm-0");
	recording_done(&recording);
}

/* Whatever a machine calls its own, once it was read. */
static void a_machines_names(void **state)
{
	static const char *const gone[] = {
		"alice", "Smith", "annas-box", "0123456789abcdef0123456789abcdef", "PF3ABCDE", "S649NX0R", "5002538e09b0d0d0",
		"a1:b2:c3",
		"a1b2c3", "a1-b2-c3", UUID, GROUP, "0107A8C0", "My_disk", "fd2a",
	};
	const struct tree *tree = *state;
	const struct host host = { 0 };
	struct secrets secrets = { 0 };
	struct recording recording = { 0 };

	tree_write(tree, "proc/sys/kernel/hostname", "annas-box.example.org\n");
	tree_write(tree, "etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	tree_write(tree, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000:Anna Smith:/home/alice:/bin/sh\n");
	tree_write(tree, "sys/class/dmi/id/product_serial", "PF3ABCDE\n");
	tree_write(tree, "sys/class/net/eth0/address", "52:54:00:a1:b2:c3\n");
	tree_write(tree, "sys/class/nvme/nvme0/serial", "S649NX0R      \n");
	tree_write(tree, "sys/class/block/sda/device/wwid", "naa.5002538e09b0d0d0\n");
	tree_write(tree, "sys/class/block/nvme0n1/wwid", "nvme.10de-53363439-00000001\n");
	secrets_read(&tree->root, &host, &secrets);
	recording_write(&recording, "proc/cmdline", "BOOT_IMAGE=/0123456789abcdef0123456789abcdef/linux root=UUID=" UUID
	                                            " BOOTIF=01-52-54-00-a1-b2-c3 systemd.hostname=annas-box\n");
	recording_write(&recording, "etc/passwd", "alice:x:1000:1000:Anna Smith,,,:/home/alice:/bin/sh\n");
	recording_write(&recording, "etc/fstab",
	                "/dev/disk/by-id/wwn-0x5002538e09b0d0d0-part1 /home/alice ext4 defaults 0 0\n"
	                "LABEL=My_disk /x ext4\n");
	recording_write(&recording, "etc/vfio-prep.conf",
	                "; annas-box: PF3ABCDE 4a67b082-0a4c-41cf-b6c7-440b29bb8c4f\n[device gpu]\naddress = 01:00.0\nid = "
	                "10de:2684\n");
	recording_write(&recording, "proc/self/net/route",
	                "Iface\tDestination\tGateway\nenx525400a1b2c3\t00000000\t0107A8C0\t0003\t0\t0\t0\t00000000\n");
	recording_write(&recording, "proc/self/net/ipv6_route", "fd2a0000000000000000000000000001 80 00 eth0\n");
	recording_write(&recording, "sys/class/block/dm-0/dm/uuid", "LVM-" GROUP GROUP "\n");
	recording_write(&recording, "run/udev/data/b8:1", "E:VFIO_PREP_VOLUME_GROUP=" GROUP "\n");
	recording_write(&recording, "proc/iomem", "00001000-0009ffff : System RAM\n");
	add_link(&recording, "sys/class/net/enx525400a1b2c3", "../../devices/pci0000:00/0000:00:05.0/net/enx525400a1b2c3");
	add_link(&recording, "dev/disk/by-id/nvme-Some_Disk_S649NX0R-part1", "../../nvme0n1p1");
	add_link(&recording, "dev/disk/by-uuid/" UUID, "../../nvme0n1p1");
	recording_write(&recording, "sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", "x");
	assert_int_equal(snapshot_hide(&secrets, &recording), 0);
	for (size_t i = 0; i < recording.count; i++)
		for (size_t j = 0; j < sizeof(gone) / sizeof(gone[0]); j++)
			if (strcasestr(recording.items[i]->path, gone[j]) || strcasestr(recording.items[i]->bytes ?: "", gone[j]))
				fail_msg("'%s' is still in '%s': %s", gone[j], recording.items[i]->path, recording.items[i]->bytes);
	recording_settle(&recording);
	for (size_t i = 0; i < recording.count; i++) {
		const struct recorded *entry = recording.items[i];

		if (strcmp(entry->path, "etc/vfio-prep.conf") == 0)
			assert_non_null(strstr(entry->bytes, "\n[device gpu]\naddress = 01:00.0\nid = 10de:2684\n"));
		if (strcmp(entry->path, "proc/self/net/route") == 0)
			assert_non_null(strstr(entry->bytes, "\t00000000\t0"));
		if (strncmp(entry->path, "sys/class/block", 15) == 0) /* as before, 4 + 32 + 32: it is told by that */
			assert_memory_equal(entry->bytes + 4, entry->bytes + 36, 32);
		if (strncmp(entry->path, "sys/firmware", 12) == 0)
			assert_non_null(strstr(entry->path, "LoaderInfo-4a67b082"));
	}
	recording_done(&recording);
	secrets_done(&secrets);
}

/* Options of QEMU are words of their own in proc/PID/cmdline; '|' stands for what ends one. */
static void options_of_qemu(void **state)
{
	static const char *const gone[] = { "hunter2", "ssh-rsa", "s3same" };
	struct secrets secrets = { 0 };
	struct recording recording = { 0 };
	struct recorded *entry;

	(void)state;
	recording_write(
		&recording, "proc/77/cmdline",
		"qemu|-object|secret,id=s0,data=hunter2|-object|{\"qom-type\":\"secret\",\"id\":\"s1\",\"data\":\"hunter2\"}"
		"|-fw_cfg|name=opt/a,string=ssh-rsa AAAA|-smbios|type=11,value=io.systemd.credential:passwd=s3same|-m|4G");
	entry = recording.items[0];
	for (size_t i = 0; i < entry->size; i++)
		entry->bytes[i] = entry->bytes[i] == '|' ? '\0' : entry->bytes[i];
	assert_int_equal(snapshot_hide(&secrets, &recording), 0);
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		assert_null(memmem(entry->bytes, entry->size, gone[i], strlen(gone[i])));
	assert_non_null(memmem(entry->bytes, entry->size, "secret,id=s0,data=", 18));
	assert_non_null(memmem(entry->bytes, entry->size, "\"}\0-fw_cfg", 10));
	assert_memory_equal(entry->bytes + entry->size - 5, "-m\0004G", 5);
	recording_done(&recording);
	secrets_done(&secrets);
}

/* Comments, names of mount points and volume groups are their owner's; names of drivers are what it is about. */
static void what_only_the_owner_says(void **state)
{
	static const char *const gone[] = { "wife", "Wife", "secret", "birthday", "annas-pool", "annas--pool" };
	const struct tree *tree = *state;
	struct block block = { .content.volume_group = "annas-pool" };
	const struct host host = { .storage.blocks = { .items = &block, .count = 1 } };
	struct secrets secrets = { 0 };
	struct recording recording = { 0 };

	tree_write(tree, "etc/passwd", "nvme:x:1000:1000::/:\nnvidia:x:1001:1001::/:\nsnd_hda_intel:x:1002:1002::/:\n");
	tree_mkdir(tree, "sys/bus/pci/drivers/nvme");
	tree_mkdir(tree, "sys/module/nvidia");
	tree_write(tree, "proc/self/mounts",
	           "/dev/sda2 /srv/birthday\\040party ext4 rw 0 0\ntmpfs /run/secrets tmpfs rw 0 0\n"
	           "/dev/sda3 /mnt/nvme xfs rw 0 0\nhugetlbfs /dev/hugepages hugetlbfs rw 0 0\n");
	secrets_read(&tree->root, &host, &secrets);
	recording_write(&recording, "proc/self/mounts",
	                "/dev/sda2 /srv/birthday\\040party ext4 rw 0 0\n/dev/sda3 /mnt/nvme xfs rw 0 0\n"
	                "hugetlbfs /dev/hugepages hugetlbfs rw 0 0\n");
	recording_write(&recording, "etc/fstab",
	                "#my wife's disk\n/dev/annas-pool/root /srv/birthday\\040party ext4 defaults 0 0\n");
	recording_write(&recording, "sys/class/block/dm-0/dm/name", "annas--pool-root\n");
	recording_write(&recording, "sys/bus/pci/drivers/nvme/uevent", "DRIVER=nvme nvidia\n");
	recording_write(&recording, "etc/vfio-prep.conf",
	                "; Wife\n[device gpu] ; secret\n  # a secret\n;\nid = 10de:2684 ;wife\nallow = usb;x\n");
	recording_write(&recording, "run/vfio-prep/config",
	                "; Wifo\n[device gpu] ; secret\n  # a secret\n;\nid = 10de:2684 ;wife\nallow = usb;x\n");
	recording_write(&recording, "etc/modprobe.d/a.conf", "# wife\noptions a b=1 ;c # d\n");
	assert_int_equal(snapshot_hide(&secrets, &recording), 0);
	for (size_t i = 0; i < recording.count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(gone); j++)
			if (strstr(recording.items[i]->path, gone[j]) || strstr(recording.items[i]->bytes ?: "", gone[j]))
				fail_msg("'%s' is still in '%s': %s", gone[j], recording.items[i]->path, recording.items[i]->bytes);
	assert_string_equal(text_of(&recording, "sys/bus/pci/drivers/nvme/uevent"), "DRIVER=nvme nvidia\n");
	assert_non_null(strstr(text_of(&recording, "proc/self/mounts"), " /mnt/nvme xfs"));
	assert_non_null(strstr(text_of(&recording, "proc/self/mounts"), " /dev/hugepages hugetlbfs"));
	assert_non_null(strstr(text_of(&recording, "etc/modprobe.d/a.conf"), "\noptions a b=1 ;c # d\n"));
	assert_non_null(strstr(text_of(&recording, "etc/vfio-prep.conf"), "\nallow = usb;x\n"));
	assert_non_null(strstr(text_of(&recording, "etc/vfio-prep.conf"), "\n[device gpu] ; "));
	assert_non_null(strstr(text_of(&recording, "etc/vfio-prep.conf"), "\n;\nid = 10de:2684 ;"));
	/* What differed differs, and what was the same is. */
	assert_string_not_equal(text_of(&recording, "etc/vfio-prep.conf"), text_of(&recording, "run/vfio-prep/config"));
	assert_string_equal(strchr(text_of(&recording, "etc/vfio-prep.conf"), '\n'),
	                    strchr(text_of(&recording, "run/vfio-prep/config"), '\n'));
	assert_int_equal(strlen(text_of(&recording, "etc/fstab")),
	                 strlen("#my wife's disk\n/dev/annas-pool/root /srv/birthday\\040party ext4 defaults 0 0\n"));
	/* /dev/GROUP/VOLUME and dm's name for it still say the same. */
	assert_memory_equal(strstr(text_of(&recording, "etc/fstab"), "/dev/") + 5,
	                    text_of(&recording, "sys/class/block/dm-0/dm/name"), 5);
	secrets_done(&secrets);
	recording_done(&recording);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes),         cmocka_unit_test(files_of_others),
		cmocka_unit_test(cgroups),           cmocka_unit_test(lines),
		cmocka_unit_test(kernel_log),        cmocka_unit_test(disks),
		tree_test(what_only_the_owner_says), tree_test(a_machines_names),
		cmocka_unit_test(options_of_qemu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
