/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running machine for guests: with its units, and with time to wait. Early boot has neither, and does not link
 * it. */
#include <time.h>

#include "apply/slices.h"

static int live_list_units(const struct effects *effects, struct names *ret, char *note)
{
	return slices_list(effects->root, ret, note);
}

static int live_read_unit(const struct effects *effects, const char *unit, struct cpus *ret)
{
	return slices_read(effects->root, unit, ret);
}

static int live_confine(const struct effects *effects, const char *unit, const struct cpus *cpus, char *note)
{
	return slices_set(effects->root, unit, cpus, note);
}

static int live_tidy_units(const struct effects *effects, char *note)
{
	return slices_tidy(effects->root, note);
}

static void live_wait(const struct effects *effects, uint64_t usec)
{
	const struct timespec time = { .tv_sec = (time_t)(usec / 1000000), .tv_nsec = (long)(usec % 1000000) * 1000 };

	(void)effects;
	nanosleep(&time, NULL);
}

void effects_live_guest(const struct root *root, struct effects *ret)
{
	effects_live(root, ret);
	ret->list_units = live_list_units;
	ret->read_unit = live_read_unit;
	ret->confine = live_confine;
	ret->tidy_units = live_tidy_units;
	ret->wait = live_wait;
}
