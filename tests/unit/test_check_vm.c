/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the report tells of guests, and that other checks know of them (report/check_vm.c, plan/goals.c). */
#include "support.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "host/config.h"
#include "plan/plan.h"
#include "report/report.h"

static const char text[] = "[device gpu]\naddress = 0000:31:00.0\n[device other]\naddress = "
                           "0001:31:00.0\n[hugepages]\n2M@0 = 64M\nkeep-free = 0\n"
						   "[vm one]\ndevices = gpu\ncpus = 4\n";

static const struct reported *find(const struct report *report, const char *id, const char *target)
{
	for (size_t i = 0; i < report->count; i++)
		if (strcmp(report->findings[i].id, id) == 0 && strcmp(report->findings[i].target, target) == 0)
			return &report->findings[i];
	return NULL;
}

struct run {
	struct config config;
	struct host host;
	struct plan plan;
	struct report report;
};

static void begin(struct run *run, const struct tree *tree, const struct check_lease *lease, uint64_t pages)
{
	const struct vm_section *running;
	struct goals_of of = { .boot = true, .guests = &running };
	struct check_input input = { .config = &run->config, .host = &run->host, .of = &of, .goals = &run->plan.goals,
	                             .pages = &run->plan.pages, .isolation = &run->plan.isolation, .leases = lease,
	                             .lease_count = lease != NULL, .record_error = -ENOENT, .rebuild = "rebuild" };
	struct advice advice = { 0 };

	*run = (struct run){ 0 };
	input.advice = &advice;
	config_from_text(text, &run->config);
	assert_int_equal(run->config.error_count, 0);
	running = config_vm(&run->config, "one");
	of.guest_count = lease && lease->live == ANSWER_YES;
	assert_int_equal(host_read(&tree->root, &run->config, HOST_CHECKS | HOST_LOG, &run->host), 0);
	memory_add_guest(&run->host.memory, 2 << 20, 0, pages);
	assert_int_equal(plan_build_of(&of, &run->config, &run->host, VIEW_NOW, &run->plan), 0);
	report_build(&input, &run->report);
}

static void end(struct run *run)
{
	report_done(&run->report);
	plan_done(&run->plan);
	host_done(&run->host);
	config_done(&run->config);
}

static void leases(void **state)
{
	static const struct {
		enum answer live;
		const char *state;
		int error;
		enum status status;
		const char *summary;
	} rows[] = {
		{ ANSWER_YES, LEASE_HELD, 0, STATUS_PASS, "held by process 7" },
		{ ANSWER_NO, LEASE_HELD, 0, STATUS_WARN, "process 7 has ended" },
		{ ANSWER_NO, LEASE_RELEASING, 0, STATUS_WARN, "giving back was cut off" },
		{ ANSWER_NO, LEASE_ACQUIRING, 0, STATUS_WARN, "acquiring was cut off" },
		{ ANSWER_UNKNOWN, LEASE_HELD, 0, STATUS_UNKNOWN, "cannot be told" },
		{ ANSWER_UNKNOWN, "", -EBADMSG, STATUS_UNKNOWN, "cannot be read" },
	};
	const struct tree *tree = *state;

	tree_unpack(tree, "server-two-sockets");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct lease lease = { .guest = "one", .path = LEASE_DIRECTORY "/one.lease", .error = rows[i].error };
		struct check_lease of = { .lease = &lease, .live = rows[i].live, .holder = "process 7" };
		const struct reported *finding;
		struct run run;

		strcpy(lease.record.lease.state, rows[i].state);
		begin(&run, tree, &of, 0);
		finding = find(&run.report, "vm.lease", "one");
		assert_non_null(finding);
		assert_int_equal(finding->status, rows[i].status);
		assert_non_null(strstr(finding->summary, rows[i].summary));
		if (rows[i].status == STATUS_WARN)
			assert_string_equal(finding->fix, "vfio-prep --release --stale");
		end(&run);
	}
}

static void devices_of_a_guest_are_wanted_while_it_runs(void **state)
{
	struct lease lease = { .guest = "one", .path = LEASE_DIRECTORY "/one.lease" };
	struct check_lease of = { .lease = &lease, .live = ANSWER_YES, .holder = "process 7" };
	const struct tree *tree = *state;
	struct run run;

	tree_unpack(tree, "server-two-sockets");
	begin(&run, tree, NULL, 0);
	assert_null(find(&run.report, "vm.lease", "one"));
	assert_null(find(&run.report, "device.driver", "0000:31:00.0"));
	assert_null(find(&run.report, "device.present", "gpu"));
	assert_non_null(find(&run.report, "device.driver", "0001:31:00.0"));
	end(&run);
	strcpy(lease.record.lease.state, LEASE_HELD);
	begin(&run, tree, &of, 0);
	assert_int_equal(find(&run.report, "device.driver", "0000:31:00.0")->status, STATUS_FAIL);
	assert_int_equal(find(&run.report, "device.present", "gpu")->status, STATUS_PASS);
	end(&run);
}

static void pages_of_a_guest_are_not_those_of_the_config(void **state)
{
	const struct tree *tree = *state;
	struct run run;

	tree_unpack(tree, "server-two-sockets");
	tree_write(tree, "sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "40\n");
	begin(&run, tree, NULL, 0);
	assert_int_equal(find(&run.report, "memory.hugepages", "2M@0")->status, STATUS_PASS);
	end(&run);
	begin(&run, tree, NULL, 16);
	assert_int_equal(find(&run.report, "memory.hugepages", "2M@0")->status, STATUS_FAIL);
	assert_int_equal(run.plan.pages.items[0].have, 24);
	assert_int_equal(run.plan.pages.items[0].count, 48); /* and 16 stay the guest's */
	end(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(leases),
		tree_test(devices_of_a_guest_are_wanted_while_it_runs),
		tree_test(pages_of_a_guest_are_not_those_of_the_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
