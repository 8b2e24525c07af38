/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vfio-prep-early's supervisor lets its children do. */
#ifndef VFIO_PREP_EARLY_H
#define VFIO_PREP_EARLY_H

#include <stdint.h>

struct effects;

/*
 * All of early boot: switches, config, plan, apply, record. Speaks in the kernel log. on_timeout is told
 * the config's deadline in microseconds as soon as it is known.
 */
void early_work(const struct effects *effects, void (*on_timeout)(uint64_t usec));

/*
 * After the root is mounted at mount_point, before the switch to it: storage and USB, devices that appeared
 * since, and what a first stage that was killed left open.
 */
void early_late(const struct effects *effects, const char *mount_point, void (*on_timeout)(uint64_t usec));

/* The root does not appear: every device goes back to the host, because one of them may carry it. */
void early_release(const struct effects *effects);

/* After a worker that did not end by itself: devices that it left without a driver go back to the host. */
void early_give_back(const struct effects *effects);

#endif
