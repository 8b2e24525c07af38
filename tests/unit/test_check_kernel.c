/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the kernel, of KVM, and of what a user may lock. */
#include <stdlib.h>

#include "check_one.h"

#define EPT "sys/module/kvm_intel/parameters/ept"

static const char card[] = "[device gpu]\naddress = 01:00.0\n";
static const char cpus[] = "[cpus]\nisolate = auto:2\n";
static const char off[] = "[vfio-prep]\nenabled = no\n[device gpu]\naddress = 01:00.0\n";

static void module(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	check_one(tree, card, "kvm.module", "", STATUS_PASS, "with ept");
	check_one(tree, cpus, "kvm.module", "", STATUS_PASS, "");
	check_one(tree, off, "kvm.module", "", STATUS_PASS, "");
	tree_write(tree, EPT, "N\n");
	check_one(tree, card, "kvm.module", "", STATUS_FAIL, "rmmod kvm_intel && modprobe kvm_intel ept=1");
	tree_write(tree, EPT, "?\n");
	check_one(tree, card, "kvm.module", "", STATUS_UNKNOWN, "cannot be read");
	tree_remove(tree, "dev/kvm");
	check_one(tree, card, "kvm.module", "", STATUS_FAIL, "modprobe kvm_intel");
	tree_write(tree, "proc/cpuinfo", "vendor_id\t: AuthenticAMD\nflags\t: fpu svm\n");
	check_one(tree, card, "kvm.module", "", STATUS_FAIL, "modprobe kvm_amd");
	tree_write(tree, "proc/cpuinfo", "vendor_id\t: AuthenticAMD\nflags\t: fpu\n");
	check_one(tree, card, "kvm.module", "", STATUS_FAIL, "# switch SVM on");
	tree_remove(tree, "proc/cpuinfo");
	check_one(tree, card, "kvm.module", "", STATUS_FAIL, "modprobe -a kvm_intel kvm_amd");
	tree_write(tree, "proc/interrupts", "           CPU0\n 1: 0 GICv3 30 Level arch_timer\n");
	check_one(tree, card, "kvm.module", "", STATUS_FAIL, "modprobe kvm");
}

static void settings(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	check_one(tree, card, "kvm.settings", "", STATUS_INFO,
	          "nested Y, ignore_msrs N, halt_poll_ns 200000, nx_huge_pages N, enable_apicv Y");
	check_one(tree, off, "kvm.settings", "", STATUS_INFO, "");
	tree_write(tree, "sys/module/kvm/parameters/ignore_msrs", "Y\n");
	check_one(tree, card, "kvm.settings", "", STATUS_INFO, ": registers that the CPU does not have read as 0");
	tree_write(tree, "sys/module/kvm/parameters/nx_huge_pages", "Y\n");
	check_one(tree, card, "kvm.settings", "", STATUS_INFO, "iTLB multihit");
}

static void acs(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-rivals");
	check_one(tree, card, "kernel.acs", "", STATUS_WARN, "PCIe ACS overrides enabled");
	check_one(tree, cpus, "kernel.acs", "", STATUS_WARN, "");
	tree_write(tree, "dev/kmsg", "6,0,0,-;Linux version 6.12.9\n"); /* a kernel without the patch */
	check_one(tree, card, "kernel.acs", "", STATUS_PASS, "those of the hardware");
	tree_write(tree, "dev/kmsg", "6,900,0,-;usb 1-1: new device\n"); /* the beginning is gone */
	check_one(tree, card, "kernel.acs", "", STATUS_UNKNOWN, "pcie_acs_override");
	tree_remove(tree, "dev/kmsg");
	check_one(tree, card, "kernel.acs", "", STATUS_UNKNOWN, "pcie_acs_override");
	tree_write(tree, "proc/cmdline", "quiet\n");
	check_one(tree, card, "kernel.acs", "", STATUS_PASS, "those of the hardware");
	tree_remove(tree, "proc/cmdline");
	check_one(tree, card, "kernel.acs", "", STATUS_UNKNOWN, "pcie_acs_override");
}

static void no_groups(void **state)
{
	const struct tree *tree = *state;
	char *command = format_text("rm -r %s/sys/kernel/iommu_groups/*", tree->directory);

	tree_unpack(tree, "desktop-rivals");
	assert_int_equal(system(command), 0);
	check_one(tree, card, "kernel.acs", "", STATUS_WARN, "");
	free(command);
}

static void taint_is(const struct tree *tree, uint64_t bits, enum status status, const char *text)
{
	char *value = format_text("%llu\n", (unsigned long long)bits);

	tree_write(tree, "proc/sys/kernel/tainted", value);
	check_one(tree, cpus, "kernel.taint", "", status, text);
	free(value);
}

static void taint(void **state)
{
	static const unsigned int fail[] = { 4, 5, 7, 14 }, warn[] = { 6, 9, 11 },
							  info[] = { 0, 1, 2, 3, 8, 10, 12, 13, 15, 16, 17, 18, 19 };
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	check_one(tree, off, "kernel.taint", "", STATUS_PASS, "");
	taint_is(tree, 0, STATUS_PASS, "not tainted");
	for (size_t i = 0; i < 4; i++)
		taint_is(tree, 1ULL << fail[i], STATUS_FAIL, "dmesg | grep");
	for (size_t i = 0; i < 3; i++)
		taint_is(tree, 1ULL << warn[i], STATUS_WARN, "dmesg | grep");
	for (size_t i = 0; i < 13; i++)
		taint_is(tree, 1ULL << info[i], STATUS_INFO, " ");
	taint_is(tree, 1ULL << 40, STATUS_INFO, "does not know");
	/* The worst of several decides, and all are told. */
	taint_is(tree, 1 << 0 | 1 << 9 | 1 << 12, STATUS_WARN,
	         "the kernel warned of itself; a proprietary module was loaded; a module from outside");
	taint_is(tree, 1 << 0 | 1 << 9 | 1 << 12, STATUS_WARN, "4609 (PWO)");
	taint_is(tree, 1 << 9 | 1 << 7, STATUS_FAIL, "(DW)");
	tree_write(tree, "proc/sys/kernel/tainted", "x\n");
	check_one(tree, cpus, "kernel.taint", "", STATUS_UNKNOWN, "cannot be read");
}

static void memlock(void **state)
{
	static const char guest[] = "[vfio-prep]\nuser = alice\n[device gpu]\naddress = 01:00.0\n[vm a]\nhugepages = "
	                            "2M:8G\n[vm b]\nhugepages = 2M:4G\n";
	static const char pages[] = "[vfio-prep]\nuser = alice\n[device gpu]\naddress = 01:00.0\n[hugepages]\n2M = 6G\n";
	static const char no_size[] = "[vfio-prep]\nuser = alice\n[device gpu]\naddress = 01:00.0\n";
	static const char root[] = "[vfio-prep]\nuser = root\n[device gpu]\naddress = 01:00.0\n[hugepages]\n2M = 6G\n";
	static const char libvirts[] = "[device gpu]\naddress = 01:00.0\n[hugepages]\n2M = 6G\n";
	const struct tree *tree = *state;
	const char *id = "limits.memlock";

	tree_unpack(tree, "prepared-built-in");
	check_one(tree, guest, id, "", STATUS_WARN, ""); /* nobody of that name */
	tree_write(tree, "etc/passwd", "root:x:0:0::/:\nalice:x:1000:1000::/:\nqemu:x:107:107::/:\n");
	check_one(tree, guest, id, "", STATUS_WARN, "alice may lock 8M of memory, and a guest has 8G");
	check_one(tree, guest, id, "", STATUS_WARN,
	          "echo 'alice - memlock 9437184' > /etc/security/limits.d/zz-vfio-prep.conf");
	check_one(tree, pages, id, "", STATUS_WARN, "a guest has 6G");
	check_one(tree, no_size, id, "", STATUS_WARN, "");
	check_one(tree, root, id, "", STATUS_WARN, "");
	check_one(tree, libvirts, id, "", STATUS_WARN, "qemu may lock 8M");
	tree_write(tree, "usr/sbin/libvirtd", "");
	check_one(tree, libvirts, id, "", STATUS_PASS, "libvirt raises");
	check_one(tree, guest, id, "", STATUS_WARN, "alice may lock 8M");
	tree_write(tree, "etc/security/limits.d/zz-vfio-prep.conf", "alice - memlock 9437184\n"); /* as the fix says */
	check_one(tree, guest, id, "", STATUS_PASS, "alice may lock memory: 9G, and a guest has 8G");
	tree_write(tree, "etc/security/limits.d/zz-vfio-prep.conf", "alice - memlock unlimited\n");
	check_one(tree, guest, id, "", STATUS_PASS, "unlimited");
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(module),    tree_test(settings), tree_test(acs),
		                                tree_test(no_groups), tree_test(taint),    tree_test(memlock) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
