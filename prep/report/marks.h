/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The marks of --list, for text and JSON alike. */
#ifndef VFIO_PREP_REPORT_MARKS_H
#define VFIO_PREP_REPORT_MARKS_H

#include <stddef.h>

#include "host/host.h"

#define MARKS 6

/* Fills in the marks of a function, at most MARKS; returns their count. */
size_t marks_of(const struct host *host, size_t function, const char **marks);

/* The size of a BAR as "256M"; text has 16 bytes. */
const char *bar_size(const struct pci_bar *bar, char *text);

#endif
