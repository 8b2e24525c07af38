/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a loader's files hold already, and the line that etc/kernel/cmdline shall hold. */
#ifndef VFIO_PREP_REPORT_LOADER_LINE_H
#define VFIO_PREP_REPORT_LOADER_LINE_H

#include "host/cmdline.h"
#include "host/loader.h"
#include "plan/advice.h"

/*
 * True where a file other than except (may be NULL) has the parameter and keeps it. Sizes and counts of pages belong
 * together: they are never taken as being there one by one.
 */
bool loader_has(const struct loader *loader, const struct loader_file *except, const struct advice *advice,
                const char *parameter);

/*
 * The kernel's whole line after the advice, to be freed: from the loader's file, or where there is none, as
 * kernel-install does, from the running one without what a loader puts there by itself. NULL without memory.
 */
char *loader_line(const struct loader *loader, const struct advice *advice, const struct cmdline *running);

#endif
