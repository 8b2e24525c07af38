/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict parsing of numbers and words. Every function takes the whole string: no leading blanks, no
 * sign, nothing behind the value. They return 0, -EINVAL where the text is not of the form, -ERANGE
 * where the value is over the limit; *ret is written only on success.
 */
#ifndef VFIO_PREP_BASE_PARSE_H
#define VFIO_PREP_BASE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decimal number, 0 to max. */
int parse_number(const char *text, uint64_t max, uint64_t *ret);

/* A number, 0 to max, as the kernel reads what is written to a sysctl: octal behind 0, hexadecimal behind 0x. */
int parse_kernel_number(const char *text, uint64_t max, uint64_t *ret);

/* A hexadecimal number without 0x, of min_digits to max_digits digits (at most 16). */
int parse_hex(const char *text, size_t min_digits, size_t max_digits, uint64_t *ret);

/* yes/no, true/false, on/off, 1/0. */
int parse_bool(const char *text, bool *ret);

/* Bytes: a decimal number with K, M, G or T (powers of 1024). Without a suffix *ret_bare is true. */
int parse_size(const char *text, uint64_t *ret_bytes, bool *ret_bare);

/*
 * Bytes as the kernel reads its own parameters (memparse() in lib/cmdline.c), not strictly: decimal, or octal behind 0,
 * or hexadecimal behind 0x, with K, M, G or T; what stands behind that, as in "1GB", does not count. 0: there is none.
 */
uint64_t parse_memory(const char *text);

/* Microseconds: a decimal number with us, ms, s or min. Unlike systemd, no unit is no default. */
int parse_duration(const char *text, uint64_t *ret_usec);

/*
 * Cuts the next word off *text: runs of characters other than those of separators. Writes a NUL behind
 * it and moves *text on. NULL where no word is left.
 */
char *parse_word(char **text, const char *separators);

/* True where the bytes are well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms). */
bool parse_is_utf8(const char *bytes, size_t size);

#endif
