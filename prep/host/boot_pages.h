/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The huge pages that the kernel command line asks for (mm/hugetlb.c, hugepages_setup()). */
#ifndef VFIO_PREP_HOST_BOOT_PAGES_H
#define VFIO_PREP_HOST_BOOT_PAGES_H

#include "host/memory.h"

/*
 * Fills boot_pages of the machine and of its nodes from hugepagesz=, default_hugepagesz= and hugepages=, whose
 * value is a number that the kernel spreads evenly, or NODE:NUMBER,... A parameter that the kernel would refuse
 * is passed over, as the kernel does.
 */
void boot_pages_read(const struct cmdline *cmdline, struct memory *memory);

#endif
