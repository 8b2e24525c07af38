/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The config that does what a host does today by other means (host/inherited.h), and what is to be removed then. */
#ifndef VFIO_PREP_REPORT_IMPORT_H
#define VFIO_PREP_REPORT_IMPORT_H

#include <stdio.h>

#include "host/inherited.h"
#include "report/suggest.h"

struct pci_access;

/* One id of an ids=. */
struct import_id {
	const struct inherited_item *item;
	char text[64];   /* "10de:2684" */
	bool valid;      /* two numbers at least; the kernel passes over what is not */
	bool in_force;   /* of ids= of one module the last one counts */
	size_t matches;  /* how many functions it takes */
	size_t bridges;  /* how many bridges have it: no driver of vfio takes one */
};

/* A function that a setting would take, and that stays with the host. */
struct import_left {
	const struct inherited_item *item;
	char id[64];     /* of a twin; "" */
	size_t function;
	char why[240];   /* "" it is only a twin */
};

/* What [hugepages] shall have, and where that is from. */
struct import_pool {
	struct page_pool pool;
	char from[200];
	char refused[240]; /* then it is no part of the config */
};

struct import_cpus {
	bool wanted;      /* something isolates CPUs */
	char list[160];   /* for isolate =, as a line of the config takes it; "" unknown */
	bool tick, irqs;
	bool live;        /* it can be in force; else a proposal, and why */
	char why[400];
	char from[400];   /* the parameters */
};

struct import {
	const struct host *host;
	const struct inherited *inherited;
	struct import_id *ids;
	size_t id_count;
	size_t *functions; /* ascending: that the config takes */
	size_t function_count;
	struct import_left *left;
	size_t left_count;
	struct suggestion suggestion; /* its sections; pools and CPUs as far as they are live */
	struct import_pool *pools;
	size_t pool_count;
	uint64_t keep_free; /* bytes; UINT64_MAX: the default will do */
	struct import_cpus cpus;
	struct import_action *removals;
	size_t removal_count;
	struct import_action *kept;
	size_t kept_count;
	const char *rebuild; /* the command that rebuilds the image; "" unknown */
	bool has_config;     /* there is one already */
};

/* What is to be done with a line, a file or a parameter. */
struct import_action {
	char file[264];    /* with a leading slash */
	unsigned int line; /* 0: the file as a whole, or a parameter that no file has */
	char *what;        /* as it stands there */
	char why[240];     /* of what stays, or is told */
	char *command;     /* one line for a shell of root, or a comment of it where only hands help; NULL of what stays */
	bool first;        /* before the first boot with the config, as vfio-prep cannot do its work with it */
};

/*
 * host was read as for suggestion_build; all that is given must outlive the import. 0 or -ENOMEM; import_done releases
 * either way.
 */
int import_build(const struct host *host, const struct inherited *inherited, const struct loader *loader,
                 const char *rebuild, struct import *ret);
void import_done(struct import *import);

/* True where there is nothing to write into a config and nothing to remove. */
bool import_is_empty(const struct import *import);

/* As a config, with the rest as comments: see suggestion_print. */
void import_print(FILE *out, const struct import *import, struct pci_access *names);

/* True where the function is taken by a section, by itself or with one that is. */
const struct device_section *import_section(const struct import *import, size_t function);

/* True where the function is one of those that the config is made for, and not only with one of them. */
bool import_takes(const struct import *import, size_t function);

/* "vfio-pci.ids= on the kernel command line (/etc/default/grub:6)": where a setting stands. Returns text. */
const char *import_place(const struct inherited_item *item, char *text, size_t size);

/* True where the item is one of those that the function is taken for. */
bool import_is_for(const struct import *import, const struct inherited_item *item, size_t function);

#endif
