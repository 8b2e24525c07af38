/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VFIO_PREP_HOST_CLONES_H
#define VFIO_PREP_HOST_CLONES_H

#include "host/blocks.h"

/*
 * Marks USE_CLONE where the UUID of a filesystem in use, or of a member of what one is on, stands on another
 * device too: a clone, or another member of the same. Which of them the next mount takes is not for us to
 * say. A container that is open counts as in use. Uses and content were read before. 0 or -ENOMEM.
 */
int clones_mark(struct blocks *blocks);

/*
 * Marks USE_MEMBER on physical volumes that nothing stands on while a volume of their group is active on other
 * disks: a mirror's half, or free room. So also where the group of one cannot be read and any is active.
 */
void clones_mark_groups(struct blocks *blocks);

#endif
