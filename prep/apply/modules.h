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

/* What a line of modprobe.d(5) says of a module, in the order in which modules_config tells them. */
enum modprobe_kind { MODPROBE_INSTALL, MODPROBE_ALIAS, MODPROBE_SOFTDEP, MODPROBE_OPTIONS, MODPROBE_KINDS };

/*
 * Calls each with every line of one file that libkmod understands: key is the module (of an alias: the pattern), with
 * '_' for '-', value what follows. Options that the kernel command line of the running machine has come behind those
 * of the file; path NULL gives them alone. 0, -ENOMEM, or what a call returned that was not 0.
 */
typedef int (*module_line_function)(enum modprobe_kind kind, const char *key, const char *value, void *data);
int modules_config(const char *path, module_line_function each, void *data);

#endif
