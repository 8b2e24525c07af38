/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of inherited_read. Each returns 0 or -ENOMEM; a file that is not there says nothing. */
#ifndef VFIO_PREP_HOST_INHERITED_PARTS_H
#define VFIO_PREP_HOST_INHERITED_PARTS_H

#include "host/inherited.h"
#include "host/lines.h"

int inherited_read_modprobe(const struct root *root, struct inherited *inherited);
int inherited_read_cmdline(const struct cmdline *cmdline, const struct loader *loader, struct inherited *inherited);

/* Lists of modules: initramfs-tools' and the system's. */
int inherited_read_lists(const struct root *root, struct inherited *inherited);

/* dracut's and mkinitcpio's configs, which are shell. */
int inherited_read_shell(const struct root *root, struct inherited *inherited);

/* driverctl's files, scripts, libvirt's domains, sysctl.d. */
int inherited_read_others(const struct root *root, struct inherited *inherited);

/* Adds an item; line NULL for the file as a whole, text NULL for that of the line, value NULL for "". NULL: no
 * memory. */
struct inherited_item *inherited_add(struct inherited *inherited, enum inherited_kind kind, enum inherited_form form,
                                     const char *file, const struct line *line, const char *text, const char *value);

/* Reads a file's lines; one that cannot be read is noted. 1 where there are any, 0, or -ENOMEM. */
int inherited_lines(const struct root *root, const char *path, enum lines_rule rule, struct inherited *inherited,
                    struct lines *ret);

/* True for the modules of vfio ("vfio-pci", "vfio_virqfd", "mlx5_vfio_pci"), and none of this project's own names. */
bool inherited_is_vfio(const char *word, size_t size);

/* True for drivers of what is passed through: displays and their sound, USB controllers, disks. */
bool inherited_is_driver(const char *word, size_t size);

/* Counts in a list of words how many are of vfio, and how many are others. */
void inherited_count(const char *text, const char *separators, size_t *ret_vfio, size_t *ret_others);

#endif
