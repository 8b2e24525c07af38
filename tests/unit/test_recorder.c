/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is looked at is written down, and nothing else. */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "snapshot/recorder.h"

#define GPU "sys/devices/pci0000:00/0000:01:00.0"

struct watched {
	struct recording recording;
	struct recorder recorder;
	struct root root;
};

static void watch(const struct tree *tree, struct watched *ret)
{
	*ret = (struct watched){ .root = tree->root };
	recorder_make(&tree->root, &ret->recording, &ret->recorder);
	ret->root.observer = &ret->recorder.observer;
}

static void read_text(const struct watched *watched, const char *path)
{
	char text[ROOT_ATTRIBUTE];

	root_read(&watched->root, path, text, sizeof(text));
}

/* All of it, "KIND PATH[=CONTENT]" a line. */
static const char *recorded(struct watched *watched)
{
	static const char kinds[] = { [ENTRY_FOLDER] = 'd', [ENTRY_FILE] = 'f', [ENTRY_LINK] = 'l' };
	static char text[4096];
	size_t used = 0;

	recording_settle(&watched->recording);
	for (size_t i = 0; i < watched->recording.count; i++) {
		const struct recorded *entry = watched->recording.items[i];

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%c %s%s%s;", kinds[entry->kind], entry->path,
		                         entry->bytes ? "=" : "", entry->bytes ? entry->bytes : "");
	}
	text[used] = '\0';
	recording_done(&watched->recording);
	return text;
}

static void files_by_links(void **state)
{
	const struct tree *tree = *state;
	struct watched watched;

	tree_write(tree, GPU "/class", "0x030000\n");
	tree_write(tree, GPU "/vendor", "0x10de\n");
	tree_link(tree, "sys/bus/pci/devices/0000:01:00.0", "../../../devices/pci0000:00/0000:01:00.0");
	watch(tree, &watched);
	read_text(&watched, "sys/bus/pci/devices/0000:01:00.0/class");
	assert_string_equal(recorded(&watched),
	                    "d sys;d sys/bus;d sys/bus/pci;d sys/bus/pci/devices;"
	                    "l sys/bus/pci/devices/0000:01:00.0=../../../devices/pci0000:00/0000:01:00.0;"
	                    "d sys/devices;d sys/devices/pci0000:00;d " GPU ";f " GPU "/class=0x030000\n;");
}

/* ".." at the root stays there, "/" begins at it, and a loop ends. */
static void links_as_the_kernel_takes_them(void **state)
{
	const struct tree *tree = *state;
	struct watched watched;

	tree_write(tree, "etc/file", "text\n");
	tree_link(tree, "one", "../../etc/./two");
	tree_link(tree, "etc/two", "/etc/file");
	tree_link(tree, "loop", "loop");
	watch(tree, &watched);
	read_text(&watched, "one");
	read_text(&watched, "loop");
	assert_string_equal(recorded(&watched), "d etc;f etc/file=text\n;l etc/two=/etc/file;l one=../../etc/./two;");
}

/* Only that it is there, where only that was asked for. */
static void existence(void **state)
{
	const struct tree *tree = *state;
	struct watched watched;
	char target[32];

	tree_write(tree, "sys/firmware/acpi/tables/DMAR", "binary");
	tree_link(tree, "driver", "nouveau");
	watch(tree, &watched);
	root_exists(&watched.root, "sys/firmware/acpi/tables/DMAR");
	root_exists(&watched.root, "sys/firmware/acpi/tables/IVRS");
	root_readlink(&watched.root, "driver", target, sizeof(target)); /* which leads nowhere */
	assert_string_equal(recorded(&watched),
	                    "l driver=nouveau;d sys;d sys/firmware;d sys/firmware/acpi;d sys/firmware/acpi/tables;"
	                    "f sys/firmware/acpi/tables/DMAR;");
}

static void lists(void **state)
{
	const struct tree *tree = *state;
	struct watched watched;
	struct names names;

	tree_write(tree, "sys/one", "1\n");
	tree_mkdir(tree, "sys/two");
	tree_link(tree, "sys/three", "two");
	tree_write(tree, "proc/irq/9/node", "0\n");
	tree_write(tree, "proc/irq/9/smp_affinity", "f\n");
	tree_mkdir(tree, "proc/irq/9/acpi");
	tree_write(tree, "proc/77/comm", "cat\n");
	tree_write(tree, "sys/fs/cgroup/user.slice/cgroup.procs", "\n");
	tree_write(tree, "etc/systemd/system/mine.service", "\n");
	watch(tree, &watched);
	for (const char *const *folder =
	         (const char *const[]){ "sys", "proc/irq/9", "proc", "sys/fs/cgroup", "etc/systemd/system", NULL };
	     *folder; folder++) {
		assert_int_equal(root_list(&watched.root, *folder, &names), 0);
		names_done(&names);
	}
	read_text(&watched, "proc/irq/9/smp_affinity");
	assert_string_equal(
		recorded(&watched),
		"d etc;d etc/systemd;d etc/systemd/system;d proc;d proc/irq;d proc/irq/9;d proc/irq/9/acpi;"
		"f proc/irq/9/smp_affinity=f\n;d sys;d sys/fs;d sys/fs/cgroup;f sys/one;l sys/three=two;d sys/two;");
}

/* What is no text is cut to what is looked at; nodes are not read; what cannot be read is not there. */
static void not_copied(void **state)
{
	const struct tree *tree = *state;
	struct watched watched;
	char space[256] = "\x86\x80";

	memset(space + 2, 'x', sizeof(space) - 2);
	tree_write_bytes(tree, GPU "/config", space, sizeof(space));
	tree_write_bytes(tree, "etc/zfs/zpool.cache", "\0secret", 7);
	tree_mkdir(tree, "dev");
	assert_int_equal(mkfifoat(tree->root.fd, "dev/fifo", 0640), 0);
	tree_write(tree, "write-only", "x");
	watch(tree, &watched);
	read_text(&watched, GPU "/config");
	read_text(&watched, "etc/zfs/zpool.cache");
	close(root_openat(&watched.root, "dev/fifo", O_RDONLY | O_NONBLOCK, 0));
	close(root_openat(&watched.root, "write-only", O_WRONLY, 0));
	assert_int_equal(recording_find(&watched.recording, GPU "/config")->size, 64);
	assert_int_equal(recording_find(&watched.recording, "etc/zfs/zpool.cache")->size, 1);
	assert_false(recording_find(&watched.recording, "dev/fifo")->ordinary);
	assert_false(recording_find(&watched.recording, "dev/fifo")->read);
	assert_int_equal(recording_find(&watched.recording, "dev/fifo")->mode, 0640);
	assert_null(recording_find(&watched.recording, "write-only"));
	recording_done(&watched.recording);
}

/* Of the process that reads, not of process 4711, which another reader is not. */
static void oneself(void **state)
{
	const struct tree *tree = *state;
	struct watched watched;

	tree_write(tree, "proc/4711/mounts", "proc /proc proc rw 0 0\n");
	tree_link(tree, "proc/self", "4711");
	tree_link(tree, "proc/mounts", "self/mounts");
	watch(tree, &watched);
	read_text(&watched, "proc/mounts");
	assert_string_equal(recorded(&watched), "d proc;l proc/mounts=self/mounts;d proc/self;"
	                                        "f proc/self/mounts=proc /proc proc rw 0 0\n;");
}

static void sorting_and_dropping(void **state)
{
	struct recording recording = { 0 };

	(void)state;
	recording_write(&recording, "a-b", "1");
	recording_write(&recording, "a/x", "2");
	recording_write(&recording, "ab/x", "3");
	recording_add(&recording, "a")->kind = ENTRY_FOLDER;
	recording_write(&recording, "a-b", "4");
	recording_drop(&recording, "ab");
	recording_settle(&recording);
	assert_int_equal(recording.count, 3);
	assert_string_equal(recording.items[0]->path, "a");
	assert_string_equal(recording.items[1]->path, "a/x"); /* before "a-b", which strcmp has first */
	assert_string_equal(recording.items[2]->bytes, "4");
	recording_done(&recording);
	recording_done(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(files_by_links), tree_test(links_as_the_kernel_takes_them), tree_test(existence), tree_test(lists),
		tree_test(not_copied),     tree_test(oneself),                        cmocka_unit_test(sorting_and_dropping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
