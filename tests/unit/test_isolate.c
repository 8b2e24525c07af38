/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "plan/isolate.h"

#define MACHINES 3000
#define HAND_COLUMNS 150 /* no hand writes a longer list, and a line of the config ends soon after */

static void expect_set(const struct cpus *cpus, const char *list)
{
	char text[CPUS_TEXT_MAX];

	cpus_format(cpus, text, sizeof(text));
	assert_string_equal(text, list);
}

/* A machine of CPUs alone: nodes of so many L3 domains, of so many cores, of so many threads each. */
struct shape {
	unsigned int nodes, domains, cores, threads;
	unsigned int efficient; /* cores of one thread each behind the others, in the last node */
	bool no_l3;
	bool neighbours; /* threads of a core are numbered one after the other; else as x86 firmware does */
};

static void build_host(const struct shape *shape, struct host *ret)
{
	unsigned int fast = shape->nodes * shape->domains * shape->cores;
	struct topology *t = &ret->topology;

	*ret = (struct host){ 0 };
	t->cpu_count = fast * shape->threads + shape->efficient;
	t->cpus = calloc(t->cpu_count, sizeof(*t->cpus));
	t->node_count = shape->nodes;
	t->nodes = calloc(shape->nodes, sizeof(*t->nodes));
	t->distances = calloc((size_t)shape->nodes * shape->nodes, sizeof(*t->distances));
	t->kind_count = shape->efficient ? 2 : 1;
	t->counts[LEVEL_CORE] = fast + shape->efficient;
	for (unsigned int i = 0; i < t->cpu_count; i++) {
		bool efficient = i >= fast * shape->threads;
		unsigned int core = efficient ? fast + i - fast * shape->threads :
		                    shape->neighbours ? i / shape->threads : i % fast;
		unsigned int domain = efficient ? shape->nodes * shape->domains - 1 : core / shape->cores;

		t->cpus[i] =
			(struct topology_cpu){ .in = { [LEVEL_CORE] = (int)core, [LEVEL_L3] = shape->no_l3 ? -1 : (int)domain },
			                       .node = (int)(domain / shape->domains),
			                       .kind = efficient };
		cpus_add(&t->online, i);
		cpus_add(&t->nodes[t->cpus[i].node].cpus, i);
		cpus_add(&t->kinds[efficient].cpus, i);
	}
	t->possible = t->present = t->online;
	for (unsigned int i = 0; i < shape->nodes; i++) {
		t->nodes[i].number = (int)i;
		for (unsigned int j = 0; j < shape->nodes; j++)
			t->distances[i * shape->nodes + j] = i == j ? 10 : i / 2 == j / 2 ? 12 : 32;
	}
}

/* One PCI device of id 1:1 on a node. */
static void add_device(struct host *host, int node)
{
	host->pci.functions = calloc(1, sizeof(*host->pci.functions));
	host->pci.functions[0] = (struct pci_function){ .address = { .bus = 1 }, .vendor = 1, .device = 1 };
	host->pci.functions[0].detail = calloc(1, sizeof(struct pci_detail));
	host->pci.functions[0].detail->node = node;
	host->pci.count = 1;
}

static void set_offline(struct host *host, unsigned int cpu)
{
	struct topology *t = &host->topology;

	cpus_remove(&t->online, cpu);
	for (size_t i = 0; i < t->node_count; i++)
		cpus_remove(&t->nodes[i].cpus, cpu);
	for (size_t i = 0; i < t->kind_count; i++)
		cpus_remove(&t->kinds[i].cpus, cpu);
	t->cpus[cpu] = (struct topology_cpu){ { -1, -1, -1, -1 }, -1, -1 };
}

/* What [cpus] and the rest of the text ask of the host. */
static void isolate(const struct host *host, const char *text, struct isolation *ret)
{
	char *whole = format_text("[device gpu]\nid = 0001:0001\n%s", text);
	struct config config;

	config_from_text(whole, &config);
	free(whole);
	if (config.error_count)
		fail_msg("%s: %s", text, config.errors[0].text);
	assert_int_equal(isolation_build(&config, host, ret), 0);
	config_done(&config);
}

static const struct shape desktop = { 1, 2, 4, 2, .efficient = 0 }; /* CPU n and n+8 are a core; two caches */
static const struct shape hybrid = { 1, 1, 8, 2, .efficient = 8, .neighbours = true };
static const struct shape server = { 4, 2, 4, 2, .efficient = 0 };

static void expect_guest(const struct shape *shape, int node, const char *config, const char *list)
{
	struct isolation isolation;
	struct host host;

	build_host(shape, &host);
	add_device(&host, node);
	isolate(&host, config, &isolation);
	for (size_t i = 0; i < isolation.fault_count; i++)
		fail_msg("%s: %s (%s)", config, isolation.faults[i].text, isolation.faults[i].cure);
	expect_set(&isolation.guest, list);
	isolation_done(&isolation);
	host_done(&host);
}

static void expect_fault(const struct shape *shape, const char *config, enum isolation_fault_kind kind,
                         const char *cure, const char *list)
{
	struct isolation isolation;
	struct host host;
	bool found = false;

	build_host(shape, &host);
	add_device(&host, 0);
	isolate(&host, config, &isolation);
	for (size_t i = 0; i < isolation.fault_count; i++) {
		if (isolation.faults[i].kind != kind)
			continue;
		found = true;
		assert_string_equal(isolation.faults[i].cure, cure);
		assert_true(strlen(isolation.faults[i].text) + 1 < sizeof(isolation.faults[i].text));
	}
	if (!found)
		fail_msg("%s: no fault %d", config, (int)kind);
	assert_int_equal(isolation_is_refused(&isolation), kind < ISOLATION_WARNINGS);
	expect_set(&isolation.guest, list);
	isolation_done(&isolation);
	host_done(&host);
}

static void chooses(void **state)
{
	static const struct shape one_core = { 1, 1, 2, 2, .efficient = 0 }, six = { 1, 1, 6, 2, .efficient = 0 };

	(void)state;
	/* The cache without CPU 0 first, then of the other one what the host does not keep. */
	expect_guest(&desktop, 0, "[cpus]\nisolate = auto:8\n", "4-7,12-15");
	expect_guest(&desktop, 0, "[cpus]\nisolate = auto:12\n", "2-7,10-15");
	expect_guest(&desktop, 0, "[cpus]\nisolate = auto:7\n", "5-7,13-15");
	expect_guest(&desktop, 0, "[cpus]\nisolate = auto\n", "2-7,10-15");
	expect_guest(&six, 0, "[cpus]\nisolate = auto\n", "2-5,8-11");
	expect_guest(&one_core, 0, "[cpus]\nisolate = auto\n", "1,3");
	/* Near the device: its own node, then the next one by distance. */
	expect_guest(&server, 2, "[cpus]\nisolate = auto:8\n", "20-23,52-55");
	expect_guest(&server, 2, "[cpus]\nisolate = auto:16\n", "16-23,48-55");
	expect_guest(&server, 2, "[cpus]\nisolate = auto:24\n", "16-23,28-31,48-55,60-63");
	expect_guest(&server, 0, "[cpus]\nisolate = auto:8\n", "4-7,36-39");
	expect_guest(&server, 0, "[cpus]\nisolate = auto:18\n", "1-7,14-15,33-39,46-47");
	expect_guest(&server, -1, "[cpus]\nisolate = auto\n", "2-7,10-15,18-23,26-31,34-39,42-47,50-55,58-63");
	expect_guest(&desktop, 0, "[cpus]\nisolate = none\n", "");
}

/* Caches and nodes that are not alike, for some of their cores are offline. */
static void chooses_among_unlike(void **state)
{
	struct isolation isolation;
	struct host host;

	(void)state;
	/* The smallest cache that holds the guest. */
	build_host(&server, &host);
	add_device(&host, 1);
	set_offline(&host, 8);
	set_offline(&host, 40);
	isolate(&host, "[cpus]\nisolate = auto:6\n", &isolation);
	expect_set(&isolation.guest, "9-11,41-43");
	isolation_done(&isolation);
	/* One that holds it before one that does not. */
	isolate(&host, "[cpus]\nisolate = auto:8\n", &isolation);
	expect_set(&isolation.guest, "12-15,44-47");
	isolation_done(&isolation);
	/* The largest ones for a guest that no single one holds. */
	isolate(&host, "[cpus]\nisolate = auto:12\n", &isolation);
	expect_set(&isolation.guest, "10-15,42-47");
	isolation_done(&isolation);
	host_done(&host);
	/* Of nodes that are equally far, one is used up before the next. */
	build_host(&server, &host);
	add_device(&host, 0);
	set_offline(&host, 24);
	set_offline(&host, 56);
	isolate(&host, "[cpus]\nisolate = auto:46\n", &isolation);
	expect_set(&isolation.guest, "1-15,23,25-31,33-47,55,57-63");
	isolation_done(&isolation);
	host_done(&host);
	/* A CPU of which nobody knows the core is the host's. */
	build_host(&desktop, &host);
	add_device(&host, 0);
	host.topology.cpus[15].in[LEVEL_CORE] = -1;
	isolate(&host, "[cpus]\nisolate = auto:7\n", &isolation);
	expect_set(&isolation.guest, "4-7,12-14");
	isolation_done(&isolation);
	host_done(&host);
}

static void chooses_one_kind(void **state)
{
	(void)state;
	expect_guest(&hybrid, 0, "[cpus]\nisolate = auto\n", "2-15");
	expect_guest(&hybrid, 0, "[cpus]\nisolate = auto:4\n", "12-15");
	expect_guest(&hybrid, 0, "[cpus]\nisolate = auto:1\n", "23");
	expect_fault(&hybrid, "[cpus]\nisolate = auto:16\n", ISOLATION_TOO_MANY, "isolate = auto:14", "");
	expect_fault(&hybrid, "[cpus]\nisolate = 12-17\n", ISOLATION_MIXED, "isolate = 12-15", "12-17");
}

static void refuses(void **state)
{
	static const struct shape one = { 1, 1, 1, 2, .efficient = 0 }, nodes = { 4, 1, 1, 1, .efficient = 0 };

	(void)state;
	expect_fault(&desktop, "[cpus]\nisolate = auto:16\n", ISOLATION_TOO_MANY, "isolate = auto:12", "");
	expect_fault(&desktop, "[cpus]\nisolate = auto:1\n", ISOLATION_TOO_FEW, "isolate = auto:2", "");
	expect_fault(&one, "[cpus]\nisolate = auto\n", ISOLATION_TOO_FEW, "isolate = none", "");
	expect_fault(&one, "[cpus]\nisolate = auto:2\n", ISOLATION_TOO_FEW, "isolate = none", "");
	expect_fault(&nodes, "[cpus]\nisolate = auto\n", ISOLATION_TOO_FEW, "isolate = auto:2", "");
	expect_fault(&desktop, "[cpus]\nisolate = 0-3,8-11\n", ISOLATION_FIRST_CPU, "isolate = 1-3,9-11", "");
	expect_fault(&desktop, "[cpus]\nisolate = 0-63\n", ISOLATION_NOTHING_LEFT, "isolate = auto", "");
	expect_fault(&desktop, "[cpus]\nisolate = 16-31\n", ISOLATION_NO_CPU, "isolate = auto", "");
}

static void warns(void **state)
{
	(void)state;
	expect_guest(&desktop, 0, "[cpus]\nisolate = 4-7,12-15\n", "4-7,12-15");
	expect_fault(&desktop, "[cpus]\nisolate = 4-7\n", ISOLATION_SPLIT_CORE, "isolate = 4-7,12-15", "4-7");
	/* A thread of CPU 0's core is not completed, but left out. */
	expect_fault(&desktop, "[cpus]\nisolate = 7-8,15\n", ISOLATION_SPLIT_CORE, "isolate = 7,15", "7-8,15");
	expect_fault(&desktop, "[cpus]\nisolate = 7,15-17\n", ISOLATION_ABSENT, "isolate = 7,15", "7,15");
	expect_fault(&desktop, "[cpus]\nisolate = 1-7,9-15\n", ISOLATION_FEW_LEFT, "isolate = 2-7,10-15", "1-7,9-15");
	expect_fault(&server, "[cpus]\nisolate = 24-31,56-63\n", ISOLATION_FAR, "isolate = 1-7,15,33-39,47", "24-31,56-63");
	/* More than the node can spare reaches further, and is no fault. */
	expect_guest(&server, 2, "[cpus]\nisolate = 16-31,48-63\n", "16-31,48-63");
	expect_fault(&server, "[cpus]\nisolate = 4-5,36-37,24,56\n", ISOLATION_FAR, "isolate = 5-7,37-39",
	             "4-5,24,36-37,56");
}

static void offline(void **state)
{
	struct isolation isolation;
	struct host host;

	(void)state;
	build_host(&desktop, &host);
	set_offline(&host, 0);
	set_offline(&host, 7);
	set_offline(&host, 13);
	isolate(&host, "[cpus]\nisolate = 6-7,13-15\n", &isolation);
	assert_int_equal(isolation.fault_count, 1);
	assert_int_equal(isolation.faults[0].kind, ISOLATION_OFFLINE);
	assert_string_equal(isolation.faults[0].cure, "bring them online, or isolate = 6,14-15");
	expect_set(&isolation.guest, "6,14-15");
	isolation_done(&isolation);
	snprintf(host.topology.smt, sizeof(host.topology.smt), "forceoff");
	isolate(&host, "[cpus]\nisolate = 13\n", &isolation);
	assert_int_equal(isolation.faults[0].kind, ISOLATION_NO_CPU);
	isolation_done(&isolation);
	/* CPU 0 is offline: the first one that is online is not the core of 0 any more. */
	isolate(&host, "[cpus]\nisolate = 1\n", &isolation);
	assert_int_equal(isolation.faults[0].kind, ISOLATION_FIRST_CPU);
	isolation_done(&isolation);
	isolate(&host, "[cpus]\nisolate = auto:7\n", &isolation);
	assert_int_equal(isolation.fault_count, 0);
	expect_set(&isolation.guest, "4-6,8,12,14-15");
	isolation_done(&isolation);
	host_done(&host);
}

static void tick(void **state)
{
	struct isolation isolation;
	struct host host;

	(void)state;
	expect_guest(&desktop, 0, "[cpus]\nisolate = auto\ntick = yes\n", "2-7,10-15");
	build_host(&desktop, &host);
	host.topology.nohz_full_error = -ENOENT;
	isolate(&host, "[cpus]\nisolate = auto\ntick = yes\n", &isolation);
	assert_int_equal(isolation.fault_count, 1);
	assert_int_equal(isolation.faults[0].kind, ISOLATION_TICK);
	expect_set(&isolation.guest, "2-7,10-15");
	isolation_done(&isolation);
	host.topology.nohz_full_error = -EACCES; /* not known: no fault */
	isolate(&host, "[cpus]\nisolate = auto\ntick = yes\n", &isolation);
	assert_int_equal(isolation.fault_count, 0);
	isolation_done(&isolation);
	host_done(&host);
}

static void guests(void **state)
{
	(void)state;
	expect_guest(&desktop, 0, "[cpus]\nisolate = 4-7,12-15\n[vm a]\ncpus = 4-5,12-13\n[vm b]\ncpus = 6-7,14-15\n",
	             "4-7,12-15");
	expect_fault(&desktop, "[cpus]\nisolate = 4-7,12-15\n[vm a]\ncpus = 4-5,12-13\n[vm b]\ncpus = 5-6,13-14\n",
	             ISOLATION_VM_OVERLAP, "cpus = 6,14", "4-7,12-15");
	/* Guests of one device cannot run together. */
	expect_guest(&desktop, 0, "[cpus]\nisolate = 4-7,12-15\n[vm a]\ncpus = 4-5,12-13\ndevices = gpu\n"
	             "[vm b]\ncpus = 4-5,12-13\ndevices = gpu\n", "4-7,12-15");
	expect_fault(&desktop, "[cpus]\nisolate = 4-7,12-15\n[vm a]\ncpus = 3-5,11-13\n", ISOLATION_VM_OUTSIDE,
	             "cpus = 4-5,12-13", "4-7,12-15");
	expect_fault(&desktop, "[cpus]\nisolate = 4-7,12-15\n[vm a]\ncpus = 4-5,16\n", ISOLATION_ABSENT, "cpus = 4-5",
	             "4-7,12-15");
	/* What is left of the list is online, isolated, and no other guest's. */
	expect_fault(&desktop, "[cpus]\nisolate = 4-7,12-15\n[vm a]\ncpus = 4,12\n[vm b]\ncpus = 3-5,30\n",
	             ISOLATION_VM_OVERLAP, "cpus = 5", "4-7,12-15");
	expect_fault(&desktop, "[cpus]\nisolate = 4-7,12-15\n[vm a]\ncpus = 4,12\n[vm b]\ncpus = 4,30\n",
	             ISOLATION_ABSENT, "cpus = 5-7,13-15", "4-7,12-15");
	expect_fault(&desktop, "[vm a]\ncpus = 4-5\n[vm b]\ncpus = 4-5,30\n", ISOLATION_VM_OVERLAP,
	             "cpus = CPUs that are online, and no other guest's", "");
	/* Nothing isolated: a guest may be anywhere. */
	expect_guest(&desktop, 0, "[vm a]\ncpus = 1-3\n", "");
}

static void unknown(void **state)
{
	struct host host = { .topology.error = -ENOENT };
	struct isolation isolation;

	(void)state;
	isolate(&host, "[cpus]\nisolate = auto:4\n[vm a]\ncpus = 1\n", &isolation);
	assert_true(isolation.wanted);
	assert_true(isolation.unknown);
	assert_int_equal(isolation.fault_count, 0);
	assert_true(cpus_empty(&isolation.guest));
	isolation_done(&isolation);
	build_host(&desktop, &host);
	host.topology.counts[LEVEL_CORE] = 0;
	for (size_t i = 0; i < host.topology.cpu_count; i++)
		host.topology.cpus[i].in[LEVEL_CORE] = -1;
	isolate(&host, "[cpus]\nisolate = auto:4\n", &isolation);
	assert_int_equal(isolation.faults[0].kind, ISOLATION_NO_CORES);
	isolation_done(&isolation);
	isolate(&host, "[cpus]\nisolate = 4-7\n", &isolation); /* a list cannot be checked for cores, and is taken */
	assert_int_equal(isolation.fault_count, 0);
	expect_set(&isolation.guest, "4-7");
	isolation_done(&isolation);
	host_done(&host);
}

/* The property, over machines that nobody builds. */

static unsigned int seed;

static unsigned int any(unsigned int below)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % below;
}

static void check_machine(const struct host *host, unsigned int asked, const struct isolation *isolation)
{
	const struct topology *t = &host->topology;
	struct cpus all = isolation->guest;
	unsigned int first = cpus_next(&t->online, 0);
	size_t cores = 0, kept = 0, node_cores[8] = { 0 }, node_kept[8] = { 0 };
	int kind = -1;

	assert_false(cpus_overlap(&isolation->guest, &isolation->housekeeping));
	cpus_or(&all, &isolation->housekeeping);
	assert_true(cpus_equal(&all, &t->online));
	CPUS_FOR_EACH(cpu, &isolation->guest) {
		assert_true(kind < 0 || kind == t->cpus[cpu].kind);
		kind = t->cpus[cpu].kind;
	}
	CPUS_FOR_EACH(cpu, &t->online) {
		bool guest = cpus_has(&isolation->guest, cpu);
		struct cpus core;

		topology_sharing(t, LEVEL_CORE, cpu, &core);
		assert_true(guest ? cpus_subset(&core, &isolation->guest) : !cpus_overlap(&core, &isolation->guest));
		assert_false(guest && cpus_has(&core, first));
		if (cpus_next(&core, 0) != cpu)
			continue;
		cores++;
		kept += !guest;
		node_cores[t->cpus[cpu].node]++;
		node_kept[t->cpus[cpu].node] += !guest;
	}
	assert_true(kept >= 1 && (cores < 4 || kept >= 2));
	for (size_t i = 0; !asked && i < t->node_count; i++)
		assert_true(node_kept[i] * 4 >= node_cores[i]);
	if (asked)
		assert_true(cpus_count(&isolation->guest) <= asked);
	/* Either CPUs, or the reason. */
	assert_int_equal(cpus_empty(&isolation->guest), isolation->fault_count > 0);
	assert_int_equal(isolation_is_refused(isolation), isolation->fault_count > 0);
}

/* What a fault says would work does work, and gives just so many. */
static void check_cure(const struct host *host, const struct isolation *isolation)
{
	char *text = format_text("[cpus]\n%s\n", isolation->faults[0].cure);
	struct isolation cured;

	isolate(host, text, &cured);
	assert_int_equal(cured.fault_count, 0);
	if (strstr(text, "auto:"))
		assert_int_equal(cpus_count(&cured.guest), atoi(strchr(text, ':') + 1));
	isolation_done(&cured);
	free(text);
}

/* A list that a hand may have written: its faults tell a line that does work. */
static void check_list_of_hand(const struct host *host)
{
	struct isolation isolation, cured;
	struct cpus list = { 0 };
	char numbers[CPUS_TEXT_MAX], *text;

	for (unsigned int i = 1 + any((unsigned int)host->topology.cpu_count + 2); i > 0; i--)
		cpus_add(&list, any((unsigned int)host->topology.cpu_count + 1));
	cpus_format(&list, numbers, sizeof(numbers));
	if (strlen(numbers) > HAND_COLUMNS)
		return;
	text = format_text("[cpus]\nisolate = %s\n", numbers);
	isolate(host, text, &isolation);
	for (size_t i = 0; i < isolation.fault_count; i++) {
		const char *line = strstr(isolation.faults[i].cure, "isolate = ");
		char *config = format_text("[cpus]\n%s\n", line ? line : "");

		assert_non_null(line);
		isolate(host, config, &cured);
		if (cured.fault_count)
			fail_msg("of %s: %s: %s", numbers, line, cured.faults[0].text);
		isolation_done(&cured);
		free(config);
	}
	isolation_done(&isolation);
	free(text);
}

static void holds_for_any_machine(void **state)
{
	(void)state;
	for (seed = 1; seed <= MACHINES; seed++) {
		unsigned int number = seed, asked;
		struct shape shape = {
			1 + any(4), 1 + any(3), 1 + any(6), 1 + any(3), any(3) ? 0 : any(9), any(4) == 0, any(2)
		};
		struct isolation isolation, again;
		struct host host;
		char text[64];

		build_host(&shape, &host);
		add_device(&host, (int)any(shape.nodes + 1) - 1);
		for (unsigned int i = any(3) ? 0 : any(8); i > 0; i--)
			if (cpus_count(&host.topology.online) > 1)
				set_offline(&host, any((unsigned int)host.topology.cpu_count));
		/* Cores without a thread left are none, as the kernel tells of online CPUs only. */
		for (int core = 0, last = (int)host.topology.counts[LEVEL_CORE]; core < last; core++) {
			bool there = false;

			for (size_t i = 0; i < host.topology.cpu_count; i++)
				there |= host.topology.cpus[i].in[LEVEL_CORE] == core;
			if (there)
				continue;
			for (size_t i = 0; i < host.topology.cpu_count; i++)
				host.topology.cpus[i].in[LEVEL_CORE] -= host.topology.cpus[i].in[LEVEL_CORE] > core;
			core--;
			host.topology.counts[LEVEL_CORE] = (size_t)--last;
		}
		asked = any(3) ? 1 + any(cpus_count(&host.topology.online)) : 0;
		snprintf(text, sizeof(text), asked ? "[cpus]\nisolate = auto:%u\n" : "[cpus]\nisolate = auto\n", asked);
		isolate(&host, text, &isolation);
		isolate(&host, text, &again);
		assert_true(cpus_equal(&isolation.guest, &again.guest));
		check_machine(&host, asked, &isolation);
		if (isolation.fault_count)
			check_cure(&host, &isolation);
		check_list_of_hand(&host);
		isolation_done(&isolation);
		isolation_done(&again);
		host_done(&host);
		seed = number;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses), cmocka_unit_test(chooses_among_unlike), cmocka_unit_test(chooses_one_kind),
		cmocka_unit_test(refuses), cmocka_unit_test(warns),
		cmocka_unit_test(offline), cmocka_unit_test(tick), cmocka_unit_test(guests), cmocka_unit_test(unknown),
		cmocka_unit_test(holds_for_any_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
