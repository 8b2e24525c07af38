/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report itself: findings are written one after the other, and kept in as little memory as their texts take. */
#include "report/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/parse.h"

#define TEXTS_SIZE (64 << 10)

/* Texts one behind the other, in blocks that stay where they are. */
struct report_texts {
	struct report_texts *before;
	size_t used;
	char bytes[TEXTS_SIZE];
};

const char *status_name(enum status status)
{
	static const char *const names[STATUSES] = { "pass", "info", "warn", "fail", "unknown" };

	return names[status];
}

/* "" where there is no memory. */
static const char *keep_text(struct report *report, const char *text)
{
	struct report_texts *texts = report->texts;
	size_t size = strlen(text) + 1;
	char *kept;

	if (size == 1)
		return "";
	if (!texts || size > sizeof(texts->bytes) - texts->used) {
		texts = malloc(sizeof(*texts));
		if (!texts) {
			report->no_memory = true;
			return "";
		}
		texts->before = report->texts;
		texts->used = 0;
		report->texts = texts;
	}
	kept = memcpy(texts->bytes + texts->used, text, size);
	texts->used += size;
	return kept;
}

/*
 * Names of processes, lines of the kernel log and the like are what anybody wrote: a terminal must not obey them.
 * C1 controls are two bytes of UTF-8, 0xc2 first.
 */
static void defuse(char *text)
{
	bool utf8 = parse_is_utf8(text, strlen(text));

	for (unsigned char *c = (unsigned char *)text; *c; c++)
		if (*c == '\t' || *c == '\n')
			*c = ' ';
		else if (*c < 0x20 || *c == 0x7f || (*c >= 0x80 && !utf8))
			*c = '?';
		else if (*c == 0xc2 && c[1] < 0xa0)
			c[0] = c[1] = '?';
}

static const char *keep(struct report *report, char *text)
{
	defuse(text);
	return keep_text(report, text);
}

void report_keep(struct report *report)
{
	struct finding *draft = &report->draft;
	struct reported *reported = draft->id ? array_add(&report->findings, &report->count, sizeof(*reported)) : NULL;

	if (reported)
		*reported = (struct reported){
			.id = draft->id, .status = draft->status, .target = keep(report, draft->target),
			.summary = keep(report, draft->summary), .want = keep(report, draft->want),
			.have = keep(report, draft->have), .fix = keep(report, draft->fix), .source = keep(report, draft->source),
		};
	report->no_memory |= draft->id && !reported;
	*draft = (struct finding){ 0 };
}

struct finding *report_add(struct report *report, const char *id, const char *target, enum status status,
                           const char *summary, ...)
{
	struct finding *draft = &report->draft;
	va_list arguments;

	report_keep(report);
	draft->id = id;
	draft->status = status;
	draft->config = report->config[0] ? report->config : NULL;
	draft->program = report->program[0] ? report->program : NULL;
	FINDING_SET(draft->target, "%s", target);
	va_start(arguments, summary);
	vsnprintf(draft->summary, sizeof(draft->summary), summary, arguments);
	va_end(arguments);
	return draft;
}

void report_done(struct report *report)
{
	if (!report)
		return;
	for (struct report_texts *texts = report->texts, *before; texts; texts = before) {
		before = texts->before;
		free(texts);
	}
	free(report->findings);
	*report = (struct report){ 0 };
}

size_t report_count(const struct report *report, enum status status)
{
	size_t count = 0;

	for (size_t i = 0; i < report->count; i++)
		count += report->findings[i].status == status;
	return count;
}

enum status report_status(const struct report *report)
{
	static const enum status severity[] = { STATUS_FAIL, STATUS_WARN, STATUS_UNKNOWN };

	for (size_t i = 0; i < ARRAY_SIZE(severity); i++)
		if (report_count(report, severity[i]))
			return severity[i];
	return STATUS_PASS;
}

bool report_all_unknown(const struct report *report)
{
	return report->count && report_count(report, STATUS_UNKNOWN) == report->count;
}
