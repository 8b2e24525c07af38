/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of --run. */
#ifndef VFIO_PREP_MODES_RUN_H
#define VFIO_PREP_MODES_RUN_H

#include <signal.h>
#include <stdbool.h>

/* Whether a signal that came while the guest runs is handed on to it: what a terminal sends to both it has by
 * itself. */
bool run_hands_on(const siginfo_t *info);

#endif
