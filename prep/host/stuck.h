/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices and modules of which a step of early boot did not return: /run/vfio-prep/stuck, a name a line. Where there
 * is one, every device is under suspicion, because a module's loading hangs in some probe: what is read of a
 * device then is read with patience, and the device is stuck if that does not come back. A module is if the kernel
 * is still loading it.
 */
#ifndef VFIO_PREP_HOST_STUCK_H
#define VFIO_PREP_HOST_STUCK_H

#include <stdbool.h>

struct root;

#define STUCK_PATH "run/vfio-prep/stuck"
#define STUCK_BYTES_MAX 4096

/* The whole text, to be freed; NULL where there is none. 0 or -ENOMEM. */
int stuck_read(const struct root *root, char **ret);

/* True where a line of text, which may be NULL, is this name. */
bool stuck_has(const char *text, const char *name);

/* Adds a name. 0, or the errno of writing it. */
int stuck_add(const struct root *root, const char *name);

#endif
