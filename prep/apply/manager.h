/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd's manager, over D-Bus: what slices.h asks of it. Errors and notes as there. */
#ifndef VFIO_PREP_APPLY_MANAGER_H
#define VFIO_PREP_APPLY_MANAGER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/cpus.h"
#include "base/root.h"

struct manager;

/* Whether PID 1 is systemd (sd_booted(3)). */
bool manager_is_here(const struct root *root);

/*
 * Connects to the manager: by its own socket, which needs no D-Bus daemon, else by the system bus. *ret is to be given
 * to manager_done.
 */
int manager_open(struct manager **ret, char *note);
void manager_done(struct manager **manager);

/* init.scope, system.slice, user.slice, and the other slices at the top that are loaded now, but for those of
 * guests. */
int manager_list_units(struct manager *manager, struct names *ret, char *note);

/*
 * AllowedCPUs= of a scope or a slice; empty for unset. cgroup (ROOT_PATH_MAX bytes, may be NULL) gets the path of its
 * cgroup below the hierarchy's root, "" where it has none now.
 */
int manager_read_cpus(struct manager *manager, const char *unit, struct cpus *ret, char *cgroup, char *note);

/* Sets it until the next boot. */
int manager_set_cpus(struct manager *manager, const char *unit, const struct cpus *cpus, char *note);

/* Whether the machine goes down. */
bool manager_is_stopping(struct manager *manager);

/* Removes all files that are configured of these units, and those of this boot, and reloads. */
int manager_revert(struct manager *manager, const struct names *units, char *note);

/* Gives back what guests that are gone have left: systemd starts it when a scope has ended. */
#define RELEASE_UNIT "vfio-prep-release.service"

/* Starts a scope of one process in machine.slice and waits until it is there. */
int manager_start_scope(struct manager *manager, const char *unit, pid_t pid, const struct cpus *cpus,
                        const char *description, char *note);

#endif
