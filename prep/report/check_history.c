/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which drivers had a device earlier in this boot. */
#include <stdio.h>
#include <string.h>

#include "report/checks.h"

/* The step that took a device from another driver; NULL. */
static const struct record_entry *recorded_unbind(const struct record *record, const char *address)
{
	for (size_t i = 0; record && i < record->count; i++) {
		const struct record_entry *entry = &record->entries[i];

		if (entry->kind == STEP_UNBIND && entry->writer != WRITER_UNDO && entry->writer != WRITER_RELEASE &&
		    strcmp(entry->target, address) == 0 && entry->before[0] && !pci_driver_is_harmless(entry->before))
			return entry;
	}
	return NULL;
}

/* The step of early boot after which the device had its driver; NULL. */
static const struct record_entry *recorded_bind(const struct record *record, const char *address)
{
	const struct record_entry *found = NULL;

	for (size_t i = 0; record && i < record->count; i++) {
		const struct record_entry *entry = &record->entries[i];

		if (entry->kind == STEP_PROBE && (entry->writer == WRITER_EARLY || entry->writer == WRITER_LATE) &&
		    entry->result == RESULT_DONE && strcmp(entry->target, address) == 0)
			found = entry;
	}
	return found;
}

/* Where early boot took it, only what came afterwards let another driver have it: the next boot is clean. */
static void fix_history(const struct check_input *input, const char *address, struct finding *finding)
{
	const struct record_entry *bound = recorded_bind(input->record, address);

	if (bound && !recorded_unbind(input->record, address))
		FINDING_SET(finding->fix,
		            "reboot  # early boot took it before any other driver; what came afterwards is past then");
	else
		fix_rebuild(input, finding);
}

/*
 * "; early boot bound it at 1.234567 s in 843 us", and the steps that took that time; both "" where the record does not
 * have it. It was bound when the last of them ended.
 */
static void describe_work(const struct record *record, const char *address, char *work, size_t work_size, char *steps,
                          size_t steps_size)
{
	const struct record_entry *bound = recorded_bind(record, address);
	unsigned long long usec = 0, at;
	size_t used = 0;

	*work = *steps = '\0';
	if (!bound)
		return;
	for (const struct record_entry *entry = record->entries; entry <= bound; entry++) {
		if (entry->writer != bound->writer || entry->result != RESULT_DONE || strcmp(entry->target, address) != 0)
			continue;
		usec += entry->usec;
		if (used < steps_size)
			used += (size_t)snprintf(steps + used, steps_size - used, "%s%s %llu us", used ? ", " : "",
			                         step_kind_name(entry->kind), (unsigned long long)entry->usec);
	}
	at = bound->at_usec + bound->usec;
	snprintf(work, work_size, "; early boot%s bound it at %llu.%06llu s in %llu us", bound->writer == WRITER_LATE ?
	         ", late," : "", at / 1000000, at % 1000000, usec);
}

void check_device_history(const struct check_input *input, struct report *report)
{
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++) {
		const struct record_entry *unbind = recorded_unbind(input->record, device.address);
		char driver[DRIVER_NAME_MAX] = "", work[100], steps[160];
		const struct log_entry *line;
		struct finding *finding;
		uint64_t when = 0;

		if (!device.take || device.rests)
			continue; /* until its guest starts, it is its own driver's */
		if (!pci_driver_is_harmless(device.function->driver)) {
			finding = report_add(report, "device.history", device.address, STATUS_WARN, "%s has it now",
			                     device.function->driver);
			FINDING_SET(finding->want, "no other driver in this boot");
			FINDING_SET(finding->have, "%s", device.function->driver);
			fix_history(input, device.address, finding);
			FINDING_SET(finding->source, "/" PCI_DEVICES "/%s/driver", device.address);
			continue;
		}
		describe_work(input->record, device.address, work, sizeof(work), steps, sizeof(steps));
		line = kernel_log_foreign(&input->host->log, &device.function->address, driver);
		if (line) {
			when = line->usec;
		} else if (unbind) {
			snprintf(driver, sizeof(driver), "%s", unbind->before);
			when = unbind->at_usec;
		}
		if (driver[0]) {
			/* A guest's device is its own driver's whenever the guest does not run. */
			bool late =
				device.goal->stage == STAGE_LATE || config_vm_of_device(input->config, device.goal->section->name);

			finding = report_add(report, "device.history", device.address, late ? STATUS_INFO : STATUS_WARN,
			                     "%s had it at %llu.%06llu s%s", driver, (unsigned long long)when / 1000000,
			                     (unsigned long long)when % 1000000, work);
			FINDING_SET(finding->want, "no other driver in this boot");
			FINDING_SET(finding->have, "%s", line ? line->text : driver);
			if (!late)
				fix_history(input, device.address, finding);
		} else if (input->host->log_error) {
			finding = report_add(report, "device.history", device.address, STATUS_UNKNOWN,
			                     "the kernel log cannot be read: %s", strerror(-input->host->log_error));
		} else {
			finding = report_add(report, "device.history", device.address, STATUS_PASS,
			                     "no other driver in this boot%s", work);
			FINDING_SET(finding->have, "%s", steps);
		}
		FINDING_SET(finding->source, "%s%s", line || !unbind ? "/dev/kmsg" : "/" RECORD_PATH,
		            *work && (line || !unbind) ? ", /" RECORD_PATH : "");
	}
}
