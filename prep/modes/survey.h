/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that the health report looks at, read at once. */
#ifndef VFIO_PREP_MODES_SURVEY_H
#define VFIO_PREP_MODES_SURVEY_H

#include "host/loader.h"
#include "modes/modes.h"

struct survey {
	struct check_input input; /* points into the rest, and into the session */
	struct check_lease *leases;
	const struct vm_section **running; /* the sections of the guests that have leases */
	struct goals_of of;
	struct plan plan;
	struct advice advice;
	struct guests guests;
	struct surroundings surroundings;
	struct modprobe modprobe;
	struct loader loader;
	struct record record;
	char *early_config, *loader_command;
};

/*
 * Reads the machine into session->host and all else that the checks look at, for the session's config. ret must not
 * move while its input is used. 0 or -ENOMEM; survey_done releases either way.
 */
int survey_read(struct session *session, struct survey *ret);
void survey_done(struct survey *survey);

#endif
