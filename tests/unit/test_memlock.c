/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the many places that limit locked memory has the last word. */
#include "support.h"

#include "host/memlock.h"

#define LIMITS "etc/security/limits.conf"

static void expect(const struct tree *tree, uint64_t bytes, const char *file)
{
	struct account_group groups[] = { { "alice", 1001 }, { "kvm", 36 } };
	struct account account = {
		.state = ACCOUNT_FOUND, .name = "alice", .uid = 1000, .groups = groups, .group_count = 2
	};
	struct memlock memlock;

	assert_int_equal(memlock_read(&tree->root, &account, &memlock), 0);
	assert_int_equal(memlock.bytes, bytes);
	assert_string_equal(memlock.file, file);
}

static void lines(void **state)
{
	const struct tree *tree = *state;

	expect(tree, 8 << 20, "");
	tree_write(tree, LIMITS,
	           "# alice - memlock 1\nbob - memlock 2\n@bobs - memlock 3\nalice - nofile 4\nalice - memlock\nalice - "
	           "memlock x\n"
	           "alice hard memlock unlimited\n");
	expect(tree, 8 << 20, "");
	tree_write(tree, LIMITS, "alice\tsoft\tmemlock\t64 # KiB\n");
	expect(tree, 64 << 10, LIMITS);
	tree_write(tree, LIMITS, "alice - memlock unlimited\n");
	expect(tree, MEMLOCK_UNLIMITED, LIMITS);
	tree_write(tree, LIMITS, "alice - memlock -1\n");
	expect(tree, MEMLOCK_UNLIMITED, LIMITS);
}

static void ranks(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, LIMITS, "alice - memlock 1\n@kvm - memlock 2\n* - memlock 3\n");
	expect(tree, 1 << 10, LIMITS);
	tree_write(tree, LIMITS, "@kvm - memlock 2\n* - memlock 3\n");
	expect(tree, 2 << 10, LIMITS);
	tree_write(tree, LIMITS, "* - memlock 3\n* - memlock 4\n");
	expect(tree, 4 << 10, LIMITS);
	tree_write(tree, LIMITS, "1000:2000 - memlock 5\n* - memlock 3\n");
	expect(tree, 5 << 10, LIMITS);
	tree_write(tree, LIMITS, "1001: - memlock 5\n:999 - memlock 6\n@:36 - memlock 7\n");
	expect(tree, 7 << 10, LIMITS);
}

static void files(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "usr/lib/systemd/system.conf", "[Manager]\nDefaultLimitMEMLOCK=9M\n");
	expect(tree, 9 << 20, "usr/lib/systemd/system.conf");
	tree_write(tree, "etc/systemd/system.conf", "[Manager]\n#DefaultLimitMEMLOCK=1M\nDefaultLimitMEMLOCK=16M\n");
	expect(tree, 16 << 20, "etc/systemd/system.conf");
	tree_write(tree, "etc/systemd/system.conf.d/b.conf", "[Manager]\nDefaultLimitMEMLOCK = 32M:1G\n");
	tree_write(tree, "etc/systemd/system.conf.d/a.conf", "[Manager]\nDefaultLimitMEMLOCK=infinity\n");
	expect(tree, 32 << 20, "etc/systemd/system.conf.d/b.conf");
	tree_write(tree, "etc/systemd/system.conf.d/c.conf", "DefaultLimitMEMLOCK=infinity\n");
	expect(tree, MEMLOCK_UNLIMITED, "etc/systemd/system.conf.d/c.conf");
	/* By their names, whichever folder they are in, and of namesakes the administrator's (systemd.unit(5)). */
	tree_write(tree, "run/systemd/system.conf.d/d.conf", "[Manager]\nDefaultLimitMEMLOCK=64M\n");
	expect(tree, 64 << 20, "run/systemd/system.conf.d/d.conf");
	tree_write(tree, "etc/systemd/system.conf.d/d.conf", "");
	expect(tree, MEMLOCK_UNLIMITED, "etc/systemd/system.conf.d/c.conf");
	tree_write(tree, LIMITS, "@kvm - memlock 1\n"); /* what a login sets comes after what its service handed down */
	expect(tree, 1 << 10, LIMITS);
	tree_write(tree, "etc/security/limits.d/b.conf", "@kvm - memlock 2\n");
	tree_write(tree, "etc/security/limits.d/a.conf", "@kvm - memlock 3\n");
	tree_write(tree, "etc/security/limits.d/c.conf.dpkg-old", "@kvm - memlock 4\n");
	expect(tree, 2 << 10, "etc/security/limits.d/b.conf");
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(lines), tree_test(ranks), tree_test(files) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
