/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What early boot left behind: the record, its order, the age of its config, switches. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "report/checks.h"

static bool is_early(const struct record_entry *entry)
{
	return entry->writer == WRITER_EARLY || entry->writer == WRITER_LATE;
}

/* The first step of early boot that failed, or that was begun and never ended. */
static const struct record_entry *first_failure(const struct record *record)
{
	for (size_t i = 0; i < record->count; i++)
		if (is_early(&record->entries[i]) &&
		    (record->entries[i].result == RESULT_FAILED || record->entries[i].result == RESULT_RUNNING))
			return &record->entries[i];
	return NULL;
}

static void describe_failure(const struct record *record, const struct record_entry *entry, struct report *report)
{
	struct finding *finding;

	if (entry->result == RESULT_RUNNING && strcmp(record->early, "running") != 0)
		finding = report_add(report, "boot.record", "", STATUS_WARN, "%s of %s did not return, and early boot went on "
		                     "without it", step_kind_name(entry->kind), entry->target);
	else if (entry->result == RESULT_RUNNING)
		finding = report_add(report, "boot.record", "", STATUS_WARN, "%s ended in the middle of %s of %s",
		                     writer_name(entry->writer), step_kind_name(entry->kind), entry->target);
	else
		finding = report_add(report, "boot.record", "", STATUS_WARN, "%s of %s failed: %s",
		                     step_kind_name(entry->kind), entry->target,
		                     entry->why[0] ? entry->why : strerror(entry->error));
	FINDING_SET(finding->want, "every step done");
	FINDING_SET(finding->have, "%s by %s: %s%s%s%s", step_kind_name(entry->kind), writer_name(entry->writer),
	            result_name(entry->result), entry->error ? " (" : "", entry->error ? strerrorname_np(entry->error) : "",
	            entry->error ? ")" : "");
	if (entry->kind == STEP_LOAD)
		FINDING_SET(finding->fix, "modprobe %s && %s --apply  # modprobe tells what is amiss: no such module in this "
		            "kernel, or a file of modprobe.d", entry->target, fix_program(finding));
	else if (entry->kind == STEP_PAGES)
		FINDING_SET(finding->fix, "%s --apply  # where that does not do, see memory.hugepages of %s",
		            fix_program(finding), entry->target);
	else
		FINDING_SET(finding->fix, "%s --apply  # after what the checks of %s say", fix_program(finding), entry->target);
	FINDING_SET(finding->source, "/" RECORD_PATH);
}

/* How early boot ended, where it was not with "done". */
static void describe_state(const struct check_input *input, struct report *report)
{
	const struct record *record = input->record;
	struct finding *finding;

	if (strcmp(record->early, "running") == 0)
		finding = report_add(report, "boot.record", "", STATUS_WARN, "early boot was ended before its time");
	else
		finding = report_add(report, "boot.record", "", STATUS_WARN, "early boot ended as '%s'%s%s", record->early,
		                     record->note[0] ? ": " : "", record->note);
	FINDING_SET(finding->want, "done");
	FINDING_SET(finding->have, "%s", record->early);
	if (strcmp(record->early, "bad-config") == 0 || strcmp(record->early, "no-config") == 0)
		fix_rebuild(input, finding); /* this config could be read: it is mended already */
	else if (strcmp(record->early, "off") == 0 || strcmp(record->early, "plan") == 0)
		FINDING_SET(finding->fix, "# reboot without what the note of the record names");
	else
		FINDING_SET(finding->fix, "%s --apply", fix_program(finding));
	FINDING_SET(finding->source, "/" RECORD_PATH);
}

void check_boot_record(const struct check_input *input, struct report *report)
{
	const struct record *record = input->record;
	const struct record_entry *failure;
	struct finding *finding;
	uint64_t usec = 0;
	size_t steps = 0;

	if (!record) {
		/* Without a boot id this is no machine whose /run could be looked at. */
		bool absent = input->record_error == -ENOENT && input->host->boot_id[0];

		finding =
			report_add(report, "boot.record", "", absent ? STATUS_WARN : STATUS_UNKNOWN,
		               absent ? "no record: this boot's initramfs has no vfio-prep" : "the record cannot be read");
		FINDING_SET(finding->want, "a record of this boot");
		FINDING_SET(finding->have, "%s", absent ? "none" : strerror(-input->record_error));
		if (absent)
			fix_rebuild(input, finding);
		FINDING_SET(finding->source, "/" RECORD_PATH);
		return;
	}
	if (input->host->boot_id[0] && strcmp(record->boot_id, input->host->boot_id) != 0) {
		finding = report_add(report, "boot.record", "", STATUS_FAIL, "the record is of another boot");
		FINDING_SET(finding->want, "boot %s", input->host->boot_id);
		FINDING_SET(finding->have, "boot %s", record->boot_id[0] ? record->boot_id : "unknown");
		FINDING_SET(finding->fix,
		            "rm /" RECORD_PATH "%s%s  # then reboot; /run must be a tmpfs, which each boot starts anew",
		            *input->rebuild ? " && " : "", input->rebuild);
		FINDING_SET(finding->source, "/" RECORD_PATH);
		return;
	}
	failure = first_failure(record);
	if (failure) {
		describe_failure(record, failure, report);
		return;
	}
	if (!record->early[0]) {
		finding = report_add(report, "boot.record", "", STATUS_WARN,
		                     "early boot did not run: this boot's initramfs has no vfio-prep");
		FINDING_SET(finding->want, "a record of early boot");
		FINDING_SET(finding->have, "one of vfio-prep --apply only");
		fix_rebuild(input, finding);
		FINDING_SET(finding->source, "/" RECORD_PATH);
		return;
	}
	if (strcmp(record->early, "done") != 0) {
		describe_state(input, report);
		return;
	}
	for (size_t i = 0; i < record->count; i++) {
		if (!is_early(&record->entries[i]))
			continue;
		steps++;
		usec += record->entries[i].usec;
	}
	finding = report_add(report, "boot.record", "", STATUS_PASS, "%zu step%s done in %llu.%llu ms", steps,
	                     steps == 1 ? "" : "s", (unsigned long long)usec / 1000,
	                     (unsigned long long)usec / 100 % 10);
	FINDING_SET(finding->source, "/" RECORD_PATH);
}

void check_boot_order(const struct check_input *input, struct report *report)
{
	struct finding *finding;

	if (!input->record || input->record->udev == ANSWER_UNKNOWN)
		return; /* early boot did not run: boot.record says so */
	if (input->record->udev == ANSWER_NO) {
		finding = report_add(report, "boot.order", "", STATUS_PASS, "early boot ran before udev");
	} else {
		finding =
			report_add(report, "boot.order", "", STATUS_WARN, "udev ran before early boot: drivers had a head start");
		FINDING_SET(finding->want, "vfio-prep-early before systemd-udevd");
		FINDING_SET(finding->have, "/run/udev/control was there already");
		fix_rebuild(input, finding);
	}
	FINDING_SET(finding->source, "/" RECORD_PATH);
}

void check_boot_stale(const struct check_input *input, struct report *report)
{
	struct finding *finding;

	if (!input->record || input->record->udev == ANSWER_UNKNOWN)
		return;
	if (strcmp(input->record->early, "done") != 0 && !input->early_config)
		return; /* it ended before it used any config: boot.record says why */
	if (!input->early_config) {
		finding =
			report_add(report, "boot.stale", "", STATUS_UNKNOWN, "the config that early boot used cannot be read");
	} else if (input->early_config_size == input->config->size &&
	           memcmp(input->early_config, input->config->bytes, input->config->size) == 0) {
		finding = report_add(report, "boot.stale", "", STATUS_PASS, "early boot used this config");
	} else {
		finding = report_add(report, "boot.stale", "", STATUS_WARN,
		                     input->config_file ? "early boot used another config" :
		                                          "the config changed since the initramfs was built");
		FINDING_SET(finding->want, "the config of the initramfs as %s", fix_file(finding));
		FINDING_SET(finding->have, "they differ");
		fix_rebuild_config(input, finding);
	}
	FINDING_SET(finding->source, "/" RECORD_CONFIG_PATH);
}

void check_boot_switch(const struct check_input *input, struct report *report)
{
	const struct switches *switches = &input->host->switches;
	struct finding *finding;

	if (!input->host->cmdline.text) {
		finding = report_add(report, "boot.switch", "", STATUS_UNKNOWN, "the kernel command line cannot be read");
	} else if (switches->mode == SWITCH_RUN && !switches->skip_count) {
		finding = report_add(report, "boot.switch", "", STATUS_PASS, "no switch in force");
	} else {
		const char *name = switches->mode == SWITCH_RUN ? "vfio_prep.skip=" : switches->why;

		finding = report_add(report, "boot.switch", "", STATUS_WARN, "%s on the kernel command line %s", name,
		                     switches->mode == SWITCH_OFF ? "switched early boot off" :
		                     switches->mode == SWITCH_PLAN ? "let early boot only log" : "left devices alone");
		FINDING_SET(finding->want, "no switch");
		FINDING_SET(finding->have, "%s", name);
		FINDING_SET(finding->fix,
		            "# reboot without %s: it was typed at the boot menu, or is in the boot loader's files or in the "
		            "unified image (UKI) that was booted",
		            name);
	}
	FINDING_SET(finding->source, "/proc/cmdline");
}
