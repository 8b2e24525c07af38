/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The place of a guest's processes (slices.h). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply/manager.h"
#include "apply/partition.h"
#include "apply/slices.h"
#include "apply/unit_names.h"
#include "base/array.h"
#include "base/cleanup.h"

#define SCOPES "machine.slice"

void scope_name(const char *name, char *ret)
{
	char escaped[SCOPE_NAME_MAX - sizeof("vfio-prep-.scope") + 1];

	/* The longest name of a [vm], 48 bytes, has room even with each byte escaped. */
	if (!unit_escape(name, escaped, sizeof(escaped)))
		escaped[0] = '\0';
	snprintf(ret, SCOPE_NAME_MAX, "vfio-prep-%s.scope", escaped);
}

int scope_populated(const struct root *root, const char *name, bool *ret)
{
	/* With systemd: version 2, version 2 beside version 1, version 1 alone; without. */
	static const char *const groups[] = {
		CGROUPS "/" SCOPES "/%s/cgroup.events",
		CGROUPS "/unified/" SCOPES "/%s/cgroup.events",
		CGROUPS "/systemd/" SCOPES "/%s/cgroup.procs",
		PARTITION "/%s/cgroup.events",
	};
	char unit[SCOPE_NAME_MAX], path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];
	ssize_t r;

	scope_name(name, unit);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		/* Formats are the table's. */
		snprintf(path, sizeof(path), groups[i], unit);
		r = root_read(root, path, text, sizeof(text));
		if (r == -ENOENT || r == -ENODEV) /* ENODEV: removed between open and read */
			continue;
		if (r < 0 && r != -EFBIG)
			return (int)r;
		*ret = unit_has_type(path, ".procs") ? r != 0 : strstr(text, "populated 1") != NULL;
		return 0;
	}
	*ret = false;
	return 0;
}

/* "0::/machine.slice/UNIT" on version 2; on version 1 one of its lines ends like this, too. */
static bool is_in(const struct root *root, pid_t pid, const char *unit)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE], want[SCOPE_NAME_MAX + 32];

	snprintf(path, sizeof(path), "proc/%d/cgroup", (int)pid);
	snprintf(want, sizeof(want), "/%s", unit);
	return root_read(root, path, text, sizeof(text)) >= 0 && strstr(text, want);
}

int scope_start(const struct root *root, const char *name, pid_t pid, const struct cpus *cpus, const char *description,
                char *note)
{
	_cleanup_(manager_done) struct manager *manager = NULL;
	char unit[SCOPE_NAME_MAX], process[32];
	bool populated;
	int r;

	note[0] = '\0';
	scope_name(name, unit);
	snprintf(process, sizeof(process), "proc/%d", (int)pid);
	if (scope_populated(root, name, &populated) == 0 && populated) {
		snprintf(note, EFFECT_NOTE_MAX, "processes of the last run still live: systemctl status %s", unit);
		return -EEXIST;
	}
	if (!manager_is_here(root))
		return partition_enter(root, unit, pid, cpus, note);
	r = manager_open(&manager, note);
	if (r >= 0)
		r = manager_start_scope(manager, unit, pid, cpus, description, note);
	if (r >= 0 && !is_in(root, pid, unit)) {
		snprintf(note, EFFECT_NOTE_MAX, "process %d did not come into %s", (int)pid, unit);
		r = -EIO;
	}
	return r < 0 && !root_exists(root, process) ? -ESRCH : r;
}
