/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks of memory on recorded machines. */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "report/report.h"

#define POOLS "sys/kernel/mm/hugepages/"
#define NODE(n) "sys/devices/system/node/node" #n "/hugepages/"

static const char pages[] = "[hugepages]\n2M@1 = 8\n2M = 4\nkeep-free = 2G\n";

/* One finding of the report on the machine; "" for text: there is none. */
static void expect_with(const struct tree *tree, const char *config_text, const struct record *record, const char *id,
                        const char *target, enum status status, const char *text)
{
	const struct reported *found = NULL;
	struct config config;
	struct report report;
	struct host host;
	struct plan plan;
	static const struct advice advice;
	struct check_input input = { .config = &config,
		                         .host = &host,
		                         .goals = &plan.goals,
		                         .pages = &plan.pages,
		                         .isolation = &plan.isolation,
		                         .advice = &advice,
		                         .record = record,
		                         .record_error = -ENOENT,
		                         .rebuild = "rebuild it" };

	config_from_text(config_text, &config);
	assert_int_equal(config.error_count, 0);
	assert_int_equal(host_read(&tree->root, &config, HOST_CHECKS, &host), 0);
	assert_int_equal(plan_build(&config, &host, VIEW_NOW, &plan), 0);
	report_build(&input, &report);
	for (size_t i = 0; i < report.count; i++)
		if (strcmp(report.findings[i].id, id) == 0 && strcmp(report.findings[i].target, target) == 0) {
			assert_null(found);
			found = &report.findings[i];
		}
	if (!text[0]) {
		assert_null(found);
	} else {
		if (!found)
			fail_msg("%s %s is not in the report", id, target);
		if (found->status != status ||
		    (!strstr(found->summary, text) && !strstr(found->fix, text) && !strstr(found->have, text)))
			fail_msg("%s %s: %s: %s (%s, %s); expected %s and '%s'", id, target, status_name(found->status),
			         found->summary, found->have, found->fix, status_name(status), text);
		assert_true(found->source[0]);
		if (status == STATUS_WARN || status == STATUS_FAIL)
			assert_true(found->want[0] && found->have[0] && found->fix[0]);
		assert_string_equal(check_heading(id), "Memory");
	}
	report_done(&report);
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
}

static void expect(const struct tree *tree, const char *config_text, const char *id, const char *target,
                   enum status status, const char *text)
{
	expect_with(tree, config_text, NULL, id, target, status, text);
}

static void server(const struct tree *tree)
{
	tree_unpack(tree, "server-two-sockets");
	tree_write(tree, NODE(1) "hugepages-2048kB/nr_hugepages", "10\n");
	tree_write(tree, NODE(1) "hugepages-2048kB/free_hugepages", "9\n");
	tree_write(tree, NODE(0) "hugepages-2048kB/nr_hugepages", "2\n");
	tree_write(tree, POOLS "hugepages-2048kB/nr_hugepages", "12\n");
}

static void pools(void **state)
{
	const struct tree *tree = *state;

	server(tree);
	expect(tree, pages, "memory.hugepages", "2M@1", STATUS_PASS, "8 of 8 pages");
	expect(tree, pages, "memory.hugepages", "2M@1", STATUS_PASS, "10 there, 9 of them free");
	expect(tree, pages, "memory.hugepages", "2M", STATUS_PASS, "4 of 4 pages");
	expect(tree, "[hugepages]\n2M@1 = 11\n", "memory.hugepages", "2M@1", STATUS_FAIL, "10 of 11 pages");
	expect(tree, "[hugepages]\n2M@1 = 11\n", "memory.hugepages", "2M@1", STATUS_FAIL,
	       "vfio-prep --apply  # for the next boots: rebuild it");
	expect(tree, "[hugepages]\n2M@7 = 11\n", "memory.hugepages", "2M@7", STATUS_FAIL, "refused: node 7 is not there");
	expect(tree, "[device a]\naddress = 31:00.0\n", "memory.hugepages", "2M", STATUS_FAIL, "");
	tree_write(tree, NODE(1) "hugepages-2048kB/nr_hugepages", "?\n");
	expect(tree, pages, "memory.hugepages", "2M@1", STATUS_UNKNOWN, "cannot be read");
}

static void why_pages_are_missing(void **state)
{
	const struct tree *tree = *state;
	struct record_entry entries[] = {
		{ .writer = WRITER_EARLY,
		  .kind = STEP_PAGES,
		  .result = RESULT_FAILED,
		  .target = "1G@1",
		  .value = "8",
		  .before = "0",
		  .after = "2",
		  .error = ENOMEM,
		  .why = "got 2 of 8, because" },
		{ .writer = WRITER_EARLY,
		  .kind = STEP_PAGES,
		  .result = RESULT_FAILED,
		  .target = "1G",
		  .value = "9",
		  .before = "2",
		  .after = "2",
		  .error = ENOMEM,
		  .why = "got 2 of 9, because" },
		{ .writer = WRITER_EARLY,
		  .kind = STEP_PAGES,
		  .result = RESULT_RUNNING,
		  .target = "2M",
		  .value = "9",
		  .before = "2" },
	};
	struct record record = { .entries = entries, .count = 3, .udev = ANSWER_UNKNOWN };

	tree_unpack(tree, "server-two-sockets");
	assert_true(root_read(&tree->root, "proc/sys/kernel/random/boot_id", record.boot_id, sizeof(record.boot_id)) > 0);
	tree_write(tree, NODE(1) "hugepages-1048576kB/nr_hugepages", "2\n");
	tree_write(tree, POOLS "hugepages-1048576kB/nr_hugepages", "2\n");
	expect_with(tree, "[hugepages]\n1G@1 = 8\n", &record, "memory.hugepages", "1G@1", STATUS_FAIL,
	            "2 of 8 pages: got 2 of 8, because");
	expect_with(tree, "[hugepages]\n1G@1 = 8\n", &record, "memory.hugepages", "1G@1", STATUS_FAIL,
	            "early had 0 before and 2 after it");
	expect_with(tree, "[hugepages]\n1G@1 = 8\n", &record, "memory.hugepages", "1G@1", STATUS_FAIL,
	            "add hugepagesz=1G hugepages=1:8 to the");
	expect_with(tree, "[hugepages]\n1G = 9\n", &record, "memory.hugepages", "1G", STATUS_FAIL,
	            "add hugepagesz=1G hugepages=9 to the");
	expect_with(tree, "[hugepages]\n2M = 9\n", &record, "memory.hugepages", "2M", STATUS_FAIL,
	            "vfio-prep --apply  # for the next boots");
	entries[2] = (struct record_entry){
		.kind = STEP_PAGES, .result = RESULT_FAILED, .target = "2M", .before = "0", .after = "0"
	};
	expect_with(tree, "[hugepages]\n2M = 9\n", &record, "memory.hugepages", "2M", STATUS_FAIL,
	            "ask for less in [hugepages]");
	entries[2].writer = WRITER_UNDO; /* somebody wanted it so */
	expect_with(tree, "[hugepages]\n2M = 9\n", &record, "memory.hugepages", "2M", STATUS_FAIL,
	            "vfio-prep --apply  # for the next boots");
}

static void mounts(void **state)
{
	const struct tree *tree = *state;

	server(tree);
	expect(tree, pages, "memory.hugetlbfs", "2M", STATUS_PASS, "mounted");
	tree_write(tree, "proc/mounts", "hugetlbfs /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n");
	expect(tree, "[hugepages]\n1G@1 = 8\n1G = 2\n", "memory.hugetlbfs", "1G", STATUS_WARN, "pagesize=1G");
	expect(tree, "[hugepages]\n64K = 8\n", "memory.hugetlbfs", "64K", STATUS_WARN, ""); /* there are no such pages */
	tree_write(tree, "proc/mounts", "proc /proc proc rw 0 0\n");
	expect(tree, pages, "memory.hugetlbfs", "2M", STATUS_WARN, "mount -t hugetlbfs hugetlbfs /dev/hugepages");
	tree_remove(tree, "proc/mounts");
	expect(tree, pages, "memory.hugetlbfs", "2M", STATUS_UNKNOWN, "cannot be read");
}

static void available(void **state)
{
	const struct tree *tree = *state;

	server(tree);
	expect(tree, pages, "memory.available", "", STATUS_PASS, "244G available");
	tree_write(tree, "proc/meminfo", "MemTotal: 275775488 kB\nMemAvailable: 2097151 kB\n");
	expect(tree, pages, "memory.available", "", STATUS_FAIL, "2047M available, less than keep-free");
	tree_write(tree, "proc/meminfo", "MemTotal: 275775488 kB\nMemAvailable: 2097152 kB\n");
	expect(tree, pages, "memory.available", "", STATUS_PASS, "2G");
	tree_write(tree, "proc/meminfo", "MemTotal: 275775488 kB\n");
	expect(tree, pages, "memory.available", "", STATUS_UNKNOWN, "MemAvailable");
	expect(tree, "[hugepages]\nkeep-free = 1G\n", "memory.available", "", STATUS_PASS, "");
}

static void rivals(void **state)
{
	const struct tree *tree = *state;

	server(tree);
	expect(tree, pages, "memory.rival", "2M", STATUS_PASS, "nothing else");
	tree_write(tree, "etc/sysctl.d/80-pages.conf", "vm.nr_hugepages = 11\n");
	expect(tree, pages, "memory.rival", "2M", STATUS_WARN, "sysctl.d shrinks the pool to 11 pages");
	expect(tree, pages, "memory.rival", "2M", STATUS_WARN,
	       "sed -i '/nr_hugepages/s/^/#/' '/etc/sysctl.d/80-pages.conf'");
	expect(tree, "[hugepages]\n2M = 5\n", "memory.rival", "2M", STATUS_WARN, "grows the pool to 11");
	expect(tree, "[hugepages]\n2M@0 = 9\n2M = 2\n", "memory.rival", "2M", STATUS_PASS,
	       "nothing else");                                                                   /* as many as wanted */
	expect(tree, "[hugepages]\n1G = 2\n", "memory.rival", "1G", STATUS_PASS, "nothing else"); /* about another size */
	tree_remove(tree, "etc/sysctl.d/80-pages.conf");
	tree_write(tree, "proc/cmdline", "hugepages=20\n");
	expect(tree, pages, "memory.rival", "2M", STATUS_WARN, "reserves 8 pages that no pool asks for");
	tree_write(tree, "proc/cmdline", "hugepages=1:8 hugepagesz=1G hugepages=1:16\n");
	expect(tree, pages, "memory.rival", "2M", STATUS_PASS, "nothing else");
	expect(tree, "[hugepages]\n1G@1 = 16\n", "memory.rival", "1G", STATUS_PASS, "nothing else"); /* our own advice */
	expect(tree, "[hugepages]\n1G@0 = 16\n", "memory.rival", "1G", STATUS_WARN,
	       "reserves 16 pages that no pool asks for");
}

static void merging_and_balancing(void **state)
{
	static const char gpu[] = "[device gpu]\naddress = 31:00.0\n";
	const struct tree *tree = *state;

	tree_unpack(tree, "server-two-sockets");
	expect(tree, gpu, "memory.thp", "", STATUS_PASS, "madvise");
	expect(tree, gpu, "memory.ksm", "", STATUS_PASS, "not searched");
	expect(tree, gpu, "memory.balancing", "", STATUS_PASS, "");
	expect(tree, "[cpus]\nisolate = 2-3\n", "memory.balancing", "", STATUS_WARN, "kernel.numa_balancing=0");
	expect(tree, "[cpus]\nisolate = none\n", "memory.balancing", "", STATUS_WARN, "");
	expect(tree, "[cpus]\nisolate = 2-3\n", "memory.thp", "", STATUS_PASS, "");
	expect(tree, "", "memory.ksm", "", STATUS_PASS, "");
	tree_write(tree, "sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
	tree_write(tree, "sys/kernel/mm/ksm/run", "1\n");
	tree_write(tree, "proc/sys/kernel/numa_balancing", "0\n");
	expect(tree, gpu, "memory.thp", "", STATUS_WARN, "small pages only");
	expect(tree, pages, "memory.thp", "", STATUS_PASS, "reserved");
	expect(tree, "[vm a]\nhugepages = 2M:8M\n", "memory.thp", "", STATUS_PASS, "reserved");
	expect(tree, gpu, "memory.ksm", "", STATUS_WARN, "KSM");
	expect(tree, "[cpus]\nisolate = 2-3\n", "memory.balancing", "", STATUS_PASS, "not moved");
	tree_write(tree, POOLS "hugepages-2048kB/nr_hugepages", "3\n"); /* somebody's */
	expect(tree, gpu, "memory.thp", "", STATUS_PASS, "reserved");
	tree_write(tree, POOLS "hugepages-2048kB/nr_hugepages", "0\n");
	tree_remove(tree, "sys/kernel/mm/transparent_hugepage/enabled");
	expect(tree, gpu, "memory.thp", "", STATUS_WARN, "a kernel without transparent huge pages");
}

static void unknown(void **state)
{
	static const char all[] = "[device gpu]\naddress = 31:00.0\n[cpus]\nisolate = 2-3\n[hugepages]\n2M = 3\n";
	const struct tree *tree = *state;

	expect(tree, all, "memory.hugepages", "2M", STATUS_UNKNOWN, "cannot be read");
	expect(tree, all, "memory.hugetlbfs", "2M", STATUS_UNKNOWN, "cannot be read");
	expect(tree, all, "memory.available", "", STATUS_UNKNOWN, "MemAvailable");
	expect(tree, all, "memory.thp", "", STATUS_UNKNOWN, "cannot be read");
	expect(tree, all, "memory.ksm", "", STATUS_UNKNOWN, "cannot be read");
	expect(tree, all, "memory.balancing", "", STATUS_UNKNOWN, "cannot be read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(pools), tree_test(why_pages_are_missing), tree_test(mounts), tree_test(available), tree_test(rivals),
		tree_test(merging_and_balancing), tree_test(unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
