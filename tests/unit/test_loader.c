/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <string.h>

#include "host/loader.h"

static void expect(const struct tree *tree, enum loader_kind kind, const char *name, const char *update, size_t files)
{
	struct loader loader;

	assert_int_equal(loader_read(&tree->root, &loader), 0);
	assert_string_equal(loader.name, name);
	assert_int_equal(loader.kind, kind);
	assert_string_equal(loader.update, update);
	assert_int_equal(loader.file_count, files);
	loader_done(&loader);
}

static void none(void **state)
{
	expect(*state, LOADER_UNKNOWN, "unknown", "", 0);
}

static void grub_of_debian(void **state)
{
	const struct tree *tree = *state;
	struct loader loader;

	tree_write(tree, "etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	tree_write(tree, "usr/sbin/update-grub", "#!/bin/sh\n");
	tree_write(tree, "usr/sbin/grub-mkconfig", "for x in ${sysconfdir}/default/grub.d/*.cfg ; do\n");
	tree_write(tree, "boot/grub/grub.cfg", "");
	expect(tree, LOADER_GRUB, "grub", "update-grub", 1);
	tree_write(tree, "etc/default/grub.d/b.cfg", "x");
	tree_write(tree, "etc/default/grub.d/a.cfg", "x");
	tree_write(tree, "etc/default/grub.d/README", "x");
	expect(tree, LOADER_GRUB, "grub", "update-grub", 3);
	tree_write(tree, "etc/default/grub.d/vfio-prep.cfg", "x");
	assert_int_equal(loader_read(&tree->root, &loader), 0);
	assert_true(loader.drop_ins && loader.has_drop_in);
	assert_string_equal(loader.files[1].path, "etc/default/grub.d/a.cfg");
	loader_done(&loader);
}

static void grub_of_others(void **state)
{
	const struct tree *tree = *state;
	struct loader loader;

	tree_write(tree, "etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	expect(tree, LOADER_GRUB, "grub", "grub-mkconfig -o /boot/grub/grub.cfg", 1);
	/* Files that this grub-mkconfig does not read. */
	tree_write(tree, "etc/default/grub.d/a.cfg", "x");
	tree_write(tree, "usr/bin/grub-mkconfig", "grub_mkconfig_dir=\"${sysconfdir}\"/grub.d\n");
	assert_int_equal(loader_read(&tree->root, &loader), 0);
	assert_false(loader.drop_ins);
	loader_done(&loader);
	tree_mkdir(tree, "boot/grub2");
	expect(tree, LOADER_GRUB, "grub", "grub-mkconfig -o /boot/grub2/grub.cfg", 1);
	tree_write(tree, "usr/sbin/grub2-mkconfig", "");
	expect(tree, LOADER_GRUB, "grub", "grub2-mkconfig -o /boot/grub2/grub.cfg", 1);
}

static void grubby(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "etc/default/grub", "");
	tree_write(tree, "usr/sbin/grubby", "");
	tree_write(tree, "etc/kernel/cmdline", "root=x");
	tree_write(tree, "boot/loader/entries/abc-6.1.conf", "linux /vmlinuz\n");
	expect(tree, LOADER_GRUBBY, "grubby", "", 0);
}

static void proxmox(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "usr/sbin/proxmox-boot-tool", "");
	tree_write(tree, "usr/sbin/update-grub", "");
	tree_write(tree, "etc/default/grub", "");
	tree_write(tree, "etc/kernel/proxmox-boot-uuids", "ABCD-EF01");
	expect(tree, LOADER_GRUB, "grub", "update-grub", 1); /* GRUB: its update calls the tool itself */
	tree_write(tree, "etc/kernel/cmdline", "root=ZFS=rpool/ROOT/pve-1 boot=zfs");
	expect(tree, LOADER_LINE, "proxmox-boot-tool", "proxmox-boot-tool refresh", 1);
	tree_write(tree, "proc/cmdline", "initrd=\\EFI\\proxmox\\6.8.12-4-pve\\initrd.img root=ZFS=rpool/ROOT/pve-1");
	expect(tree, LOADER_LINE, "proxmox-boot-tool", "proxmox-boot-tool refresh", 1);
	/* Without UEFI, or with Secure Boot: the line is there wherever the root is on ZFS, and GRUB reads it not. */
	tree_write(tree, "proc/cmdline", "BOOT_IMAGE=/vmlinuz-6.8.12-4-pve root=ZFS=/ROOT/pve-1 ro boot=zfs quiet");
	expect(tree, LOADER_GRUB, "grub", "update-grub", 1);
}

#define KERNELS_IN_BOOT "for k in /boot/vmlinuz-*; do kernel-install add \"${k#/boot/vmlinuz-}\" \"$k\"; done"
#define KERNELS_IN_MODULES "for d in /usr/lib/modules/*/vmlinuz; do d=${d%/vmlinuz}; " \
	"kernel-install add \"${d##*/}\" \"$d/vmlinuz\"; done"

static void systemd_boot(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "etc/kernel/cmdline", "root=x");
	expect(tree, LOADER_LINE, "systemd-boot", KERNELS_IN_BOOT, 1);
	/* A line that is left over where GRUB boots. */
	tree_write(tree, "etc/default/grub", "");
	expect(tree, LOADER_GRUB, "grub", "grub-mkconfig -o /boot/grub/grub.cfg", 1);
	tree_write(tree, "boot/efi/loader/loader.conf", "timeout 3");
	tree_write(tree, "usr/lib/modules/6.12.1/vmlinuz", "");
	expect(tree, LOADER_LINE, "systemd-boot", KERNELS_IN_MODULES, 1);
	tree_remove(tree, "etc/kernel/cmdline");
	tree_write(tree, "etc/kernel/install.conf", "layout=bls");
	expect(tree, LOADER_LINE, "systemd-boot", KERNELS_IN_MODULES, 0);
}

static void entries(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	tree_write(tree, "boot/loader/entries/arch.conf", "title Arch\nlinux /vmlinuz-linux\noptions root=x\n");
	tree_write(tree, "boot/loader/entries/windows.conf", "title Windows\nefi /EFI/linux.efi\n");
	tree_write(tree, "boot/loader/entries/odd.conf", "#linux /vmlinuz\nlinuxish x\n");
	expect(tree, LOADER_ENTRIES, "systemd-boot", "", 1);
	tree_write(tree, "boot/loader/entries/0123456789abcdef0123456789abcdef-6.1.conf", "linux /vmlinuz\n");
	expect(tree, LOADER_LINE, "systemd-boot", KERNELS_IN_BOOT, 0);
	tree_write(tree, "etc/machine-id", "uninitialized\n");
	expect(tree, LOADER_ENTRIES, "systemd-boot", "", 2);
	tree_write(tree, "etc/kernel/entry-token", "arch\n");
	expect(tree, LOADER_ENTRIES, "systemd-boot", "", 2); /* arch.conf is no arch-VERSION.conf */
	tree_write(tree, "boot/loader/entries/arch-6.1.conf", "linux\t/vmlinuz\n");
	expect(tree, LOADER_LINE, "systemd-boot", KERNELS_IN_BOOT, 0);
}

static void unified_images(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "etc/kernel/cmdline", "root=x");
	tree_write(tree, "efi/loader/loader.conf", "");
	tree_write(tree, "etc/mkinitcpio.d/linux.preset",
	           "PRESETS=('default')\n#default_uki=\"/efi/EFI/Linux/arch.efi\"\n");
	expect(tree, LOADER_LINE, "systemd-boot", KERNELS_IN_BOOT, 1);
	tree_write(tree, "etc/mkinitcpio.d/linux.preset", "#default_uki=\ndefault_uki=\"/efi/EFI/Linux/arch.efi\"\n");
	expect(tree, LOADER_LINE, "uki", "mkinitcpio -P", 1);
	tree_write(tree, "etc/kernel/install.conf", "layout=uki");
	expect(tree, LOADER_LINE, "uki", KERNELS_IN_BOOT, 1);
	tree_remove(tree, "etc/kernel/cmdline");
	expect(tree, LOADER_LINE, "uki", KERNELS_IN_BOOT, 0);
}

static void unified_images_of_dracut(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "etc/default/grub", "");
	tree_write(tree, "etc/kernel/cmdline", "root=x"); /* dracut does not read it */
	tree_write(tree, "etc/dracut.conf", "# kernel_cmdline=x\n");
	tree_write(tree, "etc/dracut.conf.d/uki.conf", "uefi=yes\n");
	expect(tree, LOADER_DRACUT, "uki", "dracut --force --regenerate-all", 0);
	tree_write(tree, "etc/dracut.conf.d/a.conf", "kernel_cmdline=\"root=x\"\n");
	tree_write(tree, "etc/dracut.conf.d/b.conf", "omit=x\nkernel_cmdline+=\" a\"\n");
	expect(tree, LOADER_DRACUT, "uki", "dracut --force --regenerate-all", 2);
	tree_write(tree, "etc/kernel/install.conf", "layout=uki\nuki_generator=dracut\n");
	expect(tree, LOADER_DRACUT, "uki", KERNELS_IN_BOOT, 2);
}

/* The files of others, that say nothing about what was booted. */
static void unified_image_of_nobody(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "sys/firmware/efi/efivars/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", "x");
	expect(tree, LOADER_UNKNOWN, "uki", "", 0);
	tree_write(tree, "etc/default/grub", "");
	tree_write(tree, "usr/sbin/grubby", "");
	tree_write(tree, "boot/loader/loader.conf", "");
	tree_write(tree, "etc/kernel/cmdline", "root=x");
	expect(tree, LOADER_UNKNOWN, "uki", "", 0);
	tree_write(tree, "etc/kernel/install.conf", "layout=uki\n");
	expect(tree, LOADER_LINE, "uki", KERNELS_IN_BOOT, 1);
}

static void words_of_a_file(void **state)
{
	char text[] = "A=\"quiet isolcpus=2\"\nB='nohz_full=2-3' x=1";
	struct loader_file file = { .text = text };

	(void)state;
	assert_true(loader_file_has(&file, "isolcpus=2"));
	assert_true(loader_file_has(&file, "quiet"));
	assert_true(loader_file_has(&file, "nohz_full=2-3"));
	assert_true(loader_file_has(&file, "x=1"));
	assert_false(loader_file_has(&file, "isolcpus="));
	assert_false(loader_file_has(&file, "nohz_full=2"));
	assert_false(loader_file_has(&file, "full=2-3"));
	assert_false(loader_file_has(&file, "x=12"));
}

/* What was put into comments reaches no kernel. */
static void words_of_comments(void **state)
{
	char text[] = "#A=\"quiet intel_iommu=on\"\n \t# was: iommu=pt ro\nA=\"quiet\"\n#ro";
	struct loader_file file = { .text = text };

	(void)state;
	assert_false(loader_file_has(&file, "intel_iommu=on"));
	assert_false(loader_file_has(&file, "iommu=pt"));
	assert_false(loader_file_has(&file, "ro"));
	assert_true(loader_file_has(&file, "quiet"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(none), tree_test(grub_of_debian), tree_test(grub_of_others), tree_test(grubby), tree_test(proxmox),
		tree_test(systemd_boot), tree_test(entries), tree_test(unified_images),
		tree_test(unified_images_of_dracut), tree_test(unified_image_of_nobody), cmocka_unit_test(words_of_a_file),
		cmocka_unit_test(words_of_comments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
