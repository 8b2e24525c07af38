/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands do what they are for: a shell runs them on a file below a tree. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/modprobe_fix.h"

/* Runs the fix with the tree's file in place of /etc/modprobe.d/vfio.conf, and compares what is left. */
static void expect(const struct tree *tree, struct modprobe_line line, const char *before, const char *after)
{
	char fix[320], command[1024], *place;

	tree_write(tree, "etc/modprobe.d/vfio.conf", before);
	snprintf(line.file, sizeof(line.file), "etc/modprobe.d/vfio.conf");
	modprobe_fix(&line, "update-initramfs -u", fix, sizeof(fix));
	assert_non_null(strstr(fix, "  # then update-initramfs -u"));
	place = strstr(fix, " /etc/modprobe.d");
	assert_non_null(place);
	snprintf(command, sizeof(command), "%.*s %s%s", (int)(place - fix), fix, tree->directory, place + 1);
	assert_int_equal(system(command), 0);
	tree_expect(tree, "etc/modprobe.d/vfio.conf", after);
}

static void commands(void **state)
{
	const struct tree *tree = *state;
	char ids[] = "ids=10de:2684", both[] = "ids=10de:2684 disable_vga=1", vfio[] = "vfio_pci", alias[] = "pci:v*",
		 nvidia[] = "nvidia_drm";
	char runs[] = "/bin/true", pre[] = "pre: nvidia";
	struct modprobe_line line = { .kind = MODPROBE_OPTIONS, .key = vfio, .value = ids };

	expect(tree, line, "a\n options  vfio-pci\tids=10de:2684\noptions vfio_pci ids=1:2\noptions vfio-pci-x ids=1\nb",
	       "a\noptions vfio-pci-x ids=1\nb");
	/* What the file says besides stays. */
	expect(tree, line, "options vfio-pci disable_vga=1\noptions vfio-pci ids=10de:2684 \noptions vfio-pci ids=1:2 a=1",
	       "options vfio-pci disable_vga=1\noptions vfio-pci ids=1:2 a=1");
	line.value = both;
	expect(tree, line, "options vfio-pci ids=10de:2684 disable_vga=1\noptions kvm ids=1",
	       "options vfio-pci disable_vga=1\noptions kvm ids=1");
	line = (struct modprobe_line){ .kind = MODPROBE_ALIAS, .key = alias, .value = nvidia };
	expect(tree, line, "alias pci:v000010DEd* nvidia-drm\nalias pci:v* nvidia\nalias x nvidia_drm",
	       "alias pci:v* nvidia\nalias x nvidia_drm");
	line = (struct modprobe_line){ .kind = MODPROBE_INSTALL, .key = vfio, .value = runs };
	expect(tree, line, "install vfio-pci /bin/true\ninstall vfio /bin/true", "install vfio /bin/true");
	line = (struct modprobe_line){ .kind = MODPROBE_SOFTDEP, .key = vfio, .value = pre };
	expect(tree, line, "softdep vfio-pci pre: nvidia\nsoftdep nvidia pre: vfio-pci", "softdep nvidia pre: vfio-pci");
}

static void strange_names(void **state)
{
	char key[] = "vfio_pci", value[] = "ids=1:2";
	struct modprobe_line line = {
		.kind = MODPROBE_OPTIONS, .file = "etc/modprobe.d/a'; rm -rf b.conf", .key = key, .value = value
	};
	char fix[320];

	(void)state;
	modprobe_fix(&line, "rebuild it", fix, sizeof(fix));
	assert_int_equal(fix[0], '#');
	snprintf(line.file, sizeof(line.file), "etc/modprobe.d/a.conf");
	modprobe_fix(&line, "", fix, sizeof(fix)); /* nobody here makes an initramfs that is known */
	assert_non_null(strstr(fix, "/etc/modprobe.d/a.conf  # then rebuild the initramfs"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(commands), cmocka_unit_test(strange_names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
