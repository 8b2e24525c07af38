/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Native mount and swap units name devices as fstab does. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "host/storage.h"

#define HOST "desktop-amd-x570"
#define GUEST "nvme1n1p2" /* UUID 01DA5F3B2C4D6E80, LABEL "Windows 11" */
#define UNITS "etc/systemd/system/"

struct seen {
	unsigned int use;
	size_t unresolved;
	bool tag_unresolved;
	char detail[96], incomplete[128];
};

static struct seen look(const struct tree *tree)
{
	struct seen seen = { 0 };
	struct storage storage;
	struct cmdline cmdline;
	struct pci pci;
	const struct block *block;

	assert_int_equal(pci_read(&tree->root, false, &pci), 0);
	assert_int_equal(cmdline_read(&tree->root, &cmdline), 0);
	assert_int_equal(storage_read(&tree->root, &tree->root, "/", &pci, &cmdline, &storage), 0);
	block = blocks_find(&storage.blocks, GUEST);
	assert_non_null(block);
	seen.use = block->use;
	seen.unresolved = storage.unresolved;
	seen.tag_unresolved = storage.tag_unresolved;
	strcpy(seen.detail, block->detail);
	strcpy(seen.incomplete, storage.incomplete);
	storage_done(&storage);
	cmdline_done(&cmdline);
	pci_done(&pci);
	return seen;
}

/* A unit with this text at path: whether it names the guest's disk, and nothing is left over. */
static void expect_at(const struct tree *tree, const char *path, const char *text, bool named)
{
	struct seen seen;

	tree_write(tree, path, text);
	seen = look(tree);
	if (seen.use != (named ? USE_NAMED : 0) || seen.unresolved || seen.incomplete[0])
		fail_msg("%s '%s': use %x, %zu unresolved, '%s'", path, text, seen.use, seen.unresolved, seen.incomplete);
	tree_remove(tree, path);
}

static void expect(const struct tree *tree, const char *text, bool named)
{
	expect_at(tree, UNITS "srv.mount", text, named);
}

static void what_units_name(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, HOST);
	tree_link(tree, "dev/disk/by-id/nvme-X_50%", "../../" GUEST);
	assert_int_equal(look(tree).use, 0);
	expect(tree, "[Unit]\nDescription=x\n\n[Mount]\nWhat=/dev/" GUEST "\nWhere=/srv\n", true);
	expect(tree, "[Mount]\nWhat=UUID=01DA5F3B2C4D6E80\n", true);
	expect(tree, "[Mount]\nWhat = LABEL=Windows 11 \nWhere=/srv", true);
	expect(tree, "[Mount]\nWhat=/dev/disk/by-label/Windows\\x2011\n", true); /* udev's escape, not systemd's */
	expect(tree, "[Mount]\nWhat=/dev/disk/by-id/nvme-X_50%%\n", true);
	expect(tree, "# [Mount]\\\n[Mount]\nWhat=\\\n; a comment\n  # another\n /dev/" GUEST "\n", true);
	expect(tree, "[Mount]\nWhat=/dev/nvme0n1p2\nOptions=noatime,logdev=/dev/" GUEST "\n", true);
	expect(tree, "[Mount]\nWhat=/dev/nvme0n1p2\nWhat=/dev/" GUEST, true); /* the last one counts */
	expect(tree, "[Mount]\n#What=/dev/" GUEST "\n;What=/dev/" GUEST "\nWhat=tmpfs\nType=tmpfs\n", false);
	expect(tree, "[Unit]\nWhat=/dev/" GUEST "\n[X-Mount]\nWhat=/dev/" GUEST "\n", false);
	expect(tree, "[Mount]\nWhat=user@host:/dev/" GUEST "\nType=fuse.sshfs\n", false);
	expect(tree, "[Mount]\nWhat=server:/dev/" GUEST "\nType=nfs\n", false);
	expect(tree, "[Mount]\nWhatever=/dev/" GUEST "\nWhat=\n", false);
	expect(tree, "", false);
	tree_write(tree, UNITS "srv.mount", "[Mount]\nWhat=/dev/" GUEST "\n");
	assert_string_equal(look(tree).detail, "the unit srv.mount names it");
}

static void where_units_are(void **state)
{
	static const char swap[] = "[Swap]\nWhat=/dev/" GUEST "\n", mount[] = "[Mount]\nWhat=/dev/" GUEST "\n";
	const struct tree *tree = *state;

	tree_unpack(tree, HOST);
	expect_at(tree, UNITS "dev-nvme1n1p2.swap", swap, true);
	expect_at(tree, "run/systemd/system/srv.mount", mount, true);
	expect_at(tree, UNITS "srv.mount.d/what.conf", mount, true);
	expect_at(tree, UNITS "local-fs.target.wants/srv.mount", mount, true);
	expect_at(tree, UNITS "local-fs.target.requires/srv.mount", mount, true);
	expect_at(tree, UNITS "srv.service", mount, false);
	expect_at(tree, UNITS "srv.mount.d/what.conf.bak", mount, false);
	expect_at(tree, UNITS "srv.service.d/what.conf", mount, false);
	/* A unit elsewhere counts where something wants it. */
	tree_write(tree, "usr/lib/systemd/system/data.mount", mount);
	assert_int_equal(look(tree).use, 0);
	tree_link(tree, UNITS "multi-user.target.wants/data.mount", "/usr/lib/systemd/system/data.mount");
	assert_int_equal(look(tree).use, USE_NAMED);
	/* One that is gone, or masked, names nothing. */
	tree_remove(tree, "usr/lib/systemd/system/data.mount");
	tree_link(tree, UNITS "masked.mount", "/dev/null");
	assert_int_equal(look(tree).use, 0);
	assert_string_equal(look(tree).incomplete, "");
}

static void what_nothing_answers_to(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, HOST);
	tree_write(tree, UNITS "srv.mount", "[Mount]\nWhat=UUID=0000-0000\n");
	assert_int_equal(look(tree).unresolved, 1);
	assert_false(look(tree).tag_unresolved); /* nobody asks for it in the boot */
	tree_link(tree, UNITS "local-fs.target.wants/srv.mount", "../srv.mount");
	assert_true(look(tree).tag_unresolved);
	tree_remove(tree, UNITS "local-fs.target.wants/srv.mount");
	tree_write(tree, UNITS "srv.mount", "[Mount]\nWhat=tank/srv\nType=zfs\n");
	assert_int_equal(look(tree).unresolved, 1);
	assert_string_equal(look(tree).incomplete, "");
	/* What only systemd knows may be any disk, and so may what cannot be read. */
	tree_write(tree, UNITS "srv.mount", "[Mount]\nWhat=/dev/disk/by-label/%H\n");
	assert_non_null(strstr(look(tree).incomplete, "srv.mount"));
	tree_remove(tree, UNITS "srv.mount");
	assert_string_equal(look(tree).incomplete, "");
	tree_mkdir(tree, UNITS "srv.mount");
	assert_non_null(strstr(look(tree).incomplete, "srv.mount"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(what_units_name), tree_test(where_units_are), tree_test(what_nothing_answers_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
