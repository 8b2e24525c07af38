/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as people read them. */
#ifndef VFIO_PREP_BASE_FORMAT_H
#define VFIO_PREP_BASE_FORMAT_H

#include <stdint.h>

#define FORMAT_SIZE_MAX 24

/*
 * "2M", "1G", "64K": bytes in the largest unit (K, M, G, T) that holds them exactly, so that parse_size reads
 * the same back. What is no whole M is rounded down: to M from 1M on, to K below. text has FORMAT_SIZE_MAX
 * bytes; returns it.
 */
const char *format_size(uint64_t bytes, char *text);

#endif
