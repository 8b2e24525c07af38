/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that are told apart even where a number is used again, and the cgroups they are in. */
#ifndef VFIO_PREP_HOST_PROCESS_H
#define VFIO_PREP_HOST_PROCESS_H

#include <stddef.h>
#include <stdint.h>

#include "host/host.h"

struct root;

#define CGROUP_ROOT "sys/fs/cgroup"

struct process {
	uint64_t pid;
	uint64_t start; /* in clock ticks since boot: field 22 of /proc/PID/stat (proc(5)) */
};

/* The process that has this number now. 0; -ESRCH where none has it, or a dead one; the errno of reading it. */
int process_read(const struct root *root, uint64_t pid, struct process *ret);

/*
 * Whether this very process still runs, in this boot. One that is dead and not waited for yet has let go of
 * everything. Unknown where /proc cannot be read.
 */
enum answer process_lives(const struct root *root, const struct process *process);

/* Its name, /proc/PID/comm, into command (size bytes); "" where that cannot be read. */
void process_command(const struct root *root, uint64_t pid, char *command, size_t size);

/*
 * The cgroup of a process, below the root of version 2, or of systemd's own hierarchy of version 1,
 * "machine.slice/x.scope", into path (size bytes).
 * 0; -ENOENT where it is in none, or in the root; -ENAMETOOLONG; the errno of reading it.
 */
int process_cgroup(const struct root *root, uint64_t pid, char *path, size_t size);

/* Whether there is a process in the cgroup or below it. One that is gone has none. */
enum answer cgroup_is_populated(const struct root *root, const char *path);

#endif
