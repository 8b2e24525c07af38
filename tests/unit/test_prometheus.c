/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report as metrics: one series a check and target, whatever is in their names. */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "report/prometheus.h"

static char *print_metrics(const struct report *report)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(prometheus_report(out, "1.2.3", 1790000000, report), 0);
	fclose(out);
	return text;
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
		count++;
	return count;
}

#define expect_line(text, line) do { \
	if (count_of(text, "\n" line "\n") != 1) \
		fail_msg("not once: %s\n%s", line, text); \
} while (0)

static void a_report(void **state)
{
	struct report report = { 0 };
	char *text;

	(void)state;
	report_add(&report, "iommu.enabled", "", STATUS_PASS, "it is");
	report_add(&report, "device.driver", "0000:01:00.0", STATUS_FAIL, "another has it");
	report_add(&report, "device.link", "0000:01:00.0", STATUS_INFO, "it rests");
	report_keep(&report);
	text = print_metrics(&report);
	expect_line(text, "vfio_prep_build_info{version=\"1.2.3\"} 1");
	expect_line(text, "vfio_prep_last_run_timestamp_seconds 1790000000");
	expect_line(text, "vfio_prep_status{status=\"fail\"} 1");
	expect_line(text, "vfio_prep_status{status=\"pass\"} 0");
	assert_int_equal(count_of(text, "\nvfio_prep_status{"), 4);
	expect_line(text, "vfio_prep_checks{status=\"fail\"} 1");
	expect_line(text, "vfio_prep_checks{status=\"info\"} 1");
	expect_line(text, "vfio_prep_checks{status=\"unknown\"} 0");
	assert_int_equal(count_of(text, "\nvfio_prep_checks{"), STATUSES);
	expect_line(text, "vfio_prep_check{check=\"device.driver\",target=\"0000:01:00.0\",status=\"fail\"} 1");
	expect_line(text, "vfio_prep_check{check=\"device.link\",target=\"0000:01:00.0\",status=\"info\"} 1");
	expect_line(text, "vfio_prep_check{check=\"iommu.enabled\",target=\"\",status=\"pass\"} 1");
	assert_int_equal(count_of(text, "\nvfio_prep_check{"), 3);
	assert_int_equal(count_of(text, "# HELP "), 5);
	assert_int_equal(count_of(text, "# TYPE "), 5);
	free(text);
	report_done(&report);
}

/* The worst counts, wherever it stands. */
static void nothing_twice(void **state)
{
	static const enum status worst_first[] = { STATUS_FAIL, STATUS_WARN, STATUS_UNKNOWN, STATUS_PASS, STATUS_INFO };

	(void)state;
	for (size_t worst = 0; worst < 4; worst++)
		for (int backwards = 0; backwards < 2; backwards++) {
			struct report report = { 0 };
			char *text, *line;

			for (size_t i = 0; i < 5 - worst; i++)
				report_add(&report, "device.link", "x", worst_first[backwards ? 4 - i : worst + i], "text");
			report_keep(&report);
			text = print_metrics(&report);
			line = format_text("\nvfio_prep_check{check=\"device.link\",target=\"x\",status=\"%s\"} 1\n",
			                   status_name(worst_first[worst]));
			assert_int_equal(count_of(text, "\nvfio_prep_check{"), 1);
			assert_int_equal(count_of(text, line), 1);
			free(line);
			line = format_text("\nvfio_prep_checks{status=\"%s\"} 1\n", status_name(worst_first[worst]));
			assert_int_equal(count_of(text, line), 1);
			assert_int_equal(count_of(text, "} 1\n"), 4); /* with build, status */
			free(line);
			free(text);
			report_done(&report);
		}
}

static void names_are_escaped(void **state)
{
	static struct reported findings[] = {
		{ .id = "device.present", .target = "a\"b\\c\nd", .status = STATUS_PASS },
		{ .id = "device.present", .target = "gr\xc3\xbcn", .status = STATUS_PASS },
		{ .id = "device.present", .target = "cut \xc3", .status = STATUS_PASS },
	};
	const struct report report = { .findings = findings, .count = ARRAY_SIZE(findings) };
	char *text = print_metrics(&report);

	(void)state;
	expect_line(text, "vfio_prep_check{check=\"device.present\",target=\"a\\\"b\\\\c\\nd\",status=\"pass\"} 1");
	expect_line(text, "vfio_prep_check{check=\"device.present\",target=\"gr\xc3\xbcn\",status=\"pass\"} 1");
	expect_line(text, "vfio_prep_check{check=\"device.present\",target=\"cut ?\",status=\"pass\"} 1");
	free(text);
}

static void an_empty_report(void **state)
{
	struct report report = { 0 };
	char *text = print_metrics(&report);

	(void)state;
	expect_line(text, "vfio_prep_status{status=\"pass\"} 1");
	assert_int_equal(count_of(text, "\nvfio_prep_check{"), 0);
	free(text);
}

static void a_full_disk(void **state)
{
	struct report report = { 0 };
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(out);
	assert_int_equal(prometheus_report(out, "1", 0, &report), -EIO);
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report),
		cmocka_unit_test(nothing_twice),
		cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(an_empty_report),
		cmocka_unit_test(a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
