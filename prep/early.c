/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio-prep-early, run from the initramfs before udev. Whatever happens it exits 0, inside its deadline:
 * early_supervisor.c sees to that.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/effects.h"
#include "base/log.h"
#include "base/root.h"
#include "early.h"
#include "early_supervisor.h"
#include "version.h"

#define DEADLINE_USEC (20 * UINT64_C(1000000)) /* until the config says otherwise */

static const char help[] =
	"Usage: vfio-prep-early [--late ROOT | --release]\n"
	"\n"
	"Prepares the devices of /etc/vfio-prep.conf in early boot, before udev: run by the initramfs.\n"
	"Always exits 0 and never holds the boot longer than the config's timeout. On a running system use\n"
	"vfio-prep(8).\n"
	"\n"
	"  --late ROOT  after the root is mounted at ROOT: storage, USB, and devices that appeared since\n"
	"  --release    the root does not appear: gives every device back to the host\n"
	"  --help       this text\n"
	"  --version    the version\n"
	"\n"
	"Kernel command line: vfio_prep=off, vfio_prep=plan, vfio_prep.skip=ADDRESS[,ADDRESS]\n";

static const char *late_root;

static void work(const struct effects *effects)
{
	if (late_root)
		early_late(effects, late_root, supervisor_tell_timeout);
	else
		early_work(effects, supervisor_tell_timeout);
}

int main(int argc, char **argv)
{
	struct effects effects;
	struct root root;
	bool release = false;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return EXIT_SUCCESS;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("vfio-prep-early " VFIO_PREP_VERSION);
		return EXIT_SUCCESS;
	}
	if (root_open("/", &root) < 0)
		return EXIT_SUCCESS;
	log_to_kernel(&root);
	effects_live(&root, &effects);
	if (argc == 3 && strcmp(argv[1], "--late") == 0) {
		late_root = argv[2];
	} else if (argc == 2 && strcmp(argv[1], "--release") == 0) {
		release = true;
	} else if (argc > 1) {
		log_error("unknown arguments '%s'; expected none, --late ROOT or --release", argv[1]);
		return EXIT_SUCCESS;
	}
	supervisor_run(&effects, release ? early_release : work, early_give_back, DEADLINE_USEC);
	root_done(&root);
	return EXIT_SUCCESS;
}
