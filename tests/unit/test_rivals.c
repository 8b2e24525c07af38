/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include "base/array.h"
#include "host/rivals.h"

static void files(void **state)
{
	const struct tree *tree = *state;
	struct pci_address card, audio;
	struct rivals rivals;

	assert_int_equal(pci_address_parse("0000:01:00.0", &card), 0);
	assert_int_equal(pci_address_parse("0000:01:00.1", &audio), 0);
	assert_int_equal(rivals_read(&tree->root, &rivals), 0);
	assert_null(rivals_saved(&rivals, &card));
	assert_false(rivals_seized(&rivals, &card));
	rivals_done(&rivals);
	tree_write(tree, DRIVERCTL_DIRECTORY "/pci-0000:01:00.0", "nvidia\n");
	tree_write(tree, DRIVERCTL_DIRECTORY "/pci-0000:01:00.1", "");
	tree_write(tree, DRIVERCTL_DIRECTORY "/0000:01:00.1", "nvidia\n");
	tree_write(tree, DRIVERCTL_DIRECTORY "/vmbus-0000:01:00.1", "uio_hv_generic\n");
	tree_write(tree, PCIBACK_SLOTS, "0000:03:00.0\n0000:01:00.1\nnonsense\n");
	assert_int_equal(rivals_read(&tree->root, &rivals), 0);
	assert_int_equal(rivals.saved_count, 1);
	assert_string_equal(rivals_saved(&rivals, &card)->driver, "nvidia");
	assert_null(rivals_saved(&rivals, &audio));
	assert_true(rivals_seized(&rivals, &audio));
	assert_false(rivals_seized(&rivals, &card));
	rivals_done(&rivals);
}

static void hidden(void **state)
{
	static const struct {
		const char *value, *address;
		bool hides;
	} cases[] = {
		{ "", "0000:01:00.0", false },
		{ "(0000:01:00.0)", "0000:01:00.0", true },
		{ "(01:00.0)", "0000:01:00.0", true },
		{ "(01:00.0)", "0001:01:00.0", false },
		{ "(0001:01:00.0)", "0001:01:00.0", true },
		{ "(02:00.0)(01:00.1)", "0000:01:00.1", true },
		{ "(02:00.0)(01:00.1)", "0000:01:00.0", false },
		{ "(01:00.*)", "0000:01:00.5", true },
		{ "(0000:01:*.*)", "0000:01:1f.5", true },
		{ "(01:*.*)", "0000:02:00.0", false },
		{ "(*:00.0)", "0000:01:00.0", false },
		{ "(01:00)", "0000:01:00.0", false },
		{ "(1:0.0)", "0000:01:00.0", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pci_address address;

		assert_int_equal(pci_address_parse(cases[i].address, &address), 0);
		if (pciback_hides(cases[i].value, &address) != cases[i].hides)
			fail_msg("'%s' and %s", cases[i].value, cases[i].address);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(files), cmocka_unit_test(hidden) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
