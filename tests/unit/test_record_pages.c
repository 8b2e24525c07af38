/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the pools is vfio-prep's by its record, and what is written of it. */
#include "support.h"

#include <string.h>

#include "apply/record.h"

#define M (UINT64_C(1) << 20)

static void add(struct record *record, enum writer writer, const char *target, const char *value, const char *before,
                const char *after)
{
	struct step step = { .kind = STEP_PAGES };
	struct record_entry *entry;

	strcpy(step.target, target);
	strcpy(step.value, value);
	entry = record_add(record, writer, &step);
	assert_non_null(entry);
	entry->result = *after ? RESULT_DONE : RESULT_RUNNING;
	strcpy(entry->before, before);
	strcpy(entry->after, after);
}

static void sums(void **state)
{
	struct record record = { 0 };
	struct taken_pages taken[8];

	(void)state;
	assert_int_equal(record_reserve(&record, 4, 0), 0);
	add(&record, WRITER_EARLY, "2M@1", "512", "0", "300");
	add(&record, WRITER_EARLY, "1G", "4", "1", "4");
	add(&record, WRITER_EARLY, "nonsense", "4", "1", "4");
	add(&record, WRITER_EARLY, "1G@3", "4", "", ""); /* it had not looked at the pool yet */
	add(&record, WRITER_APPLY, "2M@1", "512", "310", "512"); /* ten came from somebody else */
	assert_int_equal(record_pages(&record, taken, 8), 2);
	assert_string_equal(taken[0].target, "2M@1");
	assert_true(taken[0].pool.page_size == 2 * M && taken[0].pool.node == 1);
	assert_int_equal(taken[0].added, 502);
	assert_false(taken[0].open);
	assert_int_equal(taken[1].added, 3);
	assert_int_equal(taken[1].pool.node, -1);
	add(&record, WRITER_UNDO, "2M@1", "10", "512", "10");
	add(&record, WRITER_UNDO, "1G", "1", "9", "1"); /* never less than none */
	record_pages(&record, taken, 8);
	assert_int_equal(taken[0].added, 0);
	assert_int_equal(taken[1].added, 0);
	assert_int_equal(record_pages(&record, taken, 1), 1);
	record_done(&record);
}

static void a_step_that_did_not_end(void **state)
{
	struct record record = { 0 };
	struct taken_pages taken[8];

	(void)state;
	assert_int_equal(record_reserve(&record, 4, 0), 0);
	add(&record, WRITER_EARLY, "2M", "512", "100", "");
	assert_int_equal(record_pages(&record, taken, 8), 1);
	assert_true(taken[0].open);
	assert_int_equal(taken[0].added, 0);
	assert_int_equal(taken[0].before, 100);
	assert_int_equal(taken[0].value, 512);
	add(&record, WRITER_LATE, "2M", "512", "400", "512"); /* so it had ended at 400 */
	assert_int_equal(record_pages(&record, taken, 8), 1);
	assert_false(taken[0].open);
	assert_int_equal(taken[0].added, 412);
	record_done(&record);
}

static void it_reads_back(void **state)
{
	const struct tree *tree = *state;
	struct record record = { .boot_id = "boot", .state = "done" }, again;

	tree_mkdir(tree, "run");
	assert_int_equal(record_reserve(&record, 1, 0), 0);
	add(&record, WRITER_EARLY, "2M@1", "512", "7", "300");
	assert_int_equal(record_save(&tree->root, &record), 0);
	assert_int_equal(record_read(&tree->root, &again), 0);
	assert_memory_equal(&again.entries[0], &record.entries[0], sizeof(record.entries[0]));
	assert_ptr_equal(record_last(&again, STEP_PAGES, "2M@1"), &again.entries[0]);
	assert_null(record_last(&again, STEP_PAGES, "2M"));
	assert_null(record_last(&again, STEP_PROBE, "2M@1"));
	record_done(&again);
	record_done(&record);
}

/* Every entry with all that it can hold fits into the room that was reserved. */
static void the_longest_entries_fit(void **state)
{
	const struct tree *tree = *state;
	struct record record = { .boot_id = "boot", .state = "done" };

	tree_mkdir(tree, "run");
	assert_int_equal(record_reserve(&record, 100, 0), 0);
	while (record.count < record.capacity) {
		struct step step = { .kind = STEP_RELEASE_FRAMEBUFFER };
		struct record_entry *entry;

		memset(step.target, 'x', sizeof(step.target) - 1);
		memset(step.value, 'x', sizeof(step.value) - 1);
		entry = record_add(&record, WRITER_RELEASE, &step);
		memset(entry->before, 'x', sizeof(entry->before) - 1);
		memset(entry->after, 'x', sizeof(entry->after) - 1);
		memset(entry->why, 'x', sizeof(entry->why) - 1);
		entry->result = RESULT_RETURNED;
		entry->error = INT32_MAX;
		entry->usec = entry->at_usec = UINT64_MAX;
	}
	assert_int_equal(record_save(&tree->root, &record), 0);
	record_done(&record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums),
		cmocka_unit_test(a_step_that_did_not_end),
		tree_test(it_reads_back),
		tree_test(the_longest_entries_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
