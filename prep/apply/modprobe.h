/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What modprobe.d(5) of a system says, read through libkmod, and which file says it. */
#ifndef VFIO_PREP_APPLY_MODPROBE_H
#define VFIO_PREP_APPLY_MODPROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "apply/modules.h"

struct root;

struct modprobe_line {
	enum modprobe_kind kind;
	char file[128]; /* below the root */
	char *key;      /* the module, with '_' for '-'; of an alias its pattern */
	char *value;
};

struct modprobe {
	struct modprobe_line *lines; /* in the order in which they count: a later option has the last word */
	size_t count;
};

/*
 * Reads etc/modprobe.d, run/modprobe.d, usr/local/lib/modprobe.d, usr/lib/modprobe.d and lib/modprobe.d below the
 * root, by the names of their files; one hides those of its name in later folders. What is on a kernel command line is
 * not part of it. 0, -ENOMEM, or -ENOENT where files cannot be handed to libkmod (no /proc here). modprobe_done
 * releases either way.
 */
int modprobe_read(const struct root *root, struct modprobe *ret);
void modprobe_done(struct modprobe *modprobe);

/*
 * The value of an option in the options of a line, "ids=1,2 disable_vga=1", into value (size bytes), without quotes.
 * False where there is none; the last one counts.
 */
bool modprobe_option(const char *options, const char *name, char *value, size_t size);

#endif
