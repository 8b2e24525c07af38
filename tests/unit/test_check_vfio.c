/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of vfio's own settings, its nodes, and who else claims a device. */
#include <stdlib.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "check_one.h"

#define CARD "0000:01:00.0"
#define AUDIO "0000:01:00.1"
#define UNSAFE "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"
#define NOIOMMU "sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

static const char card[] = "[device gpu]\naddress = 01:00.0\nid = 10de:2684\n";
static const char slot[] = "[device gpu]\naddress = 01:00.0\nalso = slot\n";
static const char alice[] = "[vfio-prep]\nuser = alice\n[device gpu]\naddress = 01:00.0\n";
static const char off[] = "[vfio-prep]\nenabled = no\n[device gpu]\naddress = 01:00.0\n";
static const char no_device[] = "[hugepages]\n2M = 4\n";

static void unsafe_interrupts(void **state)
{
	const struct tree *tree = *state;
	const char *id = "vfio.unsafe-interrupts";

	tree_unpack(tree, "prepared-built-in");
	check_one(tree, card, id, "", STATUS_PASS, "remapped");
	check_one(tree, no_device, id, "", STATUS_PASS, "");
	check_one(tree, off, id, "", STATUS_PASS, "");
	tree_write(tree, UNSAFE, "Y\n");
	check_one(tree, card, id, "", STATUS_WARN, "echo N > /" UNSAFE);
	tree_write(tree, "etc/modprobe.d/a.conf", "options vfio-iommu-type1 allow_unsafe_interrupts=1\n");
	check_one(tree, card, id, "", STATUS_WARN, "  # and take it off /etc/modprobe.d/a.conf");
	tree_write(tree, "proc/cmdline", "vfio-iommu-type1.allow_unsafe_interrupts=1\n");
	check_one(tree, card, id, "", STATUS_WARN, "off the kernel command line");
	tree_write(tree, UNSAFE, "?\n");
	check_one(tree, card, id, "", STATUS_UNKNOWN, "cannot be read");
	tree_remove(tree, UNSAFE);
	check_one(tree, card, id, "", STATUS_UNKNOWN, "cannot be read");
	tree_remove(tree, "sys/module/vfio_iommu_type1/parameters");
	tree_remove(tree, "sys/module/vfio_iommu_type1");
	check_one(tree, card, id, "", STATUS_PASS, "");
}

static void noiommu(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	check_one(tree, card, "vfio.noiommu", "", STATUS_PASS, "no device away");
	tree_write(tree, NOIOMMU, "Y\n");
	check_one(tree, card, "vfio.noiommu", "", STATUS_FAIL, "echo N > /" NOIOMMU);
	check_one(tree, off, "vfio.noiommu", "", STATUS_FAIL, "");
	tree_remove(tree, NOIOMMU); /* CONFIG_VFIO_NOIOMMU=n */
	check_one(tree, card, "vfio.noiommu", "", STATUS_PASS, "this kernel");
}

static void ids(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-rivals");
	tree_remove(tree, "etc/modprobe.d/vfio.conf");
	check_one(tree, slot, "vfio.ids", "", STATUS_PASS, ""); /* there is no ids= anywhere */
	tree_write(tree, "etc/modprobe.d/b.conf", "options vfio_pci ids=10de:22ba,8086:4680:ffffffff:1\n");
	check_one(tree, slot, "vfio.ids", "", STATUS_PASS, "takes nothing");
	tree_write(tree, "etc/modprobe.d/c.conf", "options vfio-pci ids=10de:22ba,10DE:2684\n");
	check_one(tree, slot, "vfio.ids", "", STATUS_WARN,
	          "ids=10DE:2684 also takes what the config does not list: 0000:04:00.0 (nvidia)");
	check_one(tree, slot, "vfio.ids", "", STATUS_WARN, "/etc/modprobe.d/c.conf  # then rebuild it");
	check_one(tree, "[device a]\nid = 10de:2684\nalso = slot\n", "vfio.ids", "", STATUS_PASS, "takes nothing");
	check_one(tree, no_device, "vfio.ids", "", STATUS_WARN, "");
	tree_remove(tree, "etc/modprobe.d/c.conf");
	tree_write(tree, "proc/cmdline", "vfio_pci.ids=10de:2684\n");
	check_one(tree, slot, "vfio.ids", "", STATUS_WARN, "# take vfio-pci.ids= off the kernel command line");
	tree_write(tree, "proc/cmdline", "quiet\n");
	tree_write(tree, "dev/kmsg", "6,1,1,-;vfio_pci: add [10de:2684[ffff:ffff]] class 0x000000/00000000\n");
	check_one(tree, slot, "vfio.ids", "", STATUS_WARN, "echo '10de 2684' > /sys/bus/pci/drivers/vfio-pci/remove_id");
	tree_write(tree, "dev/kmsg", "6,1,1,-;vfio_pci: add [10de:2684[1043:889a]] class 0x030000/00ff0000\n");
	check_one(tree, slot, "vfio.ids", "", STATUS_WARN, "echo '10de 2684 1043 889a 30000 ff0000' >");
	tree_write(tree, "dev/kmsg", "6,1,1,-;vfio_pci: add [10de:2684[1043:889b]] class 0x000000/00000000\n"
	           "6,2,1,-;vfio_pci: add [10de:2684[ffffffff:ffffffff]] class 0x040000/00ff0000\n");
	check_one(tree, slot, "vfio.ids", "", STATUS_PASS, "takes nothing");
}

static void nodes(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	check_one(tree, slot, "vfio.node", CARD, STATUS_PASS, "/dev/vfio/8 is there");
	check_one(tree, slot, "vfio.node", AUDIO, STATUS_PASS, ""); /* the group was spoken of */
	check_one(tree, off, "vfio.node", CARD, STATUS_PASS, "");
	check_one(tree, alice, "vfio.node", CARD, STATUS_UNKNOWN, "no such user");
	tree_write(tree, "etc/passwd", "alice:x:1000:1000::/:\n");
	check_one(tree, alice, "vfio.node", CARD, STATUS_PASS, "a recording does not tell for whom");
	tree_remove(tree, "dev/vfio/8");
	check_one(tree, slot, "vfio.node", CARD, STATUS_FAIL,
	          "mknod -m 0600 /dev/vfio/8 c $(tr : ' ' < /sys/class/vfio/8/dev)");
	tree_mkdir(tree, "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/vfio-dev/vfio0");
	tree_write(tree, "dev/vfio/devices/vfio0", "");
	check_one(tree, slot, "vfio.node", CARD, STATUS_FAIL, "/dev/vfio/8 is missing"); /* nothing opens the other one */
	tree_write(tree, "dev/iommu", "");
	check_one(tree, slot, "vfio.node", CARD, STATUS_PASS, "/dev/vfio/devices/vfio0 is there");
	tree_remove(tree, "dev/iommu");
	tree_write(tree, "dev/vfio/8", "");
	tree_remove(tree, "dev/vfio/vfio");
	check_one(tree, slot, "vfio.node", CARD, STATUS_FAIL, "mknod -m 0666 /dev/vfio/vfio c 10 196");
}

/* CONFIG_VFIO_GROUP is not set: each device has a node of its own, and nothing else opens it. */
static void nodes_without_groups(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	tree_remove(tree, "dev/vfio/8");
	tree_remove(tree, "dev/vfio/vfio");
	tree_mkdir(tree, "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/vfio-dev/vfio0");
	tree_mkdir(tree, "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.1/vfio-dev/vfio1");
	tree_write(tree, "sys/class/vfio-dev/vfio0/dev", "511:0\n");
	tree_write(tree, "sys/class/vfio-dev/vfio1/dev", "511:1\n");
	check_one(tree, slot, "vfio.node", CARD, STATUS_FAIL,
	          "mkdir -p /dev/vfio/devices && mknod -m 0600 /dev/vfio/devices/vfio0 c $(tr : ' ' < "
	          "/sys/class/vfio-dev/vfio0/dev)");
	tree_write(tree, "dev/vfio/devices/vfio0", "");
	check_one(tree, slot, "vfio.node", CARD, STATUS_FAIL, "/dev/iommu is missing");
	check_one(tree, slot, "vfio.node", CARD, STATUS_FAIL, "modprobe iommufd && { test -e /dev/iommu || mknod");
	tree_write(tree, "dev/iommu", "");
	check_one(tree, slot, "vfio.node", CARD, STATUS_PASS, "/dev/vfio/devices/vfio0 is there");
	check_one(tree, slot, "vfio.node", AUDIO, STATUS_FAIL, "/dev/vfio/devices/vfio1 is missing");
	tree_mkdir(tree, "sys/class/vfio"); /* and with groups */
	check_one(tree, slot, "vfio.node", CARD, STATUS_PASS, "/dev/vfio/devices/vfio0 is there");
	check_one(tree, slot, "vfio.node", AUDIO, STATUS_PASS, "");
	tree_remove(tree, "dev/iommu");
	check_one(tree, slot, "vfio.node", CARD, STATUS_FAIL, "/dev/vfio/8 is missing");
}

/* What the root is on is held as long as this host runs. */
static void root_disk(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "desktop-isolated");
	check_one(tree, "[device d]\naddress = 02:00.0\nallow = storage\n", "device.driver", "0000:02:00.0", STATUS_FAIL,
	          "# take 0000:02:00.0 out of [device d]");
}

/* Needs real nodes, which only root can make, and not in every container. */
static void permissions(void **state)
{
	const struct tree *tree = *state;
	char *path = format_text("%s/dev/vfio/8", tree->directory),
		 *own = format_text("%s/dev/vfio/devices/vfio0", tree->directory);
	char *iommu = format_text("%s/dev/iommu", tree->directory);

	tree_unpack(tree, "prepared-built-in");
	tree_remove(tree, "dev/vfio/8");
	if (mknod(path, S_IFCHR | 0600, makedev(1, 3)) < 0) {
		free(path);
		free(own);
		free(iommu);
		skip();
	}
	tree_write(tree, "etc/passwd", "alice:x:1000:1000::/:\nqemu:x:107:107::/:\n");
	check_one(tree, slot, "vfio.node", CARD, STATUS_WARN, "qemu may not open /dev/vfio/8");
	check_one(tree, alice, "vfio.node", CARD, STATUS_WARN,
	          "OWNER=\"alice\"' > /etc/udev/rules.d/10-vfio-prep.rules && udevadm control");
	check_one(tree, "[vfio-prep]\nuser = root\n[device gpu]\naddress = 01:00.0\n", "vfio.node", CARD, STATUS_PASS,
	          "/dev/vfio/8 is there");
	tree_write(tree, "usr/sbin/libvirtd", "");
	check_one(tree, slot, "vfio.node", CARD, STATUS_INFO, "libvirt allows it");
	assert_int_equal(chown(path, 1000, 0), 0);
	check_one(tree, alice, "vfio.node", CARD, STATUS_PASS, "alice may use /dev/vfio/8");
	tree_remove(tree, "usr/sbin/libvirtd");
	tree_remove(tree, "dev/vfio/8");
	tree_mkdir(tree, "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/vfio-dev/vfio0");
	tree_mkdir(tree, "dev/vfio/devices");
	assert_int_equal(mknod(own, S_IFCHR | 0600, makedev(1, 3)), 0);
	assert_int_equal(mknod(iommu, S_IFCHR | 0600, makedev(1, 3)), 0);
	check_one(tree, alice, "vfio.node", CARD, STATUS_WARN, "alice may not open /dev/vfio/devices/vfio0");
	assert_int_equal(chown(own, 1000, 0), 0);
	check_one(tree, alice, "vfio.node", CARD, STATUS_WARN, "alice may not open /dev/iommu");
	check_one(tree, alice, "vfio.node", CARD, STATUS_WARN, "KERNEL==\"vfio[0-9]*|iommu\", OWNER=\"alice\"");
	assert_int_equal(chown(iommu, 1000, 0), 0);
	check_one(tree, alice, "vfio.node", CARD, STATUS_PASS, "alice may use /dev/iommu");
	free(path);
	free(own);
	free(iommu);
}

static void rivals(void **state)
{
	const struct tree *tree = *state;
	const char *id = "device.rival";

	tree_unpack(tree, "prepared-built-in");
	check_one(tree, slot, id, CARD, STATUS_PASS, "no other tool");
	tree_write(tree, "etc/driverctl.d/pci-" CARD, "vfio-pci\n"); /* of one mind */
	tree_write(tree, "etc/modprobe.d/a.conf",
	           "softdep nvidia pre: vfio-pci\nsoftdep vfio-pci pre: vfio_iommu_type1\nalias "
	           "pci:v000010DEd*sv*sd*bc*sc*i* vfio-pci\n"
	           "alias pci:v000010DEd*sv*sd*bc*sc*i* off\nalias pci:v00001002d*sv*sd*bc*sc*i* amdgpu\ninstall nvidia "
	           "/bin/false\noptions vfio-pci ids=10de:1\n");
	check_one(tree, slot, id, CARD, STATUS_PASS, "no other tool");
	tree_write(tree, "etc/driverctl.d/pci-" CARD, "nvidia\n");
	check_one(tree, slot, id, CARD, STATUS_WARN, "rm /etc/driverctl.d/pci-" CARD "  # then reboot");
	check_one(tree, slot, id, AUDIO, STATUS_PASS, "no other tool");
	tree_remove(tree, "etc/driverctl.d/pci-" CARD);
	tree_write(tree, "etc/modprobe.d/a.conf", "alias pci:v000010DEd00002684sv*sd*bc03sc*i* nvidia\n");
	check_one(tree, slot, id, CARD, STATUS_WARN, "alias for nvidia (/etc/modprobe.d/a.conf)");
	check_one(tree, slot, id, AUDIO, STATUS_PASS, "no other tool");
	tree_write(tree, "etc/modprobe.d/a.conf", "install vfio-pci /sbin/override.sh\nsoftdep vfio-pci pre: drm nvidia\n");
	check_one(tree, slot, id, CARD, STATUS_WARN,
	          "install vfio_pci runs /sbin/override.sh (/etc/modprobe.d/a.conf); softdep loads drm before vfio_pci");
	tree_write(tree, "etc/modprobe.d/a.conf", "options vfio-pci ids=10de:22ba\noptions xen-pciback hide=(01:00.0)\n");
	check_one(tree, slot, id, CARD, STATUS_WARN, "xen-pciback hide=(01:00.0)");
	check_one(tree, slot, id, AUDIO, STATUS_WARN, "options vfio-pci ids=10de:22ba");
	tree_write(tree, "etc/modprobe.d/a.conf", "options vfio-pci ids=10de:22ba:1:2\n"); /* another maker's card */
	check_one(tree, slot, id, AUDIO, STATUS_PASS, "no other tool");
	tree_remove(tree, "etc/modprobe.d/a.conf");
	tree_write(tree, "proc/cmdline", "xen-pciback.hide=(0000:01:00.*)\n");
	check_one(tree, slot, id, AUDIO, STATUS_WARN, "# take 0000:01:00.1 out of xen-pciback.hide=");
	tree_write(tree, "sys/bus/pci/drivers/pciback/slots", CARD "\n");
	check_one(tree, slot, id, CARD, STATUS_WARN,
	          "echo " CARD " > /sys/bus/pci/drivers/pciback/remove_slot && vfio-prep --apply");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(unsafe_interrupts),    tree_test(noiommu),   tree_test(ids),         tree_test(nodes),
		tree_test(nodes_without_groups), tree_test(root_disk), tree_test(permissions), tree_test(rivals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
