/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of CPUs and the kernel's list form ("0-3,8"; Documentation/core-api/printk-formats.rst, %*pbl). */
#ifndef VFIO_PREP_BASE_CPUS_H
#define VFIO_PREP_BASE_CPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPUS_MAX 8192 /* the largest NR_CPUS that the kernel's Kconfig allows on x86 */

struct cpus {
	uint64_t bits[CPUS_MAX / 64];
};

/* Reads "0-3,8,10-12". 0, -EINVAL (not a list, a range backwards, empty), -ERANGE (CPUS_MAX or over). */
int cpus_parse(const char *text, struct cpus *ret);

bool cpus_has(const struct cpus *cpus, unsigned int cpu);
void cpus_add(struct cpus *cpus, unsigned int cpu);
unsigned int cpus_count(const struct cpus *cpus);

#endif
