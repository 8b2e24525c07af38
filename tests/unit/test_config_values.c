/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <string.h>

#include "base/array.h"
#include "host/config_values.h"

static void ids(void **state)
{
	static const struct {
		const char *text;
		struct id_pattern id;
	} good[] = {
		{ "10de:2684", { 0x10de, 0x2684, -1, -1 } },
		{ "10DE:228B", { 0x10de, 0x228b, -1, -1 } },
		{ "10de:*", { 0x10de, -1, -1, -1 } },
		{ "*:2684", { -1, 0x2684, -1, -1 } },
		{ "*:*", { -1, -1, -1, -1 } },
		{ "10de:2684:1043:889a", { 0x10de, 0x2684, 0x1043, 0x889a } },
		{ "10de:*:1043:*", { 0x10de, -1, 0x1043, -1 } },
		{ "*:*:*:*", { -1, -1, -1, -1 } },
		{ "0000:ffff", { 0, 0xffff, -1, -1 } },
	};
	static const char *const bad[] = {
		"", ":", "10de", "10de:", ":2684", "10de:268", "10de:26840", "10de:2684:", "10de:2684:1043", "10de:2684:1043:",
		"10de:2684:1043:889a:1", "10de:2684:1043:889a:", "10de:g684", "10de-2684", "10de: 2684", "10de:2684 ",
		"0x10de:0x2684", "**:2684", "10de:2*", "10de:2684,10de:22ba", "10de:2684:1043:889a:10de:2684:1043:889a",
	};
	struct id_pattern id = { 7, 7, 7, 7 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!value_id(bad[i], &id))
			fail_msg("'%s' was taken for an id", bad[i]);
	assert_int_equal(id.vendor, 7);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_null(value_id(good[i].text, &id));
		assert_memory_equal(&id, &good[i].id, sizeof(id));
	}
	assert_non_null(strstr(value_id("10de", &id), "vendor:device"));
}

static void classes(void **state)
{
	static const char *const bad[] = { "", "3", "0300000", "03h", "0x03", "03 ", "vga", "-3" };
	uint32_t class = 7;
	unsigned int digits = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_non_null(value_class(bad[i], &class, &digits));
	assert_int_equal(class, 7);
	assert_int_equal(digits, 7);
	assert_null(value_class("03", &class, &digits));
	assert_int_equal(class, 3);
	assert_int_equal(digits, 2);
	assert_null(value_class("0C033", &class, &digits));
	assert_int_equal(class, 0x0c033);
	assert_int_equal(digits, 5);
	assert_null(value_class("0c0330", &class, &digits));
	assert_int_equal(digits, 6);
}

static void also_words(void **state)
{
	enum also also = ALSO_GROUP;

	(void)state;
	assert_null(value_also("none", &also));
	assert_int_equal(also, ALSO_NONE);
	assert_null(value_also("slot", &also));
	assert_int_equal(also, ALSO_SLOT);
	assert_null(value_also("group", &also));
	assert_int_equal(also, ALSO_GROUP);
	assert_string_equal(value_also("Slot", &also), "none, slot or group");
	assert_non_null(value_also("", &also));
	assert_non_null(value_also("slot group", &also));
}

static void drivers(void **state)
{
	static const char *const bad[] = { "",         "vfio_pci", "nouveau",  "pci-stub", "vfio-pci ",
		                               "vfio/pci", "../vfio",  "vfio pci", "VFIO-PCI" };
	char driver[CONFIG_NAME_MAX] = "before";
	char name[80] = "vfio-";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!value_driver(bad[i], driver))
			fail_msg("'%s' was taken for a driver", bad[i]);
	memset(name + 5, 'x', 59);
	assert_non_null(value_driver(name, driver)); /* 64 bytes */
	assert_string_equal(driver, "before");
	name[63] = '\0';
	assert_null(value_driver(name, driver));
	assert_null(value_driver("mlx5_vfio_pci", driver));
	assert_string_equal(driver, "mlx5_vfio_pci");
	assert_null(value_driver("vfio-pci", driver));
	assert_string_equal(driver, "vfio-pci");
	assert_non_null(strstr(value_driver("vfio_pci", driver), "vfio-pci")); /* it says how it is spelt */
}

static void waivers(void **state)
{
	static const char *const bad[] = { "", " ", "all", "Storage", "storage,usb", "storage usb disk", "boot_display" };
	unsigned int allow = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_non_null(value_allow(bad[i], &allow));
	assert_int_equal(allow, 7);
	assert_null(value_allow("boot-display storage network usb group", &allow));
	assert_int_equal(allow, WAIVE_BOOT_DISPLAY | WAIVE_STORAGE | WAIVE_NETWORK | WAIVE_USB | WAIVE_GROUP);
	assert_null(value_allow("  usb\tusb ", &allow));
	assert_int_equal(allow, WAIVE_USB);
	for (unsigned int bit = WAIVE_BOOT_DISPLAY; bit <= WAIVE_GROUP; bit <<= 1) {
		assert_null(value_allow(waiver_name((enum waiver)bit), &allow)); /* names and bits belong together */
		assert_int_equal(allow, bit);
	}
}

static void isolation(void **state)
{
	static const char *const bad[] = { "",     "auto:", "auto:0", "auto:8193", "auto:-1", "auto: 8",
		                               "AUTO", "all",   "4-",     "1,,2",      "8192" };
	struct cpus_section cpus = { .isolate = ISOLATE_LIST };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!value_isolate(bad[i], &cpus))
			fail_msg("'%s' was taken for CPUs", bad[i]);
	assert_int_equal(cpus.isolate, ISOLATE_LIST);
	assert_null(value_isolate("none", &cpus));
	assert_int_equal(cpus.isolate, ISOLATE_NONE);
	assert_null(value_isolate("auto:8", &cpus));
	assert_int_equal(cpus.isolate, ISOLATE_AUTO);
	assert_int_equal(cpus.auto_count, 8);
	assert_null(value_isolate("auto", &cpus));
	assert_int_equal(cpus.auto_count, 0);
	assert_null(value_isolate("4-7,12-15", &cpus));
	assert_int_equal(cpus.isolate, ISOLATE_LIST);
	assert_int_equal(cpus_count(&cpus.list), 8);
}

static void names(void **state)
{
	static const char *const bad[] = { "", "two words", "a/b", "tab\there", "bell\a" };
	char name[CONFIG_NAME_MAX] = "before", text[80];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_non_null(value_name(bad[i], name));
	memset(text, 'n', sizeof(text));
	text[64] = '\0';
	assert_non_null(value_name(text, name));
	assert_string_equal(name, "before");
	text[63] = '\0';
	assert_null(value_name(text, name));
	assert_string_equal(name, text);
	assert_null(value_name("libvirt-qemu", name));
	assert_string_equal(name, "libvirt-qemu");
}

static void pools(void **state)
{
	static const char *const bad_keys[] = { "",   "2",   "2M@", "2M@-1", "2M@1024", "2M@x", "3M",   "4K",
		                                    "0M", "2M1", "2MB", "@1",    "1.5G",    "2 M",  "2M @1" };
	static const char *const bad_amounts[] = { "",          "x",   "3M", "1K", "-2M", "16GB", "18446744073709551615",
		                                       "16777216T", "1.5G" };
	struct page_pool pool = { .node = 7 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_keys); i++)
		if (!value_pool_key(bad_keys[i], &pool))
			fail_msg("'%s' was taken for a page size", bad_keys[i]);
	assert_int_equal(pool.node, 7);
	assert_null(value_pool_key("2M", &pool));
	assert_int_equal(pool.page_size, 2 << 20);
	assert_int_equal(pool.node, -1);
	for (size_t i = 0; i < ARRAY_SIZE(bad_amounts); i++)
		if (!value_pool_amount(bad_amounts[i], &pool))
			fail_msg("'%s' was taken for an amount of 2M pages", bad_amounts[i]);
	assert_null(value_pool_amount("4G", &pool));
	assert_int_equal(pool.pages, 2048);
	assert_null(value_pool_amount("7", &pool));
	assert_int_equal(pool.pages, 7);
	assert_null(value_pool_amount("0", &pool));
	assert_int_equal(pool.pages, 0);
	assert_null(value_pool_key("1g@1023", &pool));
	assert_int_equal(pool.page_size, 1 << 30);
	assert_int_equal(pool.node, 1023);
	assert_string_equal(value_pool_amount("512M", &pool), "a multiple of the page size");
	assert_null(value_pool_amount("16G", &pool));
	assert_int_equal(pool.pages, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),     cmocka_unit_test(classes),   cmocka_unit_test(also_words), cmocka_unit_test(drivers),
		cmocka_unit_test(waivers), cmocka_unit_test(isolation), cmocka_unit_test(names),      cmocka_unit_test(pools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
