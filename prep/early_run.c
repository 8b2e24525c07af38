/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "early_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apply/apply.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/root.h"
#include "host/stuck.h"
#include "plan/plan.h"
#include "version.h"

void early_done(struct early *early)
{
	plan_done(&early->plan);
	host_done(&early->host);
	config_done(&early->config);
	record_done(&early->record);
}

void early_end_as(struct early *early, const char *state, const char *format, ...)
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

int early_begin(struct early *early, const struct effects *effects, enum writer writer)
{
	struct record *record = &early->record;
	char text[ROOT_ATTRIBUTE] = "";
	int r;

	*early = (struct early){ .root = effects->root, .effects = effects, .writer = writer };
	r = record_read(effects->root, record);
	if (r == -ENOMEM)
		return r;
	root_read(early->root, "proc/sys/kernel/random/boot_id", text, sizeof(text));
	if (r < 0 || strcmp(record->boot_id, text) != 0) {
		record_done(record);
		snprintf(record->boot_id, sizeof(record->boot_id), "%.47s", text);
		record->udev = root_exists(early->root, "run/udev/control") ? ANSWER_YES : ANSWER_NO;
	}
	snprintf(record->version, sizeof(record->version), "%s", VFIO_PREP_VERSION);
	record->writer = writer;
	strcpy(record->state, "running");
	if (writer == WRITER_EARLY)
		strcpy(record->early, "running");
	r = record_reserve(record, 0, 0);
	/* A first sign of life, so that it can be told where a run ended that went no further. */
	if (r == 0 && writer == WRITER_EARLY)
		record_save(early->root, record);
	return r;
}

/* False where a switch of the kernel command line says so. */
static bool is_switched_on(struct early *early)
{
	const struct switches *switches = &early->host.switches;

	if (switches->mode != SWITCH_OFF)
		return true;
	if (switches->skip_error[0])
		log_warning("off: vfio_prep.skip= holds '%s'; expected PCI addresses separated by commas",
		            switches->skip_error);
	else
		log_info("off: %s on the kernel command line", switches->why);
	early_end_as(early, "off", "%s", switches->why);
	return false;
}

/* False where there is no config that may be used. */
static bool has_config(struct early *early)
{
	/* Without waiting: a FIFO has no writer in an initramfs, and would cost the boot the whole deadline. */
	_cleanup_close_ int fd = root_openat(early->root, CONFIG_PATH, O_RDONLY | O_NONBLOCK, 0);
	const struct config *config = &early->config;
	int r = fd < 0 ? fd : config_read(fd, &early->config);
	struct stat stat;

	if (r == 0 && fstat(fd, &stat) == 0 && !S_ISREG(stat.st_mode))
		r = -EINVAL;

	if (fd == -ENOENT) {
		log_info("off: no /" CONFIG_PATH " in this initramfs");
		early_end_as(early, "no-config", "no /" CONFIG_PATH " in the initramfs");
		return false;
	}
	if (r < 0) {
		log_error("/" CONFIG_PATH ": %s; nothing is done", strerror(-r));
		early_end_as(early, "bad-config", "/" CONFIG_PATH ": %s", strerror(-r));
		return false;
	}
	if (config->error_count) {
		log_error("/" CONFIG_PATH ":%u: %s", config->errors[0].line, config->errors[0].text);
		log_error("nothing is done: /" CONFIG_PATH " has %zu error%s (vfio-prep --plan shows all)",
		          config->error_count, config->error_count == 1 ? "" : "s");
		early_end_as(early, "bad-config", "line %u: %s", config->errors[0].line, config->errors[0].text);
		return false;
	}
	if (config->unsafe[0]) {
		log_error("/" CONFIG_PATH ": %s; nothing is done", config->unsafe);
		early_end_as(early, "bad-config", "%s", config->unsafe);
		return false;
	}
	if (!config->enabled) {
		log_info("off: enabled = no in /" CONFIG_PATH);
		early_end_as(early, "off", "enabled = no in the config");
		return false;
	}
	return true;
}

bool early_may_run(struct early *early)
{
	if (host_read_kernel(early->root, &early->host) < 0) {
		log_error("no memory; nothing is done");
		early_end_as(early, "error", "no memory");
		return false;
	}
	return is_switched_on(early) && has_config(early);
}

/* A line about one device, as long as the kernel takes them: the last one is kept for the total. */
__attribute__((format(printf, 3, 4)))
static void log_one(struct early *early, enum log_level level, const char *format, ...)
{
	char text[700];
	va_list arguments;

	if (early->lines++ >= LINES_MAX)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_line(level, "%s", text);
}

static void log_refusals(struct early *early)
{
	const struct goals *goals = &early->plan.goals;

	for (size_t i = 0; i < goals->count; i++) {
		char address[PCI_ADDRESS_MAX];

		if (goals->items[i].guard == GUARD_NONE)
			continue;
		pci_address_format(&early->host.pci.functions[goals->items[i].function].address, address);
		log_one(early, LOG_LEVEL_WARNING, "%s: left to the host, guard %s: %s", address,
		        guard_name(goals->items[i].guard), goals->items[i].why);
	}
	for (size_t i = 0; i < goals->missing_count; i++)
		if (goals->missing[i]->required)
			log_one(early, LOG_LEVEL_WARNING, "[device %s]: no device here matches it", goals->missing[i]->name);
	for (size_t i = 0; i < early->plan.pages.count; i++)
		if (early->plan.pages.items[i].guard != GUARD_NONE)
			log_one(early, LOG_LEVEL_WARNING, "hugepages %s: none reserved, guard %s: %s",
			        early->plan.pages.items[i].target, guard_name(early->plan.pages.items[i].guard),
			        early->plan.pages.items[i].why);
	if (isolation_refusal(&early->plan.isolation))
		log_one(early, LOG_LEVEL_WARNING, "[cpus]: %s", isolation_refusal(&early->plan.isolation)->text);
}

/* True where giving the device back failed as well. */
static bool is_stranded(const struct record *record, const char *target, size_t first)
{
	bool returned = false;

	for (size_t i = first; i < record->count; i++)
		if (strcmp(record->entries[i].target, target) == 0 && record->entries[i].kind == STEP_OVERRIDE)
			returned = record->entries[i].result == RESULT_RETURNED;
	return !returned;
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
static size_t log_devices(struct early *early, size_t first)
{
	const struct goals *goals = &early->plan.goals;
	size_t good = 0;

	for (size_t i = 0; i < goals->count; i++) {
		const struct pci_function *function = &early->host.pci.functions[goals->items[i].function];
		char address[PCI_ADDRESS_MAX], driver[STEP_TEXT_MAX] = "";
		const struct record_entry *failure;

		if (goals->items[i].guard != GUARD_NONE || goals->items[i].deferred)
			continue;
		pci_address_format(&function->address, address);
		apply_read_driver(early->root, address, driver);
		failure = failure_of(&early->record, address, first);
		good += pci_driver_is_vfio(driver);
		if (pci_driver_is_vfio(driver))
			log_one(early, LOG_LEVEL_INFO, "%s: %s has it (%s, %04x:%04x)", address, driver,
			        goals->items[i].section->name, function->vendor, function->device);
		else
			log_one(early, LOG_LEVEL_ERROR, "%s: not on %s, %s: %s%s%s%s", address, goals->items[i].section->driver,
			        is_stranded(&early->record, address, first) ? "and not given back" : "given back to the host",
			        failure && failure->why[0] ? failure->why : "it was not bound",
			        failure && failure->error ? " (" : "",
			        failure && failure->error ? strerrorname_np(failure->error) : "",
			        failure && failure->error ? ")" : "");
	}
	return good;
}

/* Modules that could not be loaded, and options that were left out of theirs. */
static void log_modules(struct early *early, size_t first)
{
	for (size_t i = first; i < early->record.count; i++) {
		const struct record_entry *entry = &early->record.entries[i];

		if (entry->kind != STEP_LOAD || (entry->result == RESULT_DONE && !entry->why[0]))
			continue;
		if (entry->result == RESULT_DONE)
			log_one(early, LOG_LEVEL_WARNING, "%s: %s", entry->target, entry->why);
		else
			log_one(early, LOG_LEVEL_ERROR, "%s does not load: %s", entry->target,
			        entry->why[0] ? entry->why : strerror(entry->error));
	}
}

/*
 * One line a pool, read back from sysfs: "hugepages 2M@1: 512 of 512". Why some are missing is what the record
 * says of the step, or the guard.
 */
static void log_pages(struct early *early)
{
	_cleanup_(memory_done) struct memory memory = { 0 };
	_cleanup_(pages_done) struct pages now = { 0 };
	struct host host = early->host;

	if (!early->plan.pages.count || memory_read(early->root, &early->host.cmdline, &memory) < 0)
		return;
	host.memory = memory;
	if (pages_build(&early->config, &host, VIEW_NOW, &now) < 0)
		return;
	for (size_t i = 0; i < now.count; i++) {
		const struct page_goal *goal = &now.items[i], *planned = &early->plan.pages.items[i];
		const struct record_entry *entry = record_last(&early->record, STEP_PAGES, goal->target);
		bool met = page_goal_is_met(goal);

		if (planned->deferred || planned->guard != GUARD_NONE)
			continue;
		log_one(early, met ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "hugepages %s: %llu of %llu%s%s", goal->target,
		        (unsigned long long)goal->have, (unsigned long long)goal->pool->pages,
		        met || !entry || !entry->why[0] ? "" : ": ", met || !entry ? "" : entry->why);
	}
}

/* One line for the two masks where both are as wanted, else one for each that is not. */
static void log_tuning(struct early *early, size_t first)
{
	bool failed = false;
	const char *value = NULL;

	for (size_t i = first; i < early->record.count; i++) {
		const struct record_entry *entry = &early->record.entries[i];

		if (entry->kind != STEP_IRQ_AFFINITY && entry->kind != STEP_WORKQUEUES)
			continue;
		value = entry->value;
		if (entry->result != RESULT_FAILED)
			continue;
		failed = true;
		log_one(early, LOG_LEVEL_ERROR, "%s are not kept off the isolated CPUs: %s",
		        entry->kind == STEP_WORKQUEUES ? "workers" : "new interrupts",
		        entry->why[0] ? entry->why : strerror(entry->error));
	}
	if (value && !failed)
		log_one(early, LOG_LEVEL_INFO, "new interrupts and workers stay on CPUs %s", value);
}

void early_note_refusals(struct early *early)
{
	const struct goals *goals = &early->plan.goals;

	record_drop_refusals(&early->record);
	for (size_t i = 0; i < goals->count; i++) {
		char address[PCI_ADDRESS_MAX];

		pci_address_format(&early->host.pci.functions[goals->items[i].function].address, address);
		if (goals->items[i].guard != GUARD_NONE)
			record_refuse(&early->record, address, guard_name(goals->items[i].guard), goals->items[i].why);
		/* Found by patience: whoever gives devices back need not wait for it. */
		if (goals->items[i].guard == GUARD_STUCK)
			stuck_add(early->root, address);
	}
	for (size_t i = 0; i < goals->missing_count; i++)
		record_refuse(&early->record, goals->missing[i]->name, "missing", "no device matches the section");
	for (size_t i = 0; i < early->plan.pages.count; i++)
		if (early->plan.pages.items[i].guard != GUARD_NONE)
			record_refuse(&early->record, early->plan.pages.items[i].target,
			              guard_name(early->plan.pages.items[i].guard), early->plan.pages.items[i].why);
	if (isolation_refusal(&early->plan.isolation))
		record_refuse(&early->record, "cpus", guard_name(GUARD_CPUS), isolation_refusal(&early->plan.isolation)->text);
	log_refusals(early);
}

void early_walk(struct early *early, const char *stage)
{
	const struct goals *goals = &early->plan.goals;
	size_t first = early->record.count, wanted = 0, good;
	struct apply_result result;
	uint64_t begin = early->effects->now(early->effects), usec;

	for (size_t i = 0; i < goals->count; i++)
		wanted += goals->items[i].guard == GUARD_NONE && !goals->items[i].deferred;
	apply_steps(early->effects, &early->plan.steps, early->writer, &early->record, &result);
	usec = early->effects->now(early->effects) - begin;
	log_modules(early, first);
	good = log_devices(early, first);
	log_pages(early);
	log_tuning(early, first);
	log_info("%s: %zu of %zu devices prepared, %zu refused, %zu missing, in %llu.%llu ms%s", stage, good, wanted,
	         plan_refused(&early->plan), goals->missing_count, (unsigned long long)usec / 1000,
	         (unsigned long long)usec / 100 % 10, early->lines > LINES_MAX ? "; the rest is in /" RECORD_PATH : "");
}
