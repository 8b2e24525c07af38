/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "plan/advice.h"

#define CPUS "sys/devices/system/cpu"
#define GUESTS "[cpus]\nisolate = 2-3,6-7\n"
#define CPU_PARAMETERS "isolcpus=domain,managed_irq,2-3,6-7 irqaffinity=0-1,4-5"
#define ONE_GIB (UINT64_C(1) << 30)

/* Four cores of two threads each, 0 and 4 and so on; ten CPUs are possible; an IOMMU that is on. */
static void make_machine(const struct tree *tree)
{
	tree_write(tree, CPUS "/online", "0-7");
	tree_write(tree, CPUS "/possible", "0-9");
	tree_write(tree, CPUS "/isolated", "");
	tree_write(tree, CPUS "/nohz_full", "(null)");
	for (unsigned int i = 0; i < 8; i++) {
		char *path = format_text(CPUS "/cpu%u/topology/thread_siblings_list", i);
		char *list = format_text("%u,%u", i % 4, i % 4 + 4);

		tree_write(tree, path, list);
		free(path);
		free(list);
	}
	tree_write(tree, "sys/class/iommu/dmar0/name", "");
	tree_write(tree, "sys/firmware/acpi/tables/DMAR", "");
	tree_mkdir(tree, "sys/kernel/iommu_groups");
	tree_mkdir(tree, "sys/bus/pci/devices");
}

static void iommu_off(const struct tree *tree, const char *table)
{
	tree_remove(tree, "sys/class/iommu/dmar0/name");
	tree_remove(tree, "sys/class/iommu/dmar0");
	tree_remove(tree, "sys/firmware/acpi/tables/DMAR");
	if (table) {
		char *path = format_text("sys/firmware/acpi/tables/%s", table);

		tree_write(tree, path, "");
		free(path);
	}
}

struct given {
	const char *config, *cmdline;
	const struct advice_pages *pages;
	size_t page_count;
};

static void build(const struct tree *tree, const struct given *given, struct advice *ret)
{
	struct isolation isolation;
	struct config config;
	struct host host;

	if (given->cmdline)
		tree_write(tree, "proc/cmdline", given->cmdline);
	config_from_text(given->config, &config);
	assert_int_equal(config.error_count, 0);
	assert_int_equal(host_read(&tree->root, &config, HOST_LOG, &host), 0);
	assert_int_equal(isolation_build(&config, &host, &isolation), 0);
	assert_int_equal(advice_build(&config, &host, &isolation, given->pages, given->page_count, ret), 0);
	for (size_t i = 0; i < ret->count; i++)
		assert_true(ret->items[i].why[0]);
	isolation_done(&isolation);
	host_done(&host);
	config_done(&config);
}

/* "+ADDED" and "-DROPPED", and "=KEPT" with keep, in order, with blanks between them. */
static char *format_advice(const struct advice *advice, bool keep)
{
	char *text = format_text("%s", "");

	for (size_t i = 0; i < advice->count; i++) {
		static const char marks[] = { [ADVICE_ADD] = '+', [ADVICE_DROP] = '-', [ADVICE_KEEP] = '=' };
		char *longer;

		if (advice->items[i].kind == ADVICE_KEEP && !keep)
			continue;
		longer =
			format_text("%s%s%c%s", text, *text ? " " : "", marks[advice->items[i].kind], advice->items[i].parameter);
		free(text);
		text = longer;
	}
	return text;
}

/* The command line after the advice: words that are dropped are gone, wherever they stand, and new ones follow. */
static char *follow(const char *cmdline, const struct advice *advice)
{
	char *line = format_text("%s", cmdline), *longer;

	for (size_t i = 0; i < advice->count; i++) {
		const char *parameter = advice->items[i].parameter;
		size_t size = strlen(parameter);
		char *at = line;

		while (advice->items[i].kind == ADVICE_DROP && (at = strstr(at, parameter))) {
			if ((at == line || at[-1] == ' ') && (!at[size] || at[size] == ' '))
				memmove(at, at + size, strlen(at + size) + 1);
			else
				at += size;
		}
	}
	for (size_t i = 0; i < advice->count; i++)
		if (advice->items[i].kind == ADVICE_ADD) {
			longer = format_text("%s %s", line, advice->items[i].parameter);
			free(line);
			line = longer;
		}
	return line;
}

/* What is advised, and that nothing is left to advise after it. */
static void expect_pages(const struct tree *tree, const struct given *given, bool keep, const char *wanted)
{
	struct given then = *given;
	struct advice advice;
	char *text, *line;

	build(tree, given, &advice);
	text = format_advice(&advice, keep);
	assert_string_equal(text, wanted);
	free(text);
	line = follow(given->cmdline, &advice);
	advice_done(&advice);
	then.cmdline = line;
	build(tree, &then, &advice);
	text = format_advice(&advice, false);
	assert_string_equal(text, "");
	free(text);
	free(line);
	advice_done(&advice);
}

static void expect(const struct tree *tree, const char *config, const char *cmdline, const char *wanted)
{
	expect_pages(tree, &(struct given){ config, cmdline, NULL, 0 }, false, wanted);
}

static void cpus_of_the_guests(void **state)
{
	const struct tree *tree = *state;

	make_machine(tree);
	expect(tree, GUESTS, "ro quiet", "+isolcpus=domain,managed_irq,2-3,6-7 +irqaffinity=0-1,4-5");
	expect(tree, GUESTS "irqs = no\n", "ro quiet", "+isolcpus=domain,managed_irq,2-3,6-7");
	expect(tree, GUESTS "tick = yes\n", "ro quiet", "+isolcpus=domain,managed_irq,2-3,6-7 +nohz_full=2-3,6-7 "
	       "+rcu_nocbs=2-3,6-7 +irqaffinity=0-1,4-5");
	expect(tree, "[cpus]\nisolate = auto:4\n", "", "+isolcpus=domain,managed_irq,2-3,6-7 +irqaffinity=0-1,4-5");
	/* The items that stand are told, for whoever writes a file with all of them. */
	expect_pages(tree, &(struct given){ GUESTS, CPU_PARAMETERS, NULL, 0 }, true,
	             "=isolcpus=domain,managed_irq,2-3,6-7 =irqaffinity=0-1,4-5");
}

static void sets_are_equal_as_sets(void **state)
{
	static const char *const lists[] = {
		"isolcpus=managed_irq,domain,2-3,6-7",
		"isolcpus=domain,managed_irq,7,6,3,2",
		"isolcpus=domain,managed_irq,2-7:2/4",
		"isolcpus=domain,managed_irq,2,3,6-N",
		"isolcpus=domain,domain,managed_irq,,2-3,6-7", /* 8 and 9 are not there */
		"isolcpus=nohz,domain,managed_irq,2-3,6-7",
		"isolcpus=domain,managed_irq,2-3,6-7 isolcpus=managed_irq,domain,2-3,6-9",
		"\"isolcpus=domain,managed_irq,2-3,6-7\"",
	};
	const struct tree *tree = *state;

	make_machine(tree);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		expect(tree, GUESTS "irqs = no\n", lists[i], "");
	/* The CPU that boots is in it, whatever the list says. */
	expect(tree, GUESTS, "isolcpus=managed_irq,domain,2-3,6-7 irqaffinity=1,4,5", "");
	expect(tree, GUESTS, "isolcpus=managed_irq,domain,2-3,6-7 irqaffinity=1", "-irqaffinity=1 +irqaffinity=0-1,4-5");
}

static void what_is_stale(void **state)
{
	static const char *const stale[] = {
		"isolcpus=2-3,6-7", "isolcpus=domain,2-3,6-7", "isolcpus=managed_irq,2-3,6-7",
		"isolcpus=domain,managed_irq,3,7",
		"isolcpus=domain,managed_irq,all", "isolcpus=domain,managed_irq,N", "isolcpus=domain,managed_irq,2-3,6-x",
		"isolcpus=domain,managed_irq,strange,2-3,6-7", "isolcpus=domain,managed_irq", "isolcpus=", "isolcpus",
	};
	const struct tree *tree = *state;

	make_machine(tree);
	for (size_t i = 0; i < ARRAY_SIZE(stale); i++) {
		char *wanted = format_text("-%s +isolcpus=domain,managed_irq,2-3,6-7", stale[i]);
		char *line = format_text("ro %s quiet", stale[i]);

		expect(tree, GUESTS "irqs = no\n", line, wanted);
		free(wanted);
		free(line);
	}
	/* Of two nohz_full= the kernel refuses the second, of two rcu_nocbs= the second counts: any other value goes. */
	expect(tree, GUESTS "tick = yes\n", CPU_PARAMETERS " nohz_full=1 nohz_full=2-3,6-7 rcu_nocbs=2-3,6,7 rcu-nocbs=2",
	       "-nohz_full=1 -rcu-nocbs=2");
	/* Callbacks of more CPUs than the guests' may be called elsewhere; who calls them has to stay off the guests'
	 * own. */
	expect(tree, GUESTS "tick = yes\n", CPU_PARAMETERS " nohz_full=2-3,6-7 rcu_nocbs=all", "");
	expect(tree, GUESTS "tick = yes\n", CPU_PARAMETERS " nohz_full=2-3,6-7 rcu_nocbs=1-7", "");
	expect(tree, GUESTS "tick = yes\n", CPU_PARAMETERS " nohz_full=all rcu_nocbs=3-7",
	       "-nohz_full=all +nohz_full=2-3,6-7 -rcu_nocbs=3-7 +rcu_nocbs=2-3,6-7");
	expect(tree, GUESTS "tick = yes\n", CPU_PARAMETERS " nohz_full=1 nohz_full=1 rcu_nocbs",
	       "-nohz_full=1 +nohz_full=2-3,6-7 -rcu_nocbs +rcu_nocbs=2-3,6-7");
}

static void what_init_is_given(void **state)
{
	const struct tree *tree = *state;
	struct advice advice;
	char *text;

	make_machine(tree);
	build(tree, &(struct given){ GUESTS "irqs = no\n", "ro -- isolcpus=1", NULL, 0 }, &advice);
	text = format_advice(&advice, true);
	assert_string_equal(text, "+isolcpus=domain,managed_irq,2-3,6-7");
	free(text);
	advice_done(&advice);
}

static void what_is_not_asked_for_stays(void **state)
{
	const struct tree *tree = *state;

	make_machine(tree);
	expect(tree, "", "isolcpus=1 nohz_full=1 rcu_nocbs=1 irqaffinity=0 hugepagesz=1G hugepages=4 iommu=pt "
	       "kvm.ignore_msrs=1 rd.driver.pre=vfio-pci vfio-pci.ids=1:2 video=efifb:off", "");
	expect(tree, GUESTS "irqs = no\n", CPU_PARAMETERS " nohz_full=1 rcu_nocbs=1 irqaffinity=2", "");
	expect(tree, "[vfio-prep]\nenabled = no\n[device a]\nid = 1234:1111\n" GUESTS, "amd_iommu=on vfio-pci.ids=1:2", "");
	/* A list that cannot be isolated: there is nothing to add, and what stands there is not known to be wrong. */
	expect(tree, "[cpus]\nisolate = 0-3\n", "isolcpus=1", "");
}

static void a_tick_that_the_kernel_cannot_stop(void **state)
{
	const struct tree *tree = *state;

	make_machine(tree);
	tree_remove(tree, CPUS "/nohz_full");
	expect(tree, GUESTS "tick = yes\nirqs = no\n", "nohz_full=2-3,6-7",
	       "+isolcpus=domain,managed_irq,2-3,6-7 -nohz_full=2-3,6-7 +rcu_nocbs=2-3,6-7");
}

static void what_cannot_be_read(void **state)
{
	const struct tree *tree = *state;
	struct advice advice;

	make_machine(tree);
	build(tree, &(struct given){ GUESTS, NULL, NULL, 0 }, &advice);
	assert_true(advice.unknown);
	assert_int_equal(advice.count, 0);
	advice_done(&advice);
	tree_remove(tree, CPUS "/online");
	expect(tree, GUESTS, "isolcpus=1", "");
}

#define DEVICE "[device a]\nid = 1234:1111\n"

static void an_iommu_that_is_off(void **state)
{
	const struct tree *tree = *state;

	make_machine(tree);
	expect(tree, DEVICE, "ro", "");
	expect_pages(tree, &(struct given){ DEVICE, "intel_iommu=on,sm_on", NULL, 0 }, true, "=intel_iommu=on,sm_on");
	expect(tree, DEVICE, "intel_iommu=off iommu=off", ""); /* it is on all the same */
	iommu_off(tree, "DMAR");
	expect(tree, "", "ro", ""); /* nobody needs it */
	expect(tree, DEVICE, "ro", "+intel_iommu=on");
	expect(tree, DEVICE, "intel_iommu=igfx_off", "+intel_iommu=on");
	expect(tree, DEVICE, "intel_iommu=on", ""); /* and does not help */
	expect(tree, DEVICE, "intel_iommu=off", "-intel_iommu=off +intel_iommu=on");
	expect(tree, DEVICE, "intel_iommu=on intel_iommu=off iommu=pt,off", "-intel_iommu=off -iommu=pt,off");
	expect(tree, DEVICE, "amd_iommu=off", "+intel_iommu=on");
	iommu_off(tree, "IVRS");
	expect(tree, DEVICE, "ro", "");
	expect(tree, DEVICE, "amd_iommu=off iommu=off intel_iommu=off", "-amd_iommu=off -iommu=off");
	tree_remove(tree, "sys/firmware/acpi/tables/IVRS");
	expect(tree, DEVICE, "iommu=off", ""); /* off in the firmware: no parameter helps */
}

static void what_does_harm(void **state)
{
	const struct tree *tree = *state;

	make_machine(tree);
	expect(tree, "", "ro amd_iommu=on", "-amd_iommu=on");
	expect(tree, "", "amd_iommu=fullflush,on,pgtbl_v2",
	       "-amd_iommu=fullflush,on,pgtbl_v2 +amd_iommu=fullflush,pgtbl_v2");
	expect(tree, DEVICE, "vfio-pci.ids=10de:1,10de:2 vfio_pci.ids=1:2 vfio_pci.disable_vga=1",
	       "-vfio-pci.ids=10de:1,10de:2 -vfio_pci.ids=1:2");
	expect(tree, DEVICE, "pci-stub.ids=1:2 pcie_acs_override=downstream,multifunction",
	       "-pci-stub.ids=1:2 -pcie_acs_override=downstream,multifunction");
	expect(tree, DEVICE, "x=\"a b\" vfio-pci.ids=\"1:1 2:2\"", "-vfio-pci.ids=\"1:1 2:2\"");
}

static void what_the_kernel_does_not_know(void **state)
{
	const struct tree *tree = *state;
	const char *cmdline =
		"BOOT_IMAGE=/vmlinuz ro splash iommu=pt pcie_acs_override=downstream intel_iommu=on isolcpus=2";
	struct advice advice;
	char *text;

	make_machine(tree);
	tree_write(tree, "dev/kmsg", "[    0.03] Unknown kernel command line parameters \"splash BOOT_IMAGE=/vmlinuz "
	           "pcie_acs_override=downstream isolcpus=2\", will be passed to user space.\n");
	expect(tree, "", cmdline, "-isolcpus=2 -pcie_acs_override=downstream");
	/* What is asked for stays, and the report tells that it does nothing. */
	build(tree, &(struct given){ GUESTS, CPU_PARAMETERS, NULL, 0 }, &advice);
	text = format_advice(&advice, true);
	assert_string_equal(text, "=isolcpus=domain,managed_irq,2-3,6-7 =irqaffinity=0-1,4-5");
	free(text);
	advice_done(&advice);
}

static void pages_at_the_start(void **state)
{
	static const struct advice_pages some[] = { { ONE_GIB, -1, 16, 12 } }, all[] = { { ONE_GIB, -1, 16, 0 } },
		nodes[] = { { ONE_GIB, 0, 8, 8 }, { ONE_GIB, 1, 4, 0 }, { 2 << 20, -1, 512, 100 }, { ONE_GIB, -1, 2, 2 } };
	const struct tree *tree = *state;

	make_machine(tree);
	expect_pages(tree, &(struct given){ "", "ro", some, 1 }, false, "+hugepagesz=1G +hugepages=16");
	expect_pages(tree, &(struct given){ "", "ro", all, 1 }, false, "");
	expect_pages(tree, &(struct given){ "", "ro", nodes, 4 }, false, "+hugepagesz=1G +hugepages=0:8,1:4");
	expect_pages(tree, &(struct given){ "", "hugepagesz=1G hugepages=1:4,0:8", nodes, 4 }, true,
	             "=hugepagesz=1G =hugepages=1:4,0:8");
	expect_pages(tree, &(struct given){ "", "hugepagesz=1024M hugepages=16", all, 1 }, true,
	             "=hugepagesz=1024M =hugepages=16");
	/* They are there all the same. */
	expect_pages(tree, &(struct given){ "", "hugepagesz=1G hugepages=4", all, 1 }, true, "");
	expect_pages(tree, &(struct given){ "", "hugepages=4 hugepagesz=2M hugepages=512", some, 1 }, false,
	             "+hugepagesz=1G +hugepages=16");
	expect_pages(tree, &(struct given){ "", "hugepagesz=1G hugepages=4 ro", some, 1 }, false,
	             "-hugepagesz=1G -hugepages=4 +hugepagesz=1G +hugepages=16");
	/* The kernel ignores the second one. */
	expect_pages(tree, &(struct given){ "", "hugepagesz=1G hugepages=4 hugepagesz=1G hugepages=16", some, 1 }, false,
	             "-hugepagesz=1G -hugepages=4 -hugepages=16 +hugepagesz=1G +hugepages=16");
	expect_pages(tree, &(struct given){ "", "default_hugepagesz=1G hugepages=4", some, 1 }, false,
	             "-hugepages=4 +hugepagesz=1G +hugepages=16");
}

/* Whatever stands there, following the advice leaves none; and words that are no parameters do no harm. */
static void following_leaves_nothing(void **state)
{
	static const char *const words[] = {
		"isolcpus=", "nohz_full=", "rcu_nocbs=", "irqaffinity=", "domain,", "managed_irq,", "nohz,", "2-3,6-7",
		"0-1,4-5", "N",
		":", "/", "1", "all", "-", " ", " ", "amd_iommu=on", "vfio-pci.ids=1:1", "x", "\"", "intel_iommu=off", "--",
	};
	const struct tree *tree = *state;
	unsigned int seed = 1;

	make_machine(tree);
	iommu_off(tree, "DMAR");
	for (int round = 0; round < 1500; round++) {
		struct given given = { DEVICE GUESTS "tick = yes\n", NULL, NULL, 0 };
		struct advice advice;
		char line[300] = "";
		char *then;
		bool comparable;

		for (int i = 0; i < 12; i++) {
			seed = seed * 1103515245 + 12345;
			strcat(line, words[(seed >> 16) % ARRAY_SIZE(words)]);
		}
		given.cmdline = line;
		build(tree, &given, &advice);
		/* With quotes and "--" a command line cannot be changed word by word. */
		comparable = !strchr(line, '"') && !strstr(line, "--");
		then = follow(line, &advice);
		advice_done(&advice);
		if (comparable) {
			given.cmdline = then;
			build(tree, &given, &advice);
			assert_int_equal(advice_count(&advice, ADVICE_ADD), 0);
			assert_int_equal(advice_count(&advice, ADVICE_DROP), 0);
			advice_done(&advice);
		}
		free(then);
	}
}

/* The same on recorded machines with every config that is beside them. */
static void following_leaves_nothing_on_machines(void **state)
{
	struct names hosts = host_names();
	size_t advised = 0;

	(void)state;
	for (size_t i = 0; i < hosts.count; i++) {
		struct names configs = host_configs(hosts.items[i]);
		struct tree tree;

		tree_new(&tree);
		tree_unpack(&tree, hosts.items[i]);
		for (size_t j = 0; j < configs.count; j++) {
			char *cmdline = tree_read(&tree, "proc/cmdline"), *text, *line;
			struct given given = { NULL, NULL, NULL, 0 };
			struct advice advice;
			struct config config;

			config_from_host(hosts.items[i], configs.items[j], &config);
			given.config = config.bytes;
			build(&tree, &given, &advice);
			advised += advice_count(&advice, ADVICE_ADD) + advice_count(&advice, ADVICE_DROP);
			given.cmdline = line = follow(cmdline, &advice);
			advice_done(&advice);
			build(&tree, &given, &advice);
			text = format_advice(&advice, false);
			if (*text)
				fail_msg("%s, %s: %s after it was followed: %s", hosts.items[i], configs.items[j], text, line);
			tree_write(&tree, "proc/cmdline", cmdline);
			advice_done(&advice);
			config_done(&config);
			free(text);
			free(line);
			free(cmdline);
		}
		names_done(&configs);
		tree_done(&tree);
	}
	assert_true(advised > 20); /* there was something to follow */
	names_done(&hosts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(cpus_of_the_guests),
		tree_test(sets_are_equal_as_sets),
		tree_test(what_is_stale),
		tree_test(what_init_is_given),
		tree_test(what_is_not_asked_for_stays),
		tree_test(a_tick_that_the_kernel_cannot_stop),
		tree_test(what_cannot_be_read),
		tree_test(an_iommu_that_is_off),
		tree_test(what_does_harm),
		tree_test(what_the_kernel_does_not_know),
		tree_test(pages_at_the_start),
		tree_test(following_leaves_nothing),
		cmocka_unit_test(following_leaves_nothing_on_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
