/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading kernel modules through libkmod. */
#ifndef VFIO_PREP_APPLY_MODULES_H
#define VFIO_PREP_APPLY_MODULES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Loads a module and what it depends on into the running kernel, each with its options from modprobe.d
 * and the kernel command line, but never with `ids=`: that takes every identical device. No shell is
 * run: a module with an `install` command is refused. Built in or already loaded is success.
 *
 * note (EFFECT_NOTE_MAX bytes) says which options were left out, or why it was refused.
 * 0, -ENOENT (no such module), -EPERM (blacklisted), -EOPNOTSUPP (install command), or the errno of
 * finit_module(2).
 */
int module_load(const char *name, char *note);

/*
 * Copies module options without the parameters named "ids" into kept (which is as large as options).
 * Returns true where something was left out; the first of it goes into dropped (dropped_size bytes).
 */
bool module_options_keep(const char *options, char *kept, char *dropped, size_t dropped_size);

#endif
