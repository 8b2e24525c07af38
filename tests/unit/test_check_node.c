/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On two nodes: 0000:05:00.0 of sick-server hangs on node 0, 0000:86:00.0 on node 1; pages are on node 0. */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"
#include "report/report.h"

#define NODE1 "sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages"
#define FAR_CARD "[device card]\naddress = 86:00.0\n"
#define NEAR_CARD "[device card]\naddress = 05:00.0\n"

/* begins: how "STATUS: SUMMARY" of the one finding begins; NULL: there is none. fix: a part of it. */
static void expect(const struct tree *tree, const char *config_text, const char *begins, const char *fix)
{
	static const struct advice advice;
	const struct vm_section *running[4];
	struct goals_of of = { .boot = true, .guests = running }; /* each guest has its devices */
	struct config config;
	struct host host;
	struct plan plan;
	struct report report;
	struct check_input input = { .config = &config,
		                         .host = &host,
		                         .of = &of,
		                         .goals = &plan.goals,
		                         .pages = &plan.pages,
		                         .isolation = &plan.isolation,
		                         .advice = &advice,
		                         .record_error = -ENOENT,
		                         .rebuild = "x" };
	size_t found = 0;

	config_from_text(config_text, &config);
	assert_int_equal(config.error_count, 0);
	assert_int_equal(host_read(&tree->root, &config, HOST_CHECKS, &host), 0);
	for (size_t i = 0; i < config.vm_count; i++)
		running[of.guest_count++] = &config.vms[i];
	assert_int_equal(plan_build_of(&of, &config, &host, VIEW_NOW, &plan), 0);
	report_build(&input, &report);
	for (size_t i = 0; i < report.count; i++) {
		const struct reported *finding = &report.findings[i];
		char *text;

		if (strcmp(finding->id, "device.node") != 0)
			continue;
		found++;
		text = format_text("%s: %s", status_name(finding->status), finding->summary);
		if (!begins || strncmp(text, begins, strlen(begins)) != 0)
			fail_msg("'%s'; expected '%s'", text, begins ? begins : "nothing");
		free(text);
		if (finding->status == STATUS_WARN && (!finding->want[0] || !finding->have[0] || !strstr(finding->fix, fix)))
			fail_msg("want '%s' have '%s' fix '%s'", finding->want, finding->have, finding->fix);
		assert_int_equal(finding->source[0], '/');
	}
	assert_int_equal(found, begins != NULL);
	report_done(&report);
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
}

static void cpus(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "sick-server");
	expect(tree, FAR_CARD, NULL, NULL); /* nothing is asked for that could be near */
	expect(tree, FAR_CARD "[cpus]\nisolate = 6-7,14-15\n", "pass: what guests get is on its node, 1", NULL);
	expect(tree, FAR_CARD "[cpus]\nisolate = 2-3,6-7,10-11,14-15\n", "pass: ", NULL); /* some are */
	expect(tree, FAR_CARD "[cpus]\nisolate = 2-3,10-11\n",
	       "warn: it hangs on node 1, and the CPUs for guests are on others",
	       "isolate = auto:4  ; in [cpus] of /etc/vfio-prep.conf, with near = card");
	expect(tree, FAR_CARD "[device first]\naddress = 42:00.0\nrequired = no\n[cpus]\nisolate = auto:4\nnear = card\n",
	       "pass: ", NULL);
}

/* A guest that says which CPUs and which device it has is judged by these. */
static void cpus_of_a_guest(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "sick-server");
	expect(tree, FAR_CARD "[cpus]\nisolate = 2-3,6-7,10-11,14-15\n[vm a]\ncpus = 2-3,10-11\ndevices = card\n",
	       "warn: it hangs on node 1", "cpus = 6-7,14-15  ; in [vm a] of /etc/vfio-prep.conf");
	expect(tree, FAR_CARD "[cpus]\nisolate = 2-3,6-7,10-11,14-15\n[vm a]\ncpus = 6-7,14-15\ndevices = card\n"
	       "[vm b]\ncpus = 2-3,10-11\n", "pass: ", NULL);
}

static void pages(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "sick-server");
	expect(tree, NEAR_CARD "[hugepages]\n2M@0 = 1G\n", "pass: ", NULL);
	expect(tree, FAR_CARD "[hugepages]\n2M@0 = 1G\n", "warn: it hangs on node 1, and no huge page is there",
	       "2M@1 = 1G  ; in [hugepages] of /etc/vfio-prep.conf");
	expect(tree, FAR_CARD "[hugepages]\n2M = 1G\n", "warn: ", "2M@1 = 1G");
	tree_write(tree, NODE1, "8\n"); /* some are: what is on other nodes may be another guest's */
	expect(tree, FAR_CARD "[hugepages]\n2M@0 = 1G\n", "pass: ", NULL);
	/* A node that this machine does not have is near nothing. */
	tree_write(tree, NODE1, "0\n");
	expect(tree, FAR_CARD "[hugepages]\n2M@7 = 1G\n", "warn: the huge pages for guests are asked for on node 7, which",
	       "2M@1 = 1G  ; in [hugepages] of /etc/vfio-prep.conf, in place of 2M@7");
	expect(tree, NEAR_CARD "[hugepages]\n2M@7 = 1G\n2M@0 = 1G\n", "pass: ", NULL);
	/* There are none at all, which is what memory.hugepages says. */
	tree_write(tree, NODE1, "0\n");
	tree_write(tree, "sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "0\n");
	expect(tree, FAR_CARD "[hugepages]\n2M@0 = 1G\n", "pass: ", NULL);
}

static void nodes(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "sick-server");
	tree_write(tree, "sys/devices/pci0000:80/0000:80:03.0/0000:86:00.0/numa_node", "-1\n");
	tree_write(tree, "sys/devices/pci0000:80/0000:80:03.0/0000:86:00.0/local_cpulist", "0-15\n");
	expect(tree, FAR_CARD "[hugepages]\n2M@0 = 1G\n", "unknown: the firmware does not tell", NULL);
	tree_done(*state);
	tree_new(*state);
	tree_unpack(tree, "prepared-built-in"); /* one node, of which firmware says nothing */
	expect(tree, "[device card]\naddress = 01:00.0\n[hugepages]\n2M = 1G\n", "pass: all is on one node", NULL);
	expect(tree, "[device card]\naddress = 01:00.0\n[hugepages]\n2M@1 = 1G\n",
	       "warn: the huge pages for guests are asked for on node 1", "2M@0 = 1G  ; in [hugepages]");
}

int main(void)
{
	const struct CMUnitTest tests[] = { tree_test(cpus), tree_test(cpus_of_a_guest), tree_test(pages),
		                                tree_test(nodes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
