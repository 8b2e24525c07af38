/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read of interrupts, power and isolation (host/tuning*.c). */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/host.h"

#define IRQS "proc/irq/"
#define CPU "sys/devices/system/cpu/"
#define CGROUPS "sys/fs/cgroup/"

static struct cpus set(const char *list)
{
	struct cpus cpus;

	assert_int_equal(cpus_parse(list, &cpus), 0);
	return cpus;
}

static void expect_set(const struct cpus *cpus, const char *list)
{
	char text[256];

	cpus_format(cpus, text, sizeof(text));
	assert_string_equal(text, list);
}

static struct tuning read_all(const struct tree *tree, const struct pci *pci)
{
	struct cpus online = set("0-3");
	struct pci none = { 0 };
	struct tuning tuning;

	assert_int_equal(tuning_read(&tree->root, &online, pci ? pci : &none, TUNING_RUNNING | TUNING_KERNEL, &tuning), 0);
	return tuning;
}

static void an_empty_machine_is_unknown(void **state)
{
	struct tuning tuning = read_all(*state, NULL);

	assert_int_equal(tuning.irq_default_error, -ENOENT);
	assert_int_equal(tuning.workqueues_error, -ENOENT);
	assert_int_equal(tuning.irqs_error, -ENOENT);
	assert_int_equal(tuning.boost, -1);
	assert_false(tuning.offloaded_known);
	assert_false(tuning.cpusets_known);
	assert_string_equal(tuning.clocksource, "");
	assert_false(tuning_power(&tuning, 0)->has_frequency);
	assert_false(tuning_power(&tuning, 3)->has_idle);
	assert_null(tuning_power(&tuning, 4));
	tuning_done(&tuning);
}

static void masks(void **state)
{
	const struct tree *tree = *state;
	struct tuning tuning;

	tree_write(tree, IRQS "default_smp_affinity", "00000001,00000003\n");
	tree_write(tree, WORKQUEUE_MASK, "f\n");
	tuning = read_all(tree, NULL);
	expect_set(&tuning.irq_default, "0-1,32");
	expect_set(&tuning.workqueues, "0-3");
	tuning_done(&tuning);
	tree_write(tree, WORKQUEUE_MASK, "x\n");
	tuning = read_all(tree, NULL);
	assert_int_equal(tuning.workqueues_error, -EINVAL);
	tuning_done(&tuning);
}

static void make_irq(const struct tree *tree, unsigned int number, const char *action, const char *affinity,
                     const char *effective)
{
	char *path = format_text(IRQS "%u/smp_affinity_list", number);

	tree_write(tree, path, affinity);
	free(path);
	path = format_text(IRQS "%u/effective_affinity_list", number);
	if (effective)
		tree_write(tree, path, effective);
	free(path);
	path = format_text(IRQS "%u/%s", number, action);
	if (*action)
		tree_mkdir(tree, path);
	free(path);
}

static void interrupts(void **state)
{
	const struct tree *tree = *state;
	struct pci_function functions[1] = { { .class = 0x010802 } };
	const struct pci pci = { .functions = functions, .count = 1 };
	struct tuning tuning;
	char *path;

	assert_int_equal(pci_address_parse("0000:02:00.0", &functions[0].address), 0);
	make_irq(tree, 30, "nvme0q1", "2\n", "2\n");
	make_irq(tree, 9, "acpi", "0-3\n", "1\n");
	make_irq(tree, 12, "", "0-3\n", "1\n");         /* nobody handles it */
	make_irq(tree, 20, "eth0", "0-1\n", "\n");      /* not started */
	make_irq(tree, 21, "eth1", "2-3\n", NULL);      /* a kernel that does not tell */
	make_irq(tree, 29, "nvme0q0", "0-3\n", "3\n");
	make_irq(tree, 40, "vfio-msix[0](0000:01:00.0)", "1\n", "1\n");
	make_irq(tree, 41, "zlast", "3\n", "3\n");
	tree_mkdir(tree, IRQS "41/first");
	path = format_text("%s/" IRQS "41/smp_affinity_list", tree->directory);
	assert_int_equal(chmod(path, 0444), 0);
	free(path);
	tree_write(tree, "sys/bus/pci/devices/0000:02:00.0/msi_irqs/29", "msix\n");
	tree_write(tree, "sys/bus/pci/devices/0000:02:00.0/msi_irqs/30", "msix\n");
	tuning = read_all(tree, &pci);
	assert_int_equal(tuning.irq_count, 7);
	assert_int_equal(tuning.irqs[0].number, 9);
	assert_int_equal(tuning.irqs[0].owner, IRQ_OWNER_HOST);
	assert_string_equal(tuning.irqs[0].action, "acpi");
	expect_set(&tuning.irqs[0].affinity, "0-3");
	expect_set(&tuning.irqs[0].effective, "1");
	expect_set(&tuning.irqs[1].effective, "0-1");
	expect_set(&tuning.irqs[2].effective, "2-3");
	assert_int_equal(tuning.irqs[3].owner, IRQ_OWNER_HOST);   /* the device's own */
	assert_int_equal(tuning.irqs[4].owner, IRQ_OWNER_KERNEL); /* a queue */
	assert_int_equal(tuning.irqs[5].owner, IRQ_OWNER_VFIO);
	assert_int_equal(tuning.irqs[6].owner, IRQ_OWNER_KERNEL); /* read-only */
	assert_string_equal(tuning.irqs[6].action, "first");
	tuning_done(&tuning);
}

static void power(void **state)
{
	const struct tree *tree = *state;
	const struct cpu_power *of;
	struct tuning tuning;

	tree_write(tree, CPU "cpu1/cpufreq/scaling_governor", "powersave\n");
	tree_write(tree, CPU "cpu1/cpufreq/energy_performance_preference", "balance_performance \n");
	tree_write(tree, CPU "cpu1/cpuidle/state0/disable", "0\n");
	tree_write(tree, CPU "cpu1/cpuidle/state0/latency", "0\n");
	tree_write(tree, CPU "cpu1/cpuidle/state1/disable", "1\n");
	tree_write(tree, CPU "cpu1/cpuidle/state1/latency", "133\n");
	tree_write(tree, CPU "cpu1/cpuidle/state2/disable", "0\n");
	tuning = read_all(tree, NULL);
	of = tuning_power(&tuning, 1);
	assert_true(of->has_frequency && of->has_idle);
	assert_string_equal(of->governor, "powersave");
	assert_string_equal(of->preference, "balance_performance");
	assert_int_equal(of->state_count, 3);
	assert_false(of->states[0].closed);
	assert_true(of->states[1].closed && of->states[1].latency_us == 133);
	assert_true(of->states[2].latency_us == UINT64_MAX);
	tuning_done(&tuning);
}

static void callbacks(void **state)
{
	const struct tree *tree = *state;
	struct tuning tuning;

	tree_write(tree, "proc/2/stat", "2 (kthreadd) S 0 0 0\n");
	tree_write(tree, "proc/17/stat", "17 (rcuop/2) I 2 0 0\n");
	tree_write(tree, "proc/18/stat", "18 (rcuos/3) S 2 0 0\n");
	tree_write(tree, "proc/19/stat", "19 (rcuog/1) S 2 0 0\n");   /* the leader of some */
	tree_write(tree, "proc/20/stat", "20 (rcuop/0) S 700 0 0\n"); /* somebody's joke */
	tree_write(tree, "proc/21/stat", "21 (a) (rcuop/1) S 2 0\n");
	tree_write(tree, "proc/22/stat", "22 (rcuop/x) S 2 0\n");
	tree_write(tree, "proc/23/stat", "");
	tuning = read_all(tree, NULL);
	assert_true(tuning.offloaded_known);
	expect_set(&tuning.offloaded, "2-3");
	tuning_done(&tuning);
}

static void cpusets(void **state)
{
	const struct tree *tree = *state;
	struct tuning tuning;

	tree_write(tree, CGROUPS "cgroup.controllers", "cpuset cpu\n");
	tree_write(tree, CGROUPS "cgroup.subtree_control", "cpu cpuset\n");
	tree_write(tree, CGROUPS "good/cpuset.cpus.partition", "isolated\n");
	tree_write(tree, CGROUPS "good/cpuset.cpus.effective", "2\n");
	tree_write(tree, CGROUPS "bad/cpuset.cpus.partition", "isolated invalid (Parent is not a partition root)\n");
	tree_write(tree, CGROUPS "bad/cpuset.cpus", "1\n");
	tree_write(tree, CGROUPS "plain/cpuset.cpus.partition", "member\n");
	tree_write(tree, CGROUPS "plain/cgroup.subtree_control", "cpuset\n");
	tree_write(tree, CGROUPS "plain/deep/cpuset.cpus.partition", "root\n");
	tree_write(tree, CGROUPS "plain/deep/cpuset.cpus.effective", "0\n");
	tree_write(tree, CGROUPS "plain/deep/cgroup.subtree_control", "cpu\n");
	tree_write(tree, CGROUPS "plain/deep/lost/cpuset.cpus.partition",
	           "isolated\n"); /* left over: no controller there */
	tuning = read_all(tree, NULL);
	assert_true(tuning.cpusets_known);
	expect_set(&tuning.partitioned, "2");
	assert_int_equal(tuning.partition_count, 3);
	for (size_t i = 0; i < tuning.partition_count; i++)
		if (strcmp(tuning.partitions[i].name, "bad") == 0) {
			assert_string_equal(tuning.partitions[i].state, "isolated invalid (Parent is not a partition root)");
			expect_set(&tuning.partitions[i].cpus, "1");
		}
	tuning_done(&tuning);
	tree_write(tree, CGROUPS "cpuset.cpus.isolated", "2-3\n");
	tuning = read_all(tree, NULL);
	expect_set(&tuning.partitioned, "2-3");
	tuning_done(&tuning);
}

static void boost_and_clock(void **state)
{
	const struct tree *tree = *state;
	struct tuning tuning;

	tree_write(tree, CPU "cpufreq/boost", "1\n");
	tree_write(tree, "sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
	tuning = read_all(tree, NULL);
	assert_int_equal(tuning.boost, 1);
	assert_string_equal(tuning.clocksource, "hpet");
	tuning_done(&tuning);
	tree_write(tree, CPU "intel_pstate/no_turbo", "1\n");
	tuning = read_all(tree, NULL);
	assert_int_equal(tuning.boost, 0);
	assert_string_equal(tuning.boost_source, "/" CPU "intel_pstate/no_turbo");
	tuning_done(&tuning);
}

/* What is read follows the config and the scope. */
static void as_far_as_asked(void **state)
{
	const struct tree *tree = *state;
	struct config config;
	struct host host;

	tree_unpack(tree, "desktop-isolated");
	config_from_text("[cpus]\nisolate = 2-3,6-7\n", &config);
	assert_int_equal(host_read(&tree->root, &config, 0, &host), 0);
	expect_set(&host.tuning.irq_default, "0-1,4-5");
	assert_int_equal(host.tuning.irq_count, 0); /* early boot moves none */
	assert_false(host.tuning.offloaded_known);
	host_done(&host);
	assert_int_equal(host_read(&tree->root, &config, HOST_CHECKS, &host), 0);
	assert_true(host.tuning.irq_count && host.tuning.power_count && host.tuning.offloaded_known);
	host_done(&host);
	config_done(&config);
	config_from_text("[hugepages]\n2M = 2M\n", &config);
	assert_int_equal(host_read(&tree->root, &config, HOST_CHECKS, &host), 0);
	assert_true(cpus_empty(&host.tuning.irq_default));
	host_done(&host);
	config_done(&config);
	assert_int_equal(host_read(&tree->root, NULL, HOST_TUNING, &host), 0);
	assert_true(host.tuning.irq_count && host.tuning.power_count);
	host_done(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(an_empty_machine_is_unknown),
		tree_test(masks),
		tree_test(interrupts),
		tree_test(power),
		tree_test(callbacks),
		tree_test(cpusets),
		tree_test(boost_and_clock),
		tree_test(as_far_as_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
