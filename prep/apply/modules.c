/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/modules.h"

#include <errno.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/effects.h"
#include "base/cleanup.h"

static void unref_context(struct kmod_ctx **context)
{
	kmod_unref(*context);
}

static void unref_list(struct kmod_list **list)
{
	kmod_module_unref_list(*list);
}

static void unref_module(struct kmod_module **module)
{
	kmod_module_unref(*module);
}

/* Errors come back as errno; libkmod would print them a second time. */
static void be_silent(void *data, int priority, const char *file, int line, const char *function, const char *format,
                      va_list arguments)
{
	(void)data;
	(void)priority;
	(void)file;
	(void)line;
	(void)function;
	(void)format;
	(void)arguments;
}

bool module_options_keep(const char *options, char *kept, char *dropped, size_t dropped_size)
{
	bool any = false;

	kept[0] = '\0';
	while (*options) {
		const char *start = options + strspn(options, " \t\n"), *end = start;
		bool quoted = false;
		size_t used = strlen(kept);

		/* Blanks inside of quotes belong to the value, as in lib/cmdline.c, next_arg(). */
		for (; *end && (quoted || !strchr(" \t\n", *end)); end++)
			if (*end == '"')
				quoted = !quoted;
		options = end;
		if (end == start)
			continue;
		if (strncmp(start + (*start == '"'), "ids=", 4) == 0) {
			if (!any)
				snprintf(dropped, dropped_size, "%.*s", (int)(end - start), start);
			any = true;
			continue;
		}
		if (used)
			kept[used++] = ' ';
		memcpy(kept + used, start, (size_t)(end - start));
		kept[used + (size_t)(end - start)] = '\0';
	}
	return any;
}

static int insert_one(struct kmod_module *module, char *note)
{
	const char *options = kmod_module_get_options(module);
	_cleanup_free_ char *kept = NULL;
	char dropped[80] = "";
	int state = kmod_module_get_initstate(module), r;

	if (state == KMOD_MODULE_BUILTIN || state == KMOD_MODULE_LIVE)
		return 0;
	if (kmod_module_get_install_commands(module)) {
		snprintf(note, EFFECT_NOTE_MAX, "modprobe.d has an install command for %s, and no command is run here",
		         kmod_module_get_name(module));
		return -EOPNOTSUPP;
	}
	if (options) {
		kept = malloc(strlen(options) + 1);
		if (!kept)
			return -ENOMEM;
		if (module_options_keep(options, kept, dropped, sizeof(dropped)))
			snprintf(note, EFFECT_NOTE_MAX, "left out its option %s: it would take every identical device", dropped);
	}
	r = kmod_module_insert_module(module, 0, kept);
	return r == -EEXIST ? 0 : r;
}

/* '-' and '_' are the same in the name of a module. */
static bool is_same_name(const char *a, const char *b)
{
	while (*a && (*a == *b || (strchr("-_", *a) && *b && strchr("-_", *b)))) {
		a++;
		b++;
	}
	return !*a && !*b;
}

/*
 * `blacklist` in modprobe.d, modprobe.blacklist= on the command line. libkmod's own filter compares the latter byte
 * by byte, and would let "vfio-pci" through for vfio_pci.
 */
static bool is_blacklisted(struct kmod_ctx *context, const char *name)
{
	struct kmod_config_iter *list = kmod_config_get_blacklists(context);
	bool found = false;

	while (list && !found && kmod_config_iter_next(list))
		found = is_same_name(kmod_config_iter_get_key(list), name);
	if (list)
		kmod_config_iter_free_iter(list);
	return found;
}

int module_load(const char *name, char *note)
{
	_cleanup_(unref_context) struct kmod_ctx *context = kmod_new(NULL, NULL);
	_cleanup_(unref_list) struct kmod_list *found = NULL;
	_cleanup_(unref_list) struct kmod_list *needed = NULL;
	_cleanup_(unref_module) struct kmod_module *module = NULL;
	struct kmod_list *item;
	int r;

	note[0] = '\0';
	if (!context)
		return -ENOMEM;
	kmod_set_log_fn(context, be_silent, NULL);
	r = kmod_module_new_from_lookup(context, name, &found);
	if (r < 0)
		return r;
	if (!found)
		return -ENOENT;
	if (is_blacklisted(context, name)) {
		snprintf(note, EFFECT_NOTE_MAX, "%s is blacklisted", name);
		return -EPERM;
	}
	module = kmod_module_get_module(found);
	/* In the order of loading: what others need comes first (modules.dep holds the whole chain). */
	needed = kmod_module_get_dependencies(module);
	kmod_list_foreach(item, needed) {
		_cleanup_(unref_module) struct kmod_module *dependency = kmod_module_get_module(item);

		r = insert_one(dependency, note);
		if (r < 0)
			return r;
	}
	return insert_one(module, note);
}

int modules_config(const char *path, module_line_function each, void *data)
{
	static struct kmod_config_iter *(*const lists[MODPROBE_KINDS])(const struct kmod_ctx *) = {
		kmod_config_get_install_commands, kmod_config_get_aliases, kmod_config_get_softdeps, kmod_config_get_options,
	};
	const char *const paths[] = { path, NULL };
	_cleanup_(unref_context) struct kmod_ctx *context = kmod_new(NULL, paths);
	int r = context ? 0 : -ENOMEM;

	for (enum modprobe_kind kind = 0; r == 0 && kind < MODPROBE_KINDS; kind++) {
		struct kmod_config_iter *list = lists[kind](context);

		while (list && r == 0 && kmod_config_iter_next(list))
			r = each(kind, kmod_config_iter_get_key(list), kmod_config_iter_get_value(list), data);
		if (list)
			kmod_config_iter_free_iter(list);
	}
	return r;
}
