/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which Linux runs. */
#ifndef VFIO_PREP_HOST_RELEASE_H
#define VFIO_PREP_HOST_RELEASE_H

struct root;

/* Versions that compare as numbers: of patch levels nothing here depends. */
#define RELEASE(major, minor) ((unsigned int)(major) << 16 | (unsigned int)(minor))

/* RELEASE() of the running kernel (proc/sys/kernel/osrelease); 0 where it cannot be read. */
unsigned int release_read(const struct root *root);

#endif
