/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of running guests on recorded machines. */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/holders.h"
#include "plan/plan.h"
#include "report/report.h"

#define WIN7 "proc/5400/"
#define BUILD "proc/5100/"

static const char config_text[] =
	"[device gpus]\nid = 10de:20b0\n[cpus]\nisolate = 2-3,6-7\n[vm win7]\nhugepages = 1G:4G\ncpus = 6-7\n";
static const char plain[] = "[device gpus]\nid = 10de:20b0\n";

/* All that a report takes. */
struct look {
	struct config config;
	struct host host;
	struct guests guests;
	struct plan plan;
	struct report report;
};

static void look(const struct tree *tree, const char *config, const char *guest, bool hide, struct look *ret)
{
	static const struct advice advice;
	struct check_input input = { .config = &ret->config,
		                         .host = &ret->host,
		                         .goals = &ret->plan.goals,
		                         .pages = &ret->plan.pages,
		                         .isolation = &ret->plan.isolation,
		                         .advice = &advice,
		                         .record_error = -ENOENT,
		                         .rebuild = "rebuild it",
		                         .guests = &ret->guests,
		                         .guest = guest };

	config_from_text(config, &ret->config);
	assert_int_equal(ret->config.error_count, 0);
	assert_int_equal(host_read(&tree->root, &ret->config, HOST_CHECKS | HOST_HOLDERS, &ret->host), 0);
	for (size_t i = 0; hide && i < ret->host.vfio_user_count; i++)
		ret->host.vfio_users[i].hidden = true;
	assert_int_equal(guests_read(&tree->root, &ret->host, &ret->guests), 0);
	assert_int_equal(plan_build(&ret->config, &ret->host, VIEW_NOW, &ret->plan), 0);
	report_build(&input, &ret->report);
}

static void look_done(struct look *look)
{
	report_done(&look->report);
	plan_done(&look->plan);
	guests_done(&look->guests);
	host_done(&look->host);
	config_done(&look->config);
}

/* One finding; "" for text: there is none. A fix is a comment, or a command of those that exist. */
static void expect_in(const struct tree *tree, const char *config, const char *id, const char *target,
                      enum status status, const char *text)
{
	const struct reported *found = NULL;
	struct look all;

	look(tree, config, NULL, false, &all);
	for (size_t i = 0; i < all.report.count; i++)
		if (strcmp(all.report.findings[i].id, id) == 0 && strcmp(all.report.findings[i].target, target) == 0) {
			assert_null(found);
			found = &all.report.findings[i];
		}
	if (text[0] && !found)
		fail_msg("%s %s is not in the report", id, target);
	if (!text[0] && found)
		fail_msg("%s %s: %s: %s; expected none", id, target, status_name(found->status), found->summary);
	if (found) {
		if (found->status != status || (!strstr(found->summary, text) && !strstr(found->fix, text) &&
		                                !strstr(found->have, text) && !strstr(found->want, text)))
			fail_msg("%s %s: %s: %s (%s, %s, %s); expected %s and '%s'", id, target, status_name(found->status),
			         found->summary, found->want, found->have, found->fix, status_name(status), text);
		assert_true(found->source[0] == '/');
		if (status == STATUS_WARN)
			assert_true(found->want[0] && found->have[0] && found->fix[0]);
		if (found->fix[0])
			assert_true(found->fix[0] == '#' || strncmp(found->fix, "virsh ", 6) == 0 ||
			            strncmp(found->fix, "taskset ", 8) == 0 || strncmp(found->fix, "for ", 4) == 0);
		assert_string_equal(check_heading(id), "Guests");
	}
	look_done(&all);
}

static void expect(const struct tree *tree, const char *id, const char *target, enum status status, const char *text)
{
	expect_in(tree, config_text, id, target, status, text);
}

/* Puts text in the place of a part of a file; arguments of a command line are ended by NULs, so it is read in one
 * go. */
static void change(const struct tree *tree, const char *path, const char *from, const char *to)
{
	char *bytes, *at, *changed;
	size_t size, rest;

	assert_int_equal(root_read_all(&tree->root, path, 1 << 20, &bytes, &size), 0);
	at = memmem(bytes, size, from, strlen(from));
	if (!at)
		fail_msg("%s has no '%s'", path, from);
	rest = size - (size_t)(at - bytes) - strlen(from);
	changed = malloc(size + strlen(to));
	memcpy(changed, bytes, (size_t)(at - bytes));
	memcpy(changed + (at - bytes), to, strlen(to));
	memcpy(changed + (at - bytes) + strlen(to), at + strlen(from), rest);
	tree_write_bytes(tree, path, changed, (size_t)(at - bytes) + strlen(to) + rest);
	free(changed);
	free(bytes);
}

static void running(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-guests");
	expect(tree, "vm.running", "build", STATUS_PASS, "process 5100, qemu-system-x86_64, 4 virtual CPUs, 4G of memory");
	expect(tree, "vm.running", "build", STATUS_PASS, "0000:41:00.0");
	expect(tree, "vm.running", "pid 5300", STATUS_PASS, "not QEMU");
	expect_in(tree, "[vfio-prep]\nenabled = no\n", "vm.running", "build", STATUS_PASS, "");
	/* No check of QEMU's options for what is not QEMU. */
	expect(tree, "vm.irqchip", "pid 5200", STATUS_PASS, "");
	expect(tree, "vm.mem-merge", "pid 5200", STATUS_PASS, "");
	expect(tree, "vm.spinlocks", "pid 5200", STATUS_PASS, "");
	expect(tree, "vm.enlightenments", "pid 5200", STATUS_PASS, "");
	expect(tree, "vm.pinning", "pid 5300", STATUS_PASS, "");
}

static void of_one_name(void **state)
{
	const struct tree *tree = *state;
	struct look one;

	tree_unpack(tree, "server-guests");
	look(tree, config_text, "win7", false, &one);
	assert_int_equal(one.report.count, 8);
	for (size_t i = 0; i < one.report.count; i++)
		assert_string_equal(one.report.findings[i].target, "win7");
	look_done(&one);
	look(tree, config_text, "other", false, &one);
	assert_int_equal(one.report.count, 1);
	assert_string_equal(one.report.findings[0].id, "vm.running");
	assert_int_equal(one.report.findings[0].status, STATUS_UNKNOWN);
	assert_true(report_all_unknown(&one.report));
	look_done(&one);
}

static void memory(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-guests");
	expect(tree, "vm.memory", "build", STATUS_WARN, "3G of 4G is on small pages");
	expect(tree, "vm.memory", "build", STATUS_WARN, "size=4G,hugetlb=on,hugetlbsize=2M");
	expect(tree, "vm.memory", "build", STATUS_WARN, "1G on transparent huge pages, 3G on small ones");
	expect(tree, "vm.memory", "pid 5200", STATUS_PASS, "huge pages");
	expect(tree, "vm.memory", "win7", STATUS_WARN, "another size");
	expect(tree, "vm.memory", "win7", STATUS_WARN, "<page size='1048576' unit='KiB'/>");
	expect(tree, "vm.memory", "win7", STATUS_WARN, "1G:4G");
	expect_in(tree, plain, "vm.memory", "win7", STATUS_PASS, "4G on 2M pages");
	expect_in(tree, "[vm win7]\nhugepages = 2M:4G\n", "vm.memory", "win7", STATUS_PASS, "2M:4G");
	/* It was to have huge pages, and got some. */
	change(tree, WIN7 "status", "HugetlbPages:\t4194304", "HugetlbPages:\t1048576");
	change(tree, WIN7 "status", "VmRSS:\t190000", "VmRSS:\t3300000");
	expect_in(tree, plain, "vm.memory", "win7", STATUS_WARN, "3G of 4G is not on the huge pages that it is to have");
	expect_in(tree, "[vm win7]\nhugepages = 2M:4G\n", "vm.memory", "win7", STATUS_WARN, "that its section reserves");
	/* Memory that a balloon took away is not on small pages. */
	change(tree, WIN7 "status", "VmRSS:\t3300000", "VmRSS:\t190000");
	expect_in(tree, plain, "vm.memory", "win7", STATUS_PASS, "4G on huge pages");
	/* Transparent ones do where nobody asked for others. */
	tree_write(tree, BUILD "smaps_rollup", "AnonHugePages: 4190000 kB\n");
	expect(tree, "vm.memory", "build", STATUS_PASS, "4G on transparent huge pages");
	expect_in(tree, "[vm build]\nhugepages = 2M:4G\n", "vm.memory", "build", STATUS_WARN,
	          "4G of 4G is not on the huge pages");
	tree_remove(tree, BUILD "smaps_rollup");
	expect(tree, "vm.memory", "build", STATUS_UNKNOWN, "whether on transparent ones cannot be read");
	tree_remove(tree, BUILD "status");
	expect(tree, "vm.memory", "build", STATUS_UNKNOWN, "cannot be read");
	/* A program that is no virtual machine may do as it likes. */
	change(tree, "proc/5300/status", "HugetlbPages:\t2097152", "HugetlbPages:\t0");
	change(tree, "proc/5300/status", "VmRSS:\t31000", "VmRSS:\t2097152");
	expect(tree, "vm.memory", "pid 5300", STATUS_INFO, "2G of 2G is on small pages");
}

static void pinning(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-guests");
	expect(tree, "vm.pinning", "build", STATUS_WARN, "4 of its 4 virtual CPUs on more than one CPU");
	expect(tree, "vm.pinning", "build", STATUS_WARN, "each on one CPU of 2-3"); /* 6-7 are another one's */
	expect(tree, "vm.pinning", "build", STATUS_WARN, "# give it 2 of its 4 virtual CPUs (-smp)");
	expect(tree, "vm.pinning", "pid 5200", STATUS_WARN, "taskset -cp 2 5204 && taskset -cp 3 5205");
	expect(tree, "vm.pinning", "win7", STATUS_WARN, "virsh vcpupin win7 0 7 --live --config");
	expect(tree, "vm.pinning", "win7", STATUS_WARN, "0: 5, 1: 6");
	/* Without a section and with what is isolated in force: CPU 6 has three of two guests. */
	expect_in(tree, plain, "vm.pinning", "win7", STATUS_WARN,
	          "1 of its 2 virtual CPUs on CPUs that are not meant for it, 1 on the CPU");
	expect_in(tree, plain, "vm.pinning", "win7", STATUS_WARN, "each on one CPU of 2-3,6-7");
	change(tree, WIN7 "task/5404/status", "Cpus_allowed_list:\t5\n", "Cpus_allowed_list:\t7\n");
	expect(tree, "vm.pinning", "win7", STATUS_PASS, "2 virtual CPUs, each on a CPU of its own");
	/* Nobody isolates: any CPU will do, one each. */
	tree_write(tree, "sys/devices/system/cpu/isolated", "\n");
	expect_in(tree, plain, "vm.pinning", "build", STATUS_WARN, "each on one CPU of 0-7");
	expect_in(tree, plain, "vm.pinning", "build", STATUS_WARN,
	          "for p in 5104:4 5105:5 5106:2 5107:3; do taskset -cp ${p#*:} ${p%:*}; done");
	/* Threads that cannot be told apart are unknown, and what is wrong with others is told all the same. */
	for (int tid = 5104; tid < 5107; tid++) {
		char *path = format_text(BUILD "task/%d/status", tid);

		tree_remove(tree, path);
		free(path);
	}
	expect(tree, "vm.pinning", "build", STATUS_WARN, "1 of its 4 virtual CPUs on more than one CPU");
	tree_write(tree, BUILD "task/5107/status", "x\nCpus_allowed_list:\t2\n");
	expect(tree, "vm.pinning", "build", STATUS_UNKNOWN, "3 of its 4 virtual CPUs cannot be told from");
	expect(tree, "vm.pinning", "build", STATUS_UNKNOWN, "debug-threads=on");
	tree_remove(tree, BUILD "task/5104/stat"); /* one that is not even known as a thread */
	expect(tree, "vm.pinning", "build", STATUS_UNKNOWN, "3 of its 4 virtual CPUs cannot be told from");
	/* Which CPUs there are is not known: then nor is which are meant for it. */
	tree_remove(tree, "sys/devices/system/cpu/online");
	tree_remove(tree, "sys/devices/system/cpu/isolated");
	expect_in(tree, plain, "vm.pinning", "win7", STATUS_UNKNOWN, "the CPUs of this machine cannot be read");
}

static void locality(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-guests");
	expect(tree, "vm.locality", "build", STATUS_WARN, "CPUs on node 0-1, memory on node 1, devices on node 0");
	expect(tree, "vm.locality", "build", STATUS_WARN, "all on node 0");
	expect(tree, "vm.locality", "build", STATUS_WARN, "host-nodes=0,policy=bind");
	expect(tree, "vm.locality", "win7", STATUS_PASS, "CPUs, memory and devices");
	expect(tree, "vm.locality", "pid 5300", STATUS_PASS, "memory and devices");
	/* Where only the CPUs are elsewhere, they can be moved. */
	change(tree, WIN7 "task/5404/status", "Cpus_allowed_list:\t5\n", "Cpus_allowed_list:\t2\n");
	change(tree, WIN7 "task/5405/status", "Cpus_allowed_list:\t6\n", "Cpus_allowed_list:\t3\n");
	expect(tree, "vm.locality", "win7", STATUS_WARN,
	       "virsh vcpupin win7 0 6 --live --config && virsh vcpupin win7 1 7 --live --config");
	change(tree, WIN7 "numa_maps", "N1=2048", "N0=2048");
	expect(tree, "vm.locality", "win7", STATUS_WARN, "<numatune><memory mode='strict' nodeset='1'/></numatune>");
	tree_remove(tree, WIN7 "numa_maps");
	expect(tree, "vm.locality", "win7", STATUS_WARN, "memory unknown"); /* the device is enough */
	tree_write(tree, "sys/devices/pci0000:83/0000:83:00.0/numa_node", "-1\n");
	expect(tree, "vm.locality", "win7", STATUS_UNKNOWN, "where its memory is cannot be told");
	tree_write(tree, "sys/devices/system/cpu/online", "?\n");
	expect_in(tree, plain, "vm.locality", "win7", STATUS_UNKNOWN, "nodes of this machine");
}

static void irqchip(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-guests");
	expect(tree, "vm.irqchip", "build", STATUS_WARN, "kernel-irqchip=on");
	expect(tree, "vm.irqchip", "win7", STATUS_WARN, "the default of pc-q35-4.0");
	expect(tree, "vm.irqchip", "win7", STATUS_WARN, "<ioapic driver='kvm'/>");
	change(tree, WIN7 "cmdline", "pc-q35-4.0,", "pc-q35-4.0.1,");
	expect(tree, "vm.irqchip", "win7", STATUS_PASS, "KVM's");
	change(tree, BUILD "cmdline", "kernel_irqchip=split", "kernel_irqchip=off");
	expect(tree, "vm.irqchip", "build", STATUS_WARN, "all interrupt controllers");
	change(tree, BUILD "cmdline", "kernel_irqchip=off", "kernel_irqchip=on");
	expect(tree, "vm.irqchip", "build", STATUS_PASS, "kernel-irqchip=on");
	change(tree, BUILD "cmdline", "kernel_irqchip=on", "kernel_irqchip=split,confidential-guest-support=x");
	expect(tree, "vm.irqchip", "build", STATUS_PASS, "as what it emulates needs it");
	change(tree, BUILD "cmdline", "accel=kvm", "accel=tcg");
	expect(tree, "vm.irqchip", "build", STATUS_PASS, "");
}

static void merging(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "server-guests");
	expect(tree, "vm.mem-merge", "build", STATUS_INFO, "mem-merge=off");
	expect(tree, "vm.mem-merge", "win7", STATUS_PASS, "huge pages");
	change(tree, BUILD "cmdline", "mem-merge=off", "usb=off");
	expect(tree, "vm.mem-merge", "build", STATUS_PASS, "nothing searches");
	tree_write(tree, "sys/kernel/mm/ksm/run", "1\n");
	expect(tree, "vm.mem-merge", "build", STATUS_INFO, "# start QEMU with -machine mem-merge=off");
	expect(tree, "vm.mem-merge", "win7", STATUS_PASS, "huge pages");
	change(tree, WIN7 "status", "HugetlbPages:\t4194304", "HugetlbPages:\t0");
	expect(tree, "vm.mem-merge", "win7", STATUS_PASS, "shared memory");
	tree_write(tree, "sys/kernel/mm/ksm/run", "?\n");
	expect(tree, "vm.mem-merge", "build", STATUS_UNKNOWN, "cannot be read");
}

/* What runs in a guest is known where somebody told libvirt. */
static void windows(void **state)
{
	const struct tree *tree = *state;
	static const char xml[] = "run/libvirt/qemu/win7.xml";

	tree_unpack(tree, "server-guests");
	expect(tree, "vm.spinlocks", "build", STATUS_INFO, "Windows 8.1 alone");
	expect(tree, "vm.spinlocks", "win7", STATUS_PASS, "4096 tries");
	expect(tree, "vm.enlightenments", "build", STATUS_INFO, "Windows 7 alone");
	expect(tree, "vm.enlightenments", "win7", STATUS_WARN, "does not boot");
	change(tree, xml, "win/7", "win/2k8r2");
	expect(tree, "vm.enlightenments", "win7", STATUS_WARN, "does not boot");
	change(tree, xml, "win/2k8r2", "win/8.1");
	expect(tree, "vm.enlightenments", "win7", STATUS_PASS, "3 hv- flags");
	expect(tree, "vm.spinlocks", "win7", STATUS_PASS, "4096 tries");
	change(tree, WIN7 "cmdline", "hv-spinlocks=0x1000", "hv-spinlocks=0x1fff");
	expect(tree, "vm.spinlocks", "win7", STATUS_WARN, "<spinlocks state='off'/>");
	change(tree, xml, "win/8.1", "win/11");
	expect(tree, "vm.spinlocks", "win7", STATUS_INFO, "Windows 8.1 alone");
	change(tree, WIN7 "cmdline", ",hv-relaxed=on,hv-vapic=on,hv-spinlocks=0x1fff", "");
	expect(tree, "vm.spinlocks", "win7", STATUS_PASS, "");
	expect(tree, "vm.enlightenments", "win7", STATUS_INFO, "<hyperv mode='passthrough'/>");
	change(tree, xml, "microsoft.com/win/11", "debian.org/debian/13");
	expect(tree, "vm.enlightenments", "win7", STATUS_INFO, "");
	tree_remove(tree, xml);
	expect(tree, "vm.enlightenments", "win7", STATUS_INFO, "local time");
	change(tree, WIN7 "cmdline", "base=localtime", "base=utc");
	expect(tree, "vm.enlightenments", "win7", STATUS_INFO, "");
	change(tree, WIN7 "cmdline", "-cpu", "-cpx");
	change(tree, BUILD "cmdline", "hv_relaxed,hv_spinlocks=0x1fff,hv_vapic,hv_time", "hv-passthrough");
	change(tree, BUILD "cmdline", "if=pflash", "if=virtio");
	expect(tree, "vm.enlightenments", "build", STATUS_PASS, "hv-passthrough");
}

/* As another user than root. */
static void hidden(void **state)
{
	const struct tree *tree = *state;
	struct look all;
	size_t guests = 0;

	tree_unpack(tree, "server-guests");
	tree_remove(tree, BUILD "smaps_rollup");
	tree_remove(tree, WIN7 "smaps");
	look(tree, config_text, NULL, true, &all);
	for (size_t i = 0; i < all.report.count; i++) {
		const struct reported *finding = &all.report.findings[i];

		if (strcmp(finding->id, "vm.running") == 0)
			guests += strstr(finding->have, "only root") != NULL;
		if (strcmp(finding->id, "vm.memory") == 0 && strcmp(finding->target, "win7") == 0)
			assert_string_equal(finding->have, "4G on huge pages");
	}
	assert_int_equal(guests, 2);
	look_done(&all);
}

static void well_tuned(void **state)
{
	const struct tree *tree = *state;
	struct config config;
	struct look all;
	size_t count = 0;

	tree_unpack(tree, "desktop-isolated");
	config_from_host("desktop-isolated", "guest", &config);
	look(tree, config.bytes, NULL, false, &all);
	for (size_t i = 0; i < all.report.count; i++) {
		const struct reported *finding = &all.report.findings[i];

		if (strncmp(finding->id, "vm.", 3) != 0)
			continue;
		count++;
		assert_int_equal(finding->status, strcmp(finding->id, "vm.spinlocks") == 0 ? STATUS_INFO : STATUS_PASS);
		assert_string_equal(finding->fix, "");
	}
	assert_int_equal(count, 8);
	look_done(&all);
	config_done(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(running), tree_test(of_one_name), tree_test(memory),  tree_test(pinning), tree_test(locality),
		tree_test(irqchip), tree_test(merging),     tree_test(windows), tree_test(hidden),  tree_test(well_tuned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
