/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "apply/record.h"

static struct step step(enum step_kind kind, const char *target, const char *value)
{
	struct step step = { .kind = kind };

	strcpy(step.target, target);
	strcpy(step.value, value);
	return step;
}

static struct record_entry *add(struct record *record, enum writer writer, enum step_kind kind, const char *target,
                                const char *value, enum result result)
{
	struct step made = step(kind, target, value);
	struct record_entry *entry = record_add(record, writer, &made);

	assert_non_null(entry);
	assert_int_equal(entry->result, RESULT_RUNNING);
	entry->result = result;
	return entry;
}

static void what_is_written_reads_back(void **state)
{
	const struct tree *tree = *state;
	struct record record = { .version = "1.2",
		                     .boot_id = "boot",
		                     .state = "done",
		                     .note = "a note",
		                     .udev = ANSWER_YES },
				  again;
	struct record_entry *entry;

	tree_mkdir(tree, "run");
	assert_int_equal(record_read(&tree->root, &again), -ENOENT);
	assert_int_equal(record_reserve(&record, 2, 1), 0);
	entry = add(&record, WRITER_EARLY, STEP_OVERRIDE, "0000:01:00.0", "vfio-pci", RESULT_DONE);
	strcpy(entry->before, "nouveau");
	entry->at_usec = UINT64_C(12345678901);
	entry->usec = 17;
	entry = add(&record, WRITER_APPLY, STEP_LOAD, "vfio-pci", "", RESULT_FAILED);
	entry->error = ENOENT;
	strcpy(entry->why, "no module here");
	record_refuse(&record, "0000:02:00.0", "storage", "it carries; the root\nand more");
	record_refuse(&record, "one", "too", "many");
	assert_int_equal(record.refusal_count, 1);
	assert_int_equal(record_save(&tree->root, &record), 0);
	assert_int_equal(record_read(&tree->root, &again), 0);
	assert_string_equal(again.version, "1.2");
	assert_string_equal(again.boot_id, "boot");
	assert_string_equal(again.state, "done");
	assert_string_equal(again.note, "a note");
	assert_int_equal(again.udev, ANSWER_YES);
	assert_int_equal(again.count, 2);
	assert_memory_equal(&again.entries[0], &record.entries[0], sizeof(record.entries[0]));
	assert_memory_equal(&again.entries[1], &record.entries[1], sizeof(record.entries[1]));
	assert_int_equal(again.refusal_count, 1);
	assert_string_equal(again.refusals[0].guard, "storage");
	assert_string_equal(again.refusals[0].why, "it carries, the root and more");
	record_done(&again);
	record_done(&record);
	record_done(NULL);
}

static void there_is_room_for_the_longest(void **state)
{
	const struct tree *tree = *state;
	struct record record = { .udev = ANSWER_NO }, again;
	char target[STEP_TEXT_MAX], why[400];
	size_t added = 0;

	tree_mkdir(tree, "run");
	memset(target, 't', sizeof(target) - 1);
	target[sizeof(target) - 1] = '\0';
	memset(why, 'w', sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	memset(record.version, 'v', sizeof(record.version) - 1);
	memset(record.boot_id, 'b', sizeof(record.boot_id) - 1);
	memset(record.note, 'n', sizeof(record.note) - 1);
	assert_int_equal(record_reserve(&record, 5, 5), 0);
	for (struct step made = step(STEP_OVERRIDE, target, target);; added++) {
		struct record_entry *entry = record_add(&record, WRITER_EARLY, &made);

		if (!entry)
			break;
		memcpy(entry->before, target, sizeof(entry->before));
		memcpy(entry->why, why, sizeof(entry->why) - 1);
		entry->error = 2147483647;
		entry->at_usec = entry->usec = UINT64_MAX;
	}
	assert_true(added >= 15); /* each step, and giving back each device */
	for (size_t i = 0; i < 5; i++)
		record_refuse(&record, target, "boot-display", why);
	assert_int_equal(record_save(&tree->root, &record), 0);
	assert_int_equal(record_read(&tree->root, &again), 0); /* no line was too long for the reader */
	assert_int_equal(again.count, added);
	assert_string_equal(again.entries[added - 1].why, record.entries[added - 1].why);
	assert_string_equal(again.refusals[4].why, record.refusals[4].why);
	record_done(&again);
	record_done(&record);
}

static void damaged_records(void **state)
{
	const struct tree *tree = *state;
	struct record record;

	tree_write(tree, RECORD_PATH, "");
	assert_int_equal(record_read(&tree->root, &record), -EBADMSG);
	tree_write(tree, RECORD_PATH, "no record at all\n\xff\n[step 1]\nkind = override\n");
	assert_int_equal(record_read(&tree->root, &record), -EBADMSG);
	/* What is whole of it counts. */
	tree_write(tree, RECORD_PATH,
	           "[record]\nboot-id = x\nunknown = y\nudev = no\n[other]\nkind = load\n[step 1]\nkind = nonsense\n"
	           "result = what\nerrno = -5\nat = soon\n\xff\ntarget = 0000:01:00.0\n[step 2]\nkind = prob");
	assert_int_equal(record_read(&tree->root, &record), 0);
	assert_string_equal(record.boot_id, "x");
	assert_int_equal(record.udev, ANSWER_NO);
	assert_int_equal(record.count, 2);
	assert_string_equal(record.entries[0].target, "0000:01:00.0");
	assert_int_equal(record.entries[0].error, 0);
	record_done(&record);
}

/* Which devices a record says are taken. */
static void expect_taken(const struct record *record, const char *wanted)
{
	struct taken taken[8];
	size_t count = record_taken(record, taken, 8);
	char *text = format_text("%s", ""), *longer, address[PCI_ADDRESS_MAX];

	for (size_t i = 0; i < count; i++) {
		longer = format_text("%s%s %s '%s'\n", text, pci_address_format(&taken[i].address, address), taken[i].driver,
		                     taken[i].override);
		free(text);
		text = longer;
	}
	assert_string_equal(text, wanted);
	free(text);
}

static void what_is_taken(void **state)
{
	struct record record = { 0 };
	struct record_entry *entry;

	(void)state;
	assert_int_equal(record_reserve(&record, 20, 0), 0);
	expect_taken(&record, "");
	add(&record, WRITER_EARLY, STEP_LOAD, "vfio-pci", "", RESULT_DONE);
	entry = add(&record, WRITER_EARLY, STEP_OVERRIDE, "0000:01:00.0", "vfio-pci", RESULT_DONE);
	strcpy(entry->before, "nvidia");
	add(&record, WRITER_EARLY, STEP_OVERRIDE, "0000:01:00.1", "vfio-pci", RESULT_RUNNING); /* maybe written */
	add(&record, WRITER_EARLY, STEP_OVERRIDE, "0000:02:00.0", "vfio-pci", RESULT_FAILED);
	add(&record, WRITER_EARLY, STEP_OVERRIDE, "0000:03:00.0", "vfio-pci", RESULT_SKIPPED);
	expect_taken(&record, "0000:01:00.0 vfio-pci 'nvidia'\n0000:01:00.1 vfio-pci ''\n");
	/* Taken anew: what it was before the first time is to be restored. */
	entry = add(&record, WRITER_APPLY, STEP_OVERRIDE, "0000:01:00.0", "x_vfio_pci", RESULT_DONE);
	strcpy(entry->before, "vfio-pci");
	expect_taken(&record, "0000:01:00.0 x_vfio_pci 'nvidia'\n0000:01:00.1 vfio-pci ''\n");
	/* Given back after a failure, and undone. */
	add(&record, WRITER_APPLY, STEP_OVERRIDE, "0000:01:00.1", "", RESULT_RETURNED);
	expect_taken(&record, "0000:01:00.0 x_vfio_pci 'nvidia'\n");
	add(&record, WRITER_UNDO, STEP_OVERRIDE, "0000:01:00.0", "nvidia", RESULT_FAILED);
	expect_taken(&record, "0000:01:00.0 x_vfio_pci 'nvidia'\n");
	add(&record, WRITER_UNDO, STEP_OVERRIDE, "0000:01:00.0", "nvidia", RESULT_DONE);
	expect_taken(&record, "");
	/* And taken once more. */
	add(&record, WRITER_APPLY, STEP_OVERRIDE, "0000:01:00.0", "vfio-pci", RESULT_DONE);
	expect_taken(&record, "0000:01:00.0 vfio-pci ''\n");
	record_done(&record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(what_is_written_reads_back), tree_test(there_is_room_for_the_longest), tree_test(damaged_records),
		cmocka_unit_test(what_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
