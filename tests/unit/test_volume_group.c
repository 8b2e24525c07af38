/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The volume group of a physical volume, from metadata written by hand. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/volume_group.h"

#define SIZE (2 << 20)
#define MDA 4096
#define MDA_SIZE (1 << 20)
#define TEXT 512 /* from the area's start on */
#define ID "hX2mQk-7Tz1-9aBc-DeFg-HiJk-LmNo-PqRsTu"

static void put(int fd, off_t offset, const void *bytes, size_t size)
{
	assert_int_equal(pwrite(fd, bytes, size, offset), size);
}

static void put_le64(int fd, off_t offset, uint64_t value)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(value >> 8 * i);
	put(fd, offset, bytes, sizeof(bytes));
}

/* A physical volume of group "vg", as pvcreate and vgcreate make it. */
static int make_volume(const struct tree *tree)
{
	static const char text[] =
		"vg {\nid = \"" ID
		"\"\nseqno = 1\nphysical_volumes {\npv0 {\nid = \"AAAAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAAAA\"\n}\n}\n}\n";
	int fd;

	tree_write(tree, "pv", "");
	fd = openat(tree->root.fd, "pv", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	put(fd, 512, "LABELONE\1\0\0\0\0\0\0\0\0\0\0\0\40\0\0\0LVM2 001", 32);
	put(fd, 544, "PPPPPPPPPPPPPPPPPPPPPPPPPPPPPPPP", 32);
	put_le64(fd, 576, SIZE);
	put_le64(fd, 584, MDA + MDA_SIZE); /* one area of data */
	put_le64(fd, 616, MDA);            /* and one of metadata */
	put_le64(fd, 624, MDA_SIZE);
	put(fd, MDA + 4, " LVM2 x[5A%r0N*>\1\0\0\0", 20);
	put_le64(fd, MDA + 24, MDA);
	put_le64(fd, MDA + 32, MDA_SIZE);
	put_le64(fd, MDA + 40, TEXT);
	put_le64(fd, MDA + 48, sizeof(text));
	put(fd, MDA + TEXT, text, sizeof(text));
	return fd;
}

static void the_group_of_a_volume(void **state)
{
	char id[VOLUME_GROUP_ID] = "";
	int fd = make_volume(*state);

	assert_int_equal(volume_group_read(fd, id), 0);
	assert_string_equal(id, "hX2mQk7Tz19aBcDeFgHiJkLmNoPqRsTu");
	put(fd, 1536, "LABELONE\3\0\0\0\0\0\0\0\0\0\0\0\40\0\0\0LVM2 001", 32); /* the first label counts */
	assert_int_equal(volume_group_read(fd, id), 0);
	close(fd);
}

static void expect(int fd, int wanted)
{
	char id[VOLUME_GROUP_ID] = "kept";

	assert_int_equal(volume_group_read(fd, id), wanted);
	assert_string_equal(id, "kept"); /* written only on success */
	close(fd);
}

static void no_group(void **state)
{
	int fd = make_volume(*state);

	put_le64(fd, MDA + 40, 0); /* in no group */
	expect(fd, -ENODATA);
	fd = make_volume(*state);
	put_le64(fd, 616, 0); /* its metadata is on other members */
	expect(fd, -ENODATA);
}

static void what_is_broken(void **state)
{
	int fd = make_volume(*state);

	put(fd, 512, "X", 1);
	expect(fd, -EBADMSG);
	fd = make_volume(*state);
	put(fd, 532, "\377\377\377\377", 4);
	expect(fd, -EBADMSG);
	fd = make_volume(*state);
	put_le64(fd, 616, UINT64_MAX);
	expect(fd, -EBADMSG);
	fd = make_volume(*state);
	put_le64(fd, 616, SIZE - 10);
	expect(fd, -EBADMSG);
	fd = make_volume(*state);
	put(fd, MDA + 4, "x", 1);
	expect(fd, -EBADMSG);
	fd = make_volume(*state);
	put_le64(fd, MDA + 40, UINT64_MAX);
	expect(fd, -EBADMSG);
	fd = make_volume(*state);
	put_le64(fd, MDA + 40, MDA_SIZE - 100); /* around the ring's end, and what follows there is not of it */
	put(fd, MDA + MDA_SIZE - 100, "vg {\nid = \"" ID "\"\n", 50);
	expect(fd, -EBADMSG);
	fd = make_volume(*state);
	put_le64(fd, MDA + 24, UINT64_MAX - 100);
	expect(fd, -EBADMSG);
	fd = make_volume(*state);
	put(fd, MDA + TEXT + 20, "\"", 1); /* an id too short */
	expect(fd, -EBADMSG);
	fd = make_volume(*state);
	put(fd, MDA + TEXT, "\0", 1);
	expect(fd, -EBADMSG);
	fd = make_volume(*state);
	for (int i = 0; i < 100; i++) /* areas without an end */
		put_le64(fd, 584 + 16 * i, MDA);
	expect(fd, -EBADMSG);
	fd = make_volume(*state);
	assert_int_equal(ftruncate(fd, 600), 0);
	expect(fd, -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(the_group_of_a_volume), tree_test(no_group), tree_test(what_is_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
