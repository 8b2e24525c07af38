/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growable arrays kept as a plain pointer and a count. */
#ifndef VFIO_PREP_BASE_ARRAY_H
#define VFIO_PREP_BASE_ARRAY_H

#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Adds one zeroed item of item_size bytes to the array at *items and counts it. Capacity is the next
 * power of two of the count, so nothing else needs to be kept. Returns the new item, NULL where there
 * is no memory (then the array is as before).
 */
void *array_add(void *items, size_t *count, size_t item_size);

#endif
