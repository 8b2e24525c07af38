/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VFIO_PREP_HOST_VOLUME_GROUP_H
#define VFIO_PREP_HOST_VOLUME_GROUP_H

#define VOLUME_GROUP_ID 33 /* 32 characters, as in the uuid of dm: without dashes */

/*
 * The id of the volume group that a physical volume of LVM belongs to, from the metadata on it. 0; -ENODATA
 * where none is on it (no group, or the metadata is on other members only); -EBADMSG, or the errno of reading.
 */
int volume_group_read(int fd, char ret[VOLUME_GROUP_ID]);

#endif
