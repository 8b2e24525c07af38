/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to paste into a root shell, so that the boot loader gives the kernel what the advice says. */
#ifndef VFIO_PREP_REPORT_LOADER_COMMAND_H
#define VFIO_PREP_REPORT_LOADER_COMMAND_H

#include "host/cmdline.h"
#include "host/loader.h"
#include "plan/advice.h"

/*
 * The command, one line, to be freed; "" where there is nothing to do, or no loader is known. What stands in the
 * loader's files already is not written again: then it is only what makes the loader read them. NULL without memory.
 */
char *loader_command(const struct loader *loader, const struct advice *advice, const struct cmdline *running);

/*
 * True where the command cannot drop the parameter, because the files that it would edit do not have it: it is gone
 * from them and the next boot is without it, or it is set where we do not look.
 */
bool loader_command_misses(const struct loader *loader, const char *parameter);

#endif
