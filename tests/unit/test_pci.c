/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "host/pci.h"

#define D "sys/bus/pci/devices/"

static struct pci_function *find(const struct pci *pci, const char *text)
{
	struct pci_address address;

	assert_int_equal(pci_address_parse(text, &address), 0);
	return pci_find(pci, &address);
}

static void no_bus(void **state)
{
	const struct tree *tree = *state;
	struct pci pci;

	assert_int_equal(pci_read(&tree->root, false, &pci), -ENOENT);
	tree_mkdir(tree, D);
	assert_int_equal(pci_read(&tree->root, false, &pci), 0);
	assert_int_equal(pci.count, 0);
	assert_null(find(&pci, "01:00.0"));
	pci_done(&pci);
	pci_done(NULL);
}

static void what_uevent_says(void **state)
{
	const struct tree *tree = *state;
	const struct pci_function *function;
	struct root machine = tree->root;
	struct pci pci;

	tree_write(
		tree, D "0000:01:00.0/uevent",
		"DRIVER=nouveau\nPCI_CLASS=30000\nPCI_ID=10DE:2684\nPCI_SUBSYS_ID=1043:889A\nPCI_SLOT_NAME=0000:01:00.0\n"
		"MODALIAS=pci:v000010DEd00002684sv00001043sd0000889Abc03sc00i00\n");
	tree_write(tree, D "0000:00:00.0/uevent", "PCI_CLASS=60000\nPCI_ID=8086:4668\n"); /* no driver */
	tree_write(tree, D "10000:e1:00.0/uevent", "DRIVER=nvme\nPCI_CLASS=10802\n");
	tree_write(tree, D "0000:02:00.0/uevent",
	           "PCI_CLASS=xyz\nPCI_ID=10DE\nnothing\n=\nDRIVER=\n"); /* no kernel writes that */
	tree_mkdir(tree, D "0000:03:00.0");            /* unplugged: no uevent */
	tree_write(tree, D "something/uevent", "");    /* no address */
	machine.machine = true;
	assert_int_equal(pci_read(&machine, false, &pci), 0);
	assert_int_equal(pci.count, 4);
	function = find(&pci, "01:00.0");
	assert_non_null(function);
	assert_string_equal(function->driver, "nouveau");
	assert_int_equal(function->class, 0x030000);
	assert_int_equal(function->vendor, 0x10de);
	assert_int_equal(function->device, 0x2684);
	assert_int_equal(function->subvendor, 0x1043);
	assert_int_equal(function->subdevice, 0x889a);
	assert_null(function->detail);
	function = find(&pci, "00:00.0");
	assert_string_equal(function->driver, "");
	assert_int_equal(function->class, 0x060000);
	assert_ptr_equal(function, &pci.functions[0]); /* by address */
	assert_string_equal(find(&pci, "10000:e1:00.0")->driver, "nvme");
	assert_ptr_equal(find(&pci, "10000:e1:00.0"), &pci.functions[3]);
	function = find(&pci, "02:00.0");
	assert_int_equal(function->class, 0);
	assert_int_equal(function->vendor, 0);
	assert_string_equal(function->driver, "");
	assert_null(find(&pci, "03:00.0"));
	pci_done(&pci);
}

/* A record of a machine may hold the attributes and no uevent. */
static void what_attributes_say(void **state)
{
	const struct tree *tree = *state;
	const struct pci_function *function;
	struct pci pci;

	tree_write(tree, D "0000:01:00.0/class", "0x030000\n");
	tree_write(tree, D "0000:01:00.0/vendor", "0x10de\n");
	tree_write(tree, D "0000:01:00.0/device", "0x2684\n");
	tree_write(tree, D "0000:01:00.0/subsystem_vendor", "0x1043\n");
	tree_write(tree, D "0000:01:00.0/subsystem_device", "889a\n"); /* not as the kernel writes it */
	tree_link(tree, D "0000:01:00.0/driver", "../../drivers/nouveau");
	assert_int_equal(pci_read(&tree->root, false, &pci), 0);
	assert_int_equal(pci.count, 1);
	function = find(&pci, "01:00.0");
	assert_int_equal(function->class, 0x030000);
	assert_int_equal(function->vendor, 0x10de);
	assert_int_equal(function->device, 0x2684);
	assert_int_equal(function->subvendor, 0x1043);
	assert_int_equal(function->subdevice, 0);
	assert_int_equal(pci_read_detail(&tree->root, find(&pci, "01:00.0")), 0);
	assert_string_equal(function->driver, "nouveau");
	pci_done(&pci);
}

/* A FIFO is as patient as the lock of a device that hangs. */
static void without_any_lock(void **state)
{
	const struct tree *tree = *state;
	struct pci_function *function;
	struct pci pci;

	tree_write(tree, PCI_DEVICES "/0000:01:00.0/class", "0x030000\n");
	tree_write(tree, PCI_DEVICES "/0000:01:00.0/vendor", "0x10de\n");
	tree_write(tree, PCI_DEVICES "/0000:01:00.0/device", "0x2684\n");
	tree_link(tree, PCI_DEVICES "/0000:01:00.0/driver", "../../../bus/pci/drivers/nouveau");
	assert_int_equal(mkfifoat(tree->root.fd, PCI_DEVICES "/0000:01:00.0/uevent", 0600), 0);
	tree_mkdir(tree, PCI_DEVICES "/0000:02:00.0");
	assert_int_equal(mkfifoat(tree->root.fd, PCI_DEVICES "/0000:02:00.0/uevent", 0600), 0);
	tree_write(tree, PCI_DEVICES "/0000:03:00.0/uevent", "DRIVER=nvme\nPCI_CLASS=10802\nPCI_ID=144D:A808\n");
	assert_int_equal(pci_read(&tree->root, true, &pci), 0);
	assert_int_equal(pci.count, 3);
	function = find(&pci, "01:00.0");
	assert_int_equal(function->class, 0x030000);
	assert_int_equal(function->device, 0x2684);
	assert_string_equal(function->driver, "nouveau");
	assert_int_equal(find(&pci, "02:00.0")->vendor, 0);
	assert_int_equal(find(&pci, "03:00.0")->vendor, 0x144d);
	assert_string_equal(find(&pci, "03:00.0")->driver, "nvme");
	pci_done(&pci);
}

static void details(void **state)
{
	const struct tree *tree = *state;
	struct pci_function *gpu, *disk;
	struct pci pci;

	tree_unpack(tree, "desktop-amd-x570");
	assert_int_equal(pci_read(&tree->root, false, &pci), 0);
	gpu = find(&pci, "0b:00.0");
	assert_int_equal(pci_read_detail(&tree->root, gpu), 0);
	assert_string_equal(gpu->detail->path, "0000:00:03.1/00.0");
	assert_true(gpu->detail->has_override);
	assert_string_equal(gpu->detail->driver_override, "");
	assert_int_equal(gpu->detail->group, 17);
	assert_int_equal(gpu->detail->node, -1);
	assert_int_equal(gpu->detail->boot_vga, 1);
	assert_int_equal(gpu->detail->enabled_vfs, -1);
	assert_string_equal(gpu->detail->reset, "");
	assert_int_equal(gpu->detail->bars[0].start, 0xfb000000);
	assert_int_equal(gpu->detail->bars[0].size, 0x1000000);
	assert_int_equal(gpu->detail->bars[1].size, 0x10000000);
	assert_int_equal(gpu->detail->bars[2].size, 0);
	assert_int_equal(gpu->detail->bars[5].size, 0x80);
	disk = find(&pci, "04:00.0");
	assert_int_equal(pci_read_detail(&tree->root, disk), 0);
	assert_string_equal(disk->detail->path, "0000:00:01.2/00.0/01.0/00.0");
	assert_string_equal(disk->detail->reset, "flr bus");
	assert_int_equal(disk->detail->boot_vga, -1);
	pci_done(&pci);
}

static void details_of_little(void **state)
{
	const struct tree *tree = *state;
	struct pci_function *function;
	struct pci pci;
	char *long_name = malloc(300), *driver;

	memset(long_name, 'v', 299);
	long_name[299] = '\0';
	tree_write(tree, D "0000:01:00.0/uevent", "");
	assert_int_equal(pci_read(&tree->root, false, &pci), 0);
	function = find(&pci, "01:00.0");
	assert_int_equal(pci_read_detail(&tree->root, function), 0);
	assert_false(function->detail->has_override);
	assert_string_equal(function->detail->path, ""); /* a folder is no link */
	assert_int_equal(function->detail->group, -1);
	assert_int_equal(function->detail->node, -1);
	pci_done(&pci);
	tree_write(tree, D "0000:01:00.0/driver_override", long_name);
	tree_write(tree, D "0000:01:00.0/numa_node", "-1\n");
	tree_write(tree, D "0000:01:00.0/boot_vga", "x\n");
	tree_write(tree, D "0000:01:00.0/resource", "0x0 0x0 0x0\nrubbish\n0x10 0x1f 0x200\n");
	tree_link(tree, D "0000:01:00.0/iommu_group", "../../nonsense");
	driver = format_text("DRIVER=%s\n", long_name);
	tree_write(tree, D "0000:01:00.0/uevent", driver);
	free(driver);
	assert_int_equal(pci_read(&tree->root, false, &pci), 0);
	function = find(&pci, "01:00.0");
	assert_int_equal(strlen(function->driver), DRIVER_NAME_MAX - 1);
	assert_int_equal(pci_read_detail(&tree->root, function), 0);
	assert_true(function->detail->has_override);
	assert_int_equal(strlen(function->detail->driver_override), DRIVER_NAME_MAX - 1);
	assert_int_equal(function->detail->node, -1);
	assert_int_equal(function->detail->boot_vga, -1);
	assert_int_equal(function->detail->group, -1);
	assert_int_equal(function->detail->bars[2].size, 16);
	pci_done(&pci);
	free(long_name);
}

static void slots(void **state)
{
	const struct tree *tree = *state;
	struct pci pci;
	size_t first, end;

	tree_unpack(tree, "desktop-amd-x570");
	assert_int_equal(pci_read(&tree->root, false, &pci), 0);
	for (int function = 0; function < 4; function++) {
		char *address = format_text("05:00.%d", function);

		end = pci_slot(&pci, (size_t)(find(&pci, address) - pci.functions), &first);
		assert_ptr_equal(&pci.functions[first], find(&pci, "05:00.0"));
		assert_int_equal(end - first, 4);
		free(address);
	}
	end = pci_slot(&pci, 0, &first);
	assert_int_equal(first, 0);
	end = pci_slot(&pci, pci.count - 1, &first);
	assert_int_equal(end, pci.count);
	pci_done(&pci);
}

static void kinds(void **state)
{
	static const char *const vfio[] = { "vfio-pci", "mlx5_vfio_pci", "nvgrace_gpu_vfio_pci" };
	static const char *const harmless[] = { "", "pci-stub", "pcieport", "vfio-pci" };
	static const char *const host[] = { "nouveau", "pcieport2", "pci", "xen-pciback" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vfio); i++)
		assert_true(pci_driver_is_vfio(vfio[i]) && pci_driver_is_harmless(vfio[i]));
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		assert_true(pci_driver_is_harmless(harmless[i]));
	for (size_t i = 0; i < ARRAY_SIZE(host); i++)
		assert_false(pci_driver_is_vfio(host[i]) || pci_driver_is_harmless(host[i]));
	assert_true(pci_is_bridge(&(struct pci_function){ .class = 0x060400 }));
	assert_true(pci_is_bridge(&(struct pci_function){ .class = 0x060000 }));
	assert_false(pci_is_bridge(&(struct pci_function){ .class = 0x030000 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(no_bus),
		tree_test(what_uevent_says),
		tree_test(what_attributes_say),
		tree_test(without_any_lock),
		tree_test(details),
		tree_test(details_of_little),
		tree_test(slots),
		cmocka_unit_test(kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
