/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that take a line of modprobe.d away. */
#ifndef VFIO_PREP_REPORT_MODPROBE_FIX_H
#define VFIO_PREP_REPORT_MODPROBE_FIX_H

#include <stddef.h>

#include "apply/modprobe.h"

/*
 * One command line for a root shell that takes the ids= of a line of options, or else the whole line away. rebuild is
 * the command that makes the image follow. Where the file's name or the module's would have to be quoted, a comment
 * that says what to do.
 */
void modprobe_fix(const struct modprobe_line *line, const char *rebuild, char *fix, size_t size);

#endif
