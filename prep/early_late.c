/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Early boot after its first stage: what waits for the root, and the ways back. */
#include "early.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "early_run.h"
#include "host/stuck.h"

/* True where the first stage of this boot has tried the device already, or refused it. */
static bool was_tried(const struct record *record, const char *address)
{
	for (size_t i = 0; i < record->refusal_count; i++)
		if (strcmp(record->refusals[i].target, address) == 0)
			return true;
	for (size_t i = 0; i < record->count; i++)
		if (record->entries[i].kind != STEP_LOAD && strcmp(record->entries[i].target, address) == 0)
			return true;
	return false;
}

/*
 * The first stage had its turn with its devices: one that it gave back stays with its driver. What remains
 * are the devices of the late stage, those that appeared since, and those that nobody finished.
 */
static void defer_settled(struct early *early)
{
	for (size_t i = 0; i < early->plan.goals.count; i++) {
		struct goal *goal = &early->plan.goals.items[i];
		const struct pci_function *function = &early->host.pci.functions[goal->function];
		char address[PCI_ADDRESS_MAX];

		if (goal->stage == STAGE_EARLY && function->driver[0] &&
		    was_tried(&early->record, pci_address_format(&function->address, address)))
			goal->deferred = true;
	}
	for (size_t i = 0; i < early->plan.pages.count; i++) {
		struct page_goal *goal = &early->plan.pages.items[i];
		const struct record_entry *entry = record_last(&early->record, STEP_PAGES, goal->target);

		/* What memory did not give before anything ran, it does not give now. */
		if (goal->stage == STAGE_EARLY && entry && entry->result != RESULT_RUNNING)
			goal->deferred = true;
	}
}

/*
 * What was taken when there is no record (no room in /run, say): in an initramfs nobody else gives devices
 * to vfio, so it is what has an override of it. taken has room for all functions.
 */
static size_t taken_by_sight(const struct host *host, struct taken *taken)
{
	size_t count = 0;

	for (size_t i = 0; i < host->pci.count; i++) {
		const struct pci_detail *detail = host->pci.functions[i].detail;

		if (!detail || !pci_driver_is_vfio(detail->driver_override))
			continue;
		taken[count] = (struct taken){ .address = host->pci.functions[i].address };
		snprintf(taken[count].driver, sizeof(taken[count].driver), "%s", detail->driver_override);
		count++;
	}
	return count;
}

/* Steps back for the devices of the record; what they are is logged. 0 or -ENOMEM. */
static int walk_back(struct early *early, enum undo_scope scope, const char *why)
{
	_cleanup_(undo_done) struct undo undo = { 0 };
	_cleanup_free_ struct taken *taken = NULL;
	struct apply_result result;
	size_t count;

	host_done(&early->host);
	if (host_read(early->root, NULL, HOST_ALL_DETAILS, &early->host) < 0)
		return -1;
	taken = calloc(early->record.count + early->host.pci.count + 1, sizeof(*taken));
	if (!taken)
		return -1;
	count = early->record.count || scope == UNDO_UNBOUND ? record_taken(&early->record, taken, early->record.count)
	                                                     : taken_by_sight(&early->host, taken);
	if (undo_build(taken, count, &early->host, scope, &undo) < 0 ||
	    record_reserve(&early->record, undo.steps.count, 0) < 0)
		return -1;
	for (size_t i = 0; i < undo.steps.count; i++)
		if (undo.steps.items[i].kind == STEP_OVERRIDE)
			log_warning("%s: given back to the host: %s", undo.steps.items[i].target, why);
	apply_steps(early->effects, &undo.steps, WRITER_RELEASE, &early->record, &result);
	return 0;
}

/* Reads the machine with its root, plans, and takes what is left to take. False where nothing was done. */
static bool take_late(struct early *early, const char *mount_point, void (*on_timeout)(uint64_t usec))
{
	_cleanup_(root_done) struct root system = { .fd = -1 };
	int r;

	if (!early_may_run(early))
		return false;
	if (early->host.switches.mode == SWITCH_PLAN) {
		log_info("late: nothing is done (%s)", early->host.switches.why);
		return false;
	}
	on_timeout(early->config.timeout_us);
	r = root_open(mount_point, &system);
	if (r < 0) {
		log_error("late: %s: %s; nothing is done", mount_point, strerror(-r));
		return false;
	}
	host_done(&early->host);
	if (host_read_before_switch(early->root, &system, mount_point, &early->config, HOST_STORAGE | HOST_HOLDERS,
	                            &early->host) < 0 ||
	    plan_build(&early->config, &early->host, VIEW_LATE, &early->plan) < 0) {
		log_error("late: no memory; nothing is done");
		return false;
	}
	defer_settled(early);
	if (plan_build_steps(&early->config, &early->host, VIEW_LATE, &early->plan) < 0 ||
	    record_reserve(&early->record, early->plan.steps.count,
	                   early->plan.goals.count + early->plan.goals.missing_count + early->plan.pages.count + 1) < 0) {
		log_error("late: no memory; nothing is done");
		return false;
	}
	if (early->plan.steps.count || plan_refused(&early->plan)) {
		early_note_refusals(early);
		early_walk(early, "late");
	}
	return true;
}

void early_late(const struct effects *effects, const char *mount_point, void (*on_timeout)(uint64_t usec))
{
	_cleanup_(early_done) struct early early;
	bool taken;

	if (early_begin(&early, effects, WRITER_LATE) < 0) {
		log_error("late: no memory; nothing is done");
		return;
	}
	if (strcmp(early.record.early, "released") == 0) {
		log_warning("late: nothing is taken in this boot, because the root did not appear at first");
		return;
	}
	if (strcmp(early.record.early, "off") == 0 || strcmp(early.record.early, "plan") == 0 ||
	    strcmp(early.record.early, "bad-config") == 0 || strcmp(early.record.early, "no-config") == 0)
		return; /* the first stage has said why */
	taken = take_late(&early, mount_point, on_timeout);
	/* A first stage that was killed may have left devices without any driver that are refused now. */
	walk_back(&early, UNDO_UNBOUND, "early boot ended in the middle of it");
	if (taken)
		early_end_as(&early, "done", "%s", "");
}

void early_release(const struct effects *effects)
{
	_cleanup_(early_done) struct early early;
	size_t before;

	if (early_begin(&early, effects, WRITER_RELEASE) < 0)
		return;
	before = early.record.count;
	if (strcmp(early.record.early, "released") == 0)
		return; /* all was given back already */
	if (walk_back(&early, UNDO_ALL, "the root does not appear") == 0 && early.record.count > before)
		early_end_as(&early, "released", "the root did not appear in time");
}

/* One device that no driver has: the override as it was before, and its own driver. */
static void give_back(const struct effects *effects, const struct taken *taken)
{
	char address[PCI_ADDRESS_MAX], path[ROOT_PATH_MAX], driver[STEP_TEXT_MAX], text[ROOT_ATTRIBUTE];

	pci_address_format(&taken->address, address);
	/* A step that hangs holds the device, and its driver link may stand already: reading waits for its end. */
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver_override", address);
	root_read(effects->root, path, text, sizeof(text));
	if (apply_read_driver(effects->root, address, driver) < 0 || driver[0])
		return;
	if (effects->write(effects, path, taken->override[0] ? taken->override : "\n") < 0)
		return;
	effects->write(effects, "sys/bus/pci/drivers_probe", address);
	log_warning("%s: given back to the host: early boot did not end in time", address);
}

void early_give_back(const struct effects *effects)
{
	_cleanup_(early_done) struct early early;
	_cleanup_free_ struct taken *taken = NULL;
	_cleanup_free_ pid_t *children = NULL;
	_cleanup_free_ char *stuck = NULL;
	size_t count;

	if (early_begin(&early, effects, WRITER_RELEASE) < 0)
		return;
	taken = calloc(early.record.count + 1, sizeof(*taken));
	children = calloc(early.record.count + 1, sizeof(*children));
	if (!taken || !children)
		return;
	if (stuck_read(effects->root, &stuck) < 0)
		return;
	count = record_taken(&early.record, taken, early.record.count);
	/* The device that hung may hang again, even when its attributes are read: a process for each, so that it holds
	 * up none of the others; one that is known to hang is not waited for, and goes back if the kernel ever lets go
	 * of it. The record stays as it was: its last step tells where it ended. */
	for (size_t i = 0; i < count; i++) {
		char address[PCI_ADDRESS_MAX];
		bool hangs = stuck_has(stuck, pci_address_format(&taken[i].address, address));
		pid_t child = fork();

		if (child == 0) {
			give_back(effects, &taken[i]);
			_exit(EXIT_SUCCESS);
		}
		if (child < 0 && !hangs)
			give_back(effects, &taken[i]);
		children[i] = hangs ? -1 : child;
	}
	for (size_t i = 0; i < count; i++)
		while (children[i] > 0 && waitpid(children[i], NULL, 0) < 0 && errno == EINTR)
			;
}
