/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "plan/goals.h"

/* The goals that a config has on a machine, as text: "ADDRESS SECTION[+] GUARD" a line, "missing SECTION". */
static char *goals_text(const struct tree *tree, const char *config_text)
{
	char *text = format_text("%s", ""), *longer, address[PCI_ADDRESS_MAX];
	struct config config;
	struct host host;
	struct goals goals;

	config_from_text(config_text, &config);
	if (config.error_count)
		fail_msg("%s", config.errors[0].text);
	assert_int_equal(host_read(&tree->root, &config, 0, &host), 0);
	assert_int_equal(goals_build(&config, &host, &goals), 0);
	for (size_t i = 0; i < goals.count; i++) {
		const struct goal *goal = &goals.items[i];

		/* The goal of a function comes before the mistakes about it. */
		if (i == 0 || goal[-1].function != goal->function) {
			assert_ptr_equal(goals_find(&goals, goal->function), goal);
			assert_int_equal(goals_take(&goals, goal->function), goal->guard == GUARD_NONE);
		}
		assert_int_equal(goal->why[0] != '\0', goal->guard != GUARD_NONE);
		longer = format_text("%s%s %s%s %s\n", text,
		                     pci_address_format(&host.pci.functions[goal->function].address, address),
		                     goal->section->name, goal->companion ? "+" : "", guard_name(goal->guard));
		free(text);
		text = longer;
	}
	for (size_t i = 0; i < goals.missing_count; i++) {
		longer = format_text("%smissing %s\n", text, goals.missing[i]->name);
		free(text);
		text = longer;
	}
	assert_null(goals_find(&goals, host.pci.count));
	assert_false(goals_take(&goals, host.pci.count));
	goals_done(&goals);
	host_done(&host);
	config_done(&config);
	return text;
}

static void expect(const struct tree *tree, const char *config, const char *wanted)
{
	char *got = goals_text(tree, config);

	assert_string_equal(got, wanted);
	free(got);
}

static void what_sections_select(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	expect(tree, "", "");
	expect(tree, "[device a]\naddress = 0c:00.0\n", "0000:0c:00.0 a none\n");
	expect(tree, "[device a]\nid = 10de:2484\n", "0000:0b:00.0 a none\n0000:0c:00.0 a none\n");
	expect(tree, "[device a]\nid = 10de:*\nclass = 0403\n",
	       "0000:05:00.1 a none\n0000:0b:00.1 a none\n0000:0c:00.1 a none\n");
	expect(tree, "[device a]\npath = 00:03.2/00.1\n", "0000:0c:00.1 a none\n");
	expect(tree, "[device a]\naddress = 42:00.0\n[device b]\nid = 1234:*\nrequired = no\n", "missing a\nmissing b\n");
	expect(tree, "[vfio-prep]\nenabled = no\n[device a]\naddress = 0c:00.0\n", "");
}

static void companions(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	expect(tree, "[device a]\naddress = 05:00.1\nalso = slot\n",
	       "0000:05:00.0 a+ none\n0000:05:00.1 a none\n0000:05:00.2 a+ none\n0000:05:00.3 a+ none\n");
	/* Bridges and host bridges of the group stay where they are. */
	expect(tree, "[device a]\naddress = 0e:00.4\nalso = group\n",
	       "0000:0e:00.0 a+ none\n0000:0e:00.3 a+ none\n0000:0e:00.4 a none\n");
	expect(tree, "[device a]\naddress = 00:14.0\nalso = slot\n", "0000:00:14.0 a none\n");
	/* Listed by itself: its own section speaks for it, in either order. */
	expect(tree, "[device a]\naddress = 0c:00.0\nalso = slot\n[device b]\naddress = 0c:00.1\n",
	       "0000:0c:00.0 a none\n0000:0c:00.1 b none\n");
	expect(tree, "[device b]\naddress = 0c:00.1\n[device a]\naddress = 0c:00.0\nalso = slot\n",
	       "0000:0c:00.0 a none\n0000:0c:00.1 b none\n");
	/* The place of another device brings no companions. */
	expect(tree, "[device a]\nid = 10de:9999\naddress = 0c:00.0\nalso = slot\n", "0000:0c:00.0 a identity\n");
}

static void mistakes_and_conflicts(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	expect(tree, "[device a]\nid = 10de:9999\naddress = 0c:00.0\n", "0000:0c:00.0 a identity\n");
	/* One section mistook its place, the other means this device: in either order. */
	expect(tree, "[device a]\nid = 10de:9999\naddress = 0c:00.0\n[device b]\nid = 10de:2484\naddress = 0c:00.0\n",
	       "0000:0c:00.0 b none\n0000:0c:00.0 a identity\n");
	expect(tree, "[device b]\nid = 10de:2484\naddress = 0c:00.0\n[device a]\nid = 10de:9999\naddress = 0c:00.0\n",
	       "0000:0c:00.0 b none\n0000:0c:00.0 a identity\n");
	/* What a section mistakes is no companion of another one. */
	expect(tree, "[device a]\nid = 10de:9999\naddress = 0c:00.1\n[device b]\naddress = 0c:00.0\nalso = slot\n",
	       "0000:0c:00.0 b none\n0000:0c:00.1 a identity\n");
	expect(tree, "[device a]\naddress = 0c:00.0\n[device b]\naddress = 0c:00.0\ndriver = x_vfio_pci\n",
	       "0000:0c:00.0 a conflict\n");
	expect(tree, "[device a]\naddress = 0c:00.0\n[device b]\nid = 10de:2484\n",
	       "0000:0b:00.0 b none\n0000:0c:00.0 a none\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(what_sections_select), tree_test(companions), tree_test(mistakes_and_conflicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
