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

struct cpus;
struct names;
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
	/*
	 * The units in which the host's own processes run, the CPUs that one may use (none: any), and letting it use only
	 * these: slices_list, slices_read, slices_set (apply/slices.h). NULL in early boot, where there are no units.
	 */
	int (*list_units)(const struct effects *effects, struct names *ret, char *note);
	int (*read_unit)(const struct effects *effects, const char *unit, struct cpus *ret);
	int (*confine)(const struct effects *effects, const char *unit, const struct cpus *cpus, char *note);
	/* What confine left behind of units that are confined no more (slices_tidy); NULL where it leaves nothing. */
	int (*tidy_units)(const struct effects *effects, char *note);
	/* Sleeps so many microseconds while memory is put together; NULL: nothing is waited for. */
	void (*wait)(const struct effects *effects, uint64_t usec);
	/* Microseconds of a clock that does not jump. */
	uint64_t (*now)(const struct effects *effects);
};

/* Writes what an administrator should know into a note of EFFECT_NOTE_MAX bytes, cut where it is too long. */
__attribute__((format(printf, 2, 3))) void effect_note(char *note, const char *format, ...);

/* The running machine: root is "/". The second one has units and time to wait, too: for guests, not for early boot. */
void effects_live(const struct root *root, struct effects *ret);
void effects_live_guest(const struct root *root, struct effects *ret);

#endif
