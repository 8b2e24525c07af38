/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of modprobe.d, and the file that each is of. */
#include "support.h"

#include <string.h>

#include "apply/modprobe.h"
#include "base/array.h"

static void expect(const struct modprobe *modprobe, size_t number, enum modprobe_kind kind, const char *file,
                   const char *key, const char *value)
{
	assert_true(number < modprobe->count);
	assert_int_equal(modprobe->lines[number].kind, kind);
	assert_string_equal(modprobe->lines[number].file, file);
	assert_string_equal(modprobe->lines[number].key, key);
	assert_string_equal(modprobe->lines[number].value, value);
}

static void files(void **state)
{
	const struct tree *tree = *state;
	struct modprobe modprobe;

	assert_int_equal(modprobe_read(&tree->root, &modprobe), 0);
	assert_int_equal(modprobe.count, 0); /* whatever this machine and its command line have */
	modprobe_done(&modprobe);

	tree_write(tree, "usr/lib/modprobe.d/50-b.conf", "options vfio-pci ids=1:2\n");
	tree_write(tree, "lib/modprobe.d/50-b.conf", "options vfio-pci ids=3:4\n"); /* hidden by the name */
	tree_write(
		tree, "etc/modprobe.d/60-a.conf",
		"# comment\noptions vfio-pci \\\n  ids=5:6\nnonsense\ninstall vfio-pci /bin/true\n"
		"alias pci:v000010DEd*sv*sd*bc*sc*i* nvidia\nsoftdep vfio-pci pre: nvidia post: drm\nblacklist nouveau\n");
	tree_write(tree, "etc/modprobe.d/70.conf.bak", "options vfio-pci ids=7:8\n");
	tree_write(tree, "etc/modprobe.d/.71.conf", "options vfio-pci ids=7:8\n");
	tree_write(tree, "run/modprobe.d/10.conf", "options kvm ignore_msrs=1\n");
	tree_link(tree, "etc/modprobe.d/80.conf", "/etc/outside"); /* of the tree, not of this machine */
	tree_write(tree, "etc/outside", "options linked x=1\n");
	assert_int_equal(modprobe_read(&tree->root, &modprobe), 0);
	expect(&modprobe, 0, MODPROBE_OPTIONS, "run/modprobe.d/10.conf", "kvm", "ignore_msrs=1");
	expect(&modprobe, 1, MODPROBE_OPTIONS, "usr/lib/modprobe.d/50-b.conf", "vfio_pci", "ids=1:2");
	expect(&modprobe, 2, MODPROBE_INSTALL, "etc/modprobe.d/60-a.conf", "vfio_pci", "/bin/true");
	expect(&modprobe, 3, MODPROBE_ALIAS, "etc/modprobe.d/60-a.conf", "pci:v000010DEd*sv*sd*bc*sc*i*", "nvidia");
	assert_int_equal(modprobe.lines[4].kind, MODPROBE_SOFTDEP);
	assert_string_equal(modprobe.lines[4].key, "vfio_pci");
	assert_non_null(strstr(modprobe.lines[4].value, "nvidia"));
	assert_int_equal(modprobe.lines[5].kind, MODPROBE_OPTIONS);
	assert_non_null(strstr(modprobe.lines[5].value, "ids=5:6"));
	expect(&modprobe, 6, MODPROBE_OPTIONS, "etc/modprobe.d/80.conf", "linked", "x=1");
	assert_int_equal(modprobe.count, 7);
	modprobe_done(&modprobe);
}

static void option(void **state)
{
	static const struct {
		const char *options, *value; /* NULL: there is none */
	} cases[] = {
		{ "", NULL },
		{ "ids", NULL },
		{ "xids=1 idsx=2 x=ids=3", NULL },
		{ "ids=1:2", "1:2" },
		{ " disable_vga=1\tids=1:2,3:4 x=1", "1:2,3:4" },
		{ "ids=1:2 ids=3:4", "3:4" },
		{ "ids=\"1:2 3:4\" x", "1:2 3:4" },
		{ "\"ids=1:2\" x", "1:2" },
		{ "a=\"b ids=1:2\"", NULL },
		{ "ids=", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char value[64] = "before";
		bool found = modprobe_option(cases[i].options, "ids", value, sizeof(value));

		assert_int_equal(found, cases[i].value != NULL);
		if (found)
			assert_string_equal(value, cases[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(files), cmocka_unit_test(option) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
