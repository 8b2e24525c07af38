/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/netboot.h"

#include <string.h>

#include "base/array.h"

static bool starts_with_any(const char *text, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* root= of dracut.cmdline(7), dmsquash-live, Documentation/admin-guide/nfs/nfsroot.rst and initramfs-tools(7) */
static bool is_network_root(const char *value)
{
	static const char *const roots[] = {
		"/dev/nfs", "/dev/nbd", "/dev/rbd", "/dev/etherd/", "nfs", "nbd", "iscsi", "cifs", "dhcp", "http", "ftp",
		"tftp",
		"torrent", "aoe", "fcoe", "ceph", "9p",
	};

	if (strncmp(value, "block:", 6) == 0)
		return false;
	if (strncmp(value, "live:", 5) == 0)
		value += 5; /* "live:/dev/sr0", "live:LABEL=...", "live:http://..." */
	if (starts_with_any(value, roots, ARRAY_SIZE(roots)))
		return true;
	return value[0] != '/' && strstr(value, ":/"); /* "server:/srv", "nfs4:server:/srv" */
}

static const char *parameter_reason(const char *key, const char *value)
{
	static const char *const keys[] = {
		"rd.iscsi", "rd.nvmf", "iscsi_", "ISCSI_", "nbdroot", "fetch", "netboot", "httpfs", "ftpfs", "fcoe", "rd.fcoe",
		"archiso_http_srv", "archiso_nfs_srv", "archiso_nbd_srv",
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strncmp(key, keys[i], strlen(keys[i])) == 0)
			return keys[i];
	if (!value)
		return NULL;
	if (strcmp(key, "boot") == 0 && (strcmp(value, "nfs") == 0 || strcmp(value, "cifs") == 0))
		return "boot= over the network";
	/* The firmware's own iSCSI disk: "ip=ibft". An ip= of any other kind may be there to be reached only. */
	if (strcmp(key, "ip") == 0 && strstr(value, "ibft"))
		return "ip=ibft";
	return NULL;
}

const char *netboot_reason(const struct host *host, bool mounted)
{
	const char *value;

	if (cmdline_has(&host->cmdline, "nfsroot", NULL))
		return "nfsroot=";
	if (cmdline_has(&host->cmdline, "netroot", NULL))
		return "netroot=";
	if (cmdline_has(&host->cmdline, "rd.neednet", &value) && (!value || strcmp(value, "1") == 0))
		return "rd.neednet";
	for (size_t i = 0; i < host->cmdline.count; i++) {
		const char *reason = parameter_reason(host->cmdline.parameters[i].key, host->cmdline.parameters[i].value);

		if (reason)
			return reason;
	}
	if (cmdline_has(&host->cmdline, "root", &value) && value && is_network_root(value))
		return "root= over the network";
	return mounted && host->storage.network_root[0] ? host->storage.network_root : NULL;
}
