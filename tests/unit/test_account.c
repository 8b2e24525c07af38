/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include "host/account.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/bash\n"
			     "# comment\n"
			     "broken:x:zero:0::/:\n"
			     "alice:x:1000:1001:Alice:/home/alice:/bin/bash\n"
			     "qemu:x:107:107::/:/sbin/nologin\n";
static const char group[] = "root:x:0:\nkvm:x:36:qemu,alice\nalice:x:1001:\nqemu:x:107:\nother:x:50:alicia,qem\n";

static void expect(const struct tree *tree, const char *user, enum account_state state, const char *name,
                   unsigned int uid, size_t groups)
{
	struct account account;

	assert_int_equal(account_read(&tree->root, user, &account), 0);
	assert_int_equal(account.state, state);
	if (state == ACCOUNT_FOUND) {
		assert_string_equal(account.name, name);
		assert_int_equal(account.uid, uid);
	}
	assert_int_equal(account.group_count, groups);
	account_done(&account);
}

static void accounts(void **state)
{
	const struct tree *tree = *state;
	struct account account;

	expect(tree, "", ACCOUNT_NONE, "", 0, 0);
	expect(tree, "alice", ACCOUNT_MISSING, "", 0, 0);
	expect(tree, "root", ACCOUNT_FOUND, "root", 0, 1);
	tree_write(tree, "etc/passwd", passwd);
	expect(tree, "alice", ACCOUNT_FOUND, "alice", 1000, 1); /* without a group file the primary one is known */
	tree_write(tree, "etc/group", group);
	expect(tree, "", ACCOUNT_FOUND, "qemu", 107, 2);
	expect(tree, "root", ACCOUNT_FOUND, "root", 0, 1);
	expect(tree, "bob", ACCOUNT_MISSING, "", 0, 0);
	expect(tree, "broken", ACCOUNT_MISSING, "", 0, 0);
	expect(tree, "ali", ACCOUNT_MISSING, "", 0, 0);
	tree_write(tree, "etc/passwd", "libvirt-qemu:x:64055:104::/:\nqemu:x:107:107::/:\na'b:x:5:5::/:\n");
	expect(tree, "", ACCOUNT_FOUND, "libvirt-qemu", 64055, 1);
	expect(tree, "a'b", ACCOUNT_MISSING, "", 0, 0); /* nothing that a shell could take for a quote is ever printed */

	tree_write(tree, "etc/passwd", passwd);
	assert_int_equal(account_read(&tree->root, "alice", &account), 0);
	assert_string_equal(account.groups[0].name, "alice");
	assert_string_equal(account.groups[1].name, "kvm");
	assert_true(account_has_group(&account, 36));
	assert_true(account_has_group(&account, 1001));
	assert_false(account_has_group(&account, 50));
	assert_false(account.libvirt);
	assert_false(account.libvirts_user);
	account_done(&account);
	tree_write(tree, "usr/sbin/virtqemud", "");
	assert_int_equal(account_read(&tree->root, "", &account), 0);
	assert_true(account.libvirt);
	assert_true(account.libvirts_user);
	account_done(&account);
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(accounts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
