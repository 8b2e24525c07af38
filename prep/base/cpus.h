/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of CPUs and the kernel's list form ("0-3,8"; Documentation/core-api/printk-formats.rst, %*pbl). */
#ifndef VFIO_PREP_BASE_CPUS_H
#define VFIO_PREP_BASE_CPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPUS_MAX 8192 /* the largest NR_CPUS that the kernel's Kconfig allows on x86 */
#define CPUS_TEXT_MAX \
	((size_t)32 << 10) /* any set as a list: at worst pairs, "0-1,3-4,...", ten bytes for three CPUs */

#define CPUS_MASK_MAX (CPUS_MAX / 32 * 9 + 1)

struct cpus {
	uint64_t bits[CPUS_MAX / 64];
};

/* Reads "0-3,8,10-12". 0, -EINVAL (not a list, a range backwards, empty), -ERANGE (CPUS_MAX or over). */
int cpus_parse(const char *text, struct cpus *ret);

/*
 * Writes the list form into size bytes, "" for the empty set. False where it does not fit: then as many whole
 * ranges as fit with "..." behind them, for people. CPUS_TEXT_MAX holds every set.
 */
bool cpus_format(const struct cpus *cpus, char *text, size_t size);

/*
 * The kernel's masks (/proc/irq/default_smp_affinity): hexadecimal in parts of eight digits with commas between,
 * "ff" or "1,00000000". Formatting gives false where it does not fit; CPUS_MASK_MAX holds every set. Parsing gives
 * 0, -EINVAL, or -ERANGE for a CPU of CPUS_MAX or over.
 */
bool cpus_format_mask(const struct cpus *cpus, char *text, size_t size);
int cpus_parse_mask(const char *text, struct cpus *ret);

/* The list where it fits, else "0x" and the mask: of alternate CPUs (sockets in turns) that is the shorter one. */
bool cpus_format_short(const struct cpus *cpus, char *text, size_t size);
int cpus_parse_short(const char *text, struct cpus *ret);

bool cpus_has(const struct cpus *cpus, unsigned int cpu);
void cpus_add(struct cpus *cpus, unsigned int cpu);
void cpus_remove(struct cpus *cpus, unsigned int cpu);
unsigned int cpus_count(const struct cpus *cpus);

/* The lowest CPU of the set from this one on; CPUS_MAX where there is none. */
unsigned int cpus_next(const struct cpus *cpus, unsigned int from);

#define CPUS_FOR_EACH(cpu, cpus) /* NOLINTNEXTLINE(bugprone-macro-parentheses): declared here */ \
	for (unsigned int cpu = cpus_next((cpus), 0); cpu < CPUS_MAX; cpu = cpus_next((cpus), cpu + 1))

bool cpus_empty(const struct cpus *cpus);
bool cpus_equal(const struct cpus *a, const struct cpus *b);
bool cpus_subset(const struct cpus *cpus, const struct cpus *of);
bool cpus_overlap(const struct cpus *a, const struct cpus *b);

/* cpus becomes what both, either, or only it has. */
void cpus_and(struct cpus *cpus, const struct cpus *other);
void cpus_or(struct cpus *cpus, const struct cpus *other);
void cpus_minus(struct cpus *cpus, const struct cpus *other);

#endif
