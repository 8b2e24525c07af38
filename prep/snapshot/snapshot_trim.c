/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking out of a recording what no check needs. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "host/holders.h"
#include "host/host.h"
#include "snapshot/snapshot.h"
#include "snapshot/snapshot_parts.h"

#define CGROUPS "sys/fs/cgroup"

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* kthreadd and the threads of RCU, "PID (rcuop/4) S 2 ...": by these tuning_kernel.c knows who calls RCU's
 * callbacks. */
static bool is_kernels(const char *pid, const char *stat)
{
	const char *name = stat ? strchr(stat, '(') : NULL;

	return strcmp(pid, "2") == 0 || (name && starts(name, "(rcuo"));
}

/* Whoever holds a device of a function, and everybody who holds one of vfio's. */
static bool is_holder(const struct host *host, const struct recording *recording, const char *pid)
{
	char folder[64];

	for (size_t i = 0; i < host->holder_count; i++)
		if (host->holders[i].pid == atoi(pid))
			return true;
	snprintf(folder, sizeof(folder), "proc/%s/fd/", pid);
	for (size_t i = 0; i < recording->count; i++)
		if (starts(recording->items[i]->path, folder) && recording->items[i]->kind == ENTRY_LINK &&
		    starts(recording->items[i]->bytes ?: "", "/dev/vfio/"))
			return true;
	return false;
}

/* An open file that says which device is held. */
static bool is_held(const struct host *host, const struct recorded *entry)
{
	const char *target = entry->bytes ?: "";

	if (starts(target, "/dev/vfio/") || strcmp(target, "/dev/kvm") == 0)
		return true;
	for (size_t i = 0; i < host->holder_count; i++)
		if (strcmp(host->holders[i].node, target) == 0)
			return true;
	return false;
}

static bool keeps_process(const struct host *host, const struct recording *recording, const char *pid)
{
	char path[64];
	const struct recorded *stat;

	snprintf(path, sizeof(path), "proc/%s/stat", pid);
	stat = recording_find(recording, path);
	return is_kernels(pid, stat ? stat->bytes : NULL) || is_holder(host, recording, pid);
}

static void trim_processes(const struct host *host, struct recording *recording)
{
	char last[32] = "";
	bool keeps = false;

	/* What was looked at of one process mostly stands together: each is judged once or twice. */
	for (size_t i = 0; i < recording->count; i++) {
		struct recorded *entry = recording->items[i];
		char pid[32], rest[8] = "";

		if (!starts(entry->path, "proc/") || !isdigit((unsigned char)entry->path[5]) ||
		    sscanf(entry->path, "proc/%31[0-9]%7s", pid, rest) < 1)
			continue;
		if (strcmp(pid, last) != 0) {
			keeps = keeps_process(host, recording, pid);
			strcpy(last, pid);
		}
		if (!keeps || (starts(rest, "/fd/") && entry->kind == ENTRY_LINK && !is_held(host, entry)))
			entry->kind = ENTRY_NONE;
	}
}

/* Names of cgroups are those of services and users: only what leads to a partition stays. */
static bool leads_to_partition(const struct recording *recording, const char *folder)
{
	for (size_t i = 0; i < recording->count; i++) {
		const struct recorded *entry = recording->items[i];
		const char *name = starts(entry->path, CGROUPS "/") ? strrchr(entry->path, '/') : NULL;

		if (name && strcmp(name, "/cpuset.cpus.partition") == 0 && entry->bytes && !starts(entry->bytes, "member") &&
		    recording_is_below(entry->path, folder))
			return true;
	}
	return false;
}

static void trim_cgroups(struct recording *recording)
{
	for (size_t i = 0; i < recording->count; i++) {
		struct recorded *entry = recording->items[i];

		if (entry->kind == ENTRY_FOLDER && starts(entry->path, CGROUPS "/") &&
		    !leads_to_partition(recording, entry->path))
			recording_drop(recording, entry->path);
	}
}

/* A line of proc/mounts or of mountinfo, whose type stands behind " - ". */
static bool is_idle_mount(const char *line)
{
	static const char *const types[] = { "overlay", "nsfs", "tmpfs", "squashfs", "autofs", "devpts", "rpc_pipefs" };
	const char *dash = strstr(line, " - ");
	char place[256], type[32];

	if (sscanf(line, "%*s %255s %31s", place, type) != 2)
		return false;
	if (dash && (sscanf(dash + 3, "%31s", type) != 1 || sscanf(line, "%*s %*s %*s %*s %255s", place) != 1))
		return false;
	if (strcmp(place, "/") == 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return starts(type, "fuse");
}

/* Where this boot's kernel lies, which the kernel chose by chance so that nobody knows (proc/iomem). */
static bool is_place_of_kernel(const char *line)
{
	return strstr(line, " : Kernel ") != NULL;
}

/* Takes out the lines that drops is true of, where they stand. */
static void trim_lines(struct recorded *entry, bool (*drops)(const char *line))
{
	char *out = entry->bytes;

	for (char *line = entry->bytes, *end; line && *line; line = end) {
		size_t size = strcspn(line, "\n");
		char after = line[size];
		bool dropped;

		line[size] = '\0';
		dropped = drops(line);
		line[size] = after;
		end = line + size + (after != '\0');
		if (!dropped) {
			memmove(out, line, (size_t)(end - line));
			out += end - line;
		}
	}
	if (out) {
		*out = '\0';
		entry->size = (size_t)(out - entry->bytes);
	}
}

/* Of a guest in libvirt's own file only what says which devices it takes: passwords stand there, too. */
static bool is_idle_of_domain(const char *line)
{
	return !strstr(line, "hostdev ") && !strstr(line, "</hostdev>") && !strstr(line, "<address ");
}

/* Of somebody's script only that it is one that writes overrides. */
static bool is_idle_of_script(const char *line)
{
	return !strstr(line, "driver_override");
}

static bool is_script(const char *path)
{
	const char *name = strrchr(path, '/');

	return recording_is_below(path, "etc/initramfs-tools/scripts") || recording_is_below(path, "etc/initcpio/hooks") ||
	       (name && strncmp(name, "/vfio", 5) == 0 && strstr(path, "bin/vfio") == name - 3);
}

void snapshot_trim(const struct host *host, struct recording *recording)
{
	trim_processes(host, recording);
	trim_cgroups(recording);
	for (size_t i = 0; i < recording->count; i++) {
		struct recorded *entry = recording->items[i];
		const char *name = strrchr(entry->path, '/');

		if (starts(entry->path, "proc/") && entry->read &&
		    (strcmp(name, "/mounts") == 0 || strcmp(name, "/mountinfo") == 0))
			trim_lines(entry, is_idle_mount);
		if (strcmp(entry->path, "proc/iomem") == 0 && entry->read)
			trim_lines(entry, is_place_of_kernel);
		if (recording_is_below(entry->path, "etc/libvirt/qemu") && entry->read)
			trim_lines(entry, is_idle_of_domain);
		if (is_script(entry->path) && entry->read)
			trim_lines(entry, is_idle_of_script);
	}
	snapshot_write_log(host, recording);
	snapshot_write_disks(host, recording);
}
