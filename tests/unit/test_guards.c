/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "fake_kernel.h"
#include "plan/guards.h"

/* What guards say of the goals: "ADDRESS GUARD" a line. */
static char *guards_text(const struct tree *tree, const char *config_text, enum view view)
{
	char *text = format_text("%s", ""), *longer, address[PCI_ADDRESS_MAX];
	struct config config;
	struct host host;
	struct goals goals;

	config_from_text(config_text, &config);
	if (config.error_count)
		fail_msg("%s", config.errors[0].text);
	assert_int_equal(host_read(&tree->root, &config, HOST_HOLDERS, &host), 0);
	assert_int_equal(goals_build(&config, &host, &goals), 0);
	guards_apply(&goals, &host, view);
	for (size_t i = 0; i < goals.count; i++) {
		longer = format_text("%s%s %s\n", text, pci_address_format(&host.pci.functions[goals.items[i].function].address, address),
		                     guard_name(goals.items[i].guard));
		free(text);
		text = longer;
	}
	goals_done(&goals);
	host_done(&host);
	config_done(&config);
	return text;
}

static void expect(const struct tree *tree, const char *config, enum view view, const char *wanted)
{
	char *got = guards_text(tree, config, view);

	assert_string_equal(got, wanted);
	free(got);
}

static void boot_display(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	expect(tree, "[device a]\naddress = 0b:00.0\nalso = slot\n", VIEW_NEXT_BOOT,
	       "0000:0b:00.0 boot-display\n0000:0b:00.1 group\n"); /* the audio is lost with its group */
	expect(tree, "[device a]\naddress = 0b:00.0\nalso = slot\nallow = boot-display\n", VIEW_NEXT_BOOT,
	       "0000:0b:00.0 none\n0000:0b:00.1 none\n");
	expect(tree, "[device a]\naddress = 0c:00.0\nalso = slot\n", VIEW_NEXT_BOOT, "0000:0c:00.0 none\n0000:0c:00.1 none\n");
	expect(tree, "[device a]\naddress = 0b:00.0\nalso = slot\nallow = storage network usb group\n", VIEW_NOW,
	       "0000:0b:00.0 boot-display\n0000:0b:00.1 none\n"); /* other waivers do not waive it */
}

static void storage_and_usb(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	expect(tree, "[device a]\naddress = 04:00.0\n", VIEW_NEXT_BOOT, "0000:04:00.0 storage\n");
	expect(tree, "[device a]\naddress = 04:00.0\nallow = usb\n", VIEW_NEXT_BOOT, "0000:04:00.0 storage\n");
	expect(tree, "[device a]\naddress = 04:00.0\nallow = storage\n", VIEW_NEXT_BOOT, "0000:04:00.0 none\n");
	expect(tree, "[device a]\naddress = 0e:00.3\nalso = group\n", VIEW_NEXT_BOOT,
	       "0000:0e:00.0 group\n0000:0e:00.3 usb\n0000:0e:00.4 group\n");
	expect(tree, "[device a]\naddress = 0e:00.3\nalso = group\nallow = usb\n", VIEW_NEXT_BOOT,
	       "0000:0e:00.0 none\n0000:0e:00.3 none\n0000:0e:00.4 none\n");
	/* A card's own USB port goes with the card, and only with it. */
	expect(tree, "[device a]\naddress = 05:00.0\nalso = slot\n", VIEW_NEXT_BOOT,
	       "0000:05:00.0 none\n0000:05:00.1 none\n0000:05:00.2 none\n0000:05:00.3 none\n");
	expect(tree, "[device a]\naddress = 05:00.2\nallow = group\n", VIEW_NEXT_BOOT, "0000:05:00.2 usb\n");
}

static void network(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "strangers");
	expect(tree, "[device a]\naddress = 04:00.0\n", VIEW_NEXT_BOOT, "0000:04:00.0 none\n"); /* the e1000 is left */
	expect(tree, "[device a]\naddress = 04:00.0\n[device b]\naddress = 03:01.0\nallow = group\n", VIEW_NEXT_BOOT,
	       "0000:03:01.0 network\n0000:04:00.0 network\n");
	expect(tree, "[device a]\naddress = 04:00.0\nallow = network\n[device b]\naddress = 03:01.0\nallow = group network\n",
	       VIEW_NEXT_BOOT, "0000:03:01.0 none\n0000:04:00.0 none\n");
	tree_write(tree, "proc/cmdline", "root=/dev/nfs nfsroot=10.0.0.1:/srv ip=dhcp\n");
	expect(tree, "[device a]\naddress = 04:00.0\n", VIEW_NEXT_BOOT, "0000:04:00.0 network\n");
	expect(tree, "[device a]\naddress = 04:00.0\nallow = network\n", VIEW_NEXT_BOOT, "0000:04:00.0 none\n");
	tree_write(tree, "proc/cmdline", "root=/dev/sda1 rd.neednet=0 ip=dhcp\n");
	expect(tree, "[device a]\naddress = 04:00.0\n", VIEW_NEXT_BOOT, "0000:04:00.0 none\n");
}

/* Virtual functions do not outlive their physical one: they are no NIC that is left to the host. */
static void virtual_functions_are_no_nic_that_is_left(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-two-sockets");
	expect(tree, "[device a]\nid = 15b3:1017\n", VIEW_NEXT_BOOT, "0000:17:00.0 network\n0000:17:00.1 network\n");
}

static void groups(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "strangers");
	expect(tree, "[device a]\naddress = 03:00.0\n", VIEW_NEXT_BOOT, "0000:03:00.0 group\n");
	expect(tree, "[device a]\naddress = 03:00.0\nallow = group\n", VIEW_NEXT_BOOT, "0000:03:00.0 none\n");
	expect(tree, "[device a]\naddress = 03:00.0\nalso = group\n", VIEW_NEXT_BOOT, "0000:03:00.0 none\n0000:03:01.0 none\n");
	expect(tree, "[device a]\naddress = 03:00.0\nalso = slot\n", VIEW_NOW, "0000:03:00.0 group\n");
}

/* A stranger without a driver: harmless now, but the next boot gives it one. */
static void groups_from_every_view(void **state)
{
	static const char config[] = "[device a]\naddress = 03:00.0\n";
	const struct tree *tree = *state;
	struct fake_kernel kernel;

	tree_unpack(tree, "strangers");
	fake_kernel_new(&kernel, tree);
	assert_int_equal(kernel.effects.write(&kernel.effects, "sys/bus/pci/devices/0000:03:01.0/driver/unbind", "0000:03:01.0"), 0);
	expect(tree, config, VIEW_NOW, "0000:03:00.0 none\n");
	expect(tree, config, VIEW_EARLY, "0000:03:00.0 group\n");
	expect(tree, config, VIEW_NEXT_BOOT, "0000:03:00.0 group\n");
	fake_kernel_early(&kernel);
	expect(tree, config, VIEW_EARLY, "0000:03:00.0 group\n");
	fake_kernel_done(&kernel);
}

static void without_a_waiver(void **state)
{
	const struct tree *tree = *state;
	static const char all[] = "allow = boot-display storage network usb group\n";
	char *config;

	tree_unpack(tree, "desktop-amd-x570");
	config = format_text("[device a]\naddress = 00:03.2\naddress = 00:14.3\naddress = 00:00.0\n%s", all);
	expect(tree, config, VIEW_NEXT_BOOT, "0000:00:00.0 bridge\n0000:00:03.2 bridge\n0000:00:14.3 bridge\n");
	free(config);
	config = format_text("[device a]\nid = 10de:9999\naddress = 0c:00.0\n%s", all);
	expect(tree, config, VIEW_NEXT_BOOT, "0000:0c:00.0 identity\n");
	free(config);
	config = format_text("[device a]\naddress = 0c:00.0\nalso = slot\n%s", all);
	tree_link(tree, "proc/200/fd/3", "/dev/snd/pcmC1D3p");
	tree_write(tree, "sys/devices/pci0000:00/0000:00:03.2/0000:0c:00.1/sound/card1/pcmC1D3p/uevent", "DEVNAME=snd/pcmC1D3p\n");
	tree_write(tree, "sys/devices/pci0000:00/0000:00:03.2/0000:0c:00.1/sound/card1/pcmC1D3p/dev", "116:7\n");
	expect(tree, config, VIEW_NOW, "0000:0c:00.0 none\n0000:0c:00.1 in-use\n");
	expect(tree, config, VIEW_NEXT_BOOT, "0000:0c:00.0 none\n0000:0c:00.1 none\n"); /* nobody holds it then */
	tree_write(tree, "proc/cmdline", "vfio_prep.skip=0c:00.0\n");
	expect(tree, config, VIEW_NEXT_BOOT, "0000:0c:00.0 skip\n0000:0c:00.1 none\n");
	free(config);
}

static void physical_functions(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-two-sockets");
	expect(tree, "[device a]\naddress = 17:00.0\n", VIEW_NOW, "0000:17:00.0 in-use\n");
	expect(tree, "[device a]\naddress = 17:00.1\n", VIEW_NOW, "0000:17:00.1 none\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(boot_display),      tree_test(storage_and_usb),        tree_test(network), tree_test(groups),
		tree_test(virtual_functions_are_no_nic_that_is_left), tree_test(groups_from_every_view), tree_test(without_a_waiver),
		tree_test(physical_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
