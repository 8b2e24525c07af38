/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/tuning.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/tuning.h"
#include "plan/tuning_parts.h"

#define CPU_PATH "sys/devices/system/cpu/cpu%u/"

/* One step while it is worked on. */
struct work {
	const struct effects *effects;
	struct record_entry *entry;
	const char *mask;    /* the file of the one mask; NULL: members of a list */
	uint64_t state;      /* of an idle state */
	struct cpus members; /* CPUs, or interrupts; one for a mask */
	struct cpus value;   /* where that is a set */
	struct cpus refused; /* interrupts that the kernel places itself */
	struct cpus crowded; /* and those that it has no room for there */
};

__attribute__((format(printf, 2, 3)))
static void explain(struct record_entry *entry, const char *format, ...)
{
	va_list arguments;

	if (entry->why[0])
		return; /* of many members the first one tells */
	va_start(arguments, format);
	vsnprintf(entry->why, sizeof(entry->why), format, arguments);
	va_end(arguments);
}

static bool is_set(const struct work *work)
{
	return work->mask || work->entry->kind == STEP_IRQ_AFFINITY;
}

static void member_path(const struct work *work, unsigned int member, char *path)
{
	if (work->mask)
		snprintf(path, ROOT_PATH_MAX, "%s", work->mask);
	else if (work->entry->kind == STEP_IRQ_AFFINITY)
		snprintf(path, ROOT_PATH_MAX, IRQ_DIRECTORY "/%u/smp_affinity_list", member);
	else if (work->entry->kind == STEP_GOVERNOR)
		snprintf(path, ROOT_PATH_MAX, CPU_PATH "cpufreq/scaling_governor", member);
	else if (work->entry->kind == STEP_PREFERENCE)
		snprintf(path, ROOT_PATH_MAX, CPU_PATH "cpufreq/energy_performance_preference", member);
	else
		snprintf(path, ROOT_PATH_MAX, CPU_PATH "cpuidle/state%llu/disable", member, (unsigned long long)work->state);
}

static int read_member(const struct work *work, unsigned int member, char *text)
{
	char path[ROOT_PATH_MAX], attribute[ROOT_ATTRIBUTE];
	struct cpus set;
	ssize_t r;

	member_path(work, member, path);
	if (is_set(work)) {
		r = tuning_read_set(work->effects->root, path, &set);
		return r < 0 ? (int)r : cpus_format_short(&set, text, STEP_TEXT_MAX) ? 0 : -EOVERFLOW;
	}
	r = root_read(work->effects->root, path, attribute, sizeof(attribute));
	if (r < 0)
		return (int)r;
	snprintf(text, STEP_TEXT_MAX, "%.*s", (int)strcspn(attribute, " \n"), attribute);
	return 0;
}

static int write_member(const struct work *work, unsigned int member)
{
	char path[ROOT_PATH_MAX], set[CPUS_TEXT_MAX];

	member_path(work, member, path);
	if (!is_set(work))
		return work->effects->write(work->effects, path, work->entry->value);
	if (work->mask)
		cpus_format_mask(&work->value, set, sizeof(set));
	else
		cpus_format(&work->value, set, sizeof(set));
	return work->effects->write(work->effects, path, set);
}

static int parse_target(struct work *work)
{
	const char *list = work->entry->target;
	char number[8];

	if (work->entry->kind == STEP_WORKQUEUES)
		work->mask = WORKQUEUE_MASK;
	else if (strcmp(list, IRQ_TARGET_DEFAULT) == 0)
		work->mask = IRQ_DEFAULT;
	if (is_set(work) && cpus_parse_short(work->entry->value, &work->value) < 0)
		return -EINVAL;
	if (work->mask) {
		cpus_add(&work->members, 0);
		return 0;
	}
	if (work->entry->kind == STEP_IDLE_STATE) {
		size_t digits = strncmp(list, "state", 5) == 0 ? strcspn(list + 5, "@") : 0;

		if (!digits || digits >= sizeof(number) || list[5 + digits] != '@')
			return -EINVAL;
		snprintf(number, sizeof(number), "%.*s", (int)digits, list + 5);
		if (parse_number(number, TUNING_STATES - 1, &work->state) < 0)
			return -EINVAL;
		list += 5 + digits + 1;
	}
	return cpus_parse(list, &work->members);
}

/* Keeps the members that are as the first one was that is not as wanted, and what that was in before. */
static int read_before(struct work *work)
{
	struct record_entry *entry = work->entry;
	struct cpus same = { 0 };
	char now[STEP_TEXT_MAX];
	int r = -ENODATA;

	CPUS_FOR_EACH(member, &work->members) {
		int error = read_member(work, member, now);

		if (error < 0) {
			r = r == -ENODATA ? error : r;
			continue;
		}
		r = 0;
		if (strcmp(now, entry->value) == 0)
			continue;
		if (!entry->before[0])
			snprintf(entry->before, sizeof(entry->before), "%s", now);
		if (strcmp(now, entry->before) == 0)
			cpus_add(&same, member);
	}
	work->members = same;
	if (r == 0 && !entry->before[0])
		snprintf(entry->before, sizeof(entry->before), "%s", entry->value);
	return r;
}

static void explain_write(struct work *work, unsigned int member, int error)
{
	char path[ROOT_PATH_MAX], offered[ROOT_ATTRIBUTE];

	member_path(work, member, path);
	if (work->entry->kind == STEP_GOVERNOR && error == -EINVAL) {
		char *name = strrchr(path, '/');

		snprintf(name, (size_t)(path + sizeof(path) - name), "/scaling_available_governors");
		if (root_read(work->effects->root, path, offered, sizeof(offered)) >= 0) {
			explain(work->entry, "CPU %u has no governor %s, only: %s", member, work->entry->value, offered);
			return;
		}
	}
	explain(work->entry, "/%s cannot be written", path);
}

static int change(struct work *work, unsigned int member)
{
	char now[STEP_TEXT_MAX];
	int r = write_member(work, member);

	if (!work->mask && work->entry->kind == STEP_IRQ_AFFINITY) {
		if (r == -ENOENT)
			return 0; /* freed since */
		/* Kernels before and after register_irq_proc() knew of it (kernel/irq/proc.c, write_irq_affinity()). */
		if (r == -EIO || r == -EPERM) {
			cpus_add(&work->refused, member);
			return 0;
		}
		/* A CPU of x86 has some two hundred vectors (kernel/irq/matrix.c, irq_matrix_alloc()). The way back is tried
		 * again. */
		if (r == -ENOSPC && work->entry->writer != WRITER_UNDO) {
			cpus_add(&work->crowded, member);
			return 0;
		}
	}
	if (r < 0) {
		explain_write(work, member, r);
		return r;
	}
	r = read_member(work, member, now);
	if (r == 0 && strcmp(now, work->entry->value) != 0) {
		explain(work->entry, "reads '%s' after the write", now);
		r = -EIO;
	}
	return r;
}

int tuning_step(const struct effects *effects, struct record *record, struct record_entry *entry)
{
	struct work work = { .effects = effects, .entry = entry };
	char list[80];
	int r = parse_target(&work);

	if (r < 0)
		return r;
	r = read_before(&work);
	/* An interrupt that is gone needs no place. */
	if (r == -ENOENT && !work.mask && entry->kind == STEP_IRQ_AFFINITY)
		return 0;
	if (r < 0) {
		explain(entry, "what it is now cannot be read");
		return r;
	}
	/* Kept before the write, so that whoever finishes after us knows what to restore. */
	record_save(effects->root, record);
	CPUS_FOR_EACH(member, &work.members) {
		int error = change(&work, member);

		r = r == 0 ? error : r;
	}
	if (r == 0 && !cpus_empty(&work.refused)) {
		cpus_format(&work.refused, list, sizeof(list));
		explain(entry, "the kernel places %s itself", list);
	}
	if (r == 0 && !cpus_empty(&work.crowded)) {
		cpus_format(&work.crowded, list, sizeof(list));
		explain(entry, "these CPUs have no vector free for %s: left as it is", list);
	}
	return r;
}
