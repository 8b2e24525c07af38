/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/record.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/root.h"

/* A header, and what one entry and one refusal take at most as text. */
#define TEXT_HEADER 2048
#define TEXT_ENTRY (256 + 4 * STEP_TEXT_MAX + RECORD_WHY_MAX)
#define TEXT_REFUSAL (128 + STEP_TEXT_MAX + RECORD_WHY_MAX)

#define CGROUP_LINE 150 /* what of a cgroup's path goes into a line that can be read back (host/ini.h) */

void record_explain(struct record_entry *entry, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(entry->why, sizeof(entry->why), format, arguments);
	va_end(arguments);
}

const char *result_name(enum result result)
{
	static const char *const names[RESULTS] = { "running", "done", "failed", "skipped", "returned" };

	return names[result];
}

const char *writer_name(enum writer writer)
{
	static const char *const names[WRITERS] = { "early", "late", "release", "apply", "undo" };

	return names[writer];
}

int record_reserve(struct record *record, size_t steps, size_t refusals)
{
	/* Each device may take an override and a probe more to be given back. */
	size_t capacity = record->count + 3 * steps;
	size_t refusal_capacity = record->refusal_count + refusals;
	size_t text_size = TEXT_HEADER + capacity * TEXT_ENTRY + refusal_capacity * TEXT_REFUSAL;
	void *entries = realloc(record->entries, (capacity + 1) * sizeof(*record->entries));
	void *fresh = realloc(record->refusals, (refusal_capacity + 1) * sizeof(*record->refusals));
	void *text = realloc(record->text, text_size);

	record->entries = entries ? entries : record->entries;
	record->refusals = fresh ? fresh : record->refusals;
	record->text = text ? text : record->text;
	if (!entries || !fresh || !text)
		return -ENOMEM;
	record->capacity = capacity;
	record->refusal_capacity = refusal_capacity;
	record->text_size = text_size;
	return 0;
}

/* ';' would start a comment and a newline an entry when the record is read back. */
static void make_clean(char *text)
{
	for (; *text; text++)
		if (*text == ';')
			*text = ',';
		else if ((unsigned char)*text < ' ')
			*text = ' ';
}

static void copy_clean(char *target, size_t size, const char *text)
{
	snprintf(target, size, "%s", text);
	make_clean(target);
}

struct record_entry *record_add(struct record *record, enum writer writer, const struct step *step)
{
	struct record_entry *entry;

	if (record->count == record->capacity)
		return NULL;
	entry = &record->entries[record->count++];
	*entry = (struct record_entry){ .writer = writer, .kind = step->kind, .result = RESULT_RUNNING };
	copy_clean(entry->target, sizeof(entry->target), step->target);
	copy_clean(entry->value, sizeof(entry->value), step->value);
	return entry;
}

const struct record_entry *record_last(const struct record *record, enum step_kind kind, const char *target)
{
	for (size_t i = record->count; i-- > 0;)
		if (record->entries[i].kind == kind && strcmp(record->entries[i].target, target) == 0)
			return &record->entries[i];
	return NULL;
}

void record_drop_refusals(struct record *record)
{
	record->refusal_count = 0;
}

void record_refuse(struct record *record, const char *target, const char *guard, const char *why)
{
	struct record_refusal *refusal;

	if (record->refusal_count == record->refusal_capacity)
		return;
	refusal = &record->refusals[record->refusal_count++];
	copy_clean(refusal->target, sizeof(refusal->target), target);
	copy_clean(refusal->guard, sizeof(refusal->guard), guard);
	copy_clean(refusal->why, sizeof(refusal->why), why);
}

__attribute__((format(printf, 3, 4)))
static void print(struct record *record, size_t *used, const char *format, ...)
{
	va_list arguments;
	int length;

	if (*used >= record->text_size)
		return;
	va_start(arguments, format);
	length = vsnprintf(record->text + *used, record->text_size - *used, format, arguments);
	va_end(arguments);
	*used += length > 0 ? (size_t)length : 0;
}

static void print_entry(struct record *record, size_t *used, size_t number)
{
	struct record_entry *entry = &record->entries[number];

	make_clean(entry->why);
	make_clean(entry->before);
	make_clean(entry->after);

	print(record, used, "\n[step %zu]\nby = %s\nkind = %s\ntarget = %s\n", number + 1, writer_name(entry->writer),
	      step_kind_name(entry->kind), entry->target);
	if (entry->value[0])
		print(record, used, "value = %s\n", entry->value);
	if (entry->before[0])
		print(record, used, "before = %s\n", entry->before);
	if (entry->after[0])
		print(record, used, "after = %s\n", entry->after);
	print(record, used, "result = %s\n", result_name(entry->result));
	if (entry->error)
		print(record, used, "errno = %d\n", entry->error);
	print(record, used, "at = %llu\nusec = %llu\n", (unsigned long long)entry->at_usec,
	      (unsigned long long)entry->usec);
	if (entry->why[0])
		print(record, used, "why = %s\n", entry->why);
}

static void print_lease(struct record *record, size_t *used)
{
	const struct record_lease *lease = &record->lease;

	if (!lease->state[0])
		return;
	print(record, used, "lease = %s\n", lease->state);
	if (lease->holder)
		print(record, used, "holder = %llu\nholder-start = %llu\n", (unsigned long long)lease->holder,
		      (unsigned long long)lease->holder_start);
	if (lease->started)
		print(record, used, "started = yes\n");
	if (lease->irqs)
		print(record, used, "irqs = yes\n");
	if (lease->cgroup[0])
		print(record, used, "cgroup = %.*s\n", CGROUP_LINE, lease->cgroup);
	if (strlen(lease->cgroup) > CGROUP_LINE)
		print(record, used, "cgroup-rest = %s\n", lease->cgroup + CGROUP_LINE);
	if (lease->cpus[0])
		print(record, used, "cpus = %s\n", lease->cpus);
}

int record_save(const struct root *root, struct record *record)
{
	const char *path = record->path ? record->path : RECORD_PATH;
	size_t used = 0;
	int r;

	make_clean(record->note);
	print(record, &used, "; What vfio-prep did in this boot. Times are microseconds.\n[record]\n"
	      "version = %s\nboot-id = %s\nstage = %s\nstate = %s\n", record->version, record->boot_id,
	      writer_name(record->writer), record->state);
	if (record->early[0])
		print(record, &used, "early = %s\n", record->early);
	if (record->udev != ANSWER_UNKNOWN)
		print(record, &used, "udev = %s\n", record->udev == ANSWER_YES ? "yes" : "no");
	if (record->note[0])
		print(record, &used, "note = %s\n", record->note);
	print_lease(record, &used);
	for (size_t i = 0; i < record->count; i++)
		print_entry(record, &used, i);
	for (size_t i = 0; i < record->refusal_count; i++)
		print(record, &used, "\n[refused %zu]\ntarget = %s\nguard = %s\nwhy = %s\n", i + 1,
		      record->refusals[i].target, record->refusals[i].guard, record->refusals[i].why);
	if (used >= record->text_size)
		return -EOVERFLOW;
	r = root_replace(root, path, record->text, used, 0644);
	if (r != -ENOENT || record->path)
		return r;
	r = root_mkdir(root, RUN_DIRECTORY, 0755);
	return r < 0 ? r : root_replace(root, RECORD_PATH, record->text, used, 0644);
}

void record_done(struct record *record)
{
	if (!record)
		return;
	free(record->entries);
	free(record->refusals);
	free(record->text);
	*record = (struct record){ 0 };
}

/* The device in taken, or the place for it. */
static size_t taken_find(const struct taken *taken, size_t count, const struct pci_address *address)
{
	size_t i = 0;

	while (i < count && pci_address_compare(&taken[i].address, address) != 0)
		i++;
	return i;
}

size_t record_taken(const struct record *record, struct taken *taken, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < record->count; i++) {
		const struct record_entry *entry = &record->entries[i];
		struct pci_address address;
		size_t place;

		/* A step that was only begun counts: its write may have happened. */
		if (entry->kind != STEP_OVERRIDE || entry->result == RESULT_SKIPPED || entry->result == RESULT_FAILED ||
		    pci_address_parse(entry->target, &address) < 0)
			continue;
		place = taken_find(taken, count, &address);
		if (entry->writer == WRITER_UNDO || entry->writer == WRITER_RELEASE || entry->result == RESULT_RETURNED) {
			if (place < count && entry->result != RESULT_RUNNING)
				taken[place] = taken[--count];
		} else if (place < count) {
			/* Taken anew while it was taken: what it was before the first time is to be restored. */
			memcpy(taken[place].driver, entry->value, sizeof(taken[place].driver));
		} else if (count < room) {
			taken[count].address = address;
			memcpy(taken[count].driver, entry->value, sizeof(taken[count].driver));
			memcpy(taken[count].override, entry->before, sizeof(taken[count].override));
			count++;
		}
	}
	return count;
}
