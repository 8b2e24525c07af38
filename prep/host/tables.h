/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of the root filesystem that name devices. */
#ifndef VFIO_PREP_HOST_TABLES_H
#define VFIO_PREP_HOST_TABLES_H

#include "host/needs.h"

/* Marks what /etc/fstab and /etc/crypttab name, and notes what nothing answers to. */
void tables_read_fstab(const struct needs *needs);
void tables_read_crypttab(const struct needs *needs);

#endif
