/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each file of a host says that does by other means what vfio-prep does, and where. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/inherited.h"

static const char *const kinds[INHERITED_KINDS] = {
	"options", "saved", "loads", "hinders", "blocks", "script", "pages", "domain", "unreadable",
};
static const char *const forms[] = { "nothing", "line", "ids", "words", "file", "parameter" };

/* All that is found, a line each: "KIND FORM FILE:LINE VALUE". */
static char *read_all(const struct tree *tree)
{
	struct cmdline cmdline = { 0 };
	struct inherited inherited;
	struct loader loader;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cmdline_read(&tree->root, &cmdline);
	assert_int_equal(loader_read(&tree->root, &loader), 0);
	assert_int_equal(inherited_read(&tree->root, &cmdline, &loader, &inherited), 0);
	for (size_t i = 0; i < inherited.count; i++) {
		const struct inherited_item *item = &inherited.items[i];

		fprintf(out, "%s %s %s:%u%s %s\n", kinds[item->kind], forms[item->form], item->file, item->line,
		        item->joined ? "+" : "", item->value);
	}
	fclose(out);
	inherited_done(&inherited);
	loader_done(&loader);
	cmdline_done(&cmdline);
	return text;
}

static void expect(const struct tree *tree, const char *wanted)
{
	char *got = read_all(tree);

	assert_string_equal(got, wanted);
	free(got);
}

static void modprobe(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "etc/modprobe.d/a.conf",
	           "# options vfio-pci ids=1:2\n"
	           " options vfio-pci ids=10de:2684 disable_vga=1\n"
	           "options vfio_iommu_type1 allow_unsafe_interrupts=1\n"
	           "options vfio-pci\n"
	           "options kvm ignore_msrs=1\n"
	           "options pci-stub \\\n ids=1:2\n"
	           "softdep nvidia pre: vfio-pci\n"
	           "softdep nouveau pre: vfio-pci foo post: bar\n"
	           "softdep nouveau pre: drm\n"
	           "softdep vfio-pci pre: vfio\n"
	           "install vfio-pci /sbin/x.sh\n"
	           "install nouveau /sbin/modprobe vfio-pci; /sbin/modprobe -i nouveau\n"
	           "install nvidia /bin/false\n"
	           "install floppy /bin/false\n"
	           "blacklist vfio_pci\n"
	           "blacklist nouveau\n"
	           "blacklist pcspkr\n"
	           "alias pci:v000010DEd* vfio-pci\n"
	           "alias pci:v000010DEd* nouveau\n"
	           "options vfio-prep x=1\n"
	           "softdep\noptions\ninstall vfio\nblacklist\n");
	expect(tree,
	       "options ids etc/modprobe.d/a.conf:2 ids=10de:2684 disable_vga=1\n"
	       "options ids etc/modprobe.d/a.conf:3 allow_unsafe_interrupts=1\n"
	       "options ids etc/modprobe.d/a.conf:6+ ids=1:2\n"
	       "loads line etc/modprobe.d/a.conf:8 \n"
	       "loads words etc/modprobe.d/a.conf:9 \n"
	       "hinders line etc/modprobe.d/a.conf:12 /sbin/x.sh\n"
	       "loads line etc/modprobe.d/a.conf:13 /sbin/modprobe vfio-pci; /sbin/modprobe -i nouveau\n"
	       "blocks nothing etc/modprobe.d/a.conf:14 nvidia\n"
	       "hinders line etc/modprobe.d/a.conf:16 vfio_pci\n"
	       "blocks nothing etc/modprobe.d/a.conf:17 nouveau\n"
	       "loads line etc/modprobe.d/a.conf:19 \n"
	       "hinders line etc/modprobe.d/a.conf:24 \n");
	tree_write(tree, "etc/modprobe.d/a.conf", "");
	tree_write(tree, "usr/lib/modprobe.d/a.conf", "options vfio-pci ids=1:2\n"); /* hidden */
	tree_write(tree, "usr/local/lib/modprobe.d/b.conf", "options vfio-pci ids=3:4\n");
	tree_write(tree, "run/modprobe.d/c.conf", "options vfio-pci ids=5:6\n");
	expect(tree,
	       "options ids usr/local/lib/modprobe.d/b.conf:1 ids=3:4\noptions ids run/modprobe.d/c.conf:1 ids=5:6\n");
}

static void command_line(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "proc/cmdline",
	           "quiet vfio_pci.ids=10de:2684 vfio-pci.disable_vga=1 rd.driver.pre=vfio-pci rd.driver.pre=vfio,nvme "
	           "modprobe.blacklist=nouveau "
	           "modprobe.blacklist=x module_blacklist=vfio-pci,x vfio_prep.skip=01:00.0 vfio-pci.ids "
	           "rd.driver.pre=nvme pci-stub.ids=1:2 -- vfio-pci.ids=3:4\n");
	expect(tree,
	       "options parameter proc/cmdline:0 ids=10de:2684\n"
	       "options nothing proc/cmdline:0 disable_vga=1\n"
	       "loads parameter proc/cmdline:0 vfio-pci\n"
	       "loads nothing proc/cmdline:0 vfio,nvme\n"
	       "blocks nothing proc/cmdline:0 nouveau\n"
	       "hinders nothing proc/cmdline:0 vfio-pci,x\n"
	       "options parameter proc/cmdline:0 ids=1:2\n");
	tree_write(tree, "proc/cmdline", "quiet vfio-pci.ids=10de:2684\n");
	tree_write(tree, "usr/sbin/update-grub", "");
	tree_write(
		tree, "etc/default/grub",
		"# GRUB_CMDLINE_LINUX=\"vfio-pci.ids=9:9\"\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet vfio-pci.ids=10de:2684\"\n"
		"GRUB_CMDLINE_LINUX='vfio-pci.ids=1:2 vfio-pci.ids=10de:2684'\n");
	expect(tree,
	       "options parameter etc/default/grub:2 ids=10de:2684\n"
	       "options parameter etc/default/grub:3 ids=1:2\n");
}

static void lists(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "etc/initramfs-tools/modules",
	           "# vfio\nvfio\n vfio-pci ids=10de:2684 # card\nnvme vfio\npci_stub ids=1:2\n");
	tree_write(tree, "etc/modules", "vfio_pci\nloop\n");
	tree_link(tree, "etc/modules-load.d/modules.conf", "../modules");
	tree_write(tree, "etc/modules-load.d/vfio.conf", "; x\nvfio_virqfd\n");
	expect(tree,
	       "loads line etc/initramfs-tools/modules:2 \n"
	       "options line etc/initramfs-tools/modules:3 ids=10de:2684 \n"
	       "options line etc/initramfs-tools/modules:5 ids=1:2\n"
	       "loads line etc/modules:1 \n"
	       "loads line etc/modules-load.d/vfio.conf:2 \n");
}

static void shell(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "etc/dracut.conf", "#force_drivers+=\" vfio \"\nhostonly=yes\n");
	tree_write(tree, "etc/dracut.conf.d/a.conf",
	           "force_drivers+=\" vfio vfio-pci \"\n"
	           " add_drivers=\"vfio nvme\"\n"
	           "omit_drivers+=' vfio_pci '\n"
	           "add_dracutmodules+=\" vfio-prep \"\n"
	           "install_items+=\" /usr/sbin/vfio-pci-override.sh \"\n"
	           "kernel_cmdline=\"rd.driver.pre=vfio-pci\"\n"
	           "add_drivers+=\" nvme \" # vfio\n"
	           "add_drivers+=vfio\n");
	tree_write(tree, "usr/lib/dracut/dracut.conf.d/a.conf", "force_drivers+=\" vfio \"\n"); /* hidden */
	expect(tree,
	       "loads line etc/dracut.conf.d/a.conf:1  vfio vfio-pci \"\n"
	       "loads words etc/dracut.conf.d/a.conf:2 vfio nvme\"\n"
	       "hinders line etc/dracut.conf.d/a.conf:3  vfio_pci '\n"
	       "script nothing etc/dracut.conf.d/a.conf:5  /usr/sbin/vfio-pci-override.sh \"\n"
	       "loads line etc/dracut.conf.d/a.conf:8 vfio\n");
	tree_remove(tree, "etc/dracut.conf.d/a.conf");
	tree_remove(tree, "usr/lib/dracut/dracut.conf.d/a.conf");
	tree_write(tree, "etc/mkinitcpio.conf",
	           "MODULES=(vfio_pci vfio)\nMODULES=(\n  vfio_pci\n  # vfio)\n  btrfs vfio)\nHOOKS=(base "
	           "vfio-prep)\nHOOKS=(base vfio modconf)\nvfio=1\n");
	tree_write(tree, "etc/mkinitcpio.conf.d/x.conf", "MODULES+=(vfio");
	expect(tree,
	       "loads words etc/mkinitcpio.conf:1 vfio_pci vfio)\n"
	       "loads words etc/mkinitcpio.conf:3 vfio_pci\n"
	       "loads words etc/mkinitcpio.conf:5 btrfs vfio)\n"
	       "script nothing etc/mkinitcpio.conf:7 base vfio modconf)\n"
	       "loads words etc/mkinitcpio.conf.d/x.conf:1 vfio\n");
}

static void others(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "etc/driverctl.d/pci-0000:01:00.0", "vfio-pci\n");
	tree_write(tree, "etc/initramfs-tools/scripts/init-top/x",
	           "#!/bin/sh\necho vfio-pci > /sys/bus/pci/devices/0000:01:00.0/driver_override\n");
	tree_write(tree, "etc/initramfs-tools/scripts/init-top/y", "#!/bin/sh\n");
	tree_write(tree, "etc/initramfs-tools/scripts/init-top/00-vfio-prep", "# driver_override\n");
	tree_write(tree, "usr/local/bin/vfio-pci-override.sh", "driver_override");
	tree_write(tree, "usr/local/bin/other", "driver_override");
	tree_write(tree, "etc/sysctl.d/a.conf", "# x\n\nvm.nr_hugepages = 1024\nvm.nr_hugepages=8\n");
	tree_write(tree, "etc/sysctl.conf", "vm/nr_hugepages = 512\n");
	tree_write(tree, "etc/libvirt/qemu/a.xml",
	           "<domain><hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0001' bus='0x0a' "
	           "slot='0x1f' function='0x7'/></source>"
	           "</hostdev>\n<hostdev type='pci' managed='no'><source><address domain='0x0000' bus='0x01' slot='0x00' "
	           "function='0x0'/></source></hostdev>\n"
	           "<hostdev type='pci' managed=\"yes\"><source><address bus='0x100' slot='0x00' "
	           "function='0x0'/></source></hostdev>\n"
	           "<hostdev type='pci' managed='yes'><source><address bus='0x01' slot='0x00' "
	           "function='0x8'/></source></hostdev>\n"
	           "<hostdev type='usb' managed='yes'><source><vendor id='0x1'/></source></hostdev><hostdev "
	           "managed='yes'><address bus=");
	tree_write(tree, "etc/libvirt/qemu/b.txt",
	           "<hostdev managed='yes'><address bus='0x01' slot='0x00' function='0x0'/></hostdev>");
	expect(tree,
	       "saved file etc/driverctl.d/pci-0000:01:00.0:0 vfio-pci\n"
	       "script nothing etc/initramfs-tools/scripts/init-top/x:0 \n"
	       "script nothing usr/local/bin/vfio-pci-override.sh:0 \n"
	       "pages line etc/sysctl.d/a.conf:3 1024\n"
	       "pages line etc/sysctl.d/a.conf:4 8\n"
	       "pages line etc/sysctl.conf:1 512\n"
	       "domain nothing etc/libvirt/qemu/a.xml:0 a\n");
}

/* Whatever stands in these files, it is read without a fault. */
static void any_bytes(void **state)
{
	static const char *const paths[] = {
		"etc/modprobe.d/a.conf", "etc/initramfs-tools/modules", "etc/modules", "etc/dracut.conf.d/a.conf",
		"etc/mkinitcpio.conf",
		"etc/driverctl.d/pci-0000:01:00.0", "etc/libvirt/qemu/a.xml", "etc/sysctl.d/a.conf", "proc/cmdline",
		"etc/default/grub",
		"etc/initramfs-tools/scripts/init-top/x",
	};
	static const char *const words[] = {
		"options ", "vfio-pci ", "vfio", "ids=", "10de:2684", ",", ":", "softdep ", "pre: ", "post: ", "install ",
		"blacklist ", "alias pci:",
		"\\\n", "\n", "\n", "#", "\"", "'", "(", ")", "MODULES=(", "force_drivers+=\"", "omit_drivers=", "=", "+", " ",
		"\t", "<hostdev ",
		"managed='yes'", "</hostdev>", "<address ", " bus='0x", " slot='", " function=", "'/>", ">", "vm.nr_hugepages",
		"vfio-pci.ids=",
		"rd.driver.pre=", "hugepages=", "\xff\xfe", "\x1b[31m", "driver_override", "\\",
	};
	const struct tree *tree = *state;
	unsigned int seed = 20261123;

	tree_write(tree, "usr/sbin/update-grub", "");
	for (size_t round = 0; round < 300; round++) {
		char text[2048];

		for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
			size_t used = 0, count = (size_t)rand_r(&seed) % 40;

			for (size_t j = 0; j < count && used < sizeof(text) - 64; j++) {
				const char *word = words[(size_t)rand_r(&seed) % ARRAY_SIZE(words)];

				memcpy(text + used, word, strlen(word));
				used += strlen(word);
				if (rand_r(&seed) % 97 == 0)
					text[used++] = '\0';
			}
			tree_write_bytes(tree, paths[i], text, used);
		}
		free(read_all(tree));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(modprobe), tree_test(command_line), tree_test(lists),
		tree_test(shell),    tree_test(others),       tree_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
