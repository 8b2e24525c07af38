/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts, workers, governors and idle states of the fake kernel (fake_kernel.h), as Linux answers writes to them:
 *
 *   default_smp_affinity, smp_affinity_list   -EINVAL without an online CPU; masks read back as wide as there are CPUs;
 *                      an interrupt's effective CPU is the lowest one. -EIO where .managed/N is in the tree
 *   workqueue/cpumask  -EINVAL without a possible CPU
 *   scaling_governor   -EINVAL for none of scaling_available_governors; "performance" brings the preference along
 *   energy_performance_preference             -EBUSY for another one with the governor performance
 *   cpuidle .../disable  -EINVAL for no number; reads 0 or 1
 */
#ifndef VFIO_PREP_TESTS_FAKE_TUNING_H
#define VFIO_PREP_TESTS_FAKE_TUNING_H

#include <stdbool.h>

#include "support.h"

/* True where path is of these files; *ret is then 0 or the errno (negative). */
bool fake_tuning_write(const struct tree *tree, const char *path, const char *text, int *ret);

/* As a boot begins: interrupts and workers may be on any CPU but for what the kernel command line says. */
void fake_tuning_reset(const struct tree *tree);

#endif
