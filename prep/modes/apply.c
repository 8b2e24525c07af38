/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vfio-prep --apply and --undo: the two modes that change the running system. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "base/cleanup.h"
#include "modes/guest.h"
#include "modes/modes.h"
#include "plan/plan.h"
#include "plan/tuning.h"
#include "plan/undo.h"
#include "version.h"

/* The record of this boot, or a new one where there is none. */
static int open_record(const struct session *session, enum writer writer, struct record *record)
{
	int r = record_read(&session->root, record);

	if (r == -ENOMEM)
		return r;
	if (r < 0 || strcmp(record->boot_id, session->host.boot_id) != 0) {
		record_done(record);
		record->udev = ANSWER_UNKNOWN; /* early boot did not write it */
		snprintf(record->boot_id, sizeof(record->boot_id), "%s", session->host.boot_id);
	}
	snprintf(record->version, sizeof(record->version), "%s", VFIO_PREP_VERSION);
	record->writer = writer;
	strcpy(record->state, "running");
	return 0;
}

static void print_entry(const struct style *style, const struct record_entry *entry)
{
	static const enum ink inks[RESULTS] = {
		[RESULT_RUNNING] = INK_RED,    [RESULT_DONE] = INK_GREEN,      [RESULT_FAILED] = INK_RED,
		[RESULT_SKIPPED] = INK_YELLOW, [RESULT_RETURNED] = INK_YELLOW,
	};
	char kind[24]; /* a blank behind the longest, too */

	style_print(style, inks[entry->result], 9, result_name(entry->result));
	snprintf(kind, sizeof(kind), "%s ", step_kind_name(entry->kind));
	style_print(style, INK_BOLD, 9, kind);
	style_print(style, INK_PLAIN, entry->value[0] || entry->why[0] ? 17 : 0, entry->target);
	fprintf(style->out, "%s", entry->value);
	if (entry->error)
		fprintf(style->out, "%s%s: %s", entry->value[0] ? "  " : "", strerrorname_np(entry->error),
		        entry->why[0] ? entry->why : strerror(entry->error));
	else if (entry->why[0])
		fprintf(style->out, "%s%s", entry->value[0] ? "  " : "", entry->why);
	fputc('\n', style->out);
}

/* Walks the steps and tells what came of them. EXIT_GOOD, or EXIT_TROUBLE where one failed. */
static int walk(const struct options *options, const struct session *session, const struct steps *steps,
                enum writer writer, struct record *record)
{
	struct effects effects;
	struct apply_result result;
	size_t first = record->count;

	effects_live(&session->root, &effects);
	apply_steps(&effects, steps, writer, record, &result);
	strcpy(record->state, "done");
	result.save_error = record_save(&session->root, record);
	for (size_t i = first; i < record->count; i++)
		if (options->verbosity != VERBOSITY_QUIET || record->entries[i].result != RESULT_DONE)
			print_entry(&session->style, &record->entries[i]);
	if (result.save_error)
		complain("warning: the record /" RECORD_PATH " cannot be written (%s): --undo will not know of this",
		         strerror(-result.save_error));
	return result.failed ? EXIT_TROUBLE : EXIT_GOOD;
}

static void record_refusals(const struct plan *plan, const struct host *host, struct record *record)
{
	record_drop_refusals(record);
	for (size_t i = 0; i < plan->goals.count; i++) {
		const struct goal *goal = &plan->goals.items[i];
		char address[PCI_ADDRESS_MAX];

		if (goal->guard != GUARD_NONE)
			record_refuse(record, pci_address_format(&host->pci.functions[goal->function].address, address),
			              guard_name(goal->guard), goal->why);
	}
	for (size_t i = 0; i < plan->pages.count; i++)
		if (plan->pages.items[i].guard != GUARD_NONE)
			record_refuse(record, plan->pages.items[i].target, guard_name(plan->pages.items[i].guard),
			              plan->pages.items[i].why);
	if (isolation_refusal(&plan->isolation))
		record_refuse(record, "cpus", guard_name(GUARD_CPUS), isolation_refusal(&plan->isolation)->text);
}

/* Refused devices, pages and CPUs, and missing devices, are told before anything is done. */
static void tell_unmet(const struct plan *plan, const struct host *host)
{
	const struct isolation_fault *fault = isolation_refusal(&plan->isolation);

	for (size_t i = 0; i < plan->goals.count; i++) {
		const struct goal *goal = &plan->goals.items[i];
		char address[PCI_ADDRESS_MAX];

		if (goal->guard != GUARD_NONE)
			complain("%s: refused by the guard %s: %s",
			         pci_address_format(&host->pci.functions[goal->function].address, address),
			         guard_name(goal->guard), goal->why);
	}
	for (size_t i = 0; i < plan->pages.count; i++)
		if (plan->pages.items[i].guard != GUARD_NONE)
			complain("hugepages %s: refused by the guard %s: %s", plan->pages.items[i].target,
			         guard_name(plan->pages.items[i].guard), plan->pages.items[i].why);
	if (fault)
		complain("[cpus]: refused: %s (%s)", fault->text, fault->cure);
	for (size_t i = 0; i < plan->goals.missing_count; i++)
		complain("[device %s]: no device here matches it", plan->goals.missing[i]->name);
}

static int apply(const struct options *options, struct session *session)
{
	_cleanup_(plan_done) struct plan plan = { 0 };
	_cleanup_(record_done) struct record record = { 0 };
	_cleanup_close_ int lock = -1;
	unsigned int scope = session->config.cpus.isolate != ISOLATE_NONE ? HOST_TUNING : 0;
	int r = begin_changes(session, &lock);

	if (r == EXIT_GOOD && !options->tuning)
		r = settle_guests(session);
	if (r == EXIT_GOOD)
		r = session_read_host(session, options->tuning ? scope : scope | HOST_HOLDERS | HOST_STORAGE);
	if (r == EXIT_GOOD)
		r = session_read_leases(session);
	if (r != EXIT_GOOD)
		return r;
	if (session->host.pci_error && !options->tuning) {
		complain("/" PCI_DEVICES ": %s; expected sysfs mounted at /sys", strerror(-session->host.pci_error));
		return EXIT_TROUBLE;
	}
	if ((options->tuning ? plan_build_tuning(&session->config, &session->host, &plan)
	                     : plan_build(&session->config, &session->host, VIEW_NOW, &plan)) < 0 ||
	    open_record(session, WRITER_APPLY, &record) < 0 ||
	    record_reserve(&record, plan.steps.count, plan_refused(&plan)) < 0) {
		complain("no memory; nothing is done");
		return EXIT_TROUBLE;
	}
	tell_unmet(&plan, &session->host);
	warn_default_route(&plan, &session->host);
	warn_tuning(session, &plan);
	if (plan.steps.count) {
		record_refusals(&plan, &session->host, &record);
		r = walk(options, session, &plan.steps, WRITER_APPLY, &record);
	} else if (options->verbosity != VERBOSITY_QUIET) {
		puts(options->tuning ? "nothing to do: interrupts and CPUs are as the config wants them" :
		     "nothing to do: every device that may be taken is, and the pages and CPUs are as the config wants them");
	}
	return r == EXIT_GOOD && plan_is_unmet(&plan) ? EXIT_UNMET : r;
}

int mode_apply(const struct options *options)
{
	_cleanup_(session_done) struct session session;
	int r = session_open(options, true, true, &session);

	return r == EXIT_GOOD ? apply(options, &session) : r;
}

static int undo(const struct options *options, struct session *session)
{
	_cleanup_(record_done) struct record record = { 0 };
	_cleanup_(undo_done) struct undo undo = { 0 };
	_cleanup_free_ struct taken *taken = NULL;
	_cleanup_free_ struct taken_pages *pages = NULL;
	_cleanup_free_ struct tuned *tuned = NULL;
	_cleanup_close_ int lock = -1;
	int r = begin_changes(session, &lock);

	if (r == EXIT_GOOD)
		r = session_read_host(session, HOST_ALL_DETAILS | HOST_HOLDERS | HOST_MEMORY | HOST_TUNING);
	if (r == EXIT_GOOD)
		r = session_read_leases(session);
	if (r != EXIT_GOOD)
		return r;
	if (open_record(session, WRITER_UNDO, &record) < 0 ||
	    !(taken = calloc(record.count + 1, sizeof(*taken))) || !(pages = calloc(record.count + 1, sizeof(*pages))) ||
	    !(tuned = calloc(record.count + 1, sizeof(*tuned))) ||
	    undo_build(taken, record_taken(&record, taken, record.count), &session->host, UNDO_ALL, &undo) < 0 ||
	    undo_pages(pages, record_pages(&record, pages, record.count), &session->host, &undo) < 0 ||
	    undo_tuning(tuned, record_tuned(&record, tuned, record.count), &session->host, &undo) < 0 ||
	    record_reserve(&record, undo.steps.count, undo.refused_count) < 0) {
		complain("no memory; nothing is done");
		return EXIT_TROUBLE;
	}
	record_drop_refusals(&record);
	for (size_t i = 0; i < undo.refused_count; i++) {
		complain("%s: left as it is: %s", undo.refused[i].target, undo.refused[i].why);
		record_refuse(&record, undo.refused[i].target, guard_name(undo.refused[i].guard), undo.refused[i].why);
	}
	if (undo.steps.count)
		r = walk(options, session, &undo.steps, WRITER_UNDO, &record);
	else if (!undo.refused_count && options->verbosity != VERBOSITY_QUIET)
		puts("nothing to undo: vfio-prep holds no device, no pages and no settings in this boot");
	return r == EXIT_GOOD && undo.refused_count ? EXIT_UNMET : r;
}

int mode_undo(const struct options *options)
{
	_cleanup_(session_done) struct session session;
	int r = session_open(options, false, true, &session);

	return r == EXIT_GOOD ? undo(options, &session) : r;
}
