/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the stages of early boot share: how a run begins, ends and speaks. */
#ifndef VFIO_PREP_EARLY_RUN_H
#define VFIO_PREP_EARLY_RUN_H

#include <stdbool.h>

#include "apply/apply.h"
#include "base/root.h"
#include "plan/plan.h"

/* /dev/kmsg takes ten lines in five seconds from one writer (kernel/printk, devkmsg_write). */
#define LINES_MAX 9

/* Everything of one run, so that each part of it can be read by itself. */
struct early {
	const struct root *root;
	enum writer writer;
	const struct effects *effects;
	struct config config;
	struct host host;
	struct plan plan;
	struct record record;
	size_t lines; /* of the kernel log, about single devices */
};

/* Opens the record of this boot, or begins one. 0 or -ENOMEM; early_done releases either way. */
int early_begin(struct early *early, const struct effects *effects, enum writer writer);
void early_done(struct early *early);

/* Keeps in the record how it ended ("done", "off", ...), and why, where not "done". */
__attribute__((format(printf, 3, 4)))
void early_end_as(struct early *early, const char *state, const char *format, ...);

/*
 * True where no switch of the kernel command line, and nothing about the config, keeps vfio-prep from doing
 * its work. What does is logged and recorded.
 */
bool early_may_run(struct early *early);

/* Notes what is refused and missing in the record (record_reserve made room), and logs it. */
void early_note_refusals(struct early *early);

/* Walks the steps of the plan, and logs what came of each device and module. */
void early_walk(struct early *early, const char *stage);

#endif
