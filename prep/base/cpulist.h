/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPU lists that the kernel takes on its command line (Documentation/admin-guide/kernel-parameters.rst, "cpu
 * lists"; lib/bitmap-str.c, bitmap_parselist): more than the plain form that it prints and that cpus_parse reads.
 */
#ifndef VFIO_PREP_BASE_CPULIST_H
#define VFIO_PREP_BASE_CPULIST_H

#include "base/cpus.h"

/*
 * Reads "0-3,8", "4-N" (N: the last CPU), "all", "0-31:2/4" (of every four CPUs the first two); empty parts are
 * skipped. last is the number of the last possible CPU. 0, -EINVAL where the kernel refuses the text, -ERANGE
 * where it names CPUs beyond CPUS_MAX.
 */
int cpulist_parse(const char *text, unsigned int last, struct cpus *ret);

#endif
