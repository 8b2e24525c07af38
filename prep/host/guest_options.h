/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of QEMU as it was written, by hand or by libvirt: options with properties, in any of its forms
 * (qemu(1); util/keyval.c, util/qemu-option.c, util/qemu-config.c). Only the options that somebody here asks for are
 * kept.
 */
#ifndef VFIO_PREP_HOST_GUEST_OPTIONS_H
#define VFIO_PREP_HOST_GUEST_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct root;

/* "-m 8G" is { "size", "8G" }, "hv_relaxed" and "+x2apic" are "on", "-x2apic" is "off", JSON's {"a":{"b":1}} is
 * "a.b". */
struct guest_property {
	char *key, *value;
};

struct guest_option {
	const char *name; /* without dashes: "machine", also where "M" was written */
	struct guest_property *properties;
	size_t count;
};

struct guest_options {
	char *program; /* the last component of argv[0] */
	bool libvirt;  /* a path of libvirt's is among the arguments */
	struct guest_option *items;
	size_t count;
};

/*
 * Reads bytes of /proc/PID/cmdline: arguments, each with a NUL behind it. Files that -readconfig names are read below
 * root. An option that is not of its form is left out. 0 or -ENOMEM; guest_options_done releases either way.
 */
int guest_options_read(const struct root *root, const char *bytes, size_t size, struct guest_options *ret);
void guest_options_done(struct guest_options *options);

/* A property of one option, the last one as QEMU does; '-' and '_' are no difference. NULL. */
const char *guest_option_get(const struct guest_option *option, const char *key);

/* The same of all options of this name. */
const char *guest_options_get(const struct guest_options *options, const char *name, const char *key);

/* For the readers: adds a property, value_size bytes of value. 0 or -ENOMEM. */
int guest_option_add(struct guest_option *option, const char *key, size_t key_size, const char *value,
                     size_t value_size);

/* A JSON object (guest_json.c). 0, -EINVAL, -ENOMEM. */
int guest_option_read_json(struct guest_option *option, const char *text);

#endif
