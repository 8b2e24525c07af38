/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "host/config.h"

/* The errors of a config as text, "LINE: TEXT" a line; to be freed. */
static char *errors_of(const struct config *config)
{
	char *text = format_text("%s", "");

	for (size_t i = 0; i < config->error_count; i++) {
		char *longer = format_text("%s%u: %s\n", text, config->errors[i].line, config->errors[i].text);

		free(text);
		text = longer;
	}
	return text;
}

static void read_good(const char *text, struct config *ret)
{
	char *errors;

	config_from_text(text, ret);
	errors = errors_of(ret);
	assert_string_equal(errors, "");
	free(errors);
}

static void expect_errors(const char *text, const char *wanted)
{
	struct config config;
	char *errors;

	config_from_text(text, &config);
	errors = errors_of(&config);
	assert_string_equal(errors, wanted);
	free(errors);
	config_done(&config);
}

/* One error, in this line, whose text holds what was read and what is expected. */
static void expect_error(const char *text, unsigned int line, const char *found, const char *expected)
{
	struct config config;

	config_from_text(text, &config);
	if (config.error_count != 1 || config.errors[0].line != line || !strstr(config.errors[0].text, found) ||
	    !strstr(config.errors[0].text, expected)) {
		char *errors = errors_of(&config);

		fail_msg("'%s' gives:\n%sexpected one error in line %u with '%s' and '%s'", text, errors, line, found,
		         expected);
	}
	config_done(&config);
}

static void defaults(void **state)
{
	struct config config;

	(void)state;
	read_good("", &config);
	assert_true(config.enabled);
	assert_int_equal(config.timeout_us, 20000000);
	assert_string_equal(config.user, "");
	assert_int_equal(config.device_count, 0);
	assert_int_equal(config.pool_count, 0);
	assert_int_equal(config.keep_free, UINT64_C(2) << 30);
	assert_int_equal(config.cpus.isolate, ISOLATE_NONE);
	assert_true(config.cpus.irqs);
	assert_false(config.cpus.tick);
	assert_false(config.cpus.has_max_latency);
	assert_int_equal(config.vm_count, 0);
	config_done(&config);
	read_good("[device gpu]\nid = 10de:2684\n", &config);
	assert_int_equal(config.device_count, 1);
	assert_string_equal(config.devices[0].name, "gpu");
	assert_string_equal(config.devices[0].driver, "vfio-pci");
	assert_int_equal(config.devices[0].also, ALSO_NONE);
	assert_true(config.devices[0].required);
	assert_int_equal(config.devices[0].allow, 0);
	assert_int_equal(config.devices[0].class_digits, 0);
	config_done(&config);
}

/* The example of the contract, whole. */
static const char everything[] =
	"[vfio-prep]\n"
	"enabled = yes               ; default yes\n"
	"timeout = 5s\n"
	"user = libvirt-qemu\n"
	"\n"
	"[device gpu]                ; any name\n"
	"id = 10de:2684\n"
	"id = 10de:22ba:1043:*\n"
	"address = 0000:01:00.0\n"
	"address = 02:00.0\n"
	"path = 0000:00:01.1/00.0\n"
	"class = 03\n"
	"also = slot\n"
	"driver = mlx5_vfio_pci\n"
	"required = no\n"
	"allow = boot-display group\n"
	"[device disk]\n"
	"address = 10000:e1:00.0\n"
	"allow = storage\n"
	"[hugepages]\n"
	"1G = 16G\n"
	"2M@1 = 4G\n"
	"2M = 100\n"
	"keep-free = 512M\n"
	"[cpus]\n"
	"isolate = auto:8\n"
	"near = disk\n"
	"tick = yes\n"
	"irqs = no\n"
	"governor = performance\n"
	"max-latency = 10us\n"
	"[vm win10]\n"
	"hugepages = 2M:8G\n"
	"hugepages = 1G@0:2\n"
	"cpus = 4-7,12-15\n"
	"devices = gpu disk\n"
	"governor = schedutil\n"
	"[vm other]\n";

static void every_key(void **state)
{
	struct config config;
	const struct device_section *gpu;
	const struct vm_section *vm;

	(void)state;
	read_good(everything, &config);
	assert_int_equal(config.timeout_us, 5000000);
	assert_string_equal(config.user, "libvirt-qemu");
	assert_int_equal(config.device_count, 2);
	gpu = config_device(&config, "gpu");
	assert_ptr_equal(gpu, &config.devices[0]);
	assert_int_equal(gpu->line, 6);
	assert_int_equal(gpu->id_count, 2);
	assert_int_equal(gpu->ids[1].subvendor, 0x1043);
	assert_int_equal(gpu->ids[1].subdevice, -1);
	assert_int_equal(gpu->address_count, 2);
	assert_int_equal(gpu->addresses[1].bus, 2);
	assert_int_equal(gpu->path_count, 1);
	assert_string_equal(gpu->paths[0], "0000:00:01.1/00.0");
	assert_int_equal(gpu->class_value, 3);
	assert_int_equal(gpu->class_digits, 2);
	assert_int_equal(gpu->also, ALSO_SLOT);
	assert_string_equal(gpu->driver, "mlx5_vfio_pci");
	assert_false(gpu->required);
	assert_int_equal(gpu->allow, WAIVE_BOOT_DISPLAY | WAIVE_GROUP);
	assert_int_equal(config.devices[1].addresses[0].domain, 0x10000);
	assert_int_equal(config.pool_count, 3);
	assert_int_equal(config.pools[0].pages, 16);
	assert_int_equal(config.pools[0].node, -1);
	assert_int_equal(config.pools[1].node, 1);
	assert_int_equal(config.pools[1].pages, 2048);
	assert_int_equal(config.pools[2].pages, 100);
	assert_int_equal(config.pools[2].line, 23);
	assert_int_equal(config.keep_free, 512 << 20);
	assert_int_equal(config.cpus.auto_count, 8);
	assert_string_equal(config.cpus.near, "disk");
	assert_true(config.cpus.tick);
	assert_false(config.cpus.irqs);
	assert_string_equal(config.cpus.governor, "performance");
	assert_true(config.cpus.has_max_latency);
	assert_int_equal(config.cpus.max_latency_us, 10);
	assert_int_equal(config.vm_count, 2);
	vm = &config.vms[0];
	assert_string_equal(vm->name, "win10");
	assert_int_equal(vm->pool_count, 2);
	assert_int_equal(vm->pools[0].pages, 4096);
	assert_int_equal(vm->pools[1].pages, 2);
	assert_int_equal(vm->pools[1].node, 0);
	assert_true(vm->has_cpus);
	assert_int_equal(cpus_count(&vm->cpus), 8);
	assert_int_equal(vm->device_count, 2);
	assert_string_equal(vm->devices[1], "disk");
	assert_string_equal(vm->governor, "schedutil");
	assert_int_equal(config.vms[1].device_count, 0);
	assert_null(config_device(&config, "none"));
	assert_int_equal(config.size, strlen(everything));
	assert_memory_equal(config.bytes, everything, config.size); /* byte for byte, for the copy in /run */
	config_done(&config);
}

static void every_bad_value(void **state)
{
	static const struct {
		const char *section, *line, *expected;
	} cases[] = {
		{ "vfio-prep", "enabled = maybe", "expected yes or no" },
		{ "vfio-prep", "timeout = 20", "expected a time" },
		{ "vfio-prep", "timeout = 99ms", "100ms" },
		{ "vfio-prep", "timeout = 2min", "100s" },
		{ "vfio-prep", "user = two words", "expected one word" },
		{ "vfio-prep", "user =", "expected a name" },
		{ "device x", "id = 10de", "vendor:device" },
		{ "device x", "address = 1:0.0", "expected a PCI address" },
		{ "device x", "path = 00.0", "expected a bridge path" },
		{ "device x", "class = vga", "hex digits of a class" },
		{ "device x", "also = all", "none, slot or group" },
		{ "device x", "driver = nouveau", "vfio" },
		{ "device x", "required = perhaps", "yes or no" },
		{ "device x", "allow = everything", "boot-display, storage, network, usb and group" },
		{ "hugepages", "2M = 3M", "a multiple of the page size" },
		{ "hugepages", "keep-free = 100", "K, M, G or T" },
		{ "cpus", "isolate = most", "a CPU list" },
		{ "cpus", "near = a/b", "one word" },
		{ "cpus", "tick = 3", "yes or no" },
		{ "cpus", "irqs = x", "yes or no" },
		{ "cpus", "governor = a b", "one word" },
		{ "cpus", "max-latency = 10", "us, ms or s" },
		{ "vm x", "hugepages = 8G", "SIZE[@NODE]:AMOUNT" },
		{ "vm x", "hugepages = 3M:8G", "power of two" },
		{ "vm x", "cpus = auto", "a CPU list" },
		{ "vm x", "devices =", "names of [device] sections" },
		{ "vm x", "governor = a b", "one word" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool device = strcmp(cases[i].section, "device x") == 0;
		/* The address keeps the section from lacking one. */
		char *text =
			format_text("\n[%s]\n%s%s\n", cases[i].section, device ? "address = 01:00.0\n" : "", cases[i].line);
		const char *value = strchr(cases[i].line, '=') + 1;
		char *found = format_text("'%s'", value + (*value == ' '));

		expect_error(text, device ? 4 : 3, found, cases[i].expected);
		free(found);
		free(text);
	}
}

static void unknown_words(void **state)
{
	(void)state;
	expect_errors("[devices]\nid = 1\n",
	              "1: unknown section [devices]; expected vfio-prep, device NAME, hugepages, cpus or vm NAME\n");
	expect_error("[]\n", 1, "[]", "expected vfio-prep, device NAME");
	expect_error("[Cpus]\n", 1, "[Cpus]", "unknown section");
	expect_errors("[vfio-prep]\ncolour = red\n", "2: unknown key 'colour'; expected enabled, timeout or user\n");
	expect_errors("[device x]\naddress = 01:00.0\nids = 10de:2684\n",
	              "3: unknown key 'ids'; expected id, address, path, class, also, driver, required or allow\n");
	expect_error("[vm x]\nmemory = 8G\n", 2, "'memory'", "expected hugepages, cpus, devices or governor");
	expect_error("[cpus]\nisolated = 4-7\n", 2, "'isolated'",
	             "expected isolate, near, tick, irqs, governor or max-latency");
	expect_error("[hugepages]\npages = 8G\n", 2, "'pages'", "a page size such as 2M or 1G");
	expect_error("[vfio-prep]\nEnabled = yes\n", 2, "'Enabled'", "enabled");
	expect_error("enabled = yes\n", 1, "'enabled'", "before any section");
}

static void names_of_sections(void **state)
{
	(void)state;
	expect_error("[device]\naddress = 01:00.0\n", 1, "[device]", "expected [device NAME]");
	expect_error("[device a b]\naddress = 01:00.0\n", 1, "[device a b]", "one word for NAME");
	expect_error("[vm]\ncpus = 1\n", 1, "[vm]", "expected [vm NAME]");
	expect_error("[cpus fast]\ntick = yes\n", 1, "[cpus fast]", "no name");
	expect_errors("[device a]\naddress = 01:00.0\n[device b]\naddress = 02:00.0\n[device a]\naddress = 03:00.0\n",
	              "5: [device a]: the name stands already in line 1; expected another one\n");
	expect_errors("[vm a]\n[vm a]\n", "2: [vm a]: the name stands already in line 1; expected another one\n");
	expect_errors("[cpus]\n[hugepages]\n[cpus]\n", "3: [cpus] stands there twice; expected one\n");
	expect_errors("[device a]\naddress = 01:00.0\n[vm a]\n", ""); /* a device and a guest may share a name */
	expect_errors("[device  a ]\naddress = 01:00.0\n", "");
}

static void keys_given_twice(void **state)
{
	(void)state;
	expect_errors("[vfio-prep]\ntimeout = 5s\ntimeout = 6s\n",
	              "3: 'timeout' stands there twice in this section; expected one\n");
	expect_error("[device x]\naddress = 01:00.0\nalso = slot\nalso = slot\n", 4, "'also'", "twice");
	expect_error("[hugepages]\nkeep-free = 1G\nkeep-free = 2G\n", 3, "'keep-free'", "twice");
	expect_error("[hugepages]\n2M = 1G\n2048K = 2G\n", 3, "'2048K'", "line 2");
	expect_error("[hugepages]\n2M@0 = 1G\n2M = 1G\n2M@0 = 2G\n", 4, "'2M@0'", "line 2");
	expect_error("[vm x]\nhugepages = 2M:1G\nhugepages = 2M:2G\n", 3, "'2M:2G'", "one amount");
	expect_error("[cpus]\nisolate = 1\nisolate = 2\n", 3, "'isolate'", "twice");
	/* In another section of the kind it is the first again. */
	expect_errors("[device x]\naddress = 01:00.0\nalso = slot\n[device y]\naddress = 02:00.0\nalso = slot\n", "");
}

static void rules_of_devices(void **state)
{
	(void)state;
	expect_error("[device x]\n", 1, "[device x]", "expected at least one of them");
	expect_error("\n[device x]\nclass = 03\n", 2, "class only narrows", "expected at least one");
	expect_error("[device x]\nid = *:*\n", 1, "every device", "expected an id with a vendor or device");
	expect_error("[device x]\nid = *:*:*:*\nclass = 03\n", 1, "every device", "expected");
	expect_error("[device x]\nid = 144d:a808\nallow = storage\n", 1, "allow = storage with an id only",
	             "an address or a path");
	expect_errors("[device x]\nid = *:*\naddress = 01:00.0\n", "");
	expect_errors("[device x]\nid = *:*:1043:*\n", "");
	expect_errors("[device x]\nid = 10de:*\nclass = 03\n", "");
	expect_errors("[device x]\naddress = 01:00.0\nclass = 03\n", "");
	expect_errors("[device x]\nid = 144d:a808\npath = 00:01.1/00.0\nallow = storage\n", "");
}

static void references(void **state)
{
	(void)state;
	expect_error("[cpus]\nnear = gpu\n", 2, "'gpu'", "the name of a [device] section");
	expect_error("[vm x]\ndevices = gpu\n", 2, "'gpu'", "names of [device] sections");
	expect_errors("[vm x]\ndevices = gpu\n[cpus]\nnear = gpu\n[device gpu]\naddress = 01:00.0\n",
	              ""); /* in any order */
}

static void all_errors_at_once(void **state)
{
	(void)state;
	expect_errors(
		"[vfio-prep]\ntimeout = soon\nnonsense\n[device x]\nid = 1\naddress = 2\n[what]\n[hugepages]\n2M = 3M\n\xff\n",
		"2: timeout = 'soon'; expected a time from 100ms to 100s, such as 20s\n"
		"3: read 'nonsense'; expected KEY = VALUE, or a section, [NAME]\n"
		"5: id = '1'; expected vendor:device or vendor:device:subvendor:subdevice, each four hex digits or '*'\n"
		"6: address = '2'; expected a PCI address, [DDDD:]BB:DD.F in hex, such as 0000:01:00.0\n"
		"7: unknown section [what]; expected vfio-prep, device NAME, hugepages, cpus or vm NAME\n"
		"9: 2M = '3M'; expected a multiple of the page size\n"
		"10: read 'bytes that are not UTF-8'; expected UTF-8 text\n");
}

static void lines_stand_in_order(void **state)
{
	struct config config;

	(void)state;
	/* Rules over whole sections are checked last, and their errors still stand by line. */
	config_from_text("[device x]\n[device y]\naddress = 01:00.0\n[cpus]\ntick = x\n[device z]\nclass = 03\n", &config);
	assert_int_equal(config.error_count, 3);
	for (size_t i = 1; i < config.error_count; i++)
		assert_true(config.errors[i - 1].line <= config.errors[i].line);
	config_done(&config);
}

static void form_of_the_file(void **state)
{
	struct config config;
	char *value = malloc(300), *text;

	(void)state;
	memset(value, 'v', 299);
	expect_errors("[vfio-prep]\r\n  enabled = no  \r\n", "");
	expect_errors("\xef\xbb\xbf[vfio-prep]\nenabled = no", "");
	expect_errors("[device x] ; the card\n\taddress = 01:00.0 ; here\n\tid = 10de:2684\n", "");
	text = format_text("[vfio-prep]\nuser = %.191s\n", value); /* 198 bytes: read, and then too long for a name */
	expect_error(text, 2, "user = 'vvv", "expected a name of 1 to 63 bytes");
	free(text);
	text = format_text("[vfio-prep]\nuser = %.192s\n", value);
	expect_error(text, 2, "read 'user = vvv", "a line of at most 198 bytes (this one has 199)");
	free(text);
	text = format_text("[device %.41s]\naddress = 01:00.0\n", value); /* 48 bytes between the brackets */
	read_good(text, &config);
	assert_int_equal(strlen(config.devices[0].name), 41);
	config_done(&config);
	free(text);
	text = format_text("[device %.42s]\n", value);
	expect_error(text, 1, "[device vvv", "a section name of at most 48 bytes");
	free(text);
	config_from_bytes("[vfio-prep]\nuser = a\0b\n", 23, &config);
	assert_int_equal(config.error_count, 1);
	assert_int_equal(config.errors[0].line, 2);
	assert_non_null(strstr(config.errors[0].text, "NUL"));
	config_done(&config);
	free(value);
}

/* What is wrong is shown on terminals. */
static void control_characters_are_not_shown(void **state)
{
	struct config config;

	(void)state;
	config_from_text("[vfio-prep]\nuser = a\x1b[31m b\n\x1b[2J\n[\a\x9f]\n", &config);
	assert_true(config.error_count >= 2);
	for (size_t i = 0; i < config.error_count; i++)
		for (const char *c = config.errors[i].text; *c; c++)
			assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
	config_done(&config);
}

static void too_large(void **state)
{
	const struct tree *tree = *state;
	char *bytes = malloc(CONFIG_SIZE_MAX + 1);
	struct config config;
	int fd;

	memset(bytes, '\n', CONFIG_SIZE_MAX + 1);
	tree_write_bytes(tree, "large", bytes, CONFIG_SIZE_MAX + 1);
	fd = openat(tree->root.fd, "large", O_RDONLY);
	assert_int_equal(config_read(fd, &config), -EFBIG);
	config_done(&config);
	close(fd);
	tree_write_bytes(tree, "large", bytes, CONFIG_SIZE_MAX);
	fd = openat(tree->root.fd, "large", O_RDONLY);
	assert_int_equal(config_read(fd, &config), 0);
	assert_int_equal(config.error_count, 0);
	config_done(&config);
	close(fd);
	fd = openat(tree->root.fd, ".", O_RDONLY);
	assert_int_equal(config_read(fd, &config), -EISDIR);
	config_done(&config);
	close(fd);
	config_done(NULL);
	free(bytes);
}

/* What a file of this mode and owner is blamed for; skipped parts need root. */
static void expect_unsafe(const struct tree *tree, mode_t mode, uid_t owner, const char *wanted)
{
	struct config config;
	int fd;

	tree_write(tree, "conf", "");
	assert_int_equal(fchmodat(tree->root.fd, "conf", mode, 0), 0);
	if (fchownat(tree->root.fd, "conf", owner, (gid_t)-1, 0) < 0)
		return; /* not root */
	fd = openat(tree->root.fd, "conf", O_RDONLY);
	assert_int_equal(config_read(fd, &config), 0);
	close(fd);
	if (*wanted)
		assert_non_null(strstr(config.unsafe, wanted));
	else
		assert_string_equal(config.unsafe, "");
	config_done(&config);
}

static void who_may_write_it(void **state)
{
	const struct tree *tree = *state;

	expect_unsafe(tree, 0644, 0, "");
	expect_unsafe(tree, 0600, 0, "");
	expect_unsafe(tree, 0664, 0, "0664");
	expect_unsafe(tree, 0646, 0, "0646");
	expect_unsafe(tree, 0644, 1000, "user 1000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_key),
		cmocka_unit_test(every_bad_value),
		cmocka_unit_test(unknown_words),
		cmocka_unit_test(names_of_sections),
		cmocka_unit_test(keys_given_twice),
		cmocka_unit_test(rules_of_devices),
		cmocka_unit_test(references),
		cmocka_unit_test(all_errors_at_once),
		cmocka_unit_test(lines_stand_in_order),
		cmocka_unit_test(form_of_the_file),
		cmocka_unit_test(control_characters_are_not_shown),
		tree_test(too_large),
		tree_test(who_may_write_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
