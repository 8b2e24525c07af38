/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The modes of vfio-prep: what they are given, and what they share. */
#ifndef VFIO_PREP_MODES_MODES_H
#define VFIO_PREP_MODES_MODES_H

#include <stdbool.h>

#include "apply/lease.h"
#include "base/root.h"
#include "host/config.h"
#include "host/host.h"
#include "plan/plan.h"
#include "report/style.h"
#include "report/text.h"

/* design.md section 2 */
enum exit_code {
	EXIT_GOOD = 0,
	EXIT_TROUBLE = 1, /* could not do its work */
	EXIT_USAGE = 2,   /* usage or config error */
	EXIT_UNMET = 3,   /* unhealthy, refused or unmet */
};

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_PROMETHEUS, FORMAT_LIBVIRT, FORMATS };

struct options {
	const char *config_file; /* NULL: /etc/vfio-prep.conf below the root */
	const char *root_directory;
	const char *output_file; /* NULL: standard output */
	enum format format;
	enum verbosity verbosity;
	enum color_choice color;
	bool strict, now;
	bool tuning; /* --apply: no devices, no pages */
	bool stale;  /* --release: of guests that are gone */
	uint64_t holder; /* --acquire: a process; 0 none */
	char *const *operands; /* what stands behind the options: NAME, FILE, COMMAND... */
	size_t operand_count;
	struct root_observer *observer; /* who looks on; NULL */
};

/* Each returns an exit code, and has told the user on standard error what went wrong. */
int mode_check(const struct options *options);
int mode_plan(const struct options *options);
int mode_apply(const struct options *options);
int mode_undo(const struct options *options);
int mode_list(const struct options *options);
int mode_topology(const struct options *options);
int mode_suggest(const struct options *options);
int mode_import(const struct options *options);
int mode_advise(const struct options *options);
int mode_snapshot(const struct options *options);
int mode_acquire(const struct options *options);
int mode_release(const struct options *options);
int mode_run(const struct options *options);

/* What most modes begin with. */
struct session {
	struct root root;
	bool rooted;
	const char *config_file; /* that the caller named; NULL: the usual one */
	struct config config;
	struct host host;
	struct leases leases;
	struct style style;
	struct pci_access *names;
};

/*
 * Opens the root, and where with_config reads the config and tells all of its errors; where changes, a
 * config that others may write is refused. EXIT_GOOD or the exit code to leave with; session_done either
 * way.
 */
int session_open(const struct options *options, bool with_config, bool changes, struct session *ret);

/* The config of a session that was opened without one, where there is one. EXIT_GOOD or an exit code. */
int session_read_optional_config(const struct options *options, struct session *session);

/* Reads the machine (scope of host_read). EXIT_GOOD or EXIT_TROUBLE. */
int session_read_host(struct session *session, unsigned int scope);

/* The leases of this machine, after the host: its memory knows then which pages are theirs. EXIT_GOOD or an exit
 * code. */
int session_read_leases(struct session *session);
void session_done(struct session *session);

/*
 * Whoever closed one of the standard files gets no other one in its place: what is meant for people would go into the
 * lock, and the keeper of a guest would lose what it waits with. Writing to it fails as before.
 */
void keep_standard_files(void);

/* "vfio-prep: TEXT" on standard error. */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/* Complains of every NIC that would be taken and carries the default route: a warning, no refusal. */
void warn_default_route(const struct plan *plan, const struct host *host);

/* Complains of what the config asks of its CPUs that this machine does not have: once, not for each. */
void warn_tuning(const struct session *session, const struct plan *plan);

/* Modes that change something: EXIT_GOOD for root alone on the running machine, and after taking the lock. */
int begin_changes(const struct session *session, int *ret_lock);

#endif
