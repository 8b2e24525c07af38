/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/record.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/ini.h"

#define RECORD_LIMIT (16 << 20)

enum place { PLACE_NOWHERE, PLACE_HEADER, PLACE_STEP, PLACE_REFUSED };

struct reading {
	struct record *record;
	enum place place;
	bool header, no_memory;
};

static void on_section(void *context, unsigned int line, const char *name)
{
	struct reading *reading = context;
	struct record *record = reading->record;
	void *added = record;

	(void)line;
	reading->place = PLACE_NOWHERE;
	if (!name)
		return;
	if (strcmp(name, "record") == 0) {
		reading->place = PLACE_HEADER;
		reading->header = true;
	} else if (strncmp(name, "step ", 5) == 0) {
		reading->place = PLACE_STEP;
		added = array_add(&record->entries, &record->count, sizeof(*record->entries));
	} else if (strncmp(name, "refused ", 8) == 0) {
		reading->place = PLACE_REFUSED;
		added = array_add(&record->refusals, &record->refusal_count, sizeof(*record->refusals));
	}
	if (!added) {
		reading->no_memory = true;
		reading->place = PLACE_NOWHERE;
	}
}

/* Copies value where key is name. */
static bool take(const char *key, const char *name, const char *value, char *target, size_t size)
{
	if (strcmp(key, name) != 0)
		return false;
	snprintf(target, size, "%s", value);
	return true;
}

#define TAKE(name, field) take(key, name, value, field, sizeof(field))

static void header_entry(struct record *record, const char *key, const char *value)
{
	if (TAKE("version", record->version) || TAKE("boot-id", record->boot_id) || TAKE("state", record->state) ||
	    TAKE("early", record->early) || TAKE("note", record->note) || TAKE("lease", record->lease.state) ||
	    TAKE("cgroup", record->lease.cgroup) || TAKE("cpus", record->lease.cpus))
		return;
	if (strcmp(key, "cgroup-rest") == 0) {
		size_t used = strlen(record->lease.cgroup);

		snprintf(record->lease.cgroup + used, sizeof(record->lease.cgroup) - used, "%s", value);
	} else if (strcmp(key, "started") == 0) {
		record->lease.started = strcmp(value, "yes") == 0;
	} else if (strcmp(key, "irqs") == 0) {
		record->lease.irqs = strcmp(value, "yes") == 0;
	} else if (strcmp(key, "holder") == 0) {
		parse_number(value, INT_MAX, &record->lease.holder);
	} else if (strcmp(key, "holder-start") == 0) {
		parse_number(value, UINT64_MAX, &record->lease.holder_start);
	}
	for (size_t i = 0; i < WRITERS && strcmp(key, "stage") == 0; i++)
		if (strcmp(value, writer_name((enum writer)i)) == 0)
			record->writer = (enum writer)i;
	if (strcmp(key, "udev") == 0)
		record->udev = strcmp(value, "yes") == 0 ? ANSWER_YES : ANSWER_NO;
}

static void step_entry(struct record_entry *entry, const char *key, const char *value)
{
	uint64_t number;

	if (TAKE("target", entry->target) || TAKE("value", entry->value) || TAKE("before", entry->before) ||
	    TAKE("after", entry->after) ||
	    TAKE("why", entry->why))
		return;
	if (strcmp(key, "kind") == 0)
		step_kind_parse(value, &entry->kind);
	else if (strcmp(key, "errno") == 0 && parse_number(value, INT_MAX, &number) == 0)
		entry->error = (int)number;
	else if (strcmp(key, "usec") == 0 && parse_number(value, UINT64_MAX, &number) == 0)
		entry->usec = number;
	else if (strcmp(key, "at") == 0 && parse_number(value, UINT64_MAX, &number) == 0)
		entry->at_usec = number;
	for (size_t i = 0; i < WRITERS && strcmp(key, "by") == 0; i++)
		if (strcmp(value, writer_name((enum writer)i)) == 0)
			entry->writer = (enum writer)i;
	for (size_t i = 0; i < RESULTS && strcmp(key, "result") == 0; i++)
		if (strcmp(value, result_name((enum result)i)) == 0)
			entry->result = (enum result)i;
}

static void on_entry(void *context, unsigned int line, const char *key, const char *value)
{
	const struct reading *reading = context;
	struct record *record = reading->record;

	(void)line;
	if (reading->place == PLACE_HEADER) {
		header_entry(record, key, value);
	} else if (reading->place == PLACE_STEP) {
		step_entry(&record->entries[record->count - 1], key, value);
	} else if (reading->place == PLACE_REFUSED) {
		struct record_refusal *refusal = &record->refusals[record->refusal_count - 1];

		if (!TAKE("target", refusal->target) && !TAKE("guard", refusal->guard))
			TAKE("why", refusal->why);
	}
}

static void on_error(void *context, unsigned int line, const char *found, const char *expected)
{
	/* A damaged line costs itself only: the rest of the record still explains and restores. */
	(void)context;
	(void)line;
	(void)found;
	(void)expected;
}

int record_read(const struct root *root, struct record *ret)
{
	return record_read_from(root, RECORD_PATH, ret);
}

int record_read_from(const struct root *root, const char *path, struct record *ret)
{
	_cleanup_(record_done) struct record record = { .udev = ANSWER_UNKNOWN };
	_cleanup_free_ char *bytes = NULL;
	struct reading reading = { .record = &record };
	const struct ini_events events = { on_section, on_entry, on_error, &reading };
	size_t size;
	int r = root_read_all(root, path, RECORD_LIMIT, &bytes, &size);

	if (r < 0)
		return r;
	r = ini_read(bytes, size, &events);
	if (r < 0 || reading.no_memory)
		return -ENOMEM;
	if (!reading.header)
		return -EBADMSG;
	record.capacity = record.count;
	record.refusal_capacity = record.refusal_count;
	*ret = record;
	record = (struct record){ 0 };
	return 0;
}
