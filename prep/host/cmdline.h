/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel command line, and the switches in it (design.md section 4). */
#ifndef VFIO_PREP_HOST_CMDLINE_H
#define VFIO_PREP_HOST_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "host/address.h"

struct root;

struct cmdline {
	char *text;
	struct cmdline_parameter {
		const char *key;
		const char *value; /* NULL without '=' */
	} *parameters;
	size_t count;
};

/* Reads /proc/cmdline. 0, the errno of reading it, -ENOMEM. */
int cmdline_read(const struct root *root, struct cmdline *ret);
void cmdline_done(struct cmdline *cmdline);

/* True where two keys are the same one: '-' and '_' are no difference (kernel/params.c, parameq). */
bool cmdline_keys_equal(const char *a, const char *b);

/*
 * KEY, KEY=VALUE or KEY="VALUE" with blanks in it, to be freed; NULL without memory. There is no way to write a quote
 * itself on a command line.
 */
char *cmdline_format(const char *key, const char *value);

/* True where key stands there. The last one wins. */
bool cmdline_has(const struct cmdline *cmdline, const char *key, const char **ret_value);

enum switch_mode { SWITCH_RUN, SWITCH_PLAN, SWITCH_OFF };

struct switches {
	enum switch_mode mode;
	char why[128]; /* the parameter that says so */
	struct pci_address *skip;
	size_t skip_count;
	char skip_error[128]; /* a part of vfio_prep.skip= that is no address: then everything is skipped, see why */
};

/* 0 or -ENOMEM. A value of vfio_prep= that is not known switches off: somebody wanted to stop something. */
int switches_read(const struct cmdline *cmdline, struct switches *ret);
void switches_done(struct switches *switches);

#endif
