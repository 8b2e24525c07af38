/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "host/address.h"

static void addresses(void **state)
{
	static const struct {
		const char *text, *canonical;
	} cases[] = {
		{ "0000:01:00.0", "0000:01:00.0" }, { "01:00.0", "0000:01:00.0" },       { "ff:1f.7", "0000:ff:1f.7" },
		{ "0001:FF:1F.7", "0001:ff:1f.7" }, { "10000:e1:00.0", "10000:e1:00.0" },
		{ "00010000:e1:00.0", "10000:e1:00.0" },
		{ "ffffffff:00:00.0", "ffffffff:00:00.0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pci_address address;
		char text[PCI_ADDRESS_MAX];

		assert_int_equal(pci_address_parse(cases[i].text, &address), 0);
		assert_string_equal(pci_address_format(&address, text), cases[i].canonical);
	}
}

static void bad_addresses(void **state)
{
	static const char *const cases[] = {
		"", "0", ":", "::", "01", "01:00", "01:00.", "01:00.8", "01:20.0", "1:00.0", "01:0.0", "001:00.0", "01:00.00",
		"000:01:00.0", "0:01:00.0", "000000000:01:00.0", "0000:01:00.0 ", " 0000:01:00.0", "0000:01:00:0",
		"0000-01-00.0",
		"0000:g1:00.0", "0000:01:00.0/", "0000:01:00.0.0", "+000:01:00.0", "0x00:01:00.0", "0000:01:-1.0", "0000::00.0",
		"00000:0000:01:00.0", "01:00,0", "*:00.0",
	};
	struct pci_address address = { 7, 7, 7, 7 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (pci_address_parse(cases[i], &address) != -EINVAL)
			fail_msg("'%s' was taken for an address", cases[i]);
	assert_int_equal(address.domain, 7);
	assert_int_equal(address.function, 7);
}

static struct pci_address parsed(const char *text)
{
	struct pci_address address;

	assert_int_equal(pci_address_parse(text, &address), 0);
	return address;
}

static void order(void **state)
{
	static const char *const ascending[] = {
		"0000:00:00.0", "0000:00:00.1", "0000:00:01.0", "0000:00:1f.7", "0000:01:00.0", "0000:ff:1f.7", "0001:00:00.0",
		"ffff:00:00.0", "10000:00:00.0", "ffffffff:00:00.0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ascending); i++)
		for (size_t j = 0; j < ARRAY_SIZE(ascending); j++) {
			struct pci_address a = parsed(ascending[i]), b = parsed(ascending[j]);
			int order = pci_address_compare(&a, &b);

			assert_true(i < j ? order < 0 : i > j ? order > 0 : order == 0);
		}
}

static void slots(void **state)
{
	struct pci_address a = parsed("0000:01:02.0");

	(void)state;
	assert_true(pci_address_same_slot(&a, &(struct pci_address){ 0, 1, 2, 7 }));
	assert_false(pci_address_same_slot(&a, &(struct pci_address){ 0, 1, 3, 0 }));
	assert_false(pci_address_same_slot(&a, &(struct pci_address){ 0, 2, 2, 0 }));
	assert_false(pci_address_same_slot(&a, &(struct pci_address){ 1, 1, 2, 0 }));
}

static void paths(void **state)
{
	char path[PCI_PATH_MAX] = "before", longest[400] = "0000:00:00.0";

	(void)state;
	assert_int_equal(pci_path_parse("0000:00:01.1/00.0", path), 0);
	assert_string_equal(path, "0000:00:01.1/00.0");
	assert_int_equal(pci_path_parse("00:1C.0/1F.7/00.0", path), 0);
	assert_string_equal(path, "0000:00:1c.0/1f.7/00.0");
	assert_int_equal(pci_path_parse("10000:e0:06.0/00.0", path), 0);
	assert_string_equal(path, "10000:e0:06.0/00.0");
	assert_int_equal(pci_path_parse("00:1f.3", path), 0); /* on the root bus itself */
	assert_string_equal(path, "0000:00:1f.3");
	for (size_t i = 0; i < 29; i++)
		strcat(longest, "/00.0");
	assert_int_equal(strlen(longest), 12 + 29 * 5);
	assert_int_equal(pci_path_parse(longest, path), 0);
	assert_string_equal(path, longest);
	strcat(longest, "/00.0");
	assert_int_equal(pci_path_parse(longest, path), -EINVAL);
}

static void bad_paths(void **state)
{
	static const char *const cases[] = {
		"", "/", "/00.0", "00:01.1/", "00:01.1//00.0", "00:01.1/0.0", "00:01.1/00.8", "00:01.1/20.0", "00:01.1/00.0/",
		"00:01.1/01:00.0", "0000:00:01.1 /00.0", "00:01.1/00.0 ", "00.0/00.0", "pci0000:00/00:01.1",
	};
	char path[PCI_PATH_MAX] = "before";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (pci_path_parse(cases[i], path) != -EINVAL)
			fail_msg("'%s' was taken for a bridge path", cases[i]);
	assert_string_equal(path, "before");
}

static void paths_from_sysfs(void **state)
{
	char path[PCI_PATH_MAX] = "before";

	(void)state;
	assert_int_equal(pci_path_from_sysfs("../../../devices/pci0000:00/0000:00:01.1/0000:01:00.0", path), 0);
	assert_string_equal(path, "0000:00:01.1/00.0");
	assert_int_equal(pci_path_from_sysfs("../../../devices/pci0000:00/0000:00:1f.3", path), 0);
	assert_string_equal(path, "0000:00:1f.3");
	/* Behind a VMD the path begins at the VMD's own domain. */
	assert_int_equal(
		pci_path_from_sysfs("../../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0", path),
		0);
	assert_string_equal(path, "10000:e0:06.0/00.0");
	/* Platforms put the root bus below a node of their own. */
	assert_int_equal(pci_path_from_sysfs("../../../devices/platform/40000000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0",
	                                     path),
	                 0);
	assert_string_equal(path, "0000:00:00.0/00.0");
	strcpy(path, "before");
	assert_int_equal(pci_path_from_sysfs("../../../devices/virtual/something", path), -EINVAL);
	assert_int_equal(pci_path_from_sysfs("", path), -EINVAL);
	assert_int_equal(pci_path_from_sysfs("../devices/pci0000:00", path), -EINVAL);
	assert_int_equal(pci_path_from_sysfs("../devices/pci0000:00/0000:00:01.0/virtio0", path), -EINVAL);
	assert_string_equal(path, "before");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(bad_addresses),
		cmocka_unit_test(order),
		cmocka_unit_test(slots),
		cmocka_unit_test(paths),
		cmocka_unit_test(bad_paths),
		cmocka_unit_test(paths_from_sysfs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
