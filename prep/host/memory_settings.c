/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What else on a host touches the memory of guests: mounts, merging, balancing, sysctl.d. */
#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/memory.h"
#include "host/sysctl.h"

#define MM "sys/kernel/mm"
#define MOUNTS_LIMIT (16 << 20)

static void close_mounts(FILE **file)
{
	if (*file)
		endmntent(*file);
}

static int read_mounts(const struct root *root, uint64_t default_size, struct memory_settings *settings)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_(close_mounts) FILE *file = NULL;
	struct mntent entry;
	char buffer[4096];
	size_t size;

	settings->mounts_error = root_read_all(root, "proc/mounts", MOUNTS_LIMIT, &text, &size);
	if (settings->mounts_error)
		return settings->mounts_error == -ENOMEM ? -ENOMEM : 0;
	file = size ? fmemopen(text, size, "r") : NULL;
	while (file && getmntent_r(file, &entry, buffer, sizeof(buffer))) {
		const char *option = hasmntopt(&entry, "pagesize");
		uint64_t *mount, bytes = default_size;
		char value[32];
		bool bare;

		if (strcmp(entry.mnt_type, "hugetlbfs") != 0)
			continue;
		/* "pagesize=2M", "pagesize=1024M" (fs/hugetlbfs/inode.c, hugetlbfs_show_options()) */
		if (option && sscanf(option, "pagesize=%31[^,]", value) == 1 && parse_size(value, &bytes, &bare) < 0)
			continue;
		mount = array_add(&settings->mounts, &settings->mount_count, sizeof(*mount));
		if (!mount)
			return -ENOMEM;
		*mount = bytes;
	}
	return 0;
}

/* "always [madvise] never": the word in brackets is in force. */
static void read_huge(const struct root *root, struct memory_settings *settings)
{
	char text[ROOT_ATTRIBUTE];
	const char *open;
	ssize_t length = root_read(root, MM "/transparent_hugepage/enabled", text, sizeof(text));

	if (length == -ENOENT && root_exists(root, MM)) {
		strcpy(settings->huge, "none");
		return;
	}
	open = length < 0 ? NULL : strchr(text, '[');
	if (open)
		snprintf(settings->huge, sizeof(settings->huge), "%.*s", (int)strcspn(open + 1, "]"), open + 1);
}

/* A small number in a file of the kernel; 0 where there is none though its folder is there; -1 unknown. */
static int read_switch(const struct root *root, const char *path, const char *folder)
{
	char text[ROOT_ATTRIBUTE];
	uint64_t value;
	ssize_t length = root_read(root, path, text, sizeof(text));

	if (length == -ENOENT && root_exists(root, folder))
		return 0;
	return length < 0 || parse_number(text, 127, &value) < 0 ? -1 : (int)value;
}

static int read_sysctl(const struct root *root, struct memory_settings *settings)
{
	static const char *const keys[] = { "vm.nr_hugepages", "vm.nr_hugepages_mempolicy" };
	struct sysctl_setting setting;
	int r = sysctl_find(root, keys, ARRAY_SIZE(keys), &setting);

	if (r <= 0 || parse_kernel_number(setting.value, MEMORY_UNKNOWN - 1, &settings->sysctl_pages) < 0)
		return r < 0 ? r : 0;
	snprintf(settings->sysctl_file, sizeof(settings->sysctl_file), "%s", setting.file);
	snprintf(settings->sysctl_key, sizeof(settings->sysctl_key), "%s", setting.key);
	return 0;
}

int memory_read_settings(const struct root *root, struct memory *memory)
{
	struct memory_settings *settings = &memory->settings;
	int r = read_mounts(root, memory->default_size, settings);

	if (r < 0)
		return r;
	settings->read = true;
	read_huge(root, settings);
	settings->merging = read_switch(root, MM "/ksm/run", MM);
	settings->balancing = read_switch(root, "proc/sys/kernel/numa_balancing", "proc/sys/kernel");
	return read_sysctl(root, settings);
}
