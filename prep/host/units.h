/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VFIO_PREP_HOST_UNITS_H
#define VFIO_PREP_HOST_UNITS_H

#include "host/needs.h"

/*
 * Marks what native mount and swap units of the administrator name (systemd.mount(5), systemd.swap(5)): those
 * in /etc/systemd/system of the root and in /run/systemd/system, what is wanted or required there, and
 * drop-ins. The distribution's own in /usr name no disk, and what fstab becomes was read there.
 */
void units_read(const struct needs *needs);

#endif
