/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host does today by other means than vfio-prep: lines of files and kernel parameters that give devices to
 * vfio-pci, load it early, keep drivers off, or reserve pages. As they stand; what they come to is judged elsewhere
 * (report/import.h).
 */
#ifndef VFIO_PREP_HOST_INHERITED_H
#define VFIO_PREP_HOST_INHERITED_H

#include <stdbool.h>
#include <stddef.h>

#include "host/address.h"
#include "host/cmdline.h"
#include "host/loader.h"
#include "host/pci.h"

struct root;

enum inherited_kind {
	INHERITED_OPTIONS,  /* of a vfio module or pci-stub: value is "ids=... disable_vga=1" */
	INHERITED_SAVED,    /* driverctl: address goes to the driver that is value */
	INHERITED_LOADS,    /* loads vfio modules before other drivers */
	INHERITED_HINDERS,  /* keeps vfio modules from being loaded by vfio-prep, or out of the image */
	INHERITED_BLOCKS,   /* keeps a driver off that a passed device might have: value */
	INHERITED_SCRIPT,   /* runs something of its own: what it does cannot be read */
	INHERITED_PAGES,    /* vm.nr_hugepages: value; the last one is in force */
	INHERITED_DOMAIN,   /* the libvirt guest that is value takes address by itself (managed='yes') */
	INHERITED_UNREADABLE, /* value says why */
	INHERITED_KINDS,
};

/* What of it is to be taken away. */
enum inherited_form {
	FORM_NOTHING,   /* nothing that a command could */
	FORM_LINE,      /* the whole line */
	FORM_IDS,       /* ids=... in it */
	FORM_WORDS,     /* the words that begin with vfio */
	FORM_FILE,      /* the file */
	FORM_PARAMETER, /* of the kernel command line: text is what stands there */
};

struct inherited_item {
	enum inherited_kind kind;
	enum inherited_form form;
	char file[256];    /* below the root; "proc/cmdline" where no file of the loader has the parameter */
	unsigned int line; /* 0: the file as a whole */
	bool joined;       /* goes on in the next line of the file */
	bool running;      /* of a parameter: it is on the command line of this boot */
	char *raw;         /* the first line as it stands in the file; "" none */
	char *text;        /* for people */
	char module[DRIVER_NAME_MAX]; /* of options, with '_' for '-' */
	char *value;
	struct pci_address address;
};

/*
 * In the order in which options count where vfio-pci is a module: modprobe.d, the command line, what the image's list
 * of modules has behind a name (libkmod, kmod_module_probe_insert_module()). The last ids= is the one in force.
 */
struct inherited {
	struct inherited_item *items;
	size_t count;
};

/* cmdline is the running one. 0 or -ENOMEM; inherited_done releases either way. */
int inherited_read(const struct root *root, const struct cmdline *cmdline, const struct loader *loader,
                   struct inherited *ret);
void inherited_done(struct inherited *inherited);

/* Where was looked, for people. */
extern const char inherited_places[];

#endif
