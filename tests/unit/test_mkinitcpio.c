/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How images of mkinitcpio are made (host/mkinitcpio.c). */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/mkinitcpio.h"

#define CONF    "etc/mkinitcpio.conf"
#define DROP_IN "etc/mkinitcpio.conf.d/"
#define MOVE    "sed -i -E '/^HOOKS=/{s/ vfio-prep|vfio-prep //;s/[(\"](base )?/&vfio-prep /}' /"

static void expect(const struct tree *tree, const char *command)
{
	assert_string_equal(mkinitcpio_command(&tree->root), command);
}

static void hooks_of_mkinitcpio(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, CONF, "MODULES=()\n#HOOKS=(base vfio-prep udev)\nHOOKS=(base systemd)  # no vfio-prep\n");
	expect(tree, MOVE CONF " && mkinitcpio -P");
	tree_write(tree, CONF, "HOOKS=\"base udev\"");
	expect(tree, MOVE CONF " && mkinitcpio -P");
	tree_write(tree, CONF, "HOOKS=(base vfio-prep udev)\n");
	expect(tree, "mkinitcpio -P");
	tree_write(tree, CONF, "HOOKS=(base\n\tvfio-prep\n\tudev)\n");
	expect(tree, "mkinitcpio -P");
	/* What the command for it would not find is left to the administrator. */
	tree_write(tree, CONF, "if true; then\n\tHOOKS=(base udev)\nfi\n");
	expect(tree, "mkinitcpio -P");
	tree_write(tree, CONF, "HOOKS=$MINE\n");
	expect(tree, "mkinitcpio -P");
}

static void order_of_mkinitcpio(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, CONF, "HOOKS=(base udev vfio-prep)\n");
	expect(tree, MOVE CONF " && mkinitcpio -P");
	tree_write(tree, CONF, "HOOKS=(plymouth vfio-prep udev)\n");
	expect(tree, MOVE CONF " && mkinitcpio -P");
	tree_write(tree, CONF, "HOOKS=(base mdadm_udev vfio-prep udev)\n");
	expect(tree, "mkinitcpio -P");
	tree_write(tree, CONF, "HOOKS=(base systemd plymouth vfio-prep)\n");
	expect(tree, "mkinitcpio -P");
	tree_write(tree, CONF, "HOOKS=(vfio-prep base\n\tudev vfio-prep)\n");
	expect(tree, "mkinitcpio -P");
	tree_write(tree, CONF, "HOOKS=(base udev)\nHOOKS=(base vfio-prep udev)\n");
	expect(tree, "mkinitcpio -P");
}

static void drop_ins_of_mkinitcpio(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, CONF, "HOOKS=(base vfio-prep udev)\n");
	tree_write(tree, DROP_IN "10-quiet.conf", "COMPRESSION=lz4\n");
	expect(tree, "mkinitcpio -P");
	tree_write(tree, DROP_IN "9-hooks.conf", "HOOKS=(base systemd)\n");
	expect(tree, MOVE DROP_IN "*.conf && mkinitcpio -P");
	tree_write(tree, DROP_IN "99-hooks.conf.old", "HOOKS+=(vfio-prep)\n");
	expect(tree, MOVE DROP_IN "*.conf && mkinitcpio -P");
	/* In the order of letters, as the shell has them: this one comes before. */
	tree_write(tree, DROP_IN "10-vfio.conf", "HOOKS+=(vfio-prep)\n");
	expect(tree, MOVE DROP_IN "*.conf && mkinitcpio -P");
	tree_write(tree, DROP_IN "99-vfio.conf", "HOOKS+=(vfio-prep)\n");
	expect(tree, "mkinitcpio -P");
}

/* Runs the command on HOOKS twice, without mkinitcpio: who is not sure pastes it again. */
static void expect_moved(const struct tree *tree, const char *hooks, const char *moved)
{
	char *text = format_text("HOOKS=(%s)\n", hooks), *wanted = format_text("HOOKS=(%s)", moved);
	const char *command;
	char *shell;

	tree_write(tree, CONF, text);
	command = mkinitcpio_command(&tree->root);
	assert_non_null(strstr(command, "/" CONF " && "));
	shell = format_text("cd %s && for i in 1 2; do %.*s" CONF "; done", tree->directory,
	                    (int)(strstr(command, "/" CONF) - command), command);
	assert_int_equal(system(shell), 0);
	tree_expect(tree, CONF, wanted);
	free(shell);
	free(wanted);
	free(text);
}

static void moving_twice_is_moving_once(void **state)
{
	const struct tree *tree = *state;

	expect_moved(tree, "base udev vfio-prep", "base vfio-prep udev");
	expect_moved(tree, "base systemd", "base vfio-prep systemd");
	expect_moved(tree, "udev vfio-prep block", "vfio-prep udev block");
	expect_moved(tree, "udev", "vfio-prep udev");
	expect_moved(tree, "base", "vfio-prep base");
}

static void commands_are_short(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, DROP_IN "hooks.conf", "HOOKS=(base systemd)\n");
	assert_true(strlen(mkinitcpio_command(&tree->root)) < 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(hooks_of_mkinitcpio),
		tree_test(order_of_mkinitcpio),
		tree_test(drop_ins_of_mkinitcpio),
		tree_test(moving_twice_is_moving_once),
		tree_test(commands_are_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
