/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of topology_read. */
#ifndef VFIO_PREP_HOST_TOPOLOGY_READ_H
#define VFIO_PREP_HOST_TOPOLOGY_READ_H

#include "host/topology.h"

#define CPU_DIRECTORY "sys/devices/system/cpu"

/* A CPU list of sysfs, which may be empty and longer than a page. 0 or the errno (negative) of reading it. */
int topology_read_list(const struct root *root, const char *path, struct cpus *ret);

/* Nodes and distances; the node of each CPU. 0 or -ENOMEM. */
int topology_read_nodes(const struct root *root, struct topology *topology);

/* Kinds, and the kind of each CPU: after the levels. 0 or -ENOMEM. */
int topology_read_kinds(const struct root *root, struct topology *topology);

#endif
