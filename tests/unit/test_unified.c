/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include "host/unified.h"

#define EFI "sys/firmware/efi/efivars/"
#define STUB EFI "StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
#define BOOTED EFI "BootCurrent-8be4df61-93ca-11d2-aa0d-00e098032b8c"

static void expect(const struct tree *tree, enum unified_maker maker, enum answer booted)
{
	struct unified unified;

	unified_read(&tree->root, &unified);
	assert_int_equal(unified.maker, maker);
	assert_int_equal(unified.booted, booted);
}

static void expect_rebuild(const struct tree *tree, const char *wanted, bool unknown_maker)
{
	bool unknown = !unknown_maker;

	assert_string_equal(unified_rebuild(&tree->root, &unknown), wanted);
	assert_int_equal(unknown, unknown_maker);
}

static void what_was_booted(void **state)
{
	const struct tree *tree = *state;

	expect(tree, UNIFIED_NONE, ANSWER_UNKNOWN);
	tree_mkdir(tree, "sys/firmware/acpi");
	expect(tree, UNIFIED_NONE, ANSWER_NO); /* no UEFI */
	tree_mkdir(tree, "sys/firmware/efi/efivars");
	expect(tree, UNIFIED_NONE, ANSWER_UNKNOWN); /* nothing is mounted there, or its variables are hidden */
	tree_write_bytes(tree, BOOTED, "\7\0\0\0\1\0", 6);
	expect(tree, UNIFIED_NONE, ANSWER_NO);
	tree_write_bytes(tree, STUB, "\6\0\0\0s\0", 6);
	expect(tree, UNIFIED_NONE, ANSWER_YES);
}

static void by_dracut(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "etc/dracut.conf.d/a.conf", "# uefi=yes\nuefi_stub=\"yes\"\n");
	expect(tree, UNIFIED_NONE, ANSWER_UNKNOWN);
	tree_write(tree, "etc/dracut.conf.d/b.conf", "  uefi=\"yes\" # always\n");
	expect(tree, UNIFIED_DRACUT, ANSWER_UNKNOWN);
	tree_write(tree, "etc/dracut.conf.d/c.conf", "uefi=no\n");
	expect(tree, UNIFIED_NONE, ANSWER_UNKNOWN);
	tree_write(tree, "etc/dracut.conf.d/c.conf~", "uefi=yes\n");
	expect(tree, UNIFIED_NONE, ANSWER_UNKNOWN);
	tree_write(tree, "etc/dracut.conf.d/c.conf", "uefi=no\nuefi='yes'");
	expect(tree, UNIFIED_DRACUT, ANSWER_UNKNOWN);
	tree_write_bytes(tree, BOOTED, "\7\0\0\0\1\0", 6);
	expect(tree, UNIFIED_NONE, ANSWER_NO); /* its images lie beside what is booted */
	tree_write(tree, STUB, "x");
	expect(tree, UNIFIED_DRACUT, ANSWER_YES);
	tree_write(tree, "usr/sbin/update-initramfs", "");
	expect_rebuild(tree, "dracut --force", false);
}

static void by_kernel_install(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "usr/lib/kernel/install.conf", "#layout=uki\n");
	expect(tree, UNIFIED_NONE, ANSWER_UNKNOWN);
	tree_write(tree, "usr/lib/kernel/install.conf", "layout=uki\n");
	expect(tree, UNIFIED_INSTALL, ANSWER_UNKNOWN);
	tree_write(tree, "etc/kernel/install.conf", "layout=bls\n");
	expect(tree, UNIFIED_NONE, ANSWER_UNKNOWN);
	tree_write(tree, "etc/kernel/install.conf.d/10-uki.conf", "layout=uki\nuki_generator=dracut\n");
	expect(tree, UNIFIED_INSTALL_DRACUT, ANSWER_UNKNOWN);
	expect_rebuild(tree, "kernel-install add \"$(uname -r)\" \"/boot/vmlinuz-$(uname -r)\"", false);
	tree_write(tree, "etc/kernel/install.conf.d/20-ukify.conf", "uki_generator=ukify\n");
	expect(tree, UNIFIED_INSTALL, ANSWER_UNKNOWN);
	/* By their names, whichever folder they are in, and of namesakes the administrator's. */
	tree_write(tree, "usr/lib/kernel/install.conf.d/30-vendor.conf", "layout=bls\n");
	expect(tree, UNIFIED_NONE, ANSWER_UNKNOWN);
	tree_write(tree, "usr/lib/kernel/install.conf.d/9-vendor.conf", "uki_generator=dracut\n");
	tree_write(tree, "etc/kernel/install.conf.d/30-vendor.conf", "");
	expect(tree, UNIFIED_INSTALL_DRACUT, ANSWER_UNKNOWN);
	tree_write(tree, "etc/kernel/install.conf.d/9-vendor.conf", "");
	expect(tree, UNIFIED_INSTALL, ANSWER_UNKNOWN);
	tree_write(tree, "usr/bin/dracut", ""); /* which kernel-install calls itself */
	expect_rebuild(tree, "kernel-install add \"$(uname -r)\" \"/boot/vmlinuz-$(uname -r)\"", false);
	tree_write(tree, "usr/sbin/update-initramfs", "");
	expect_rebuild(tree, "update-initramfs -u && kernel-install add \"$(uname -r)\" \"/boot/vmlinuz-$(uname -r)\"",
	               false);
	tree_write(tree, "etc/initramfs/post-update.d/systemd-boot", "");
	expect_rebuild(tree, "update-initramfs -u", false);
	tree_remove(tree, "usr/sbin/update-initramfs");
	tree_write(tree, "usr/lib/modules/6.12.1/vmlinuz", "");
	expect_rebuild(tree, "kernel-install add \"$(uname -r)\" \"/usr/lib/modules/$(uname -r)/vmlinuz\"", false);
}

static void by_mkinitcpio(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "etc/mkinitcpio.d/linux.preset",
	           "PRESETS=('default')\n#default_uki=\"/efi/EFI/Linux/arch.efi\"\n");
	expect(tree, UNIFIED_NONE, ANSWER_UNKNOWN);
	tree_write(tree, "etc/mkinitcpio.d/linux.preset", "default_image=x\nfallback_uki=\"/efi/EFI/Linux/arch.efi\"\n");
	expect(tree, UNIFIED_MKINITCPIO, ANSWER_UNKNOWN);
	expect_rebuild(tree, "mkinitcpio -P", false);
}

static void by_nobody(void **state)
{
	const struct tree *tree = *state;

	expect_rebuild(tree, "", false);
	tree_write(tree, "usr/bin/dracut", "");
	expect_rebuild(tree, "dracut --force", false);
	tree_write(tree, "usr/bin/mkinitcpio", "");
	expect_rebuild(tree, "mkinitcpio -P", false);
	tree_write(tree, "usr/sbin/update-initramfs", "");
	expect_rebuild(tree, "update-initramfs -u", false);
	tree_write(tree, STUB, "x"); /* it would make an initramfs that nothing boots */
	expect_rebuild(tree, "", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(what_was_booted), tree_test(by_dracut), tree_test(by_kernel_install), tree_test(by_mkinitcpio),
		tree_test(by_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
