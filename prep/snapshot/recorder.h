/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes down what is looked at below a root, as it is looked at: the observer of base/root.h. */
#ifndef VFIO_PREP_SNAPSHOT_RECORDER_H
#define VFIO_PREP_SNAPSHOT_RECORDER_H

#include "base/root.h"
#include "snapshot/recording.h"

struct recorder {
	struct root_observer observer; /* its first member, so that it is found from there */
	struct root plain;             /* the same root, with nobody looking on */
	struct recording *recording;
};

/*
 * Adds to recording what is looked at below root through recorder->observer: each file that is opened to be read
 * with its content, each link on the way, and of each folder that is listed what is in it. root stays the caller's.
 *
 * Left out is what listing shows and nobody asks for by name, where it is much and tells of the user: processes,
 * cgroups, systemd's units, and the kernel's own files of an interrupt.
 */
void recorder_make(const struct root *root, struct recording *recording, struct recorder *ret);

#endif
