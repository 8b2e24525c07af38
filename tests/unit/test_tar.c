/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archives are read back by the tar of the system: it is the one that will read them. */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "snapshot/tar.h"

static void add(struct recording *recording, const char *path, enum entry_kind kind, const char *bytes, mode_t mode)
{
	struct recorded *entry = recording_add(recording, path);

	entry->kind = kind;
	entry->mode = mode;
	entry->ordinary = true;
	if (bytes)
		recording_fill(recording, entry, strdup(bytes), strlen(bytes));
}

static size_t unpack(const struct tree *tree, struct recording *recording)
{
	char *command = format_text("tar -xf %s/x.tar -C %s", tree->directory, tree->directory), *bytes;
	size_t files = 0, size;
	FILE *out = open_memstream(&bytes, &size);

	recording_settle(recording);
	assert_int_equal(tar_write(out, recording, &files), 0);
	fclose(out);
	assert_int_equal(size % 512, 0);
	tree_write_bytes(tree, "x.tar", bytes, size);
	assert_int_equal(system(command), 0); /* and no word of a bad block */
	free(bytes);
	free(command);
	return files;
}

static void written_and_unpacked(void **state)
{
	const struct tree *tree = *state;
	struct recording recording = { 0 };
	char long_path[300], target[260], block[513];
	struct stat stat;
	char *link;

	memset(block, 'b', 512);
	block[512] = '\0';
	snprintf(long_path, sizeof(long_path), "sys/%0100d/%0120d", 1, 2);
	snprintf(target, sizeof(target), "../%0100d", 7); /* with its "../" 103 bytes */
	add(&recording, "sys", ENTRY_FOLDER, NULL, 0755);
	add(&recording, "sys/empty", ENTRY_FOLDER, NULL, 0700);
	add(&recording, "sys/class", ENTRY_FILE, "0x030000\n", 0600);
	add(&recording, "sys/nothing", ENTRY_FILE, NULL, 0400);
	add(&recording, "sys/block", ENTRY_FILE, block, 0644);
	add(&recording, "sys/driver", ENTRY_LINK, "../bus/nouveau", 0777);
	add(&recording, "sys/far", ENTRY_LINK, target, 0777);
	add(&recording, long_path, ENTRY_FILE, "deep", 0644);
	add(&recording, "dev/vfio/8", ENTRY_FILE, NULL, 0660);
	assert_int_equal(unpack(tree, &recording), 7);
	tree_expect(tree, "sys/class", "0x030000");
	tree_expect(tree, "sys/block", block);
	tree_expect(tree, long_path, "deep");
	link = tree_readlink(tree, "sys/driver");
	assert_string_equal(link, "../bus/nouveau");
	free(link);
	link = tree_readlink(tree, "sys/far");
	assert_string_equal(link, target);
	free(link);
	assert_int_equal(fstatat(tree->root.fd, "sys/class", &stat, 0), 0);
	assert_int_equal(stat.st_mode & 0777, 0644);
	assert_int_equal(stat.st_mtime, 0);
	assert_int_equal(fstatat(tree->root.fd, "sys/nothing", &stat, 0), 0);
	assert_int_equal(stat.st_mode & 0777, 0444);
	assert_int_equal(stat.st_size, 0);
	assert_int_equal(fstatat(tree->root.fd, "sys/empty", &stat, 0), 0);
	assert_true(S_ISDIR(stat.st_mode));
	assert_int_equal(fstatat(tree->root.fd, "dev/vfio/8", &stat, 0), 0);
	assert_int_equal(stat.st_mode & 0777, 0660);
	recording_done(&recording);
}

/* A name of exactly the header's hundred bytes, and one more: with "99 path=" or "100 path=" before it. */
static void lengths_count_themselves(void **state)
{
	const struct tree *tree = *state;

	for (int size = 88; size < 110; size++) {
		struct recording recording = { 0 };
		char path[128];

		snprintf(path, sizeof(path), "%0*d", size, 5);
		add(&recording, path, ENTRY_FILE, "x", 0644);
		unpack(tree, &recording);
		tree_expect(tree, path, "x");
		recording_done(&recording);
	}
}

static void no_room(void **state)
{
	struct recording recording = { 0 };
	FILE *full = fopen("/dev/full", "w");
	size_t files;

	(void)state;
	add(&recording, "a", ENTRY_FILE, "x", 0644);
	assert_int_equal(tar_write(full, &recording, &files), -EIO);
	fclose(full);
	recording_done(&recording);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(written_and_unpacked), tree_test(lengths_count_themselves), cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
