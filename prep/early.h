/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vfio-prep-early's supervisor lets its children do. */
#ifndef VFIO_PREP_EARLY_H
#define VFIO_PREP_EARLY_H

#include <stdint.h>

struct root;

/*
 * All of early boot: switches, config, plan, apply, record. Speaks in the kernel log. on_timeout is told
 * the config's deadline in microseconds as soon as it is known.
 */
void early_work(const struct root *root, void (*on_timeout)(uint64_t usec));

/* After a worker that did not end by itself: devices that it left without a driver go back to the host. */
void early_give_back(const struct root *root);

#endif
