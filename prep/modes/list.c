/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-prep --list: the devices of this machine by IOMMU group. Needs no config. */
#include <string.h>

#include "base/cleanup.h"
#include "modes/modes.h"
#include "report/json.h"

int mode_list(const struct options *options)
{
	_cleanup_(session_done) struct session session;
	int r = session_open(options, false, false, &session);

	if (r == EXIT_GOOD)
		r = session_read_host(&session, HOST_ALL_DETAILS | HOST_HOLDERS | HOST_STORAGE);
	if (r != EXIT_GOOD)
		return r;
	if (session.host.pci_error) {
		complain("/" PCI_DEVICES ": %s; expected sysfs mounted at /sys", strerror(-session.host.pci_error));
		return EXIT_TROUBLE;
	}
	if (options->format == FORMAT_JSON) {
		if (json_list(stdout, &session.host, session.names) < 0) {
			complain("the list cannot be written");
			return EXIT_TROUBLE;
		}
	} else {
		text_list(&session.style, options->verbosity, &session.host, session.names);
	}
	return EXIT_GOOD;
}
