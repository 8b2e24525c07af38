/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of interrupts and CPUs is as vfio-prep set it, by the record. */
#include "apply/record.h"

static bool is_tuning(enum step_kind kind)
{
	return kind == STEP_IRQ_AFFINITY || kind == STEP_WORKQUEUES || kind == STEP_GOVERNOR || kind == STEP_PREFERENCE ||
	       kind == STEP_IDLE_STATE || kind == STEP_CONFINE;
}

size_t record_tuned(const struct record *record, struct tuned *tuned, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < record->count && count < room; i++) {
		const struct record_entry *entry = &record->entries[i];
		bool undo = entry->writer == WRITER_UNDO;

		/* A step that failed may have changed a part; one without a before had not begun to. */
		if (!is_tuning(entry->kind) || !entry->before[0] || entry->result == RESULT_SKIPPED ||
		    (undo && entry->result != RESULT_DONE))
			continue;
		tuned[count++] = (struct tuned){ entry->kind, entry->target, entry->value, entry->before, undo,
		                                 entry->result != RESULT_DONE };
	}
	return count;
}
