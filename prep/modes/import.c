/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-prep --import: the config that does what this host does today by other means. Changes nothing. */
#include <string.h>

#include "base/cleanup.h"
#include "host/unified.h"
#include "modes/modes.h"
#include "report/import.h"
#include "report/json.h"

static void warn_of_unread(const struct inherited *inherited)
{
	for (size_t i = 0; i < inherited->count; i++)
		if (inherited->items[i].kind == INHERITED_UNREADABLE)
			complain("warning: /%s: %s: what it says is not known", inherited->items[i].file,
			         inherited->items[i].value);
}

/* EXIT_GOOD; where there is nothing to import EXIT_USAGE, as of a device that --suggest does not find. */
static int print(const struct options *options, struct session *session, const struct import *import)
{
	if (import_is_empty(import)) {
		complain("nothing here gives devices to vfio-pci, reserves huge pages or isolates CPUs. Looked at: %s",
		         inherited_places);
		return EXIT_USAGE;
	}
	if (options->format != FORMAT_JSON) {
		import_print(stdout, import, session->names);
	} else if (json_import(stdout, import, session->names) < 0) {
		complain("the import cannot be written");
		return EXIT_TROUBLE;
	}
	return EXIT_GOOD;
}

int mode_import(const struct options *options)
{
	_cleanup_(session_done) struct session session;
	_cleanup_(inherited_done) struct inherited inherited = { 0 };
	_cleanup_(loader_done) struct loader loader = { 0 };
	_cleanup_(import_done) struct import import = { 0 };
	bool in_unified;
	int r = session_open(options, false, false, &session);

	if (r == EXIT_GOOD)
		r = session_read_host(&session, HOST_ALL_DETAILS | HOST_STORAGE | HOST_CPUS | HOST_MEMORY);
	if (r != EXIT_GOOD)
		return r;
	if (session.host.pci_error) {
		complain("/" PCI_DEVICES ": %s; expected sysfs mounted at /sys", strerror(-session.host.pci_error));
		return EXIT_TROUBLE;
	}
	if (loader_read(&session.root, &loader) < 0 ||
	    inherited_read(&session.root, &session.host.cmdline, &loader, &inherited) < 0 ||
	    import_build(&session.host, &inherited, &loader, unified_rebuild(&session.root, &in_unified), &import) < 0) {
		complain("no memory");
		return EXIT_TROUBLE;
	}
	import.has_config = options->config_file || root_exists(&session.root, CONFIG_PATH);
	warn_of_unread(&inherited);
	return print(options, &session, &import);
}
