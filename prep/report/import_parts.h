/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of import_build. Each returns 0 or -ENOMEM. */
#ifndef VFIO_PREP_REPORT_IMPORT_PARTS_H
#define VFIO_PREP_REPORT_IMPORT_PARTS_H

#include "report/import.h"

int import_devices(struct import *import);
int import_pages(struct import *import);
int import_cpus(struct import *import);
int import_removals(struct import *import, const struct loader *loader);

/* True of vfio's drivers, and of pci-stub, which was the way before vfio. */
bool import_driver_is_guests(const char *driver);

/* True where what ids= may give devices to has it. */
bool import_is_held(const struct pci_function *function);

/* Notes that a function of an id stays with the host; why "" for no more than that it is a twin. */
int import_leave(struct import *import, const struct import_id *id, size_t function, const char *why);

/*
 * Takes from the functions what only comes of ids= being for a twin, and what no guest can have: the sound of the card
 * that shows the console goes to vfio-pci where its id is listed for another card's.
 */
int import_drop_twins(struct import *import, bool *ret_dropped);

/* Notes the twins of what is taken: ids= has no place in it. */
int import_leave_twins(struct import *import);

/* The number of vm.nr_hugepages in sysctl.d. 0, -EINVAL or -ERANGE. */
int import_sysctl_pages(const struct inherited_item *item, uint64_t *ret);

/* True where a pool of the config is what this "hugepages=..." is for. */
bool import_pages_have(const struct import *import, const char *parameter);

/* The parts of import_print. */
void import_print_pages(FILE *out, const struct import *import);
void import_print_cpus(FILE *out, const struct import *import);
void import_print_actions(FILE *out, const struct import *import);

#endif
