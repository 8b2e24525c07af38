/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How findings are kept: whole, in their order, and in little more memory than their texts take. */
#include "support.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "report/report.h"

#define MANY 20000
#define ROOM 200 /* bytes a finding beside its texts: its place in an array that has room for as many again */

/* What is allocated; 0 with the sanitizers, whose own allocator this does not ask. */
static size_t allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static void many(void **state)
{
	static struct report report;
	char address[64], source[200];
	size_t before = allocated(), taken, texts = 0;

	(void)state;
	for (unsigned int i = 0; i < MANY; i++) {
		struct finding *finding;

		snprintf(address, sizeof(address), "0000:%02x:%02x.%u", i / 256 % 256, i / 8 % 32, i % 8);
		finding = report_add(&report, "device.driver", address, STATUS_PASS, "number %u", i);
		FINDING_SET(finding->source, "/sys/bus/pci/devices/%s/driver", address);
		texts += strlen(address) + strlen(finding->summary) + strlen(finding->source) + 3;
		if (i % 2) {
			FINDING_SET(finding->want, "vfio-pci");
			finding->status = STATUS_WARN;
			texts += sizeof("vfio-pci");
		}
	}
	assert_int_equal(report.count, MANY - 1); /* the last one may still be written to */
	report_keep(&report);
	report_keep(&report);
	taken = allocated() - before;
	assert_int_equal(report.count, MANY);
	assert_false(report.no_memory);
	if (taken > texts + MANY * ROOM)
		fail_msg("%zu bytes for %zu of text", taken, texts);
	for (unsigned int i = 0; i < MANY; i++) {
		const struct reported *reported = &report.findings[i];
		char summary[40];

		snprintf(address, sizeof(address), "0000:%02x:%02x.%u", i / 256 % 256, i / 8 % 32, i % 8);
		snprintf(source, sizeof(source), "/sys/bus/pci/devices/%s/driver", address);
		snprintf(summary, sizeof(summary), "number %u", i);
		assert_string_equal(reported->target, address);
		assert_string_equal(reported->source, source);
		assert_string_equal(reported->summary, summary);
		assert_string_equal(reported->want, i % 2 ? "vfio-pci" : "");
		assert_string_equal(reported->have, "");
		assert_string_equal(reported->fix, "");
		assert_int_equal(reported->status, i % 2 ? STATUS_WARN : STATUS_PASS);
	}
	assert_int_equal(report_count(&report, STATUS_WARN), MANY / 2);
	report_done(&report);
	assert_int_equal(report.count, 0);
}

/* What anybody may have written does nothing to a terminal. */
static void strange_texts(void **state)
{
	struct report report = { 0 };
	struct finding *finding = report_add(&report, "vm.memory", "win\033[2J", STATUS_WARN, "a\tb\n");

	(void)state;
	FINDING_SET(finding->have, "\xc2\x9b" "2J \xff");
	FINDING_SET(finding->fix, "gr\xc3\xbcn");
	report_keep(&report);
	assert_string_equal(report.findings[0].target, "win?[2J");
	assert_string_equal(report.findings[0].summary, "a b ");
	assert_string_equal(report.findings[0].have, "??2J ?");
	assert_string_equal(report.findings[0].fix, "gr\xc3\xbcn");
	report_done(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(many), cmocka_unit_test(strange_texts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
