/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <sys/stat.h>

#include "base/array.h"
#include "host/host.h"
#include "host/vfio_nodes.h"

static void permissions(void **state)
{
	static const struct {
		uid_t uid;
		gid_t gid;
		mode_t mode;
		bool usable;
	} cases[] = {
		{ 0, 0, 0600, false },
		{ 0, 0, 0666, true },
		{ 1000, 0, 0600, true },
		{ 1000, 0, 0400, false },
		{ 1000, 0, 0066, false }, /* the first class that fits decides */
		{ 0, 36, 0660, true },
		{ 0, 36, 0640, false },
		{ 0, 1001, 0606, false },
		{ 0, 50, 0660, false },
	};
	struct account_group groups[] = { { "alice", 1001 }, { "kvm", 36 } };
	struct account account = { .state = ACCOUNT_FOUND, .uid = 1000, .groups = groups, .group_count = 2 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vfio_node node = {
			.there = true, .device = true, .uid = cases[i].uid, .gid = cases[i].gid, .mode = S_IFCHR | cases[i].mode
		};

		if (vfio_node_usable(&node, &account) != cases[i].usable)
			fail_msg("case %zu", i);
	}
	account.uid = 0;
	assert_true(vfio_node_usable(&(struct vfio_node){ .mode = 0 }, &account));
}

static void nodes(void **state)
{
	const struct tree *tree = *state;
	const struct vfio_access *access;
	struct vfio_nodes found;
	struct host host;

	tree_unpack(tree, "prepared-built-in");
	tree_mkdir(tree, "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.1/vfio-dev/vfio3");
	tree_write(tree, "dev/vfio/devices/vfio3", "");
	assert_int_equal(host_read(&tree->root, NULL, HOST_ALL_DETAILS, &host), 0);
	assert_int_equal(vfio_nodes_read(&tree->root, &host.pci, &found), 0);
	assert_true(found.known);
	assert_true(found.container.there);
	assert_false(found.container.device);
	assert_false(found.iommufd.there);
	assert_int_equal(found.count, 2); /* the card and its audio, and no device of the host */
	access = vfio_nodes_find(&found, found.items[1].function);
	assert_ptr_equal(access, &found.items[1]);
	assert_string_equal(access->group.path, "dev/vfio/8");
	assert_true(access->group.there);
	assert_string_equal(access->own.path, "dev/vfio/devices/vfio3");
	assert_true(access->own.there);
	assert_string_equal(found.items[0].own.path, "");
	assert_null(vfio_nodes_find(&found, 0));
	vfio_nodes_done(&found);
	host_done(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(permissions), tree_test(nodes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
