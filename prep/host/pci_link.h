/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The links from a function up to its root port, and how attributes of functions are read for its health. */
#ifndef VFIO_PREP_HOST_PCI_LINK_H
#define VFIO_PREP_HOST_PCI_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct pci_address;
struct pci_function;
struct pci_link;
struct root;

struct pci_reader {
	const struct root *root;
	const struct pci_function *function; /* under suspicion: all reads are patient (patience.h) */
	bool gave_up;                        /* one did not come back */
};

/*
 * root_read of an attribute of the function at this address into text (ROOT_ATTRIBUTE bytes). -ETIMEDOUT where that,
 * or one before it, does not come back.
 */
ssize_t pci_reader_read(struct pci_reader *reader, const struct pci_address *address, const char *name, char *text);

/* Fills at most PCI_LINKS links, and returns how many. 0: the function is on a root bus, or no PCI Express. */
size_t pci_links_read(struct pci_reader *reader, struct pci_link *links);

#endif
