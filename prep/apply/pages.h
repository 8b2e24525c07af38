/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of kind pages: growing the kernel's pools of huge pages, and giving pages back. */
#ifndef VFIO_PREP_APPLY_PAGES_H
#define VFIO_PREP_APPLY_PAGES_H

#include "apply/effects.h"
#include "apply/record.h"

/*
 * Lets the pool of the entry have as many pages as its value says, and reads back what was granted. A pool only
 * grows, never so far that MemAvailable would be under keep_free (bytes); only with WRITER_UNDO does it shrink,
 * and never grow. first is the walk's first entry: what a node did not get is not asked of the other nodes.
 *
 * 0; -ENOMEM where pages are missing at the end; -ENODATA where the pool or MemAvailable cannot be read; the
 * errno of writing (-EINVAL: this kernel cannot make pages of that size while it runs). entry->why tells.
 */
int pages_step(const struct effects *effects, uint64_t keep_free, struct record *record, size_t first,
               struct record_entry *entry);

#endif
