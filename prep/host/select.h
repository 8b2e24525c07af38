/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which functions a [device] section speaks of (design.md section 3, "Selection"). Pure. */
#ifndef VFIO_PREP_HOST_SELECT_H
#define VFIO_PREP_HOST_SELECT_H

#include "host/config.h"
#include "host/pci.h"

enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_IDENTITY, /* it stands at the place that the section names, and is not what its ids say */
};

/*
 * Values of one key are alternatives; id, class and place must all match. path is the bridge path of the
 * function, "" where unknown (then no `path =` matches).
 */
enum match select_match(const struct device_section *section, const struct pci_function *function, const char *path);

/* True where deciding about function takes its bridge path: it ends as one of the section's paths does. */
bool select_needs_path(const struct device_section *section, const struct pci_function *function);

#endif
