/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/root.h"
#include "plan/plan.h"
#include "version.h"

/* /dev/kmsg takes ten lines in five seconds from one writer (kernel/printk, devkmsg_write). */
#define DEVICE_LINES 6

/* Everything of one run, so that each stage below can be read by itself. */
struct early {
	const struct root *root;
	struct effects effects;
	struct config config;
	struct host host;
	struct plan plan;
	struct record record;
};

static void early_done(struct early *early)
{
	plan_done(&early->plan);
	host_done(&early->host);
	config_done(&early->config);
	record_done(&early->record);
}

/* Keeps how it ended, and why, where not "done". */
__attribute__((format(printf, 3, 4)))
static void end_as(struct early *early, const char *state, const char *format, ...)
{
	va_list arguments;

	snprintf(early->record.early, sizeof(early->record.early), "%s", state);
	va_start(arguments, format);
	vsnprintf(early->record.note, sizeof(early->record.note), format, arguments);
	va_end(arguments);
	strcpy(early->record.state, "done");
	if (record_save(early->root, &early->record) < 0)
		log_warning("the record cannot be written to /" RECORD_PATH);
}

/* The record of this boot: a new one, or that of a run before in the same boot. */
static int open_record(struct early *early)
{
	struct record *record = &early->record;
	char text[ROOT_ATTRIBUTE] = "";
	int r = record_read(early->root, record);

	if (r == -ENOMEM)
		return r;
	root_read(early->root, "proc/sys/kernel/random/boot_id", text, sizeof(text));
	if (r < 0 || strcmp(record->boot_id, text) != 0) {
		record_done(record);
		snprintf(record->boot_id, sizeof(record->boot_id), "%.47s", text);
		record->udev = root_exists(early->root, "run/udev/control") ? ANSWER_YES : ANSWER_NO;
	}
	snprintf(record->version, sizeof(record->version), "%s", VFIO_PREP_VERSION);
	record->writer = WRITER_EARLY;
	strcpy(record->state, "running");
	strcpy(record->early, "running");
	return record_reserve(record, 0, 0);
}

/* False where a switch of the kernel command line says so. */
static bool is_switched_on(struct early *early)
{
	const struct switches *switches = &early->host.switches;

	if (switches->mode != SWITCH_OFF)
		return true;
	if (switches->skip_error[0])
		log_warning("off: vfio_prep.skip= holds '%s'; expected PCI addresses separated by commas", switches->skip_error);
	else
		log_info("off: %s on the kernel command line", switches->why);
	end_as(early, "off", "%s", switches->why);
	return false;
}

/* False where there is no config that may be used. */
static bool has_config(struct early *early)
{
	_cleanup_close_ int fd = root_openat(early->root, CONFIG_PATH, O_RDONLY, 0);
	const struct config *config = &early->config;
	int r = fd < 0 ? fd : config_read(fd, &early->config);

	if (fd == -ENOENT) {
		log_info("off: no /" CONFIG_PATH " in this initramfs");
		end_as(early, "no-config", "no /" CONFIG_PATH " in the initramfs");
		return false;
	}
	if (r < 0) {
		log_error("/" CONFIG_PATH ": %s; nothing is done", strerror(-r));
		end_as(early, "bad-config", "/" CONFIG_PATH ": %s", strerror(-r));
		return false;
	}
	if (config->error_count) {
		log_error("/" CONFIG_PATH ":%u: %s", config->errors[0].line, config->errors[0].text);
		log_error("nothing is done: /" CONFIG_PATH " has %zu error%s (vfio-prep --plan shows all)",
		          config->error_count, config->error_count == 1 ? "" : "s");
		end_as(early, "bad-config", "line %u: %s", config->errors[0].line, config->errors[0].text);
		return false;
	}
	if (config->unsafe[0]) {
		log_error("/" CONFIG_PATH ": %s; nothing is done", config->unsafe);
		end_as(early, "bad-config", "%s", config->unsafe);
		return false;
	}
	if (!config->enabled) {
		log_info("off: enabled = no in /" CONFIG_PATH);
		end_as(early, "off", "enabled = no in the config");
		return false;
	}
	return true;
}

static void log_refusals(const struct early *early)
{
	const struct goals *goals = &early->plan.goals;

	for (size_t i = 0, lines = 0; i < goals->count && lines < DEVICE_LINES; i++) {
		char address[PCI_ADDRESS_MAX];

		if (goals->items[i].guard == GUARD_NONE)
			continue;
		pci_address_format(&early->host.pci.functions[goals->items[i].function].address, address);
		log_warning("%s: left to the host, guard %s: %s", address, guard_name(goals->items[i].guard), goals->items[i].why);
		lines++;
	}
	for (size_t i = 0; i < goals->missing_count; i++)
		if (goals->missing[i]->required)
			log_warning("[device %s]: no device here matches it", goals->missing[i]->name);
}

/* The step that a device failed in; NULL. */
static const struct record_entry *failure_of(const struct record *record, const char *target, size_t first)
{
	for (size_t i = first; i < record->count; i++)
		if (record->entries[i].result == RESULT_FAILED && strcmp(record->entries[i].target, target) == 0)
			return &record->entries[i];
	return NULL;
}

/* One line a device, read back from sysfs: not what was tried, but what is. Returns how many have vfio's driver. */
static size_t log_devices(const struct early *early, size_t first)
{
	const struct goals *goals = &early->plan.goals;
	size_t good = 0, lines = 0, wanted = 0;

	for (size_t i = 0; i < goals->count; i++) {
		const struct pci_function *function = &early->host.pci.functions[goals->items[i].function];
		char address[PCI_ADDRESS_MAX], driver[STEP_TEXT_MAX] = "";
		const struct record_entry *failure;

		if (goals->items[i].guard != GUARD_NONE)
			continue;
		wanted++;
		pci_address_format(&function->address, address);
		apply_read_driver(early->root, address, driver);
		failure = failure_of(&early->record, address, first);
		good += pci_driver_is_vfio(driver);
		if (lines++ >= DEVICE_LINES)
			continue;
		if (pci_driver_is_vfio(driver))
			log_info("%s: %s has it (%s, %04x:%04x)", address, driver, goals->items[i].section->name,
			         function->vendor, function->device);
		else
			log_error("%s: not on %s, given back to the host: %s%s%s%s", address, goals->items[i].section->driver,
			          failure && failure->why[0] ? failure->why : "it was not bound", failure && failure->error ? " (" : "",
			          failure && failure->error ? strerrorname_np(failure->error) : "",
			          failure && failure->error ? ")" : "");
	}
	if (lines > DEVICE_LINES)
		log_info("and %zu more devices: see /" RECORD_PATH, wanted - DEVICE_LINES);
	return good;
}

/* Modules that could not be loaded, and options that were left out of theirs. */
static void log_modules(const struct early *early, size_t first)
{
	for (size_t i = first; i < early->record.count; i++) {
		const struct record_entry *entry = &early->record.entries[i];

		if (entry->kind != STEP_LOAD || (entry->result == RESULT_DONE && !entry->why[0]))
			continue;
		if (entry->result == RESULT_DONE)
			log_warning("%s: %s", entry->target, entry->why);
		else
			log_error("%s does not load: %s", entry->target, entry->why[0] ? entry->why : strerror(entry->error));
	}
}

static void note_refusals(struct early *early)
{
	const struct goals *goals = &early->plan.goals;

	for (size_t i = 0; i < goals->count; i++) {
		char address[PCI_ADDRESS_MAX];

		if (goals->items[i].guard != GUARD_NONE)
			record_refuse(&early->record,
			              pci_address_format(&early->host.pci.functions[goals->items[i].function].address, address),
			              guard_name(goals->items[i].guard), goals->items[i].why);
	}
	for (size_t i = 0; i < goals->missing_count; i++)
		record_refuse(&early->record, goals->missing[i]->name, "missing", "no device matches the section");
}

static void only_log_plan(struct early *early)
{
	size_t lines = 0;

	for (size_t i = 0; i < early->plan.steps.count; i++) {
		const struct step *step = &early->plan.steps.items[i];

		if (step->kind == STEP_PROBE && lines++ < DEVICE_LINES)
			log_info("plan: would bind %s to %s", step->target, step->value);
	}
	log_info("plan: %zu steps, %zu refused; nothing is done (%s)", early->plan.steps.count, plan_refused(&early->plan),
	         early->host.switches.why);
	end_as(early, "plan", "%s", early->host.switches.why);
}

static void prepare(struct early *early)
{
	const struct goals *goals = &early->plan.goals;
	size_t first = early->record.count, wanted = goals->count - plan_refused(&early->plan), good;
	struct apply_result result;
	uint64_t begin = early->effects.now(&early->effects), usec;

	apply_steps(&early->effects, &early->plan.steps, WRITER_EARLY, &early->record, &result);
	usec = early->effects.now(&early->effects) - begin;
	log_modules(early, first);
	good = log_devices(early, first);
	log_info("%zu of %zu devices prepared, %zu refused, %zu missing, in %llu.%llu ms", good, wanted,
	         plan_refused(&early->plan), goals->missing_count, (unsigned long long)usec / 1000,
	         (unsigned long long)usec / 100 % 10);
	end_as(early, "done", "%s", "");
}

void early_work(const struct root *root, void (*on_timeout)(uint64_t usec))
{
	_cleanup_(early_done) struct early early = { .root = root };
	int r;

	effects_live(root, &early.effects);
	if (open_record(&early) < 0 || host_read(root, NULL, 0, &early.host) < 0) {
		log_error("no memory; nothing is done");
		return;
	}
	if (!is_switched_on(&early) || !has_config(&early))
		return;
	on_timeout(early.config.timeout_us);
	host_done(&early.host);
	if (host_read(root, &early.config, 0, &early.host) < 0 ||
	    plan_build(&early.config, &early.host, VIEW_EARLY, &early.plan) < 0 ||
	    record_reserve(&early.record, early.plan.steps.count,
	                   early.plan.goals.count + early.plan.goals.missing_count) < 0) {
		log_error("no memory; nothing is done");
		end_as(&early, "error", "no memory");
		return;
	}
	if (early.host.pci_error) {
		log_error("/" PCI_DEVICES ": %s; nothing is done", strerror(-early.host.pci_error));
		end_as(&early, "error", "/" PCI_DEVICES ": %s", strerror(-early.host.pci_error));
		return;
	}
	note_refusals(&early);
	root_mkdir(root, RUN_DIRECTORY, 0755);
	r = root_replace(root, RECORD_CONFIG_PATH, early.config.bytes, early.config.size, 0644);
	if (r < 0)
		log_warning("/" RECORD_CONFIG_PATH " cannot be written: %s", strerror(-r));
	log_refusals(&early);
	if (early.host.switches.mode == SWITCH_PLAN)
		only_log_plan(&early);
	else
		prepare(&early);
}

void early_give_back(const struct root *root)
{
	_cleanup_(record_done) struct record record = { 0 };
	_cleanup_(host_done) struct host host = { 0 };
	_cleanup_(undo_done) struct undo undo = { 0 };
	_cleanup_free_ struct taken *taken = NULL;
	struct effects effects;
	struct apply_result result;
	size_t count;

	effects_live(root, &effects);
	if (record_read(root, &record) < 0 || host_read(root, NULL, HOST_ALL_DETAILS, &host) < 0)
		return;
	taken = calloc(record.count + 1, sizeof(*taken));
	if (!taken)
		return;
	count = record_taken(&record, taken, record.count);
	if (undo_build(taken, count, &host, UNDO_UNBOUND, &undo) < 0 || record_reserve(&record, undo.steps.count, 0) < 0)
		return;
	for (size_t i = 0; i < undo.steps.count; i++)
		if (undo.steps.items[i].kind == STEP_PROBE)
			log_warning("%s: given back to the host", undo.steps.items[i].target);
	apply_steps(&effects, &undo.steps, WRITER_UNDO, &record, &result);
}
