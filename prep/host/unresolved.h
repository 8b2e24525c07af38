/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VFIO_PREP_HOST_UNRESOLVED_H
#define VFIO_PREP_HOST_UNRESOLVED_H

struct root;

/*
 * Why a name in /dev, or ID=, that no block answers to may all the same stand for any disk that is here: what
 * makes the name (udev's rules, multipath) is not at work. NULL where it stands for something that is
 * not here, or is in a container.
 */
const char *unresolved_doubt(const struct root *root, const char *name);

#endif
