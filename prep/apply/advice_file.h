/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /run/vfio-prep/cmdline: the advice as early boot saw it, for scripts. */
#ifndef VFIO_PREP_APPLY_ADVICE_FILE_H
#define VFIO_PREP_APPLY_ADVICE_FILE_H

#include "plan/advice.h"

struct root;

#define ADVICE_PATH "run/vfio-prep/cmdline"

/*
 * Writes it, atomically: each parameter to add is a line, in order; before them each one to drop is a comment, "# drop
 * PARAMETER: why". A file without lines means that nothing is to be added. Where the command line could not be read
 * there is no advice: an old file is left. 0, or the errno of writing it; -ENOMEM.
 */
int advice_write(const struct root *root, const struct advice *advice);

#endif
