/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a unit that are not its vendor's. */
#ifndef VFIO_PREP_APPLY_UNIT_FILES_H
#define VFIO_PREP_APPLY_UNIT_FILES_H

#include <stdbool.h>

#include "base/root.h"

/*
 * Whether all that RevertUnitFiles would delete of a unit is a drop-in of AllowedCPUs= that SetUnitProperties wrote for
 * this boot. systemd's unit_file_revert() takes the unit's file and its drop-ins from all folders but the vendor's and
 * the generators'. What the manager says of a unit will not do: it knows nothing of files that it has not read yet.
 */
bool unit_files_are_ours(const struct root *root, const char *unit);

#endif
