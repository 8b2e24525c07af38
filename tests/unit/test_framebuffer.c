/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdio.h>

#include "host/host.h"

/* The framebuffer in 01:00.0, whose BARs are 81000000-81ffffff, 5000000000-57ffffffff and ports 4000-407f. */
static void expect(const struct tree *tree, const char *iomem, const char *framebuffer, enum answer driver)
{
	const struct pci_address address = { .bus = 1 };
	struct host host;

	if (iomem)
		tree_write(tree, "proc/iomem", iomem);
	assert_int_equal(host_read(&tree->root, NULL, HOST_ALL_DETAILS, &host), 0);
	assert_string_equal(pci_find(&host.pci, &address)->detail->framebuffer, framebuffer);
	assert_int_equal(host.framebuffer_driver, driver);
	host_done(&host);
}

static void names(void **state)
{
	static const char *const known[] = { "BOOTFB", "efifb", "simplefb", "vesafb", "simple-framebuffer", "simpledrm",
		                             "efi-framebuffer.0", "simple-framebuffer.0", "vesa-framebuffer.0" };
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-intel-z690");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		char text[200];

		snprintf(text, sizeof(text), "5000000000-57ffffffff : PCI Bus 0000:01\n  5000000000-57ffffffff : 0000:01:00.0\n"
		         "    5000000000-50007e8fff : %s\n", known[i]);
		expect(tree, text, known[i], ANSWER_NO);
	}
	/* The kernel's own driver of the card is no boot framebuffer. */
	expect(tree, "5000000000-57ffffffff : 0000:01:00.0\n  5000000000-50007e8fff : nouveau\n", "", ANSWER_NO);
	expect(tree, "5000000000-57ffffffff : 0000:01:00.0\n", "", ANSWER_NO);
	expect(tree, "", "", ANSWER_NO);
	expect(tree, "rubbish\n- : efifb\n81000000 : efifb\nzz-yy : efifb\n", "", ANSWER_NO);
}

static void places(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-intel-z690");
	expect(tree, "81000000-81ffffff : efifb\n", "efifb", ANSWER_NO); /* all of a BAR */
	expect(tree, "81ffffff-81ffffff : efifb\n", "efifb", ANSWER_NO);
	expect(tree, "80ffffff-81000fff : efifb\n", "", ANSWER_NO);
	expect(tree, "81fff000-82000000 : efifb\n", "", ANSWER_NO);
	expect(tree, "6000000000-60007fffff : efifb\n", "", ANSWER_NO); /* the other display's */
	expect(tree, "00004000-0000407f : efifb\n", "", ANSWER_NO);     /* memory, where the function has ports */
}

static void unreadable(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-intel-z690");
	expect(tree, "00000000-00000000 : PCI Bus 0000:00\n  00000000-00000000 : efifb\n", "", ANSWER_UNKNOWN);
	expect(tree, "00000000-00000000 : PCI Bus 0000:00\n", "", ANSWER_NO); /* none, wherever it would be */
	tree_remove(tree, "proc/iomem");
	expect(tree, NULL, "", ANSWER_UNKNOWN);
}

static void its_driver(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-intel-z690");
	tree_mkdir(tree, "sys/devices/platform/simple-framebuffer.0");
	tree_link(tree, "sys/bus/platform/devices/simple-framebuffer.0", "../../../devices/platform/simple-framebuffer.0");
	expect(tree, "81000000-81ffffff : simple-framebuffer\n", "simple-framebuffer", ANSWER_NO);
	tree_link(tree, "sys/devices/platform/simple-framebuffer.0/driver",
	          "../../../bus/platform/drivers/simple-framebuffer");
	expect(tree, NULL, "simple-framebuffer", ANSWER_YES);
	expect(tree, "6000000000-60007fffff : simple-framebuffer\n", "", ANSWER_YES);
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(names), tree_test(places), tree_test(unreadable),
		                                tree_test(its_driver) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
