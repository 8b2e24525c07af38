/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is on a disk: signatures written by hand into regular files, and udev's database. */
#include "support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/content.h"

#define SIZE (4 << 20)

static const unsigned char uuid[16] = { 0x5a, 0x1c, 0x0d, 0x1e, 0x4b, 0x7d, 0x4d, 0x52,
	                                    0x9c, 0x0f, 0x0f, 0x6f, 0x8c, 0x1b, 0x2a, 0x3d };
#define UUID "5a1c0d1e-4b7d-4d52-9c0f-0f6f8c1b2a3d"

/* A disk of zeros at dev/NAME. */
static int make_disk(const struct tree *tree, const char *name)
{
	char *path = format_text("dev/%s", name);
	int fd;

	tree_write(tree, path, "");
	fd = openat(tree->root.fd, path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	free(path);
	return fd;
}

static void put(int fd, off_t offset, const void *bytes, size_t size)
{
	assert_int_equal(pwrite(fd, bytes, size, offset), size);
}

static void put_le32(int fd, off_t offset, uint32_t value)
{
	const unsigned char bytes[4] = { value & 255, value >> 8 & 255, value >> 16 & 255, (unsigned char)(value >> 24) };

	put(fd, offset, bytes, sizeof(bytes));
}

/* mm/swapfile.c, union swap_header: version, last page, bad pages, UUID, label at 1024; the magic ends the page. */
static void put_swap(int fd)
{
	put_le32(fd, 1024, 1);
	put_le32(fd, 1028, SIZE / 4096 - 1);
	put(fd, 1036, uuid, 16);
	put(fd, 1052, "swap one", 8);
	put(fd, 4086, "SWAPSPACE2", 10);
}

/* fs/ext4/ext4.h, struct ext4_super_block at 1024 */
static void put_ext(int fd)
{
	put_le32(fd, 1024, 1024);         /* inodes */
	put_le32(fd, 1028, SIZE / 1024);  /* blocks */
	put_le32(fd, 1044, 1);            /* first data block */
	put_le32(fd, 1056, 8192);         /* blocks a group */
	put_le32(fd, 1064, 1024);         /* inodes a group */
	put(fd, 1024 + 56, "\x53\xef\x01\x00", 4);
	put_le32(fd, 1024 + 76, 1);       /* revision */
	put_le32(fd, 1024 + 92, 4);       /* has a journal: ext3 */
	put(fd, 1024 + 104, uuid, 16);
	put(fd, 1024 + 120, "the root", 8);
}

static void put_luks(int fd)
{
	static const unsigned char head[] = { 'L', 'U', 'K', 'S', 0xba, 0xbe, 0, 2, 0, 0, 0, 0, 0, 0, 0x40, 0 };

	put(fd, 0, head, sizeof(head)); /* version 2, a header of 16 KiB */
	put(fd, 168, UUID, 36);
}

/* LVM: the label in the second sector, whose checksum libblkid wants right (lib/format_text). */
static void put_lvm(int fd)
{
	unsigned char sector[512] = "LABELONE";
	uint32_t crc = 0xf597a6cf;

	sector[8] = 1; /* its own sector */
	sector[20] = 32;
	memcpy(sector + 24, "LVM2 001", 8);
	memcpy(sector + 32, "hX2mQk7Tz19aBcDeFgHiJkLmNoPqRsTu", 32);
	for (size_t i = 20; i < sizeof(sector); i++) {
		crc ^= sector[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	for (int i = 0; i < 4; i++)
		sector[16 + i] = (unsigned char)(crc >> 8 * i);
	put(fd, 512, sector, sizeof(sector));
}

static void put_dos_table(int fd)
{
	static const unsigned char entry[16] = { 0, 0, 2, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0 };

	put(fd, 440, "\x10\x9a\x3f\x7c", 4);
	put(fd, 446, entry, sizeof(entry));
	put(fd, 510, "\x55\xaa", 2);
}

static struct content content_of(const struct tree *tree, const char *name, const char *number)
{
	struct content content;

	content_read(&tree->root, name, number, &content);
	return content;
}

static void expect(const struct tree *tree, void (*fill)(int), enum content_kind kind, const char *type,
                   const char *wanted_uuid)
{
	int fd = make_disk(tree, "sdz");
	struct content content;

	if (fill)
		fill(fd);
	close(fd);
	content = content_of(tree, "sdz", "");
	assert_string_equal(content.type, type);
	assert_string_equal(content.uuid, wanted_uuid);
	assert_int_equal(content.kind, kind);
}

static void signatures(void **state)
{
	const struct tree *tree = *state;

	expect(tree, NULL, CONTENT_NOTHING, "", "");
	expect(tree, put_swap, CONTENT_FILESYSTEM, "swap", UUID);
	assert_string_equal(content_of(tree, "sdz", "").label, "swap one");
	expect(tree, put_ext, CONTENT_FILESYSTEM, "ext3", UUID);
	assert_string_equal(content_of(tree, "sdz", "").label, "the root");
	expect(tree, put_luks, CONTENT_CONTAINER, "crypto_LUKS", UUID);
	expect(tree, put_lvm, CONTENT_CONTAINER, "LVM2_member", "hX2mQk-7Tz1-9aBc-DeFg-HiJk-LmNo-PqRsTu");
	expect(tree, put_dos_table, CONTENT_TABLE, "", "");
}

/* A filesystem made over another: nobody can say which of them is meant. */
static void put_two(int fd)
{
	put_swap(fd);
	put_ext(fd);
	put_le32(fd, 1024, 1); /* the version of swap, and one inode */
}

static void two_signatures(void **state)
{
	const struct tree *tree = *state;

	expect(tree, put_two, CONTENT_AMBIVALENT, "", "");
}

/* What cannot be read is not "nothing". */
static void unreadable(void **state)
{
	const struct tree *tree = *state;
	int fd;

	assert_int_equal(content_of(tree, "sdz", "").kind, CONTENT_UNREADABLE); /* no node */
	tree_mkdir(tree, "dev/sdy");
	assert_int_equal(content_of(tree, "sdy", "").kind, CONTENT_UNREADABLE);
	tree_mkdir(tree, "dev");
	assert_int_equal(mkfifoat(tree->root.fd, "dev/sdx", 0600), 0); /* does not hang us, either */
	assert_int_equal(content_of(tree, "sdx", "").kind, CONTENT_UNREADABLE);
	tree_write(tree, "dev/sdw", ""); /* no room for a signature */
	assert_true(content_of(tree, "sdw", "").kind == CONTENT_UNREADABLE ||
	            content_of(tree, "sdw", "").kind == CONTENT_NOTHING);
	tree_link(tree, "dev/sdv", "sdz");
	fd = make_disk(tree, "sdz");
	put_swap(fd);
	close(fd);
	assert_int_equal(content_of(tree, "sdv", "").kind, CONTENT_FILESYSTEM);
}

static void what_udev_found(void **state)
{
	const struct tree *tree = *state;
	struct content content;
	int fd;

	tree_write(tree, "run/udev/data/b8:1",
	           "S:disk/by-id/x\nI:12345\nE:ID_FS_TYPE=ext4\nE:ID_FS_UUID=" UUID "\nE:ID_FS_LABEL=My_Disk\n"
	           "E:ID_FS_LABEL_ENC=My\\x20Disk\nE:ID_PART_ENTRY_UUID=7c3f9a10-01\n"
	           "E:ID_PART_ENTRY_NAME=EFI\\x20System\\x20Partition\nE:ID_PART_ENTRY_SCHEME=gpt\nG:systemd\n");
	content = content_of(tree, "sda1", "8:1");
	assert_int_equal(content.kind, CONTENT_FILESYSTEM);
	assert_string_equal(content.type, "ext4");
	assert_string_equal(content.uuid, UUID);
	assert_string_equal(content.label, "My Disk");
	assert_string_equal(content.partuuid, "7c3f9a10-01");
	assert_string_equal(content.partlabel, "EFI System Partition");
	tree_write(tree, "run/udev/data/b8:0", "E:ID_PART_TABLE_TYPE=gpt\n");
	assert_int_equal(content_of(tree, "sda", "8:0").kind, CONTENT_TABLE);
	tree_write(tree, "run/udev/data/b8:2", "E:DEVNAME=/dev/sda2\n");
	assert_int_equal(content_of(tree, "sda2", "8:2").kind, CONTENT_NOTHING);
	tree_write(tree, "run/udev/data/b8:3", "E:ID_FS_AMBIVALENT=filesystem:ext4:1.0 other:swap:1\n");
	assert_int_equal(content_of(tree, "sda3", "8:3").kind, CONTENT_AMBIVALENT);
	tree_write(tree, "run/udev/data/b8:4", "E:ID_FS_TYPE=zfs_member\n");
	assert_int_equal(content_of(tree, "sda4", "8:4").kind, CONTENT_CONTAINER);
	assert_int_equal(content_of(tree, "sda5", "8:5").kind, CONTENT_UNREADABLE); /* udev has not seen it */
	/* What a snapshot adds to udev's. */
	tree_write(tree, "run/udev/data/b8:7",
	           "E:VFIO_PREP_BUSY=1\nE:ID_FS_TYPE=LVM2_member\nE:VFIO_PREP_VOLUME_GROUP=Pa5sw0rd\n");
	assert_true(content_of(tree, "sda7", "8:7").was_busy);
	assert_string_equal(content_of(tree, "sda7", "8:7").volume_group, "Pa5sw0rd");
	assert_false(content_of(tree, "sda4", "8:4").was_busy);
	/* The device itself is believed more than what udev once read. */
	fd = make_disk(tree, "sda1");
	put_luks(fd);
	close(fd);
	assert_int_equal(content_of(tree, "sda1", "8:1").kind, CONTENT_CONTAINER);
}

/* The log of a filesystem is nothing by itself. */
static void logs(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "run/udev/data/b8:6", "E:ID_FS_TYPE=jbd\nE:ID_FS_UUID=" UUID "\n");
	assert_int_equal(content_of(tree, "sda6", "8:6").kind, CONTENT_LOG);
	tree_write(tree, "run/udev/data/b8:6", "E:ID_FS_TYPE=xfs_external_log\n");
	assert_int_equal(content_of(tree, "sda6", "8:6").kind, CONTENT_LOG);
}

/* Files and folders are held by nobody, and what is not there neither. */
static void not_held(void **state)
{
	const struct tree *tree = *state;

	close(make_disk(tree, "sdz"));
	assert_false(content_is_busy(&tree->root, "sdz"));
	assert_false(content_is_busy(&tree->root, "gone"));
	tree_mkdir(tree, "dev/sdy");
	assert_false(content_is_busy(&tree->root, "sdy"));
}

/* "cciss!c0d0" in sysfs is cciss/c0d0 in /dev. */
static void a_node_in_a_folder(void **state)
{
	const struct tree *tree = *state;
	int fd;

	tree_mkdir(tree, "dev/cciss");
	fd = make_disk(tree, "cciss/c0d0");
	put_luks(fd);
	close(fd);
	assert_int_equal(content_of(tree, "cciss!c0d0", "").kind, CONTENT_CONTAINER);
}

static void decoding(void **state)
{
	char text[] = "a\\x20b\\x5cx20\\x2", bad[] = "\\xzz\\x";

	(void)state;
	content_decode(text);
	assert_string_equal(text, "a b\\x20\\x2");
	content_decode(bad);
	assert_string_equal(bad, "\\xzz\\x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(signatures),      tree_test(two_signatures),   tree_test(unreadable),
		tree_test(what_udev_found), cmocka_unit_test(decoding),
		tree_test(logs),            tree_test(not_held),         tree_test(a_node_in_a_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
