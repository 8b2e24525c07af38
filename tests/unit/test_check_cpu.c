/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of CPUs on recorded machines (report/check_cpu*.c). */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "report/report.h"

#define CPU "sys/devices/system/cpu/"
#define IRQS "proc/irq/"
#define GUEST "2-3,6-7"

static const char all[] = "[cpus]\nisolate = 2-3,6-7\ntick = yes\ngovernor = performance\nmax-latency = 50us\n";

/* One finding of the report on the machine; "" for text: there is none. */
static void expect_with(const struct tree *tree, const char *config_text, const char *id, const char *target,
                        enum status status, const char *text)
{
	const struct reported *found = NULL;
	struct config config;
	struct report report;
	struct host host;
	struct plan plan;
	static const struct advice advice;
	struct check_input input = { .config = &config, .host = &host, .goals = &plan.goals, .pages = &plan.pages,
		                     .isolation = &plan.isolation, .advice = &advice,
		                     .record_error = -ENOENT, .rebuild = "rebuild it" };

	config_from_text(config_text, &config);
	assert_int_equal(config.error_count, 0);
	assert_int_equal(host_read(&tree->root, &config, HOST_CHECKS | HOST_LOG, &host), 0);
	assert_int_equal(plan_build(&config, &host, VIEW_NOW, &plan), 0);
	report_build(&input, &report);
	for (size_t i = 0; i < report.count; i++)
		if (strcmp(report.findings[i].id, id) == 0 && strcmp(report.findings[i].target, target) == 0) {
			assert_null(found);
			found = &report.findings[i];
		}
	if (!text[0]) {
		if (found)
			fail_msg("%s %s: %s: %s; expected none", id, target, status_name(found->status), found->summary);
	} else {
		if (!found)
			fail_msg("%s %s is not in the report", id, target);
		if (found->status != status ||
		    (!strstr(found->summary, text) && !strstr(found->fix, text) && !strstr(found->have, text)))
			fail_msg("%s %s: %s: %s (%s, %s); expected %s and '%s'", id, target, status_name(found->status),
			         found->summary, found->have, found->fix, status_name(status), text);
		assert_true(found->source[0] || status == STATUS_UNKNOWN);
		if (status == STATUS_WARN || status == STATUS_FAIL)
			assert_true(found->fix[0]);
		assert_string_equal(check_heading(id), "CPU");
	}
	report_done(&report);
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
}

static void expect(const struct tree *tree, const char *id, const char *target, enum status status, const char *text)
{
	expect_with(tree, all, id, target, status, text);
}

static void nothing_is_asked(void **state)
{
	const struct tree *tree = *state;
	static const char *const ids[] = { "cpu.isolated", "cpu.tick",     "cpu.rcu", "cpu.siblings",
		                               "cpu.irqs",     "cpu.governor", "cpu.idle" };

	tree_unpack(tree, "desktop-isolated");
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		expect_with(tree, "[hugepages]\n2M = 2M\n", ids[i], GUEST, STATUS_PASS, "");
		expect_with(tree, "[vfio-prep]\nenabled = no\n[cpus]\nisolate = 2-3,6-7\ntick = yes\n", ids[i], GUEST,
		            STATUS_PASS, "");
	}
	expect_with(tree, "[cpus]\nisolate = none\n", "cpu.clocksource", "", STATUS_PASS, "");
	expect_with(tree, "[cpus]\nisolate = none\n", "cpu.boost", "", STATUS_PASS, "");
	expect_with(tree, "[cpus]\nisolate = 2-3,6-7\n", "cpu.tick", GUEST, STATUS_PASS, "");
	expect_with(tree, "[cpus]\nisolate = 2-3,6-7\n", "cpu.rcu", GUEST, STATUS_PASS, "");
	expect_with(tree, "[cpus]\nisolate = 2-3,6-7\n", "cpu.governor", GUEST, STATUS_PASS, "");
	expect_with(tree, "[cpus]\nisolate = 2-3,6-7\n", "cpu.idle", GUEST, STATUS_PASS, "");
	expect_with(tree, "[cpus]\nisolate = 2-3,6-7\nirqs = no\n", "cpu.irqs", "vfio", STATUS_PASS, "");
}

static void isolated(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-isolated");
	expect(tree, "cpu.isolated", GUEST, STATUS_PASS, "the scheduler leaves");
	tree_write(tree, CPU "isolated", "2,6\n");
	expect(tree, "cpu.isolated", GUEST, STATUS_FAIL, "CPUs 3,7");
	tree_write(tree, "sys/fs/cgroup/cpuset.cpus.isolated", "3,7\n");
	expect(tree, "cpu.isolated", GUEST, STATUS_PASS, "the scheduler leaves");
	tree_remove(tree, CPU "isolated");
	expect(tree, "cpu.isolated", GUEST, STATUS_UNKNOWN, "cannot be read");
	tree_write(tree, "sys/fs/cgroup/cpuset.cpus.isolated", "2-3,6-7\n");
	expect(tree, "cpu.isolated", GUEST, STATUS_PASS, "the scheduler leaves");
	expect_with(tree, "[cpus]\nisolate = 0-3\n", "cpu.isolated", "cpus", STATUS_FAIL, "refused");
	tree_remove(tree, CPU "online");
	expect(tree, "cpu.isolated", "cpus", STATUS_UNKNOWN, "cannot be read");
}

static void offline(void **state)
{
	static const char list[] = "[cpus]\nisolate = 2-3,6-7,40\n";
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-isolated");
	expect(tree, "cpu.isolated", "7", STATUS_WARN, "");
	tree_write(tree, CPU "online", "0-6\n");
	expect(tree, "cpu.isolated", "2-3,6", STATUS_PASS, "the scheduler leaves");
	expect(tree, "cpu.isolated", "7", STATUS_WARN, "chcpu -e 7");
	expect_with(tree, list, "cpu.isolated", "7", STATUS_WARN, "offline");
	expect_with(tree, list, "cpu.isolated", "40", STATUS_WARN, "isolate = 2-3,6  ; in [cpus]");
	tree_write(tree, CPU "smt/control", "off\n");
	expect(tree, "cpu.isolated", "7", STATUS_WARN, "echo on >/sys/devices/system/cpu/smt/control");
}

static void partitions(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-isolated");
	tree_write(tree, CPU "isolated", "\n");
	tree_write(tree, "sys/fs/cgroup/cgroup.subtree_control", "cpuset\n");
	tree_write(tree, "sys/fs/cgroup/guests/cpuset.cpus.partition", "isolated\n");
	tree_write(tree, "sys/fs/cgroup/guests/cpuset.cpus.effective", "2-3,6-7\n");
	expect(tree, "cpu.isolated", GUEST, STATUS_PASS, "the scheduler leaves");
	tree_write(tree, "sys/fs/cgroup/guests/cpuset.cpus.partition", "root\n"); /* balanced within */
	expect(tree, "cpu.isolated", GUEST, STATUS_FAIL, "isolcpus=");
	tree_write(tree, "sys/fs/cgroup/guests/cpuset.cpus.partition",
	           "isolated invalid (Cpu list in cpuset.cpus not exclusive)\n");
	tree_write(tree, "sys/fs/cgroup/guests/cpuset.cpus", "2\n");
	expect(tree, "cpu.isolated", "2", STATUS_FAIL, "not exclusive");
	/* systemd's own way to write a '-', which a shell would take for an escape */
	tree_write(tree, "sys/fs/cgroup/a\\x2db/cpuset.cpus.partition",
	           "isolated invalid (Parent is not a partition root)\n");
	tree_write(tree, "sys/fs/cgroup/a\\x2db/cpuset.cpus", "3\n");
	expect(tree, "cpu.isolated", "3", STATUS_FAIL, "echo member >'/sys/fs/cgroup/a\\x2db/cpuset.cpus.partition'");
	expect(tree, "cpu.isolated", GUEST, STATUS_FAIL, "isolcpus=");
}

static void tick_and_callbacks(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-isolated");
	expect(tree, "cpu.tick", GUEST, STATUS_PASS, "no tick");
	expect(tree, "cpu.rcu", GUEST, STATUS_PASS, "elsewhere");
	tree_write(tree, CPU "nohz_full", "  (null)\n");
	expect(tree, "cpu.tick", GUEST, STATUS_FAIL, "nohz_full=2-3,6-7");
	tree_remove(tree, CPU "nohz_full");
	expect(tree, "cpu.tick", GUEST, STATUS_FAIL, "CONFIG_NO_HZ_FULL");
	tree_mkdir(tree, CPU "nohz_full");
	expect(tree, "cpu.tick", GUEST, STATUS_UNKNOWN, "cannot be read");
	tree_write(tree, "proc/30/stat", "30 (rcuop/2) S 1 0\n");
	expect(tree, "cpu.rcu", GUEST, STATUS_FAIL, "CPUs 2 call");
	/* One thread that cannot be looked at may be the one that is missed; another that has ended is none. */
	tree_remove(tree, "proc/30/stat");
	tree_write(tree, "dev/kmsg", "6,1,0,-;Linux version 6.12.9\n");
	expect(tree, "cpu.rcu", GUEST, STATUS_FAIL, "CPUs 2 call");
	tree_mkdir(tree, "proc/30/stat");
	expect(tree, "cpu.rcu", GUEST, STATUS_UNKNOWN, "neither");
	tree_write(tree, "dev/kmsg", "6,1,0,-;rcu: \tOffload RCU callbacks from CPUs: 3,6-7.\n");
	expect(tree, "cpu.rcu", GUEST, STATUS_FAIL, "CPUs 2 call");
	tree_write(tree, "dev/kmsg", "6,1,0,-;rcu: \tOffload RCU callbacks from CPUs: 2-3,6-7.\n");
	expect(tree, "cpu.rcu", GUEST, STATUS_PASS, "elsewhere");
	tree_remove(tree, "proc/30/stat");
	tree_write(tree, "proc/30/stat", "30 (rcuop/2) S 2 0\n");
	tree_mkdir(tree, "proc/50/stat");
	expect(tree, "cpu.rcu", GUEST, STATUS_PASS, "elsewhere");
	tree_remove(tree, "proc/30/stat");
	/* In a container the kernel's threads are not to be seen: its log may tell. */
	tree_remove(tree, "proc/2/stat");
	tree_write(tree, "dev/kmsg", "6,1,0,-;Linux version 6.12.9\n");
	expect(tree, "cpu.rcu", GUEST, STATUS_UNKNOWN, "neither");
	tree_write(tree, "dev/kmsg", "6,1,0,-;rcu: \tOffload RCU callbacks from CPUs: 2-3,6-7.\n");
	expect(tree, "cpu.rcu", GUEST, STATUS_PASS, "elsewhere");
	tree_write(tree, "dev/kmsg", "6,1,0,-;rcu: \tOffload RCU callbacks from CPUs: (none).\n");
	expect(tree, "cpu.rcu", GUEST, STATUS_FAIL, "CPUs 2-3,6-7");
}

static void siblings(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-isolated");
	expect(tree, "cpu.siblings", GUEST, STATUS_PASS, "whole cores");
	expect_with(tree, "[cpus]\nisolate = 1-3,6-7\n", "cpu.siblings", "1-3,6-7", STATUS_FAIL, "1,5");
	for (unsigned int i = 0; i < 4; i++) {
		char *path = format_text(CPU "cpu%u/topology/thread_siblings_list", i);

		tree_remove(tree, path);
		free(path);
	}
	expect(tree, "cpu.siblings", GUEST, STATUS_UNKNOWN, "one core");
}

static void interrupts_and_workers(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-isolated");
	expect(tree, "cpu.irqs", "default", STATUS_PASS, "");
	expect(tree, "cpu.irqs", "workqueues", STATUS_PASS, "");
	expect(tree, "cpu.irqs", "interrupts", STATUS_PASS, "");
	expect(tree, "cpu.irqs", "vfio", STATUS_INFO, "130");
	expect(tree, "cpu.irqs", "queues", STATUS_INFO, "123");
	expect(tree, "cpu.irqs", GUEST, STATUS_PASS, "");
	tree_write(tree, IRQS "123/smp_affinity_list", "0-1\n");
	tree_write(tree, IRQS "130/smp_affinity_list", "0-1\n");
	expect(tree, "cpu.irqs", GUEST, STATUS_PASS, "no interrupts");
	tree_write(tree, IRQS "120/smp_affinity_list", "0-7\n");
	tree_write(tree, IRQS "120/effective_affinity_list", "6\n");
	expect(tree, "cpu.irqs", "interrupts", STATUS_WARN, "120 (i915)");
	expect(tree, "cpu.irqs", GUEST, STATUS_PASS, "");
	tree_write(tree, IRQS "default_smp_affinity", "ff\n");
	expect(tree, "cpu.irqs", "default", STATUS_WARN, "0-7");
	tree_write(tree, "sys/devices/virtual/workqueue/cpumask", "40\n");
	expect(tree, "cpu.irqs", "workqueues", STATUS_WARN, "6");
	tree_write(tree, "sys/devices/virtual/workqueue/cpumask", "?\n");
	expect(tree, "cpu.irqs", "workqueues", STATUS_UNKNOWN, "cannot be read");
}

static void power_and_clock(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-isolated");
	expect(tree, "cpu.governor", GUEST, STATUS_WARN, "powersave");
	expect(tree, "cpu.governor", GUEST, STATUS_WARN, "vfio-prep --apply");
	/* What the kernel cannot do, --apply cannot either. */
	expect_with(tree, "[cpus]\nisolate = 2-3,6-7\ngovernor = ondemand\n", "cpu.governor", GUEST, STATUS_WARN,
	            "governor = performance  ; in [cpus] of /etc/vfio-prep.conf, in place of the other: this kernel has "
	            "performance powersave");
	expect_with(tree, "[cpus]\nisolate = 2-3,6-7\ngovernor = ondemand\n", "cpu.governor", GUEST, STATUS_WARN,
	            "another governor on CPUs 2-3,6-7: this kernel has no ondemand");
	expect_with(tree, "[cpus]\nisolate = 2-3,6-7\ngovernor = save\n", "cpu.governor", GUEST, STATUS_WARN,
	            "governor = performance");
	tree_write(tree, CPU "cpu2/cpufreq/scaling_available_governors", "conservative userspace ondemand \n");
	expect(tree, "cpu.governor", GUEST, STATUS_WARN,
	       "this kernel has conservative userspace ondemand; or modprobe cpufreq_performance &&");
	expect(tree, "cpu.governor", GUEST, STATUS_WARN, "governor = ondemand  ;");
	tree_write(tree, CPU "cpu2/cpufreq/scaling_available_governors", "conservative performance2 userspace \n");
	expect(tree, "cpu.governor", GUEST, STATUS_WARN, "governor = conservative  ;");
	tree_remove(tree, CPU "cpu2/cpufreq/scaling_available_governors");
	expect(tree, "cpu.governor", GUEST, STATUS_WARN, "vfio-prep --apply");
	expect(tree, "cpu.idle", GUEST, STATUS_WARN, "1034 us");
	for (unsigned int i = 0; i < 8; i++) {
		char *path = format_text(CPU "cpu%u/cpufreq/scaling_governor", i);

		tree_write(tree, path, "performance\n");
		free(path);
		path = format_text(CPU "cpu%u/cpuidle/state4/disable", i);
		tree_write(tree, path, "1\n");
		free(path);
	}
	expect(tree, "cpu.governor", GUEST, STATUS_WARN, "energy preference balance_performance");
	expect(tree, "cpu.idle", GUEST, STATUS_WARN, "133 us");
	expect_with(tree, "[cpus]\nisolate = 2-3,6-7\nmax-latency = 133us\n", "cpu.idle", GUEST, STATUS_PASS, "133 us");
	tree_write(tree, CPU "cpu3/cpuidle/state2/latency", "?\n");
	expect_with(tree, "[cpus]\nisolate = 2-3,6-7\nmax-latency = 133us\n", "cpu.idle", GUEST, STATUS_UNKNOWN,
	            "cannot be read");
	tree_write(tree, CPU "cpu3/cpuidle/state2/latency", "1\n");
	tree_remove(tree, CPU "cpu3/cpuidle/state2/disable");
	tree_mkdir(tree, CPU "cpu3/cpuidle/state2/disable");
	expect_with(tree, "[cpus]\nisolate = 2-3,6-7\nmax-latency = 133us\n", "cpu.idle", GUEST, STATUS_UNKNOWN,
	            "cannot be read");
	expect(tree, "cpu.boost", "", STATUS_PASS, "over their base");
	tree_write(tree, CPU "intel_pstate/no_turbo", "1\n");
	expect(tree, "cpu.boost", "", STATUS_INFO, "no_turbo");
	expect(tree, "cpu.clocksource", "", STATUS_PASS, "tsc");
	tree_write(tree, "sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
	expect(tree, "cpu.clocksource", "", STATUS_FAIL, "hpet");
	expect(tree, "cpu.clocksource", "", STATUS_FAIL, "dmesg"); /* no tsc is on offer */
	tree_write(tree, "sys/devices/system/clocksource/clocksource0/available_clocksource", "hpet tsc acpi_pm \n");
	expect(tree, "cpu.clocksource", "", STATUS_FAIL, "echo tsc >");
	tree_write(tree, CPU "nohz_full", "\n");
	expect(tree, "cpu.clocksource", "", STATUS_WARN, "hpet");
	tree_remove(tree, "proc/interrupts"); /* which tell an x86; so does a tsc */
	expect(tree, "cpu.clocksource", "", STATUS_WARN, "hpet");
	tree_remove(tree, "sys/devices/system/clocksource/clocksource0/available_clocksource");
	expect(tree, "cpu.clocksource", "", STATUS_WARN, "");
	tree_remove(tree, CPU "intel_pstate/no_turbo");
	expect(tree, "cpu.boost", "", STATUS_PASS, "");
}

static void a_machine_without(void **state)
{
	const struct tree *tree = *state;
	static const char config[] = "[cpus]\nisolate = auto\ngovernor = performance\nmax-latency = 1us\n";

	tree_unpack(tree, "board-arm64");
	expect_with(tree, config, "cpu.clocksource", "", STATUS_PASS, ""); /* of x86 */
	tree_unpack(tree, "server-sub-numa");
	expect_with(tree, "[cpus]\nisolate = auto:8\ngovernor = performance\nmax-latency = 1us\n", "cpu.irqs", "interrupts",
	            STATUS_UNKNOWN, "cannot be read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(nothing_is_asked),
		tree_test(isolated),
		tree_test(offline),
		tree_test(partitions),
		tree_test(tick_and_callbacks),
		tree_test(siblings),
		tree_test(interrupts_and_workers),
		tree_test(power_and_clock),
		tree_test(a_machine_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
