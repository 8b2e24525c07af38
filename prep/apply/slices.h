/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which CPUs the host's own processes may use while a guest runs, and the place where the guest itself is.
 *
 * Where PID 1 is systemd (/run/systemd/system is there, sd_booted(3)): AllowedCPUs= of init.scope and of the slices
 * at the top, over D-Bus, for this boot only (org.freedesktop.systemd1(5), SetUnitProperties with runtime). The guest
 * is a scope in machine.slice. Slices that hold guests are never confined: machine.slice, and Proxmox's qemu.slice.
 * Elsewhere: one cpuset partition, /sys/fs/cgroup/vfio-prep, that has what the host may not use
 * (Documentation/admin-guide/cgroup-v2.rst, cpuset.cpus.partition), with a cgroup for each guest in it. It is then the
 * only unit, SLICES_PARTITION, and only what scope_start puts there can run on its CPUs: for a guest that somebody
 * else starts (--acquire) it is in the way, so leave it out there.
 *
 * Both need cgroup v2 with its cpuset controller (kernel 5.0, systemd 244): -EOPNOTSUPP without. A guest works without
 * it all the same, just not alone on its CPUs: a reason to warn, not to refuse.
 *
 * note (EFFECT_NOTE_MAX bytes) gets what an administrator should know, on success and on failure, else "". Functions
 * return 0 or a negative errno; outputs but note are written only on success. Errors of D-Bus: -EACCES and -EPERM
 * (not root, or a policy), -ENOTCONN, -ENOENT, -ECONNREFUSED (no manager to talk to), -ETIMEDOUT (no answer within
 * 10 s), -ENOENT (no such unit), -EINVAL (systemd knows no such property, or refuses the value).
 */
#ifndef VFIO_PREP_APPLY_SLICES_H
#define VFIO_PREP_APPLY_SLICES_H

#include <stdbool.h>
#include <sys/types.h>

#include "apply/effects.h"
#include "base/cpus.h"
#include "base/root.h"

#define SLICES_PARTITION "partition" /* the unit's name where there is no systemd */

#define SCOPE_NAME_MAX 256 /* a unit's name, with its NUL (systemd's UNIT_NAME_MAX) */

/*
 * The units to confine: "init.scope", "system.slice", "user.slice", then the other slices at the top that there are
 * now. -EOPNOTSUPP where nothing can be confined (note says why).
 */
int slices_list(const struct root *root, struct names *ret, char *note);

/*
 * The CPUs that a unit is confined to: empty for any (AllowedCPUs= is unset, there is no partition). On another root
 * than the machine's it is read from the unit's cgroup. -ENODATA where that cannot be told.
 */
int slices_read(const struct root *root, const char *unit, struct cpus *ret);

/*
 * Confines a unit to these CPUs and sees that it is; an empty set lifts that. To give a unit back what slices_read
 * gave is the same call. Once all units have back what they had, slices_tidy.
 *
 * 0 with a note: a slice without processes will have more CPUs than these, because a file of the administrator's adds
 * to them. -EIO: another value reads back; -EBUSY: the kernel calls the partition invalid (its reason is in note), or a
 * guest is still in it.
 */
int slices_set(const struct root *root, const char *unit, const struct cpus *cpus, char *note);

/*
 * Removes what slices_set leaves behind in systemd of units that are confined no more: a drop-in in /run that says
 * nothing ("AllowedCPUs="). systemd can drop only all that is configured of a unit (RevertUnitFiles), so it stays until
 * the next boot where an administrator has configured anything else of that unit. Reloads the manager, once, and only
 * where there was something; does nothing while the machine goes down. Call it when the last guest has gone. In a
 * partition: removes the cgroups of guests that have ended.
 */
int slices_tidy(const struct root *root, char *note);

/*
 * slices_set of all units of slices_list, and slices_tidy after lifting it, for who has no values to restore. Goes on
 * where one fails, and returns the first error.
 */
int slices_confine(const struct root *root, const struct cpus *cpus, char *note);

/* "vfio-prep-NAME.scope", escaped by systemd.unit(5)'s rules. name is a [vm]'s; ret has SCOPE_NAME_MAX bytes. */
void scope_name(const char *name, char *ret);

/*
 * Moves process pid, with its threads, into a new scope of the guest in machine.slice (elsewhere: into its cgroup in
 * the partition, which slices_set has made; without a partition into the cgroup vfio-prep/NAME alone). cpus: what it
 * may run on; empty: all that its slice may. Its children so far stay where they are, later ones go with it. Returns
 * when it is there. The scope goes by itself with its last process.
 *
 * -EEXIST: processes of an earlier scope of this name still live; -ESRCH: no such process.
 */
int scope_start(const struct root *root, const char *name, pid_t pid, const struct cpus *cpus, const char *description,
                char *note);

/* Whether a scope of that guest has processes (its cgroup.events). False where it has none, or never was. */
int scope_populated(const struct root *root, const char *name, bool *ret);

#endif
