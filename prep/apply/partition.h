/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cpuset partition of the guests, on machines without systemd: what slices.h asks of it. */
#ifndef VFIO_PREP_APPLY_PARTITION_H
#define VFIO_PREP_APPLY_PARTITION_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/cpus.h"
#include "base/root.h"

#define CGROUPS "sys/fs/cgroup"
#define PARTITION CGROUPS "/vfio-prep"

/* What the partition leaves to the host; empty where there is none. */
int partition_read(const struct root *root, struct cpus *ret);

/* A partition of all CPUs that are online but these; empty: none. Its guests stay where they are meanwhile. */
int partition_set(const struct root *root, const struct cpus *host, char *note);

/* Removes the cgroups of guests that have ended; and the partition's, where it has no CPUs. */
int partition_tidy(const struct root *root, char *note);

/* Puts a process into the cgroup of a guest: unit is its name. */
int partition_enter(const struct root *root, const char *unit, pid_t pid, const struct cpus *cpus, char *note);

#endif
