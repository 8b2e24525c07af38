/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The units of the fake kernel's host, the files .units/NAME: the CPUs that each may use, "any" for any. Without that
 * folder the machine has no units (-EOPNOTSUPP). And what a machine is, as text, to compare it with what it was.
 */
#ifndef VFIO_PREP_TESTS_FAKE_UNITS_H
#define VFIO_PREP_TESTS_FAKE_UNITS_H

#include "fake_kernel.h"

#define FAKE_UNITS_TIDIED ".tidied" /* there once what confining left behind was removed */

/* Gives the kernel's effects units, and time that passes at once. */
void fake_units_add(struct fake_kernel *kernel);

/* Drivers and overrides, pools, interrupts and masks, units, governors and idle states; to be freed. */
char *fake_state(const struct fake_kernel *kernel);

/* A process: /proc/PID/stat, and its cgroup ("" none). tree_remove of proc/PID/stat ends it. */
void fake_process(const struct tree *tree, unsigned int pid, unsigned long long start, const char *cgroup);

#endif
