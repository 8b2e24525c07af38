/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that changes a machine goes through this table. The live one (live.c) writes to sysfs and
 * loads modules; the tests have a fake kernel that reacts to the same calls.
 *
 * Functions return 0 or a negative errno.
 */
#ifndef VFIO_PREP_APPLY_EFFECTS_H
#define VFIO_PREP_APPLY_EFFECTS_H

#include <stddef.h>
#include <stdint.h>

struct root;

#define EFFECT_NOTE_MAX 160

struct effects {
	/* The root in which files are read back; what the other calls change is seen through it. */
	const struct root *root;
	/* Writes an attribute (root_write). */
	int (*write)(const struct effects *effects, const char *path, const char *text);
	/*
	 * Loads a module with its dependencies and configured options, except those that would make it take
	 * devices by id. note (EFFECT_NOTE_MAX bytes) gets what an administrator should know, else "".
	 * -ENOENT: no such module; -EPERM: blacklisted; -EOPNOTSUPP: modprobe.d has an install command for it.
	 */
	int (*load)(const struct effects *effects, const char *module, char *note);
	/*
	 * Told of each step, by its target, as it begins, and with NULL as it ends; NULL where nobody listens. The
	 * supervisor of early boot sees by it which step does not return.
	 */
	void (*on_step)(const struct effects *effects, const char *target);
	/* Microseconds of a clock that does not jump. */
	uint64_t (*now)(const struct effects *effects);
};

/* The running machine: root is "/". */
void effects_live(const struct root *root, struct effects *ret);

#endif
