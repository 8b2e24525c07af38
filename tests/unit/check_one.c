/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check_one.h"

#include <errno.h>
#include <string.h>

#include "plan/plan.h"

static void judge(const struct report *report, const char *id, const char *target, enum status status, const char *text)
{
	const struct reported *found = NULL;

	for (size_t i = 0; i < report->count; i++)
		if (strcmp(report->findings[i].id, id) == 0 && strcmp(report->findings[i].target, target) == 0) {
			assert_null(found);
			found = &report->findings[i];
		}
	if (!text[0]) {
		if (found)
			fail_msg("%s %s: %s: %s; expected none", id, target, status_name(found->status), found->summary);
		return;
	}
	if (!found)
		fail_msg("%s %s is not in the report", id, target);
	if (found->status != status ||
	    (!strstr(found->summary, text) && !strstr(found->fix, text) && !strstr(found->have, text)))
		fail_msg("%s %s: %s: %s (%s, %s); expected %s and '%s'", id, target, status_name(found->status), found->summary,
		         found->have, found->fix, status_name(status), text);
	assert_true(found->source[0] == '/');
	if (status == STATUS_WARN || status == STATUS_FAIL)
		assert_true(found->want[0] && found->have[0] && found->fix[0]);
}

void check_one(const struct tree *tree, const char *config_text, const char *id, const char *target, enum status status,
               const char *text)
{
	struct config config;
	struct host host;
	struct plan plan;
	struct advice advice;
	struct surroundings surroundings;
	struct modprobe modprobe;
	struct report report;
	struct check_input input = {
		.config = &config,
		.host = &host,
		.goals = &plan.goals,
		.pages = &plan.pages,
		.isolation = &plan.isolation,
		.advice = &advice,
		.surroundings = &surroundings,
		.modprobe = &modprobe,
		.record_error = -ENOENT,
		.rebuild = "rebuild it",
	};

	config_from_text(config_text, &config);
	assert_int_equal(config.error_count, 0);
	assert_int_equal(host_read(&tree->root, &config, HOST_CHECKS | HOST_LOG | HOST_HOLDERS | HOST_STORAGE, &host), 0);
	assert_int_equal(plan_build(&config, &host, VIEW_NOW, &plan), 0);
	assert_int_equal(advice_build_all(&config, &host, &plan.isolation, &plan.pages, &advice), 0);
	assert_int_equal(surroundings_read(&tree->root, &config, &host, &surroundings), 0);
	assert_int_equal(modprobe_read(&tree->root, &modprobe), 0);
	report_build(&input, &report);
	judge(&report, id, target, status, text);
	report_done(&report);
	modprobe_done(&modprobe);
	surroundings_done(&surroundings);
	advice_done(&advice);
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
}
