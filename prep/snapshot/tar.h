/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing an archive that every tar reads: POSIX.1-2017, pax, "pax Interchange Format"; ustar wherever that has room
 * for a name.
 */
#ifndef VFIO_PREP_SNAPSHOT_TAR_H
#define VFIO_PREP_SNAPSHOT_TAR_H

#include <stdio.h>

#include "snapshot/recording.h"

/*
 * Writes a settled recording: the same bytes for the same content, whenever and by whomever. Folders only where they
 * are empty. Files are 0644, or 0444 where nobody may write them; below dev/ with the mode and owner of the node.
 * 0; -EIO where out took it no more. *ret_files is how many there are, links among them.
 */
int tar_write(FILE *out, const struct recording *recording, size_t *ret_files);

#endif
