/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/names.h"

#include <pci/pci.h>
#include <stdio.h>
#include <stdlib.h>

static void be_silent(char *format, ...)
{
	(void)format;
}

/* libpci calls this for a damaged pci.ids or without memory, and does not expect it to return. */
__attribute__((noreturn)) static void give_up(char *format, ...)
{
	fprintf(stderr, "vfio-prep: the list of names of PCI devices cannot be read: %s\n", format);
	exit(EXIT_FAILURE);
}

struct pci_access *names_open(void)
{
	struct pci_access *names = pci_alloc();

	/* pci_init() would set these and open the bus too, and end the program on a machine without one. */
	if (names) {
		names->error = give_up;
		names->warning = be_silent;
		names->debug = be_silent;
	}
	return names;
}

void names_close(struct pci_access *names)
{
	if (names)
		pci_cleanup(names);
}

const char *names_device(struct pci_access *names, const struct pci_function *function, char *text, size_t size)
{
	const char *name =
		pci_lookup_name(names, text, (int)size, PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_HWDB,
	                    function->vendor, function->device);

	if (!name) {
		snprintf(text, size, "%04x:%04x", function->vendor, function->device);
		name = text;
	}
	return name;
}

const char *names_class(struct pci_access *names, uint32_t class, char *text, size_t size)
{
	const char *name =
		pci_lookup_name(names, text, (int)size, PCI_LOOKUP_CLASS | PCI_LOOKUP_NO_HWDB, (int)(class >> 8));

	if (!name) {
		snprintf(text, size, "class %06x", class);
		name = text;
	}
	return name;
}
