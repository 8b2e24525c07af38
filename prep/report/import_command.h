/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands that take away what a host has had instead of vfio-prep. */
#ifndef VFIO_PREP_REPORT_IMPORT_COMMAND_H
#define VFIO_PREP_REPORT_IMPORT_COMMAND_H

#include "host/inherited.h"

/*
 * One line for a shell of root, to be freed; NULL without memory. It changes nothing but lines that are as they were
 * read, so that it may be run again, and later. Where no such command is to be had, a comment of the shell that says
 * what to do.
 */
char *import_command(const struct inherited_item *item);

/*
 * The same for a parameter, from the loader's files; "" where it stands in none of them, so that the next boot is
 * without it. What a loader needs to be told then (loader->update) is part of it.
 */
char *import_parameter_command(const struct inherited_item *item, const struct loader *loader,
                               const struct cmdline *running);

#endif
