/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The health report as data: what each check found. */
#ifndef VFIO_PREP_REPORT_REPORT_H
#define VFIO_PREP_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "apply/lease.h"
#include "apply/modprobe.h"
#include "apply/record.h"
#include "host/config.h"
#include "host/guests.h"
#include "host/host.h"
#include "host/surroundings.h"
#include "plan/advice.h"
#include "plan/goals.h"
#include "plan/isolate.h"
#include "plan/pages.h"

enum status { STATUS_PASS, STATUS_INFO, STATUS_WARN, STATUS_FAIL, STATUS_UNKNOWN, STATUSES };

/* A finding while its check writes it. fix works when it is pasted (fix.c). */
struct finding {
	const char *id;   /* of the table in check.c */
	char target[64];  /* an address, a section, ...; "" the host */
	enum status status;
	char summary[200];
	char want[200];
	char have[240];
	char fix[320];
	char source[200]; /* where it was read */
	/* How its fix names the config and this program with that config; NULL: the usual one (fix.c). */
	const char *config, *program;
};

/* The same as the report keeps it: ten thousand devices have a hundred thousand of them. */
struct reported {
	const char *id, *target, *summary, *want, *have, *fix, *source;
	enum status status;
};

struct report_texts;

struct report {
	struct reported *findings;
	size_t count;
	bool no_memory;
	struct finding draft;       /* the last one, not among the others yet; its id is NULL where there is none */
	struct report_texts *texts; /* what findings point into */
	char config[104], program[128]; /* see struct finding; "" the usual ones */
};

/* What a guest has, and whether it still runs. */
struct check_lease {
	const struct lease *lease;
	enum answer live;
	char holder[LEASE_HOLDER_MAX];
};

/* All that checks look at. */
struct check_input {
	const struct config *config;
	const char *config_file; /* where it was read, as the caller named it; NULL: the usual one */
	const struct host *host;
	const struct goals_of *of;   /* which sections the goals are of */
	const struct goals *goals;   /* of the present state (VIEW_NOW), guards applied */
	const struct pages *pages;   /* the same of huge pages */
	const struct isolation *isolation;
	const struct advice *advice;
	const struct record *record; /* NULL where there is none, see record_error */
	int record_error;            /* 0, or the errno (negative) of reading it */
	const char *early_config;    /* the config that early boot used; NULL where it cannot be read */
	size_t early_config_size;
	const struct surroundings *surroundings; /* NULL: not read, and no check speaks of them */
	const struct modprobe *modprobe; /* NULL: not read, see modprobe_error */
	int modprobe_error;          /* 0, or the errno (negative) of reading it */
	const char *rebuild;         /* the command that rebuilds the initramfs here; "" unknown */
	bool in_unified;             /* unknown, and it is part of a unified kernel image */
	const char *loader_command;  /* loader_command() for this advice; NULL as "" */
	const struct guests *guests; /* that run; NULL none */
	const char *guest;           /* the name of the one that alone is looked at; NULL: everything */
	const struct check_lease *leases;
	size_t lease_count;
};

/*
 * Reads the health (pci_health.h) of the devices that are to be taken, which host_read leaves to this: early boot has
 * no use for it. host is input->host. 0 or -ENOMEM.
 */
int report_read_health(const struct root *root, const struct check_input *input, struct host *host);

/*
 * Runs every check whose subject the config has, or only those of one guest. Findings are in the order of the table,
 * then of targets.
 */
void report_build(const struct check_input *input, struct report *ret);
void report_done(struct report *report);

/* fail > warn > unknown > pass; info counts as pass. */
enum status report_status(const struct report *report);
size_t report_count(const struct report *report, enum status status);

/* True where not one check could tell anything. */
bool report_all_unknown(const struct report *report);

const char *status_name(enum status status);

/* The heading under which an id is shown: "Devices". */
const char *check_heading(const char *id);

/* Where that heading begins in the table, for sorting. */
size_t check_heading_rank(const char *id);

/*
 * For the checks: begins a finding with its summary. Never NULL, and to be written until the next one begins, or
 * report_keep ends it: then it is among the others, or the report notes that there was no memory.
 */
__attribute__((format(printf, 5, 6)))
struct finding *report_add(struct report *report, const char *id, const char *target, enum status status,
                           const char *summary, ...);

void report_keep(struct report *report);

#define FINDING_SET(field, ...) snprintf(field, sizeof(field), __VA_ARGS__)

#endif
