/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "host/select.h"

static const struct pci_function card = {
	.address = { 0, 1, 0, 0 },
	.class = 0x030000,
	.vendor = 0x10de,
	.device = 0x2684,
	.subvendor = 0x1043,
	.subdevice = 0x889a,
};
static const char card_path[] = "0000:00:01.0/00.0";

/* What the section with these lines says of the card. */
static enum match match_of(const char *lines, const char *path)
{
	char *text = format_text("[device x]\n%s\n", lines);
	struct config config;
	enum match match;

	config_from_text(text, &config);
	if (config.error_count)
		fail_msg("%s", config.errors[0].text);
	match = select_match(&config.devices[0], &card, path);
	config_done(&config);
	free(text);
	return match;
}

static void expect(const char *lines, enum match wanted)
{
	enum match got = match_of(lines, card_path);

	if (got != wanted)
		fail_msg("%s: %d, expected %d", lines, got, wanted);
}

static void ids(void **state)
{
	(void)state;
	expect("id = 10de:2684", MATCH_YES);
	expect("id = 10de:2685", MATCH_NO);
	expect("id = 10df:2684", MATCH_NO);
	expect("id = 10de:*", MATCH_YES);
	expect("id = *:2684", MATCH_YES);
	expect("id = *:2685", MATCH_NO);
	expect("id = 10de:2684:1043:889a", MATCH_YES);
	expect("id = 10de:2684:1043:*", MATCH_YES);
	expect("id = 10de:2684:*:889a", MATCH_YES);
	expect("id = 10de:2684:1043:889b", MATCH_NO);
	expect("id = 10de:2684:1044:*", MATCH_NO);
	expect("id = 8086:0001\nid = 10de:2684", MATCH_YES); /* alternatives */
	expect("id = 8086:0001\nid = 8086:0002", MATCH_NO);
}

static void places(void **state)
{
	(void)state;
	expect("address = 01:00.0", MATCH_YES);
	expect("address = 01:00.1", MATCH_NO);
	expect("address = 0001:01:00.0", MATCH_NO);
	expect("path = 00:01.0/00.0", MATCH_YES);
	expect("path = 00:01.1/00.0", MATCH_NO);
	expect("path = 00:01.0", MATCH_NO);
	expect("address = 02:00.0\naddress = 01:00.0", MATCH_YES);
	expect("address = 02:00.0\npath = 00:01.0/00.0", MATCH_YES); /* a place is one or the other */
	expect("address = 01:00.0\npath = 00:02.0/00.0", MATCH_YES);
	expect("address = 02:00.0\npath = 00:02.0/00.0", MATCH_NO);
	assert_int_equal(match_of("path = 00:01.0/00.0", ""), MATCH_NO); /* sysfs does not tell */
}

static void classes(void **state)
{
	(void)state;
	expect("id = 10de:*\nclass = 03", MATCH_YES);
	expect("id = 10de:*\nclass = 0300", MATCH_YES);
	expect("id = 10de:*\nclass = 030000", MATCH_YES);
	expect("id = 10de:*\nclass = 030", MATCH_YES);
	expect("id = 10de:*\nclass = 0302", MATCH_NO);
	expect("id = 10de:*\nclass = 030001", MATCH_NO);
	expect("id = 10de:*\nclass = 04", MATCH_NO);
	expect("id = 10de:*\nclass = 00", MATCH_NO);
	expect("address = 01:00.0\nclass = 03", MATCH_YES);
	expect("address = 01:00.0\nclass = 02", MATCH_NO);
}

static void identity(void **state)
{
	(void)state;
	expect("id = 10de:2684\naddress = 01:00.0", MATCH_YES);
	expect("id = 10de:9999\naddress = 01:00.0", MATCH_IDENTITY);
	expect("id = 10de:9999\nid = 8086:*\naddress = 01:00.0", MATCH_IDENTITY);
	expect("id = 10de:9999\nid = 10de:2684\naddress = 01:00.0", MATCH_YES);
	expect("id = 10de:2684\naddress = 02:00.0", MATCH_NO); /* its twin elsewhere is not meant */
	expect("id = 10de:9999\npath = 00:01.0/00.0", MATCH_IDENTITY);
	expect("id = 10de:2684:1043:0001\naddress = 01:00.0", MATCH_IDENTITY);
	expect("id = 10de:9999", MATCH_NO); /* no place, nothing to mistake */
}

static void when_a_path_is_needed(void **state)
{
	struct device_section section = { 0 };
	char paths[2][PCI_PATH_MAX] = { "0000:00:01.0/00.1", "0000:00:1f.3" };

	(void)state;
	assert_false(select_needs_path(&section, &card));
	section.paths = paths;
	section.path_count = 2;
	assert_false(select_needs_path(&section, &card)); /* neither ends in 00.0 */
	assert_true(select_needs_path(&section, &(struct pci_function){ .address = { 0, 9, 0, 1 } }));
	assert_true(select_needs_path(&section, &(struct pci_function){ .address = { 0, 0, 0x1f, 3 } }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids), cmocka_unit_test(places), cmocka_unit_test(classes), cmocka_unit_test(identity),
		cmocka_unit_test(when_a_path_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
