/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt's hook calls for a domain (conf/libvirt-hook), with a program that writes down how it is called. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void install(const struct tree *tree)
{
	char *command =
		format_text("sed 's|@SBINDIR@|%s/sbin|; s|=/|=%s/|; s|=%s%s|=%s|' conf/libvirt-hook >%s/hook", tree->directory,
	                tree->directory, tree->directory, tree->directory, tree->directory, tree->directory);
	char *program = format_text("#!/bin/sh\nprintf '%%s|' \"$@\" >%s/called\n", tree->directory);
	char *path = format_text("%s/sbin/vfio-prep", tree->directory);

	tree_write(tree, "sbin/vfio-prep", program);
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(system(command), 0);
	tree_write(tree, "etc/vfio-prep.conf",
	           "[vfio-prep]\nuser = x\n  [ vm  win10 ] ; games\n[vm -a]\n[vm it's]\n[vm \xe4\xb8\xad*]\n");
	free(command);
	free(program);
	free(path);
}

/* The words that the program got, each with a bar behind it; "" where it was not called. */
static void expect_call(const struct tree *tree, const char *domain, const char *operation, const char *wanted)
{
	char *command = format_text("exec sh %s/hook \"%s\" %s - </dev/null", tree->directory, domain, operation);
	char *called;

	tree_write(tree, "called", "");
	assert_int_equal(system(command), 0);
	called = tree_read(tree, "called");
	assert_string_equal(called, wanted);
	free(called);
	free(command);
}

static void domains_with_a_section_are_acquired_and_released(void **state)
{
	static const char *const domains[] = { "win10", "-a", "it's", "\xe4\xb8\xad*" };
	const struct tree *tree = *state;

	install(tree);
	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
		char *lease = format_text("run/vfio-prep/leases/%s.lease", domains[i]);
		char *pid = format_text("run/libvirt/qemu/%s.pid", domains[i]);
		char *ours = format_text("--quiet|--holder|%d|--acquire|--|%s|", (int)getpid(), domains[i]);
		char *its = format_text("--quiet|--holder|4711|--acquire|--|%s|", domains[i]);
		char *release = format_text("--quiet|--release|--|%s|", domains[i]);

		tree_write(tree, pid, "4711");
		expect_call(tree, domains[i], "prepare begin", ours);
		expect_call(tree, domains[i], "started begin", ""); /* nothing is held for it */
		expect_call(tree, domains[i], "release end", "");
		tree_write(tree, lease, "");
		expect_call(tree, domains[i], "started begin", its);
		expect_call(tree, domains[i], "reconnect begin", its);
		expect_call(tree, domains[i], "stopped end", "");
		expect_call(tree, domains[i], "release end", release);
		free(lease);
		free(pid);
		free(ours);
		free(its);
		free(release);
	}
}

static void domains_without_one_pass(void **state)
{
	const struct tree *tree = *state;

	install(tree);
	expect_call(tree, "win", "prepare begin", "");
	expect_call(tree, "vm win10", "prepare begin", "");
	expect_call(tree, "*", "prepare begin", "");
	expect_call(tree, "../../etc/passwd", "started begin", "");
	tree_remove(tree, "etc/vfio-prep.conf");
	expect_call(tree, "win10", "prepare begin", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(domains_with_a_section_are_acquired_and_released),
		tree_test(domains_without_one_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
