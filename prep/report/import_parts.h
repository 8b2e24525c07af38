/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of import_build. Each returns 0 or -ENOMEM. */
#ifndef VFIO_PREP_REPORT_IMPORT_PARTS_H
#define VFIO_PREP_REPORT_IMPORT_PARTS_H

#include "report/import.h"

int import_devices(struct import *import);
int import_pages(struct import *import);
int import_cpus(struct import *import);
int import_removals(struct import *import, const struct loader *loader);

/* True where what ids= may give devices to has it: for a guest, pci-stub was the way before vfio. */
bool import_is_held(const struct pci_function *function);

/* The parts of import_print. */
void import_print_pages(FILE *out, const struct import *import);
void import_print_cpus(FILE *out, const struct import *import);
void import_print_actions(FILE *out, const struct import *import);

#endif
