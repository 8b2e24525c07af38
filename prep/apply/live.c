/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include "apply/effects.h"
#include "apply/modules.h"
#include "base/root.h"

static int live_write(const struct effects *effects, const char *path, const char *text)
{
	return root_write(effects->root, path, text);
}

static int live_load(const struct effects *effects, const char *module, char *note)
{
	(void)effects;
	return module_load(module, note);
}

static uint64_t live_now(const struct effects *effects)
{
	struct timespec now = { 0 };

	(void)effects;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void effect_note(char *note, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(note, EFFECT_NOTE_MAX, format, arguments);
	va_end(arguments);
}

void effects_live(const struct root *root, struct effects *ret)
{
	*ret = (struct effects){ .root = root, .write = live_write, .load = live_load, .now = live_now };
}
