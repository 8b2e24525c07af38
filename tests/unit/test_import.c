/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What --import makes of the settings of a machine: which devices, pages and CPUs, and what is to be removed. Whatever
 * stands in the files, what is printed is a config, of which a plan takes what the import tells.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "plan/plan.h"
#include "report/import.h"
#include "report/import_command.h"
#include "report/names.h"

#define SCOPE (HOST_STORAGE | HOST_CPUS | HOST_MEMORY)

struct imported {
	struct host host;
	struct loader loader;
	struct inherited inherited;
	struct import import;
	char *text;
};

static void read_import(const struct tree *tree, struct imported *ret)
{
	struct pci_access *names = names_open();
	size_t size;
	FILE *out;

	assert_int_equal(host_read(&tree->root, NULL, SCOPE | HOST_ALL_DETAILS, &ret->host), 0);
	assert_int_equal(loader_read(&tree->root, &ret->loader), 0);
	assert_int_equal(inherited_read(&tree->root, &ret->host.cmdline, &ret->loader, &ret->inherited), 0);
	assert_int_equal(import_build(&ret->host, &ret->inherited, &ret->loader, "update-initramfs -u", &ret->import), 0);
	out = open_memstream(&ret->text, &size);
	import_print(out, &ret->import, names);
	fclose(out);
	names_close(names);
}

static void import_free(struct imported *imported)
{
	free(imported->text);
	import_done(&imported->import);
	inherited_done(&imported->inherited);
	loader_done(&imported->loader);
	host_done(&imported->host);
}

/* The text is a config, and the plan of it takes the import's devices and refuses only what is told. */
static void check_plan(const struct tree *tree, const struct imported *imported)
{
	struct config config;
	struct host host;
	struct plan plan;

	config_from_text(imported->text, &config);
	if (config.error_count)
		fail_msg("line %u: %s\n%s", config.errors[0].line, config.errors[0].text, imported->text);
	assert_int_equal(host_read(&tree->root, &config, SCOPE, &host), 0);
	assert_int_equal(plan_build(&config, &host, VIEW_NEXT_BOOT, &plan), 0);
	assert_int_equal(plan.goals.missing_count, 0);
	for (size_t i = 0; i < host.pci.count; i++) {
		const struct goal *goal = goals_find(&plan.goals, i);

		if (!goal != !import_section(&imported->import, i))
			fail_msg("function %zu\n%s", i, imported->text);
		if (goal && goal->guard != GUARD_NONE && !strstr(imported->text, "REFUSED"))
			fail_msg("%s\n%s", goal->why, imported->text);
	}
	for (size_t i = 0; i < plan.pages.count; i++)
		if (plan.pages.items[i].guard != GUARD_NONE)
			fail_msg("%s\n%s", plan.pages.items[i].why, imported->text);
	if (isolation_is_refused(&plan.isolation))
		fail_msg("%s\n%s", isolation_refusal(&plan.isolation)->text, imported->text);
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
}

/* Every line of the text that is in force, "[device gpu]/address = .../..."; and what stands in a comment of it. */
static void expect_live(const struct tree *tree, const char *wanted, const char *told)
{
	struct imported imported;
	char *live, *next, *line;
	size_t size;
	FILE *out = open_memstream(&live, &size);

	read_import(tree, &imported);
	check_plan(tree, &imported);
	if (told && !strstr(imported.text, told))
		fail_msg("%s\nis not in\n%s", told, imported.text);
	next = imported.text;
	while ((line = strsep(&next, "\n")))
		if (*line && *line != ';' && *line != '#')
			fprintf(out, "%s/", line);
	fclose(out);
	assert_string_equal(live, wanted);
	free(live);
	import_free(&imported);
}

/* The machine has two alike cards with sound, the first shows the console; and two alike disks, the first is the
 * root. */
static void before_the_first_boot(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	tree_write(tree, "etc/modprobe.d/vfio.conf",
	           "options vfio-pci ids=10de:2484,10de:228b,144d:a808,10de:fff0,nonsense,10de,1022:1483\n");
	expect_live(tree,
	            "[device nvme]/address = 0000:04:00.0/id = 144d:a808/"
	            "[device gpu]/address = 0000:0c:00.0/id = 10de:2484/also = slot/",
	            "; It cannot be spared: it shows the boot console");
	expect_live(tree,
	            "[device nvme]/address = 0000:04:00.0/id = 144d:a808/"
	            "[device gpu]/address = 0000:0c:00.0/id = 10de:2484/also = slot/",
	            "; 0000:0c:00.0 is not vfio-pci's today (nouveau); with this config it will be.\n");
	expect_live(tree,
	            "[device nvme]/address = 0000:04:00.0/id = 144d:a808/"
	            "[device gpu]/address = 0000:0c:00.0/id = 10de:2484/also = slot/",
	            "'nonsense' of /etc/modprobe.d/vfio.conf:1 is no id");
	/* The port that a card is behind is in many a list. */
	expect_live(tree,
	            "[device nvme]/address = 0000:04:00.0/id = 144d:a808/"
	            "[device gpu]/address = 0000:0c:00.0/id = 10de:2484/also = slot/",
	            "\n; '1022:1483' of /etc/modprobe.d/vfio.conf:1 is a bridge's: no driver of vfio takes one");
	expect_live(tree,
	            "[device nvme]/address = 0000:04:00.0/id = 144d:a808/"
	            "[device gpu]/address = 0000:0c:00.0/id = 10de:2484/also = slot/",
	            ";[device absent1]\n;id = 10de:fff0\n");
}

static void give_to_vfio(const struct tree *tree, const char *folder)
{
	char *driver = format_text("%s/driver", folder);

	tree_remove(tree, driver);
	tree_link(tree, driver, "../../../../bus/pci/drivers/vfio-pci");
	free(driver);
}

/* The sound of the card that shows the console, taken for its twin's id: the card itself is the host's. */
static void sound_of_the_hosts_card(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-amd-x570");
	tree_write(tree, "etc/modprobe.d/vfio.conf", "options vfio-pci ids=10de:2484,10de:228b\n");
	give_to_vfio(tree, "sys/devices/pci0000:00/0000:00:03.1/0000:0b:00.1");
	give_to_vfio(tree, "sys/devices/pci0000:00/0000:00:03.2/0000:0c:00.0");
	give_to_vfio(tree, "sys/devices/pci0000:00/0000:00:03.2/0000:0c:00.1");
	expect_live(tree, "[device gpu]/address = 0000:0c:00.0/id = 10de:2484/also = slot/",
	            "; It cannot be spared: 0000:0b:00.0 of its IOMMU group 17 stays with the host (boot-display).");
	/* Where it was asked for by its address, it is told what is refused. */
	tree_write(tree, "etc/driverctl.d/pci-0000:0b:00.1", "vfio-pci\n");
	expect_live(tree,
	            "[device sound]/address = 0000:0b:00.1/id = 10de:228b/also = slot/"
	            "[device gpu]/address = 0000:0c:00.0/id = 10de:2484/also = slot/",
	            "; REFUSED: 0000:0b:00.0 (boot-display)");
}

/* vfio_pci_fill_ids() reads two numbers, and nothing behind those that it knows. */
static void ids_with_a_tail(void **state)
{
	static const char *const lines[] = { "options vfio-pci ids=10de:2684;10de:22ba\n",
		                                 "options vfio-pci ids=10de:2684\r\n" };
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-intel-z690");
	tree_write(tree, "proc/cmdline", "quiet\n");
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct imported imported;

		tree_write(tree, "etc/modprobe.d/vfio.conf", lines[i]);
		read_import(tree, &imported);
		assert_int_equal(imported.import.id_count, 1);
		assert_true(imported.import.ids[0].valid);
		assert_true(imported.import.ids[0].matches > 0);
		assert_null(strstr(imported.text, "passes it over"));
		import_free(&imported);
	}
	tree_write(tree, "etc/modprobe.d/vfio.conf", "options vfio-pci ids=+10de:2684\n");
	expect_live(tree, "", "passes it over");
}

static void last_ids_count(void **state)
{
	const struct tree *tree = *state;
	struct imported imported;

	tree_unpack(tree, "desktop-amd-x570");
	tree_write(tree, "etc/modprobe.d/a.conf", "options vfio-pci ids=144d:a808\n");
	tree_write(tree, "etc/modprobe.d/b.conf", "options vfio_pci ids=10de:2484\noptions pci-stub ids=8086:1539\n");
	expect_live(tree, "[device gpu]/address = 0000:0c:00.0/id = 10de:2484/also = slot/", NULL);
	read_import(tree, &imported);
	assert_false(imported.import.ids[0].in_force);
	assert_true(imported.import.ids[1].in_force && imported.import.ids[2].in_force);
	import_free(&imported);
	/* What the image's list gives to modprobe comes behind that. */
	tree_write(tree, "etc/initramfs-tools/modules", "vfio-pci ids=144d:a808\n");
	expect_live(tree, "[device nvme]/address = 0000:04:00.0/id = 144d:a808/", NULL);
}

static void saved_by_driverctl(void **state)
{
	const struct tree *tree = *state;
	struct imported imported;

	tree_unpack(tree, "desktop-amd-x570");
	tree_write(tree, "etc/driverctl.d/pci-0000:0c:00.1", "vfio-pci\n");
	tree_write(tree, "etc/driverctl.d/pci-0000:0c:00.0", "nouveau\n");
	tree_write(tree, "etc/driverctl.d/pci-0000:0f:00.0", "vfio-pci\n");
	/* The group demands the display. */
	expect_live(tree, "[device sound]/address = 0000:0c:00.1/id = 10de:228b/also = slot/",
	            "; 0000:0c:00.0 comes along for the group, and is not vfio-pci's today (");
	read_import(tree, &imported);
	assert_int_equal(imported.import.removal_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(imported.import.removals[i].first,
		                 strstr(imported.import.removals[i].command, "0c:00.0") != NULL);
	assert_non_null(strstr(imported.text, ";[device absent1]\n;address = 0000:0f:00.0\n"));
	import_free(&imported);
	/* What no guest gets is told, and proposed no section. */
	tree_write(tree, "etc/driverctl.d/pci-0000:0f:00.0", "uio_pci_generic\n");
	read_import(tree, &imported);
	assert_null(strstr(imported.text, "absent"));
	assert_int_equal(imported.import.kept_count, 1);
	import_free(&imported);
	tree_remove(tree, "etc/driverctl.d/pci-0000:0c:00.1");
	tree_remove(tree, "etc/driverctl.d/pci-0000:0f:00.0");
	read_import(tree, &imported);
	assert_true(import_is_empty(&imported.import));
	assert_int_equal(imported.import.kept_count, 1);
	import_free(&imported);
}

/* What vfio-pci has, and no file says why; and what libvirt gave it for a guest. */
static void held(void **state)
{
	const struct tree *tree = *state;
	struct imported imported;

	tree_unpack(tree, "import-ids");
	tree_write(tree, "proc/cmdline", "quiet\n");
	tree_remove(tree, "etc/default/grub");
	expect_live(tree,
	            "[device gpu]/address = 0000:01:00.0/id = 10de:2684/also = slot/[device nvme]/address = "
	            "0000:05:00.0/id = 144d:a80a/",
	            "; vfio-pci has it today, and none of the files looked at says so");
	tree_write(tree, "etc/libvirt/qemu/win.xml",
	           "<hostdev managed='yes'><source><address bus='0x05' slot='0x00' function='0x0'/></source></hostdev>");
	expect_live(tree, "[device gpu]/address = 0000:01:00.0/id = 10de:2684/also = slot/",
	            "vfio-prep leaves it to libvirt.");
	tree_write(tree, "etc/modprobe.d/vfio.conf", "options vfio-pci ids=144d:a80a\n");
	expect_live(tree,
	            "[device gpu]/address = 0000:01:00.0/id = 10de:2684/also = slot/[device nvme]/address = "
	            "0000:05:00.0/id = 144d:a80a/",
	            "virsh edit win");
	/* It shows the console, and has done without. */
	tree_write(tree, "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/boot_vga", "1\n");
	expect_live(tree, "[device gpu]/address = 0000:01:00.0/id = 10de:2684/also = slot/allow = boot-display/"
	            "[device nvme]/address = 0000:05:00.0/id = 144d:a80a/", "this host lives without it");
	read_import(tree, &imported);
	assert_int_equal(imported.import.left_count, 1);
	assert_string_equal(imported.import.left[0].id, "144d:a80a");
	import_free(&imported);
}

/* The card's sound is in a group of its own, and the host's today: so it stays. */
static void no_more_than_today(void **state)
{
	static const char sound[] = "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.1";
	const struct tree *tree = *state;
	char *link = format_text("%s/iommu_group", sound), *driver = format_text("%s/driver", sound);

	tree_unpack(tree, "import-ids");
	tree_write(tree, "proc/cmdline", "vfio-pci.ids=10de:2684\n");
	tree_remove(tree, "etc/default/grub");
	tree_remove(tree, link);
	tree_link(tree, link, "../../../../kernel/iommu_groups/14");
	tree_remove(tree, "sys/kernel/iommu_groups/8/devices/0000:01:00.1");
	tree_link(tree, "sys/kernel/iommu_groups/14/devices/0000:01:00.1",
	          "../../../../devices/pci0000:00/0000:00:01.0/0000:01:00.1");
	expect_live(tree,
	            "[device gpu]/address = 0000:01:00.0/id = 10de:2684/also = slot/[device nvme]/address = "
	            "0000:05:00.0/id = 144d:a80a/",
	            NULL);
	tree_remove(tree, driver);
	tree_link(tree, driver, "../../../../bus/pci/drivers/snd_hda_intel");
	expect_live(
		tree, "[device gpu]/address = 0000:01:00.0/id = 10de:2684/[device nvme]/address = 0000:05:00.0/id = 144d:a80a/",
		"; 0000:01:00.1 of its slot stays with the host: it is in a group of its own.");
	free(link);
	free(driver);
}

static void expect_pages(const struct tree *tree, const char *cmdline, const char *sysctl, const char *wanted,
                         const char *told)
{
	tree_write(tree, "proc/cmdline", cmdline);
	tree_write(tree, "etc/sysctl.d/a.conf", sysctl);
	expect_live(tree, wanted, told);
}

/* The machine has 64 GiB; of the server's two nodes each has 256. */
static void huge_pages(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-intel-z690");
	expect_pages(tree, "hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=1024\n", "", "[hugepages]/1G = 4G/2M = 2G/",
	             NULL);
	expect_pages(tree, "hugepages=1024\n", "", "[hugepages]/2M = 2G/", NULL);
	expect_pages(tree, "default_hugepagesz=1GB hugepagesz=1GB hugepages=4 hugepagesz=2048kB hugepages=1024\n", "",
	             "[hugepages]/1G = 4G/2M = 2G/", NULL);
	expect_pages(tree, "hugepages=1024 hugepages=2048\n", "", "[hugepages]/2M = 2G/", NULL);
	expect_pages(tree, "default_hugepagesz=1G hugepages=3\n", "vm.nr_hugepages = 5\n", "[hugepages]/1G = 5G/",
	             "vm.nr_hugepages (/etc/sysctl.d/a.conf:1)");
	expect_pages(tree, "hugepages=1024 hugepagesz=1G hugepages=2\n", "\n\nvm.nr_hugepages=0\n", "[hugepages]/1G = 2G/",
	             NULL);
	expect_pages(tree, "hugepagesz=1M hugepages=4 hugepagesz=x hugepages=7 hugepagesz=1G hugepages=x\n",
	             "vm.nr_hugepages = x", "[hugepages]/", "This machine cannot have it: this machine has no pages of 1M");
	expect_pages(tree, "hugepages=99999999999999999999\n", "vm.nr_hugepages = 4294967295\n", "[hugepages]/",
	             "This machine cannot have it");
	expect_pages(tree, "quiet -- hugepages=4\n", "", "", NULL);
	/* The last one of sysctl.d is in force; without it, it would be the one before. */
	expect_pages(tree, "quiet\n", "vm.nr_hugepages = 512\nvm.nr_hugepages = 1024\n", "[hugepages]/2M = 2G/",
	             "# sed -i '/^vm\\.nr_hugepages = 512$/d' /etc/sysctl.d/a.conf\n");
	/* As the kernel reads a sysctl; and what nobody understands is not removed. */
	expect_pages(tree, "quiet\n", "vm.nr_hugepages = 0x400\n", "[hugepages]/2M = 2G/",
	             "# sed -i '/^vm\\.nr_hugepages = 0x400$/d' /etc/sysctl.d/a.conf\n");
	expect_pages(tree, "quiet\n", "vm.nr_hugepages = 02000\n", "[hugepages]/2M = 2G/", NULL);
	expect_pages(tree, "quiet\n", "vm.nr_hugepages = many\n", "",
	             "/etc/sysctl.d/a.conf:1: vm.nr_hugepages = many: its number cannot be read here");
	/* Only what the config has is said to be its own. */
	expect_pages(tree, "hugepagesz=1G hugepages=4\n", "", "[hugepages]/1G = 4G/", "[hugepages] counts these pages");
	expect_pages(tree, "hugepagesz=1G hugepages=100\n", "", "[hugepages]/",
	             "/proc/cmdline: hugepages=100: no pool of [hugepages] comes of it.");
	expect_pages(tree, "hugepages=16G\n", "", "", "/proc/cmdline: hugepages=16G: no pool of [hugepages] comes of it.");
	/* Less than 2G stay free, as today. */
	expect_pages(tree, "hugepagesz=1G hugepages=63\n", "", "[hugepages]/1G = 63G/keep-free = 1G/", NULL);
}

static void huge_pages_of_nodes(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-two-sockets");
	expect_pages(tree, "hugepagesz=1G hugepages=0:8,1:16\n", "", "[hugepages]/1G@0 = 8G/1G@1 = 16G/", NULL);
	expect_pages(tree, "hugepagesz=1G hugepages=0:8,1\n", "", "[hugepages]/1G@0 = 8G/", NULL);
	expect_pages(tree, "hugepagesz=1G hugepages=0:8,7:1\n", "", "[hugepages]/1G@0 = 8G/", ";1G@7 = 1G\n");
}

static void expect_cpus(const struct tree *tree, const char *cmdline, const char *wanted, const char *told)
{
	tree_write(tree, "proc/cmdline", cmdline);
	expect_live(tree, wanted, told);
}

/* 20 CPUs: 0 to 15 are threads of 8 cores, two by two. */
static void isolated_cpus(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-intel-z690");
	expect_cpus(tree, "isolcpus=4-7\n", "[cpus]/isolate = 4-7/irqs = no/",
	            "Today nothing keeps interrupts off these CPUs");
	expect_cpus(tree, "isolcpus=domain,managed_irq,4-7 nohz_full=4-7 irqaffinity=0-3,8-19\n",
	            "[cpus]/isolate = 4-7/tick = yes/", NULL);
	expect_cpus(tree, "isolcpus=nohz,domain,4-7 irqaffinity=0-7\n", "[cpus]/isolate = 4-7/tick = yes/irqs = no/", NULL);
	expect_cpus(tree, "isolcpus=4-7 nohz_full=6-7\n", "[cpus]/isolate = 4-7/tick = yes/irqs = no/",
	            "nohz_full= is of other CPUs");
	expect_cpus(tree, "isolcpus=4-7 rcu_nocbs=4-7\n", "[cpus]/isolate = 4-7/irqs = no/",
	            "rcu_nocbs=4-7: [cpus] does not ask for it: tick = yes would.");
	expect_cpus(tree, "isolcpus=4-7 irqaffinity=0-7\n", "[cpus]/isolate = 4-7/irqs = no/",
	            "irqaffinity=0-7: vfio-prep leaves it alone.");
	expect_cpus(tree, "isolcpus=16-N\n", "[cpus]/isolate = 16-19/irqs = no/", NULL);
	expect_cpus(tree, "isolcpus=managed_irq,4-7\n", "", ";[cpus]\n;isolate = 4-7\n");
	expect_cpus(tree, "nohz_full=4-7 rcu_nocbs=4-7\n", "", ";[cpus]\n;isolate = 4-7\n;tick = yes\n");
	expect_cpus(tree, "rcu_nocbs=all\n", "", ";isolate = 0-19\n");
	expect_cpus(tree, "isolcpus=0-3\n", "", "CPU 0 is in the list");
	expect_cpus(tree, "isolcpus=nonsense\n", "", "Which CPUs of this machine it means is not known.");
	expect_cpus(tree, "isolcpus=domain,\n", "", "Which CPUs of this machine it means is not known.");
	expect_cpus(tree, "isolcpus nohz_full=\n", "", "not known");
}

/* Runs the command of the first item on the tree's files, and compares what is left of one. */
static void expect_removed(const struct tree *tree, const char *path, const char *before, const char *after)
{
	struct cmdline cmdline = { 0 };
	struct inherited inherited;
	struct loader loader = { 0 };
	char command[2048], *fix, *place;

	tree_write(tree, path, before);
	assert_int_equal(inherited_read(&tree->root, &cmdline, &loader, &inherited), 0);
	if (inherited.count != 1)
		fail_msg("%zu of %s", inherited.count, before);
	fix = import_command(&inherited.items[0]);
	place = strrchr(fix, ' ');
	snprintf(command, sizeof(command), "%.*s %s%s", (int)(place - fix), fix, tree->directory, place + 1);
	if (system(command) != 0)
		fail_msg("%s", command);
	tree_expect(tree, path, after);
	tree_write(tree, path, "");
	free(fix);
	inherited_done(&inherited);
}

static void commands(void **state)
{
	static const char *const conf = "etc/modprobe.d/vfio.conf", *const dracut = "etc/dracut.conf.d/vfio.conf";
	const struct tree *tree = *state;

	expect_removed(tree, conf, "a\n options\tvfio-pci  ids=10de:2684 disable_vga=1\nb ids=1",
	               "a\n options\tvfio-pci  disable_vga=1\nb ids=1");
	expect_removed(tree, conf, "options vfio-pci ids=10de:2684 disable_vga=1 ids=10de:2684,10de:22ba\nb",
	               "options vfio-pci disable_vga=1\nb");
	expect_removed(tree, conf, "softdep x pre: mlx5_vfio_pci y hisi-acc-vfio-pci vfio-pci\nb", "softdep x pre: y \nb");
	expect_removed(tree, conf, "softdep nvidia-vgpu-vfio pre: vfio-pci mdev\nb",
	               "softdep nvidia-vgpu-vfio pre: mdev\nb");
	expect_removed(tree, conf, "x\nsoftdep nvidia pre: vfio-pci\nsoftdep nvidia pre: nvme",
	               "x\nsoftdep nvidia pre: nvme");
	expect_removed(tree, conf, "a\nsoftdep nvidia pre: \\\nvfio-pci \\\n\nb\nc", "a\nb\nc");
	expect_removed(tree, conf, "install vfio-pci /bin/x '$1' [a-z]*.sh \\; echo \"^&\"\nb", "b");
	expect_removed(tree, conf, "install vfio-pci /bin/x '$1' [a-z]*.sh ; echo \"^&\"\nb", "b");
	expect_removed(tree, conf, "install vfio-pci /bin/caf\xc3\xa9\nb", "b");
	expect_removed(tree, dracut, "force_drivers+=\" vfio nouveau vfio-pci \"\nhostonly=yes",
	               "force_drivers+=\" nouveau \"\nhostonly=yes");
	expect_removed(tree, dracut, "force_drivers+=\" vfio-pci \"\nhostonly=yes", "hostonly=yes");
	expect_removed(tree, dracut, "add_drivers+=\" vfio-pci nvidia-vgpu-vfio btrfs vfio vfio_iommu_type1 \"\nb",
	               "add_drivers+=\" nvidia-vgpu-vfio btrfs \"\nb");
	expect_removed(tree, "etc/mkinitcpio.conf", "MODULES=(vfio_pci vfio)\nx", "MODULES=()\nx");
	expect_removed(tree, "etc/mkinitcpio.conf.d/a.conf", "MODULES+=(vfio_pci)\nx", "x");
	expect_removed(tree, "etc/mkinitcpio.conf", "MODULES=(vfio_pci btrfs vfio)\nx", "MODULES=(btrfs )\nx");
	expect_removed(tree, "etc/initramfs-tools/modules", "nvme\nvfio-pci ids=10de:2684 # mine\n#vfio-pci",
	               "nvme\n#vfio-pci");
	expect_removed(tree, "etc/sysctl.d/a.conf", "vm.nr_hugepages = 8\nvmxnr_hugepages = 8", "vmxnr_hugepages = 8");
}

static size_t count_kept(const struct tree *tree, const char *cmdline, const char *told)
{
	struct imported imported;
	size_t count;

	tree_write(tree, "proc/cmdline", cmdline);
	read_import(tree, &imported);
	count = imported.import.kept_count;
	for (size_t i = 0; i < count; i++)
		if (!strstr(imported.import.kept[i].why, told))
			fail_msg("%s", imported.import.kept[i].why);
	import_free(&imported);
	return count;
}

static void parameters_of_recipes(void **state)
{
	const struct tree *tree = *state;

	assert_int_equal(count_kept(tree, "video=efifb:off video=vesafb:off,efifb:off initcall_blacklist=sysfb_init\n",
	                            "boot framebuffer"), 3);
	assert_int_equal(count_kept(tree, "video=1920x1080 video initcall_blacklist=x initcall_blacklist\n", ""), 0);
	assert_int_equal(count_kept(tree, "pcie_acs_override=downstream,multifunction\n", "isolate nothing"), 1);
}

static void expect_parameters(const struct tree *tree, const char *path, const char *wanted)
{
	struct imported imported;

	read_import(tree, &imported);
	assert_int_equal(imported.import.removal_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const char *command = imported.import.removals[i].command, *file = strstr(command, path),
				   *then = strstr(command, " && ");
		char shell[2048];

		if (!file || !then || strstr(command, "vfio-prep"))
			fail_msg("%s", command);
		/* The file comes last, and then what makes the loader read it. */
		snprintf(shell, sizeof(shell), "%.*s%s/%s", (int)(file - 1 - command), command, tree->directory, path);
		assert_int_equal(system(shell), 0);
	}
	tree_expect(tree, path, wanted);
	import_free(&imported);
}

/* One after the other: no command undoes another, and our own drop-in stays. */
static void parameters(void **state)
{
	const struct tree *tree = *state;
	struct imported imported;

	tree_write(tree, "proc/cmdline", "root=x vfio-pci.ids=1:2 rd.driver.pre=vfio-pci quiet\n");
	tree_write(tree, "usr/sbin/proxmox-boot-tool", "");
	tree_write(tree, "etc/kernel/proxmox-boot-uuids", "1234-5678\n");
	tree_write(tree, "etc/kernel/cmdline", "root=x vfio-pci.ids=1:2 rd.driver.pre=vfio-pci quiet\n");
	expect_parameters(tree, "etc/kernel/cmdline", "root=x   quiet");
	tree_remove(tree, "etc/kernel/cmdline");
	tree_write(tree, "usr/sbin/update-grub", "");
	tree_write(tree, "usr/sbin/grub-mkconfig", "default/grub.d");
	tree_write(tree, "etc/default/grub", "GRUB_CMDLINE_LINUX=\"vfio-pci.ids=1:2 quiet rd.driver.pre=vfio-pci\"\n");
	tree_write(tree, "etc/default/grub.d/vfio-prep.cfg",
	           "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT isolcpus=2-3\"\n");
	expect_parameters(tree, "etc/default/grub", "GRUB_CMDLINE_LINUX=\" quiet \"");
	/* Until the next boot they are on its command line alone. */
	read_import(tree, &imported);
	assert_int_equal(imported.import.removal_count, 0);
	assert_int_equal(imported.import.kept_count, 2);
	import_free(&imported);
}

/* Quotes that the kernel takes away, alone and inside of a shell's. */
static void quoted_parameters(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "proc/cmdline", "root=x vfio-pci.ids=\"1:2,1:3\" rd.driver.pre=\"vfio-pci\" quiet\n");
	tree_write(tree, "usr/sbin/update-grub", "");
	tree_write(tree, "etc/default/grub", "GRUB_CMDLINE_LINUX='vfio-pci.ids=\"1:2,1:3\" quiet'\n"
	           "GRUB_CMDLINE_LINUX_DEFAULT=\"rd.driver.pre=\\\"vfio-pci\\\"\"\n");
	expect_parameters(tree, "etc/default/grub", "GRUB_CMDLINE_LINUX=' quiet'\nGRUB_CMDLINE_LINUX_DEFAULT=\"\"");
	tree_write(tree, "usr/sbin/proxmox-boot-tool", "");
	tree_write(tree, "etc/kernel/proxmox-boot-uuids", "1234-5678\n");
	tree_write(tree, "etc/kernel/cmdline", "root=x vfio-pci.ids=\"1:2,1:3\" rd.driver.pre=\"vfio-pci\" quiet\n");
	tree_remove(tree, "etc/default/grub");
	tree_remove(tree, "usr/sbin/update-grub");
	expect_parameters(tree, "etc/kernel/cmdline", "root=x   quiet");
}

/* Two entries of systemd-boot: a line of a config is too short for the command. */
static void long_commands(void **state)
{
	const struct tree *tree = *state;
	struct imported imported;

	tree_write(tree, "proc/cmdline", "quiet vfio-pci.ids=10de:2684,10de:22ba\n");
	tree_write(tree, "boot/loader/entries/arch.conf", "linux /a\noptions quiet vfio-pci.ids=10de:2684,10de:22ba\n");
	tree_write(tree, "boot/loader/entries/lts.conf", "linux /b\noptions quiet vfio-pci.ids=10de:2684,10de:22ba\n");
	read_import(tree, &imported);
	check_plan(tree, &imported);
	if (!strstr(imported.text, "([[:blank:]\\x22\\x27]|$)/\\1\\2/g' /boot/loader/entries/arch.conf\n# sed -i ") ||
	    !strstr(imported.text, "([[:blank:]\\x22\\x27]|$)/\\1\\2/g' /boot/loader/entries/lts.conf\n; 3."))
		fail_msg("%s", imported.text);
	import_free(&imported);
}

static void expect_comment(const struct tree *tree, const char *wanted)
{
	struct imported imported;

	read_import(tree, &imported);
	assert_int_equal(imported.import.removal_count, 1);
	assert_string_equal(imported.import.removals[0].command, wanted);
	check_plan(tree, &imported);
	import_free(&imported);
}

/* Where no command is to be had, a comment of the shell says what to do. */
static void commands_by_hand(void **state)
{
	static const char *const texts[] = {
		"options vfio-pci \"ids=1:2\" disable_vga=1\n", "options vfio-pci disable_vga=1 \\\nids=1:2\n",
		"install vfio-pci \x1b[31mx\n",
		"install vfio-pci \xff\n",
	};
	const struct tree *tree = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct imported imported;

		tree_write(tree, "etc/modprobe.d/vfio.conf", texts[i]);
		read_import(tree, &imported);
		assert_int_equal(imported.import.removal_count, 1);
		assert_memory_equal(imported.import.removals[0].command, "# take ", 7);
		assert_non_null(strstr(imported.import.removals[0].command, "/etc/modprobe.d/vfio.conf, line 1"));
		check_plan(tree, &imported);
		import_free(&imported);
	}
	tree_remove(tree, "etc/modprobe.d/vfio.conf");
	tree_write(tree, "etc/modprobe.d/a b.conf", "options vfio-pci ids=1:2\n");
	expect_comment(tree, "# take this out: /etc/modprobe.d/a b.conf, line 1");
	tree_remove(tree, "etc/modprobe.d/a b.conf");
	tree_write(tree, "etc/modprobe.d/a\nenabled = no\n.conf", "options vfio-pci ids=1:2\n");
	expect_comment(tree, "# take this out: /etc/modprobe.d/a?enabled = no?.conf, line 1");
	tree_remove(tree, "etc/modprobe.d/a\nenabled = no\n.conf");
	tree_write(tree, "proc/cmdline", "vfio-pci.ids=1:2,\xff\n");
	expect_comment(tree, "# take this parameter off the kernel command line, in the boot loader's config");
	tree_write(tree, "proc/cmdline", "module_blacklist=vfio_pci,nouveau\n");
	expect_comment(tree, "# take the vfio modules out of this parameter, in the boot loader's config");
}

/* On every machine, whatever its functions' ids are asked for by, and whatever stands beside that. */
static void any_settings(void **state)
{
	static const char *const words[] = {
		"options vfio-pci ",
		"ids=",
		"10de:2684,",
		"144d:a80a ",
		"8086:",
		"\n",
		"\n",
		"softdep nvidia pre: vfio-pci ",
		"\\\n",
		"\x1b[2J",
		"\xff\xc3",
		"\"",
		"install vfio-pci ",
		"blacklist nouveau\n",
		"[device x]\n",
		"id = 1:2\n",
		"; ",
		"# ",
		"loooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooon"
		"g",
	};
	struct names hosts = host_names();
	unsigned int seed = 20261123;

	(void)state;
	for (size_t i = 0; i < hosts.count; i++) {
		struct tree tree;
		char text[4096];

		tree_new(&tree);
		tree_unpack(&tree, hosts.items[i]);
		for (unsigned int round = 0; round < 4; round++) {
			struct imported imported;
			struct host host;
			size_t used = 0;

			assert_int_equal(host_read(&tree.root, NULL, 0, &host), 0);
			used += (size_t)snprintf(text, sizeof(text), "options vfio-pci ids=");
			for (size_t j = 0; j < host.pci.count && used < sizeof(text) - 400; j++)
				if (!round || rand_r(&seed) % 3 == 0)
					used += (size_t)snprintf(text + used, sizeof(text) - used, "%04x:%04x,",
					                         host.pci.functions[j].vendor, host.pci.functions[j].device);
			text[used++] = '\n';
			for (size_t j = 0; round && j < 20; j++) {
				const char *word = words[(size_t)rand_r(&seed) % ARRAY_SIZE(words)];

				if (used + strlen(word) < sizeof(text)) {
					memcpy(text + used, word, strlen(word));
					used += strlen(word);
				}
			}
			host_done(&host);
			tree_write_bytes(&tree, "etc/modprobe.d/zz-test.conf", text, used);
			tree_write_bytes(&tree, "etc/initramfs-tools/modules", text, round == 2 ? used : 0);
			read_import(&tree, &imported);
			check_plan(&tree, &imported);
			import_free(&imported);
		}
		tree_done(&tree);
	}
	names_done(&hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(before_the_first_boot),
		tree_test(sound_of_the_hosts_card),
		tree_test(ids_with_a_tail), tree_test(last_ids_count),
		tree_test(saved_by_driverctl),
		tree_test(held),
		tree_test(no_more_than_today),
		tree_test(huge_pages),
		tree_test(huge_pages_of_nodes),
		tree_test(isolated_cpus),
		tree_test(commands),
		tree_test(parameters),
		tree_test(parameters_of_recipes),
		tree_test(quoted_parameters), tree_test(long_commands),
		tree_test(commands_by_hand),
		cmocka_unit_test(any_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
