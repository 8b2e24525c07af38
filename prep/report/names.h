/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of devices and classes from pci.ids, through libpci. */
#ifndef VFIO_PREP_REPORT_NAMES_H
#define VFIO_PREP_REPORT_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "host/pci.h"

struct pci_access;

/* NULL only without memory. Without pci.ids every lookup gives the ids as text. */
struct pci_access *names_open(void);
void names_close(struct pci_access *names);

/* "NVIDIA Corporation AD102 [GeForce RTX 4090]" */
const char *names_device(struct pci_access *names, const struct pci_function *function, char *text, size_t size);

/* "VGA compatible controller" */
const char *names_class(struct pci_access *names, uint32_t class, char *text, size_t size);

#endif
