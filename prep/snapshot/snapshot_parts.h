/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of snapshot_*.c share. */
#ifndef VFIO_PREP_SNAPSHOT_SNAPSHOT_PARTS_H
#define VFIO_PREP_SNAPSHOT_SNAPSHOT_PARTS_H

#include "snapshot/recording.h"

struct host;

/* dev/kmsg as a text file, of the lines that checks look at. */
void snapshot_write_log(const struct host *host, struct recording *recording);

/* run/udev/data for each disk, of what libblkid found on it; links for nodes with names of their own. */
void snapshot_write_disks(const struct host *host, struct recording *recording);

#endif
