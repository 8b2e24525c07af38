/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One finding of the whole report on a tree, with all that is read for it. */
#ifndef VFIO_PREP_TESTS_CHECK_ONE_H
#define VFIO_PREP_TESTS_CHECK_ONE_H

#include "report/report.h"
#include "support.h"

/*
 * Fails the test where the report on the tree with this config does not have exactly one finding of this check and
 * target, of this status, with text in its summary, have or fix; with text "" where it has one. A finding that asks
 * for something says what was wanted and seen, and how to mend it.
 */
void check_one(const struct tree *tree, const char *config_text, const char *id, const char *target, enum status status,
               const char *text);

#endif
