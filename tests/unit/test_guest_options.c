/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines of QEMU, and what is taken from them. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "host/guest_options.h"
#include "host/guests.h"

/* Arguments with a blank between them, as the kernel keeps them. */
static void read_line(const struct tree *tree, const char *line, struct guest_options *ret)
{
	char *bytes = format_text("%s", line);
	size_t size = strlen(bytes) + 1;

	for (char *c = bytes; *c; c++)
		*c = *c == ' ' ? '\0' : *c;
	assert_int_equal(guest_options_read(&tree->root, bytes, size, ret), 0);
	free(bytes);
}

/* One property; NULL: there is none. */
static void expect(const struct tree *tree, const char *line, const char *name, const char *key, const char *value)
{
	struct guest_options options;
	const char *got;

	read_line(tree, line, &options);
	got = guest_options_get(&options, name, key);
	if (value ? !got || strcmp(got, value) != 0 : got != NULL)
		fail_msg("%s: -%s %s is '%s'; expected '%s'", line, name, key, got ? got : "none", value ? value : "none");
	guest_options_done(&options);
}

static void words_with_commas(void **state)
{
	const struct tree *tree = *state;

	expect(tree, "qemu -machine q35,accel=kvm,mem-merge=off", "machine", "type", "q35");
	expect(tree, "qemu -machine q35,accel=kvm,mem-merge=off", "machine", "accel", "kvm");
	expect(tree, "qemu -machine q35,accel=kvm,mem-merge=off", "machine", "mem_merge", "off");
	expect(tree, "qemu -M type=pc -m 4G", "machine", "type", "pc");
	expect(tree, "qemu --machine virt", "machine", "type", "virt");
	expect(tree, "qemu -M pc -M q35", "machine", "type", "q35");
	expect(tree, "qemu -M pc,usb=off -M vmport=off", "machine", "type", "pc");
	expect(tree, "qemu -cpu host,hv_relaxed,+x2apic,-svm,hv-time=off", "cpu", "hv-relaxed", "on");
	expect(tree, "qemu -cpu host,hv_relaxed,+x2apic,-svm,hv-time=off", "cpu", "x2apic", "on");
	expect(tree, "qemu -cpu host,hv_relaxed,+x2apic,-svm,hv-time=off", "cpu", "svm", "off");
	expect(tree, "qemu -cpu host,hv_relaxed,+x2apic,-svm,hv-time=off", "cpu", "hv-time", "off");
	expect(tree, "qemu -name a,,b=c,,,process=d", "name", "a,b", "c,");
	expect(tree, "qemu -name a,,b=c,,,process=d", "name", "process", "d");
	expect(tree, "qemu -name a,,b", "name", "guest", "a,b");
	expect(tree, "qemu -enable-kvm -bios /a,b=c", "bios", "", "/a,b=c");
	expect(tree, "qemu -netdev user,type=x -m 1", "machine", "type", NULL); /* nobody asks for that one */
	expect(tree, "qemu -m", "m", "size", NULL);
	expect(tree, "qemu -nodefaults -m 2G", "m", "size", "2G");
	expect(tree, "qemu", "m", "size", NULL);
	expect(tree, "", "m", "size", NULL);
}

static void json(void **state)
{
	static const char object[] =
		"qemu -object {\"qom-type\":\"memory-backend-file\",\"mem-path\":\"/dev/huge\\\"\\u0041\\\\\\u00e9\","
		"\"size\":8589934592,\"share\":true,\"prealloc\":false,\"host-nodes\":[0,3],\"a\":{\"b\":{\"c\":null}},\"e\":{}"
	    "}";
	const struct tree *tree = *state;

	expect(tree, object, "object", "qom-type", "memory-backend-file");
	expect(tree, object, "object", "mem-path", "/dev/huge\"A\\?");
	expect(tree, object, "object", "size", "8589934592");
	expect(tree, object, "object", "share", "on");
	expect(tree, object, "object", "prealloc", "off");
	expect(tree, object, "object", "host-nodes.0", "0");
	expect(tree, object, "object", "host-nodes.1", "3");
	expect(tree, object, "object", "a.b.c", "null");
	expect(tree, object, "object", "e", NULL);
	expect(tree, "qemu -device {\"driver\":\"vfio-pci\",\"host\":\"0000:01:00.0\",\"addr\":\"0x0\"}", "device",
	       "driver", "vfio-pci");
}

/* Whatever is no JSON is no option, and does no harm. */
static void no_json(void **state)
{
	static const char *const texts[] = { "{",
		                                 "{\"a\"",
		                                 "{\"a\":",
		                                 "{\"a\":1",
		                                 "{\"a\":1}x",
		                                 "{\"a\":[1}",
		                                 "{a:1}",
		                                 "{\"a\":\"\\q\"}",
		                                 "{\"a\":\"\\u00\"}",
		                                 "{\"a\":}",
		                                 "{,}",
		                                 "{\"a\":\"",
		                                 "{\"a\":[[[[[[[[[[1]]]]]]]]]]}" };
	const struct tree *tree = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *line = format_text("qemu -object %s -m 1G", texts[i]);
		struct guest_options options;

		read_line(tree, line, &options);
		if (options.count != 1)
			fail_msg("%s is %zu options; expected one", line, options.count);
		assert_string_equal(options.items[0].name, "m");
		guest_options_done(&options);
		free(line);
	}
}

static void config_file(void **state)
{
	const struct tree *tree = *state;
	static const char line[] = "qemu -readconfig /etc/vm.cfg -smp 2";

	tree_write(tree, "etc/vm.cfg",
	           "# a comment = \"x\"\n[machine]\n  type = \"q35\"\n  accel = \"kvm\"\n\n[memory]\n  size = \"8192\"\n"
	           "[chardev \"x\"]\n  size = \"1\"\n[device \"gpu\"]\n  driver = \"vfio-pci\"\n  broken\n  half = \"\n");
	expect(tree, line, "machine", "type", "q35");
	expect(tree, line, "m", "size", "8192");
	expect(tree, line, "device", "driver", "vfio-pci");
	expect(tree, line, "device", "half", NULL);
	expect(tree, line, "smp", "cpus", "2");
	expect(tree, "qemu -readconfig etc/vm.cfg", "machine", "type", NULL);
	expect(tree, "qemu -readconfig /etc/none -m 1G", "m", "size", "1G");
	expect(tree, "qemu -readconfig", "m", "size", NULL);
}

static struct guest_setup setup_of(const struct tree *tree, const char *line)
{
	struct guest_options options;
	struct guest_setup setup;

	read_line(tree, line, &options);
	guest_setup_read(&options, &setup);
	guest_options_done(&options);
	return setup;
}

static void names_and_amounts(void **state)
{
	const struct tree *tree = *state;

	assert_string_equal(setup_of(tree, "q -name guest=win10,debug-threads=on").name, "win10");
	assert_string_equal(setup_of(tree, "q -name win10,process=x").name, "win10");
	assert_string_equal(setup_of(tree, "q -name win10").name, "win10");
	assert_string_equal(setup_of(tree, "q -m 1").name, "");
	assert_true(setup_of(tree, "q -m 8192").ram == UINT64_C(8) << 30);
	assert_true(setup_of(tree, "q -m size=8388608k,slots=16,maxmem=16G").ram == UINT64_C(8) << 30);
	assert_true(setup_of(tree, "q -m 8g").ram == UINT64_C(8) << 30);
	assert_true(setup_of(tree, "q -m 1.5G").ram == 0);
	assert_true(setup_of(tree, "q -nodefaults").ram == 0);
	assert_int_equal(setup_of(tree, "q -smp 8,sockets=1,cores=4,threads=2").vcpus, 8);
	assert_int_equal(setup_of(tree, "q -smp 8,sockets=1,cores=4,threads=2").threads, 2);
	assert_int_equal(setup_of(tree, "q -smp cpus=6").vcpus, 6);
	assert_true(setup_of(tree, "q -object {\"secret\":1} -x file=/var/lib/libvirt/qemu/a").libvirt);
	assert_false(setup_of(tree, "q -m 1").libvirt);
	assert_true(setup_of(tree, "q -mem-path /dev/hugepages").asks_huge);
	assert_true(setup_of(tree, "q -object memory-backend-memfd,id=a,hugetlb=on,size=1G").asks_huge);
	assert_true(setup_of(tree, "q -object {\"qom-type\":\"memory-backend-file\",\"mem-path\":\"/dev/hugepages1G/x\"}")
	                .asks_huge);
	assert_true(setup_of(tree, "q -object memory-backend-memfd,id=a,size=1G").shares);
	assert_false(setup_of(tree, "q -object memory-backend-memfd,id=a,share=off").shares);
	assert_true(setup_of(tree, "q -object {\"qom-type\":\"memory-backend-file\",\"share\":true}").shares);
	assert_false(setup_of(tree, "q -object memory-backend-ram,id=a").shares);
	assert_false(setup_of(tree, "q -object memory-backend-file,mem-path=/dev/shm/looking-glass").asks_huge);
}

static void machine(void **state)
{
	const struct tree *tree = *state;

	assert_true(setup_of(tree, "q -machine q35,accel=kvm:tcg").kvm);
	assert_true(setup_of(tree, "q -accel kvm").kvm);
	assert_true(setup_of(tree, "q -enable-kvm -m 1").kvm);
	assert_false(setup_of(tree, "q -accel tcg").kvm);
	assert_int_equal(setup_of(tree, "q -machine q35").irqchip, IRQCHIP_DEFAULT);
	assert_int_equal(setup_of(tree, "q -machine q35,kernel_irqchip=on").irqchip, IRQCHIP_ON);
	assert_int_equal(setup_of(tree, "q -machine q35,kernel-irqchip=split").irqchip, IRQCHIP_SPLIT);
	assert_int_equal(setup_of(tree, "q -accel kvm,kernel-irqchip=off").irqchip, IRQCHIP_OFF);
	assert_true(setup_of(tree, "q -device intel-iommu,intremap=on").needs_split);
	assert_true(setup_of(tree, "q -device intel-iommu").needs_split);
	assert_false(setup_of(tree, "q -device intel-iommu,intremap=off").needs_split);
	assert_true(setup_of(tree, "q -device {\"driver\":\"amd-iommu\"}").needs_split);
	assert_true(setup_of(tree, "q -machine q35,confidential-guest-support=tdx0").needs_split);
	assert_true(setup_of(tree, "q -machine q35,mem-merge=off").merges_off);
	assert_false(setup_of(tree, "q -machine q35,mem-merge=on").merges_off);
	assert_string_equal(setup_of(tree, "q -machine pc-q35-4.0").machine, "pc-q35-4.0");
	assert_true(setup_of(tree, "q -machine pc,pflash0=x").uefi);
	assert_true(setup_of(tree, "q -drive if=pflash,file=/x").uefi);
	assert_true(setup_of(tree, "q -bios /usr/share/ovmf/OVMF.fd").uefi);
	assert_true(setup_of(tree, "q -pflash /x").uefi);
	assert_false(setup_of(tree, "q -drive if=virtio,file=/OVMF -bios /usr/share/seabios/bios.bin").uefi);
}

static void windows(void **state)
{
	const struct tree *tree = *state;
	struct guest_setup setup =
		setup_of(tree, "q -cpu host,hv_time,hv-relaxed=on,hv_vapic=off,hv-spinlocks=0x1fff,hv-vendor-id=abc,hvx=on");

	assert_int_equal(setup.enlightenments, 3);
	assert_true(setup.has_spinlocks);
	assert_true(setup.spinlocks == 0x1fff);
	assert_false(setup.enlightened_all);
	assert_true(setup_of(tree, "q -cpu host,hv_spinlocks=8191").spinlocks == 0x1fff);
	assert_false(setup_of(tree, "q -cpu host,hv_spinlocks=off").has_spinlocks);
	assert_false(setup_of(tree, "q -cpu host,hv_spinlocks=12x").has_spinlocks);
	assert_int_equal(setup_of(tree, "q -cpu host,hv-vendor-id=abc,kvm=off").enlightenments, 0);
	assert_true(setup_of(tree, "q -cpu host,hv-passthrough").enlightened_all);
	assert_true(setup_of(tree, "q -rtc base=localtime,driftfix=slew").local_time);
	assert_false(setup_of(tree, "q -rtc base=utc").local_time);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(words_with_commas), tree_test(json),    tree_test(no_json), tree_test(config_file),
		tree_test(names_and_amounts), tree_test(machine), tree_test(windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
