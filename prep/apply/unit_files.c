/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/unit_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

#define OWN_DROPIN "50-AllowedCPUs.conf" /* SetUnitProperties writes it (systemd's unit_write_setting()) */

bool unit_files_are_ours(const struct root *root, const char *unit)
{
	static const struct {
		const char *folder;
		bool ours; /* where SetUnitProperties writes; the second one for units without a file, such as init.scope */
	} places[] = {
		{ "run/systemd/system.control", true },    { "run/systemd/transient", true },
		{ "etc/systemd/system.control", false },   { "etc/systemd/system", false },
		{ "run/systemd/system", false },           { "etc/systemd/systemd.attached", false },
		{ "run/systemd/systemd.attached", false },
	};
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_(names_done) struct names files = { 0 };
		char path[ROOT_PATH_MAX];
		int r;

		snprintf(path, sizeof(path), "%s/%s", places[i].folder, unit);
		if (root_exists(root, path))
			return false;
		snprintf(path, sizeof(path), "%s/%s.d", places[i].folder, unit);
		r = root_list(root, path, &files);
		if (r == -ENOENT)
			continue;
		if (r < 0 || !places[i].ours || files.count != 1 || strcmp(files.items[0], OWN_DROPIN) != 0)
			return false;
		found = true;
	}
	return found;
}
