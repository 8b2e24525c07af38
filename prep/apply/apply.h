/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walks steps through the effects, reads back what each one did, and keeps the record. */
#ifndef VFIO_PREP_APPLY_APPLY_H
#define VFIO_PREP_APPLY_APPLY_H

#include "apply/effects.h"
#include "apply/record.h"

struct apply_result {
	size_t failed;   /* steps that failed, of devices, modules, pages or tuning */
	size_t returned; /* devices given back to the host because their driver did not take them */
	int save_error;  /* 0, or the errno (negative) with which the record could not be written */
};

/*
 * Does the steps in order. A step that fails costs its own device: the rest of that device is skipped, and
 * its override is put back so that its own driver can have it. record has room for the steps
 * (record_reserve); it is saved before and after each step, and never stands in the way of one.
 *
 * An override that is to be written as it already stands is no failure. Undoing is the same walk with the
 * steps of undo_build and WRITER_UNDO; then nothing is given back on a failure.
 */
void apply_steps(const struct effects *effects, const struct steps *steps, enum writer writer, struct record *record,
                 struct apply_result *ret);

/*
 * The driver that has the device at address now, "" for none, into driver (STEP_TEXT_MAX bytes). 0; -ENODEV
 * where the device is gone.
 */
int apply_read_driver(const struct root *root, const char *address, char *driver);

#endif
