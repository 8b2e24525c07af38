/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"

static size_t index_of(const struct host *host, const char *text)
{
	struct pci_address address;
	const struct pci_function *function;

	assert_int_equal(pci_address_parse(text, &address), 0);
	function = pci_find(&host->pci, &address);
	assert_non_null(function);
	return (size_t)(function - host->pci.functions);
}

static bool has_detail(const struct host *host, const char *address)
{
	return host->pci.functions[index_of(host, address)].detail != NULL;
}

static void nothing_at_all(void **state)
{
	const struct tree *tree = *state;
	struct host host;

	assert_int_equal(host_read(&tree->root, NULL, HOST_ALL_DETAILS | HOST_LOG | HOST_CHECKS | HOST_HOLDERS, &host), 0);
	assert_int_equal(host.pci_error, -ENOENT);
	assert_int_equal(host.pci.count, 0);
	assert_int_equal(host.iommu_units, ANSWER_UNKNOWN);
	assert_int_equal(host.iommu_firmware, ANSWER_UNKNOWN);
	assert_int_equal(host.interrupt_remapping, ANSWER_UNKNOWN);
	assert_int_equal(host.x86, ANSWER_UNKNOWN);
	assert_int_equal(host.log_error, -ENOENT);
	assert_string_equal(host.boot_id, "");
	assert_int_equal(host.udev_running, ANSWER_NO);
	assert_int_equal(host.switches.mode, SWITCH_RUN);
	host_done(&host);
	host_done(NULL);
}

static void a_machine_with_an_iommu(void **state)
{
	const struct tree *tree = *state;
	struct config config;
	struct host host;

	tree_unpack(tree, "desktop-amd-x570");
	config_from_text("[device gpu]\naddress = 0c:00.0\n", &config);
	assert_int_equal(host_read(&tree->root, &config, HOST_LOG | HOST_CHECKS, &host), 0);
	assert_int_equal(host.pci_error, 0);
	assert_int_equal(host.iommu_units, ANSWER_YES);
	assert_int_equal(host.iommu_firmware, ANSWER_YES);
	assert_int_equal(host.x86, ANSWER_YES);
	assert_int_equal(host.interrupt_remapping, ANSWER_YES);
	assert_int_equal(host.log_error, 0);
	assert_true(host.log.count > 0);
	assert_string_equal(host.boot_id, "6f1d2c3b-8a4e-4c55-9d77-0a1b2c3d4e5f");
	assert_true(cmdline_has(&host.cmdline, "quiet", NULL));
	assert_int_equal(host.driver_count, 1);
	assert_false(host_driver(&host, "vfio-pci")->registered);
	assert_false(host_driver(&host, "vfio-pci")->built_in);
	assert_null(host_driver(&host, "nouveau"));
	assert_int_equal(host.type1, ANSWER_NO);
	host_done(&host);
	config_done(&config);
}

static void machines_without(void **state)
{
	const struct tree *tree = *state;
	struct host host;

	tree_unpack(tree, "iommu-off-in-firmware");
	assert_int_equal(host_read(&tree->root, NULL, HOST_ALL_DETAILS | HOST_CHECKS, &host), 0);
	assert_int_equal(host.iommu_units, ANSWER_NO);
	assert_int_equal(host.iommu_firmware, ANSWER_NO);
	assert_int_equal(host.x86, ANSWER_YES);
	assert_int_equal(host.interrupt_remapping, ANSWER_NO);
	assert_int_equal(host.group_count, 0);
	assert_int_equal(host.log.count, 0); /* not asked for */
	host_done(&host);
	tree_write(tree, "sys/firmware/acpi/tables/DMAR", "");
	assert_int_equal(host_read(&tree->root, NULL, HOST_CHECKS, &host), 0);
	assert_int_equal(host.iommu_firmware, ANSWER_YES);
	assert_int_equal(host.iommu_units, ANSWER_NO);
	host_done(&host);
}

static void only_what_the_config_speaks_of(void **state)
{
	const struct tree *tree = *state;
	const struct iommu_group *group;
	struct config config;
	struct host host;

	tree_unpack(tree, "desktop-amd-x570");
	config_from_text("[device a]\naddress = 0e:00.3\n[device b]\npath = 00:03.2/00.0\n", &config);
	assert_int_equal(host_read(&tree->root, &config, 0, &host), 0);
	/* Its slot and its group, which reaches over bridges and dummy host bridges. */
	assert_true(has_detail(&host, "0e:00.3"));
	assert_true(has_detail(&host, "0e:00.4"));
	assert_true(has_detail(&host, "00:08.0"));
	assert_true(has_detail(&host, "00:08.1"));
	group = host_group(&host, 5);
	assert_non_null(group);
	assert_int_equal(group->member_count, 5);
	assert_int_equal(group->members[0], index_of(&host, "00:08.0"));
	for (size_t i = 1; i < group->member_count; i++)
		assert_true(group->members[i - 1] < group->members[i]);
	/* The path leads to the second card, and not to its twin. */
	assert_true(has_detail(&host, "0c:00.0"));
	assert_true(has_detail(&host, "0c:00.1"));
	assert_false(has_detail(&host, "0b:00.0"));
	assert_false(has_detail(&host, "01:00.0"));
	assert_int_equal(host.group_count, 2);
	assert_null(host_group(&host, 17));
	assert_null(host_group(&host, -1));
	host_done(&host);
	assert_int_equal(host_read(&tree->root, &config, HOST_ALL_DETAILS, &host), 0);
	for (size_t i = 0; i < host.pci.count; i++)
		assert_non_null(host.pci.functions[i].detail);
	assert_non_null(host_group(&host, 17));
	host_done(&host);
	config_done(&config);
}

/* A record of a machine may hold the functions' links and not the folders of the groups. */
static void groups_without_their_folders(void **state)
{
	const struct tree *tree = *state;
	struct config config;
	struct host host;

	tree_unpack(tree, "desktop-amd-x570");
	config_from_text("[device a]\naddress = 07:00.1\n", &config);
	for (int i = 0; i < 3; i++) {
		static const char *const members[] = { "0000:03:08.0", "0000:07:00.0", "0000:07:00.1" };
		char *path = format_text("sys/kernel/iommu_groups/13/devices/%s", members[i]);

		tree_remove(tree, path);
		free(path);
	}
	tree_remove(tree, "sys/kernel/iommu_groups/13/devices/0000:07:00.3");
	tree_remove(tree, "sys/kernel/iommu_groups/13/devices");
	assert_int_equal(host_read(&tree->root, &config, 0, &host), 0);
	assert_int_equal(host_group(&host, 13)->member_count, 4);
	host_done(&host);
	config_done(&config);
}

static void long_domains_and_segments(void **state)
{
	const struct tree *tree = *state;
	struct config config;
	struct host host;

	tree_unpack(tree, "laptop-vmd");
	config_from_text("[device disk]\naddress = 10000:e1:00.0\npath = 10000:e0:06.0/00.0\n", &config);
	assert_int_equal(host_read(&tree->root, &config, 0, &host), 0);
	assert_true(has_detail(&host, "10000:e1:00.0"));
	assert_string_equal(host.pci.functions[index_of(&host, "10000:e1:00.0")].detail->path, "10000:e0:06.0/00.0");
	assert_int_equal(host_group(&host, 4)->member_count, 3); /* with the VMD itself */
	host_done(&host);
	config_done(&config);
}

static void numa_and_virtual_functions(void **state)
{
	const struct tree *tree = *state;
	struct host host;

	tree_unpack(tree, "server-two-sockets");
	assert_int_equal(host_read(&tree->root, NULL, HOST_ALL_DETAILS, &host), 0);
	assert_int_equal(host.pci.functions[index_of(&host, "17:00.0")].detail->enabled_vfs, 4);
	assert_int_equal(host.pci.functions[index_of(&host, "17:00.1")].detail->enabled_vfs, 0);
	assert_int_equal(host.pci.functions[index_of(&host, "17:00.2")].detail->enabled_vfs, -1);
	assert_int_equal(host.pci.functions[index_of(&host, "31:00.0")].detail->node, 0);
	assert_int_equal(host.pci.functions[index_of(&host, "0001:31:00.0")].detail->node, 1);
	assert_true(index_of(&host, "31:00.0") < index_of(&host, "0001:31:00.0"));
	host_done(&host);
}

static void modules_and_what_is_built_in(void **state)
{
	const struct tree *tree = *state;
	struct config config;
	struct host host;

	tree_unpack(tree, "prepared-built-in");
	config_from_text("[device gpu]\naddress = 01:00.0\n[device nic]\naddress = 05:00.0\ndriver = mlx5_vfio_pci\n",
	                 &config);
	assert_int_equal(host_read(&tree->root, &config, 0, &host), 0);
	assert_int_equal(host.driver_count, 2);
	assert_true(host_driver(&host, "vfio-pci")->registered);
	assert_true(host_driver(&host, "vfio-pci")->built_in);
	assert_false(host_driver(&host, "mlx5_vfio_pci")->registered);
	assert_int_equal(host.type1, ANSWER_YES);
	assert_true(host.type1_built_in);
	assert_string_equal(host.pci.functions[index_of(&host, "01:00.0")].driver, "vfio-pci");
	assert_string_equal(host.pci.functions[index_of(&host, "01:00.0")].detail->driver_override, "vfio-pci");
	host_done(&host);
	/* The same, as modules. */
	tree_write(tree, "sys/module/vfio_pci/initstate", "live\n");
	tree_write(tree, "sys/module/vfio_iommu_type1/initstate", "live\n");
	assert_int_equal(host_read(&tree->root, &config, 0, &host), 0);
	assert_true(host_driver(&host, "vfio-pci")->registered);
	assert_false(host_driver(&host, "vfio-pci")->built_in);
	assert_int_equal(host.type1, ANSWER_YES);
	assert_false(host.type1_built_in);
	host_done(&host);
	config_done(&config);
}

static void switches_and_udev(void **state)
{
	const struct tree *tree = *state;
	struct host host;

	tree_unpack(tree, "strangers");
	tree_write(tree, "proc/cmdline", "vfio_prep=plan\n");
	tree_write(tree, "run/udev/control", "");
	assert_int_equal(host_read(&tree->root, NULL, 0, &host), 0);
	assert_int_equal(host.switches.mode, SWITCH_PLAN);
	assert_int_equal(host.udev_running, ANSWER_YES);
	host_done(&host);
}

/* Every recorded machine is whole: each function has its links, each link leads somewhere. */
static void recorded_machines_are_whole(void **state)
{
	struct names hosts = host_names();

	(void)state;
	assert_true(hosts.count >= 8);
	for (size_t i = 0; i < hosts.count; i++) {
		struct tree tree;
		struct host host;

		tree_new(&tree);
		tree_unpack(&tree, hosts.items[i]);
		assert_int_equal(host_read(&tree.root, NULL, HOST_ALL_DETAILS | HOST_LOG | HOST_CHECKS, &host), 0);
		assert_true(host.pci.count >= 2);
		assert_true(host.x86 != ANSWER_UNKNOWN && host.boot_id[0] && host.cmdline.count);
		for (size_t j = 0; j < host.pci.count; j++) {
			const struct pci_function *function = &host.pci.functions[j];
			char address[PCI_ADDRESS_MAX], driver[DRIVER_NAME_MAX] = "", *path;
			const struct iommu_group *group = host_group(&host, function->detail->group);
			bool member = false;

			pci_address_format(&function->address, address);
			assert_true(function->detail->has_override && function->detail->path[0]);
			path = format_text(PCI_DEVICES "/%s/driver", address);
			root_link_name(&tree.root, path, driver, sizeof(driver));
			assert_string_equal(driver, function->driver); /* uevent and link agree */
			if (driver[0])
				assert_true(root_exists(&tree.root, path));
			free(path);
			path = format_text(PCI_DRIVERS "/%s/%s/uevent", driver, address);
			assert_int_equal(root_exists(&tree.root, path), driver[0] != '\0');
			free(path);
			for (size_t k = 0; group && k < group->member_count; k++)
				member |= group->members[k] == j;
			assert_int_equal(member, function->detail->group >= 0);
		}
		host_done(&host);
		tree_done(&tree);
	}
	names_done(&hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(nothing_at_all),
		tree_test(a_machine_with_an_iommu),
		tree_test(machines_without),
		tree_test(only_what_the_config_speaks_of),
		tree_test(groups_without_their_folders),
		tree_test(long_domains_and_segments),
		tree_test(numa_and_virtual_functions),
		tree_test(modules_and_what_is_built_in),
		tree_test(switches_and_udev),
		cmocka_unit_test(recorded_machines_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
