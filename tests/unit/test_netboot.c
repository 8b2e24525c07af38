/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which machines boot from the network. */
#include "support.h"

#include <string.h>

#include "plan/netboot.h"

static bool boots_from_network(const struct tree *tree, const char *parameters, const char *network_root)
{
	struct host host = { 0 };
	bool answer;

	tree_write(tree, "proc/cmdline", parameters);
	assert_int_equal(cmdline_read(&tree->root, &host.cmdline), 0);
	strcpy(host.storage.network_root, network_root);
	answer = netboot_reason(&host, true) != NULL;
	if (network_root[0])
		assert_null(netboot_reason(&host, false));
	cmdline_done(&host.cmdline);
	return answer;
}

static void command_lines(void **state)
{
	static const char *const network[] = {
		"root=/dev/nfs nfsroot=10.0.0.1:/srv ip=dhcp", "root=nfs4:10.0.0.1:/srv", "root=10.0.0.1:/srv",
		"netroot=iscsi:x",
		"root=dhcp", "root=/dev/sda1 ip=ibft", "root=UUID=x ip=ibft0:ibft", "rd.neednet", "rd.neednet=1",
		"rd.iscsi.firmware=1",
		"root=live:http://server/x.img", "root=live:https://s/x", "root=live:ftp://s/x", "root=live:tftp://s/x",
		"root=live:nfs:s:/x.img", "root=live:torrent://s/x", "root=http://s/x", "root=nbd:s:port", "root=/dev/nbd0p1",
		"root=/dev/rbd0", "root=/dev/etherd/e0.0", "root=cifs://s/x", "boot=live fetch=http://s/x",
		"boot=live netboot=nfs",
		"boot=live httpfs=http://s/x", "boot=nfs", "boot=cifs", "archiso_http_srv=http://s/", "fcoe=eth0:nodcb",
		"rd.nvmf.hostnqn=x", "iscsi_initiator=x", "root=ceph:x",
	};
	static const char *const local[] = {
		"", "root=/dev/sda1 ip=dhcp", "root=UUID=x ip=10.0.0.2::10.0.0.1:255.255.255.0:host:eth0:off",
		"root=live:/dev/sr0",
		"root=live:CDLABEL=x", "root=live:/srv/x:/y", "root=block:/dev/sda1", "rd.neednet=0", "boot=live",
		"boot=/dev/sda1",
		"root=zfs:tank/root", "root=/dev/mapper/nfs", "root=LABEL=nfs", "netdev", "boot ip",
	};

	for (size_t i = 0; i < sizeof(network) / sizeof(network[0]); i++)
		if (!boots_from_network(*state, network[i], ""))
			fail_msg("'%s' is from the network", network[i]);
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (boots_from_network(*state, local[i], ""))
			fail_msg("'%s' is from a disk", local[i]);
}

static void mounted_roots(void **state)
{
	assert_true(boots_from_network(*state, "root=/dev/sda1", "the root is nfs4"));
	assert_false(boots_from_network(*state, "root=/dev/sda1", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(command_lines), tree_test(mounted_roots) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
