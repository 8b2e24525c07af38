/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/loader.h"
#include "report/loader_command.h"

#define DROP_IN "etc/default/grub.d/vfio-prep.cfg"

/* Items written as "+add", "-drop", "=keep", with blanks between them. */
static void make_advice(const char *items, struct advice *ret)
{
	*ret = (struct advice){ 0 };
	ret->items = calloc(16, sizeof(*ret->items));
	for (const char *at = items; *at; at += strcspn(at, " "), at += *at == ' ') {
		struct advice_item *item = &ret->items[ret->count++];

		item->kind = *at == '+' ? ADVICE_ADD : *at == '-' ? ADVICE_DROP : ADVICE_KEEP;
		item->parameter = strndup(at + 1, strcspn(at + 1, " "));
	}
}

static char *command_for(const struct tree *tree, const char *items, const char *running)
{
	struct cmdline cmdline;
	struct advice advice;
	struct loader loader;
	char *command;

	tree_write(tree, "proc/cmdline", running);
	assert_int_equal(cmdline_read(&tree->root, &cmdline), 0);
	assert_int_equal(loader_read(&tree->root, &loader), 0);
	make_advice(items, &advice);
	command = loader_command(&loader, &advice, &cmdline);
	assert_non_null(command);
	advice_done(&advice);
	loader_done(&loader);
	cmdline_done(&cmdline);
	return command;
}

static void expect(const struct tree *tree, const char *items, const char *running, const char *wanted)
{
	char *command = command_for(tree, items, running);

	assert_string_equal(command, wanted);
	free(command);
}

/* Runs the command on the files of the tree: what it does to the machine's files is done to the tree's. */
static void run(const struct tree *tree, const char *items, const char *running)
{
	char *command = command_for(tree, items, running);
	char *script = format_text("%s/script", tree->directory);
	FILE *out = fopen(script, "w");
	char *shell;

	assert_non_null(out);
	/* A name with a dash is none of a function. */
	fputs("set -e\nalias update-grub=: kernel-install=: dracut=:\n", out);
	for (const char *c = command; *c; c++)
		if (strncmp(c, "/etc/", 5) == 0 || strncmp(c, "/boot/", 6) == 0)
			fprintf(out, "%s%c", tree->directory, *c);
		else
			fputc(*c, out);
	fclose(out);
	shell = format_text("sh %s", script);
	assert_int_equal(system(shell), 0);
	tree_remove(tree, "script");
	free(shell);
	free(script);
	free(command);
}

static void make_grub(const struct tree *tree, bool drop_ins)
{
	tree_write(tree, "etc/default/grub", "GRUB_DEFAULT=0\n"
	           "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet isolcpus=2 vfio-pci.ids=1:2\"\nGRUB_CMDLINE_LINUX='isolcpus=2'\n");
	tree_write(tree, "usr/sbin/update-grub", "");
	tree_write(tree, "usr/sbin/grub-mkconfig", drop_ins ? "/default/grub.d/*.cfg" : "/grub.d");
}

/* What GRUB's scripts make of the files. */
static void expect_grub(const struct tree *tree, const char *wanted)
{
	char *shell = format_text(
		"cd %s/etc/default && . ./grub && for f in grub.d/*.cfg; do "
		"if [ -e $f ]; then . ./$f; fi; done && echo $GRUB_CMDLINE_LINUX / $GRUB_CMDLINE_LINUX_DEFAULT >../../line",
		tree->directory);

	assert_int_equal(system(shell), 0);
	tree_expect(tree, "line", wanted);
	tree_remove(tree, "line");
	free(shell);
}

static void nothing(void **state)
{
	const struct tree *tree = *state;

	expect(tree, "+a=1", "ro", ""); /* no loader */
	make_grub(tree, true);
	expect(tree, "", "ro", "");
	expect(tree, "=a=1", "ro", "");
}

static void grub_with_drop_ins(void **state)
{
	const struct tree *tree = *state;

	make_grub(tree, true);
	expect(tree, "+a=1,2 +b", "ro", "mkdir -p /etc/default/grub.d && printf '%s\\n' 'GRUB_CMDLINE_LINUX_DEFAULT="
	       "\"$GRUB_CMDLINE_LINUX_DEFAULT a=1,2 b\"' >/etc/default/grub.d/vfio-prep.cfg && update-grub");
	run(tree, "+a=1,2 +b", "ro");
	expect_grub(tree, "isolcpus=2 / quiet isolcpus=2 vfio-pci.ids=1:2 a=1,2 b");
	/* Written and not booted yet: the same once more. */
	run(tree, "+a=1,2 +b", "ro");
	expect_grub(tree, "isolcpus=2 / quiet isolcpus=2 vfio-pci.ids=1:2 a=1,2 b");
	/* No need to edit what is written anew. */
	expect(tree, "+c -b", "ro", "printf '%s\\n' 'GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT c\"' "
	       ">/etc/default/grub.d/vfio-prep.cfg && update-grub");
	/* Booted: what our file gives stays, what it gives no longer goes with it, and what others give is edited. */
	run(tree, "=a=1,2 -b +c -isolcpus=2 -vfio-pci.ids=1:2 =quiet", "ro quiet a=1,2 b");
	expect_grub(tree, "/ quiet a=1,2 c");
	run(tree, "-a=1,2 -c", "ro");
	expect_grub(tree, "/ quiet");
	assert_null(tree_read(tree, DROP_IN));
	/* What stands there already is not given twice; GRUB alone has to read it. */
	expect(tree, "+quiet", "ro", "update-grub");
}

/* key="value" is key=value to the kernel. */
static void grub_with_quotes(void **state)
{
	const struct tree *tree = *state;

	make_grub(tree, true);
	tree_write(tree, "etc/default/grub",
	           "GRUB_CMDLINE_LINUX='a=\"1,2\" b'\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet a=\\\"1,2\\\"\"\n");
	run(tree, "-a=1,2 =quiet", "ro quiet a=1,2 b");
	expect_grub(tree, "b / quiet");
}

static void grub_without_drop_ins(void **state)
{
	const struct tree *tree = *state;

	make_grub(tree, false);
	expect(tree, "+a=1", "ro", "printf '%s\\n' 'GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT a=1\"' "
	       ">>/etc/default/grub && update-grub");
	run(tree, "+a=1 -isolcpus=2 -vfio-pci.ids=1:2 +isolcpus=domain,3", "ro isolcpus=2");
	expect_grub(tree, "/ quiet a=1 isolcpus=domain,3");
	run(tree, "+a=1", "ro");
	expect_grub(tree, "/ quiet a=1 isolcpus=domain,3");
	/* Where an editor left the last line without its end. */
	tree_write(tree, "etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=quiet");
	run(tree, "+a=1", "ro");
	expect_grub(tree, "/ quiet a=1");
	/* Characters that sed and the shell read: only this very text goes. */
	tree_write(tree, "etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"x=1.2/3*[a]+(b)|^ x=1a2 y\"\n");
	run(tree, "-x=1.2/3*[a]+(b)|^", "ro");
	expect_grub(tree, "/ x=1a2 y");
}

static void grubby(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "usr/sbin/grubby", "");
	expect(tree, "+a=1 -b=2 +c -d =e", "ro", "grubby --update-kernel=ALL --remove-args='b=2 d' --args='a=1 c'");
	expect(tree, "+a=1", "ro", "grubby --update-kernel=ALL --args='a=1'");
	expect(tree, "-a=1", "ro", "grubby --update-kernel=ALL --remove-args='a=1'");
}

static void the_whole_line(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "usr/sbin/proxmox-boot-tool", "");
	tree_write(tree, "etc/kernel/proxmox-boot-uuids", "");
	tree_write(tree, "etc/kernel/cmdline", "# ours isolcpus=2\n root=x  boot=zfs isolcpus=2\nx=\"a b\"\n");
	expect(tree, "+a=1 -isolcpus=2", "initrd=x root=y",
	       "printf '%s\\n' 'root=x boot=zfs x=\"a b\" a=1' >/etc/kernel/cmdline && proxmox-boot-tool refresh");
	expect(tree, "+boot=zfs", "ro", "printf '%s\\n' 'root=x boot=zfs isolcpus=2 x=\"a b\"' >/etc/kernel/cmdline && "
	       "proxmox-boot-tool refresh");
	/* Written and not booted, with another number of pages: a count belongs to the size before it. */
	tree_write(tree, "etc/kernel/cmdline", "root=x isolcpus=\"2\" quiet\n");
	expect(tree, "-isolcpus=2", "ro",
	       "printf '%s\\n' 'root=x quiet' >/etc/kernel/cmdline && proxmox-boot-tool refresh");
	tree_write(tree, "etc/kernel/cmdline", "hugepagesz=1G hugepages=8 hugepagesz=2M hugepages=8\n");
	expect(tree, "+hugepagesz=1G +hugepages=16", "ro", "printf '%s\\n' 'hugepagesz=1G hugepages=8 hugepagesz=2M "
	       "hugepages=8 hugepagesz=1G hugepages=16' >/etc/kernel/cmdline && proxmox-boot-tool refresh");
	/* Pages belong to the size before them, whatever stands elsewhere. */
	tree_write(tree, "etc/kernel/cmdline", "hugepagesz=1G hugepages=8\n");
	expect(tree, "-hugepages=8 -hugepagesz=1G +hugepagesz=1G +hugepages=16", "ro", "printf '%s\\n' "
	       "'hugepagesz=1G hugepages=16' >/etc/kernel/cmdline && proxmox-boot-tool refresh");
}

static void the_running_line(void **state)
{
	const struct tree *tree = *state;
	char *text;

	tree_write(tree, "etc/kernel/install.conf", "");
	run(tree, "+a=1 -b=2", "initrd=\\x BOOT_IMAGE=/vmlinuz root=x b=2 x=\"it's a b\"");
	text = tree_read(tree, "etc/kernel/cmdline");
	assert_string_equal(text, "root=x x=\"it's a b\" a=1");
	free(text);
}

static void entries_by_hand(void **state)
{
	const struct tree *tree = *state;
	char *text;

	tree_write(tree, "boot/loader/entries/a.conf", "title A\nlinux /vmlinuz\noptions root=x isolcpus=2");
	tree_write(tree, "boot/loader/entries/b.conf", "linux /old\noptions root=x a=1\n");
	tree_write(tree, "boot/loader/entries/c.conf", "efi /shell\n");
	run(tree, "+a=1 -isolcpus=2 +b=2", "ro");
	text = tree_read(tree, "boot/loader/entries/a.conf");
	assert_string_equal(text, "title A\nlinux /vmlinuz\noptions root=x \noptions a=1 b=2");
	free(text);
	tree_expect(tree, "boot/loader/entries/b.conf", "linux /old\noptions root=x a=1\noptions b=2");
	tree_expect(tree, "boot/loader/entries/c.conf", "efi /shell");
	expect(tree, "+b=2", "ro", "");
}

/* What bash makes of dracut's files, in dracut's order. */
static void expect_dracut(const struct tree *tree, const char *wanted)
{
	char *shell = format_text("cd %s/etc && bash -c 'for f in dracut.conf.d/*.conf; do . ./$f; done; "
	                          "echo $kernel_cmdline >line'", tree->directory);

	assert_int_equal(system(shell), 0);
	tree_expect(tree, "etc/line", wanted);
	free(shell);
}

static void unified_images_of_dracut(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "etc/dracut.conf.d/uki.conf", "uefi=yes\nkernel_cmdline=\"root=x isolcpus=2 quiet\"\n");
	expect(tree, "+a=1 -isolcpus=2", "root=x",
	       "sed -i -E 's/(^|[[:blank:]\\x22\\x27])isolcpus=2([[:blank:]\\x22\\x27]|$)"
	       "/\\1\\2/g' /etc/dracut.conf.d/uki.conf && mkdir -p /etc/dracut.conf.d && "
	       "printf '%s\\n' 'kernel_cmdline+=\" a=1\"' >/etc/dracut.conf.d/zz-vfio-prep.conf && dracut --force "
	       "--regenerate-all");
	run(tree, "+a=1 -isolcpus=2", "root=x");
	expect_dracut(tree, "root=x quiet a=1");
	run(tree, "=a=1 +b=\"$1\"", "root=x a=1");
	expect_dracut(tree, "root=x quiet a=1 b=\"$1\"");
	run(tree, "-a=1 +c", "root=x a=1");
	expect_dracut(tree, "root=x quiet c");
	run(tree, "=c", "root=x c");
	expect_dracut(tree, "root=x quiet c");
	run(tree, "-c", "root=x c");
	expect_dracut(tree, "root=x quiet");
	assert_null(tree_read(tree, "etc/dracut.conf.d/zz-vfio-prep.conf"));
}

/* The line was given to dracut when it was called, say. With ours alone, what is not in it would be lost. */
static void the_whole_line_of_dracut(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "etc/dracut.conf.d/uki.conf", "uefi=yes\n");
	run(tree, "+a=1 -b", "root=x b rw");
	expect_dracut(tree, "root=x rw a=1");
	run(tree, "+a=1 -b", "root=x b rw"); /* not booted yet */
	expect_dracut(tree, "root=x rw a=1");
	run(tree, "=a=1 +c", "root=x rw a=1");
	expect_dracut(tree, "root=x rw a=1 c");
	tree_write(tree, "etc/dracut.conf.d/late.conf", "kernel_cmdline+=\" d\"\n");
	run(tree, "=a=1 -c", "root=x rw a=1 c");
	expect_dracut(tree, "root=x rw a=1");
}

static void what_no_file_has(void **state)
{
	const struct tree *tree = *state;
	struct loader loader;

	make_grub(tree, true);
	assert_int_equal(loader_read(&tree->root, &loader), 0);
	assert_false(loader_command_misses(&loader, "isolcpus=2"));
	assert_true(loader_command_misses(&loader, "isolcpus=3"));
	loader_done(&loader);
	tree_write(tree, "usr/sbin/grubby", "");
	assert_int_equal(loader_read(&tree->root, &loader), 0);
	assert_false(loader_command_misses(&loader, "isolcpus=3"));
	loader_done(&loader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(nothing),
		tree_test(grub_with_drop_ins),
		tree_test(grub_with_quotes),
		tree_test(grub_without_drop_ins),
		tree_test(grubby),
		tree_test(the_whole_line),
		tree_test(the_running_line),
		tree_test(entries_by_hand),
		tree_test(what_no_file_has),
		tree_test(unified_images_of_dracut),
		tree_test(the_whole_line_of_dracut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
