/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and values as systemd has them: of units, of their files, and CPUs on its bus. */
#ifndef VFIO_PREP_APPLY_UNIT_NAMES_H
#define VFIO_PREP_APPLY_UNIT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpus.h"
#include "base/root.h"

#define UNIT_MASK_MAX (CPUS_MAX / 8)

/* 0, -ENOMEM. */
int unit_names_add(struct names *names, const char *name);

/* Whether a unit's name ends in ".scope", say. */
bool unit_has_type(const char *name, const char *type);

/* "init.scope", "system.slice", "user.slice"; NULL behind the last one. */
const char *unit_of_every_host(size_t i);

/* Whether it is another slice at the top that is not for guests. */
bool unit_is_host_slice(const char *name);

/* text, escaped for a part of a unit's name (systemd.unit(5), "String escaping"), into size bytes; false: no room. */
bool unit_escape(const char *text, char *ret, size_t size);

/*
 * The form of AllowedCPUs on the bus: a bit for each CPU, the lowest one first, in as few bytes as hold the highest.
 * mask has UNIT_MASK_MAX bytes; returns how many are used. What is beyond CPUS_MAX is ignored in reading.
 */
size_t unit_mask_build(const struct cpus *cpus, uint8_t *mask);
void unit_mask_read(const uint8_t *mask, size_t size, struct cpus *ret);

#endif
