/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text as fstab, udev, systemd and device-mapper write it: "\040" and "\x2d" for a character, "--" for a '-' in
 * the name of a volume group.
 */
#ifndef VFIO_PREP_SNAPSHOT_ESCAPES_H
#define VFIO_PREP_SNAPSHOT_ESCAPES_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of text (1 to 4, at most left, which is not 0) that stand for the one character *ret. */
size_t escapes_decode(const char *text, size_t left, unsigned char *ret);

/* How many bytes at the start of text spell plain, whatever their case; 0 where they do not. */
size_t escapes_spell(const char *text, size_t left, const char *plain);

/* Writes other over what escapes_spell found: a text of the same length, '-' where that has '-'. */
void escapes_replace(char *text, size_t size, const char *other);

/* Letters, digits, and what is not ASCII. */
bool escapes_is_word(unsigned char c);

#endif
