/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VFIO_PREP_VERSION_H
#define VFIO_PREP_VERSION_H

#define VFIO_PREP_VERSION "0.1.0"

#endif
