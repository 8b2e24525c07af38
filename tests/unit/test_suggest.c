/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What --suggest prints for any device of any recorded machine is a config without errors, of which a plan takes
 * everything but what a comment of it says is refused. With all proposals in force the same holds.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "plan/plan.h"
#include "report/names.h"
#include "report/suggest.h"

#define SCOPE (HOST_STORAGE | HOST_CPUS | HOST_MEMORY)

static void read_host(const struct tree *tree, struct host *ret)
{
	assert_int_equal(host_read(&tree->root, NULL, SCOPE | HOST_ALL_DETAILS, ret), 0);
}

/* To be freed. */
static char *suggest(const struct host *host, const size_t *functions, size_t count)
{
	struct pci_access *names = names_open();
	struct suggestion suggestion;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(suggestion_build(host, functions, count, &suggestion), 0);
	suggestion_print(out, &suggestion, names);
	fclose(out);
	suggestion_done(&suggestion);
	names_close(names);
	return text;
}

static char *suggest_at(const struct host *host, const char *first, const char *second)
{
	struct pci_address address;
	size_t functions[2];

	assert_int_equal(pci_address_parse(first, &address), 0);
	functions[0] = (size_t)(pci_find(&host->pci, &address) - host->pci.functions);
	if (second)
		assert_int_equal(pci_address_parse(second, &address), 0);
	functions[1] = (size_t)(pci_find(&host->pci, &address) - host->pci.functions);
	return suggest(host, functions, second ? 2 : 1);
}

static void expect_in(const char *text, const char *wanted)
{
	if (!strstr(text, wanted))
		fail_msg("%s\nis not in\n%s", wanted, text);
}

static void expect_not_in(const char *text, const char *unwanted)
{
	if (strstr(text, unwanted))
		fail_msg("%s\nis in\n%s", unwanted, text);
}

/* A copy with all proposals in force: comments have a blank behind the ';'. */
static char *accept_all(const char *text)
{
	char *copy = calloc(strlen(text) + 1, 1), *to = copy;

	assert_non_null(copy);
	for (const char *c = text; *c; c++)
		if (*c != ';' || (c > text && c[-1] != '\n') || c[1] == ' ')
			*to++ = *c;
	return copy;
}

/* The plan of a text on the machine it was suggested for; refusals are told by it. */
static void check_plan(const char *where, const struct tree *tree, const char *text, const char *told, bool all)
{
	struct config config;
	struct host host;
	struct plan plan;

	config_from_text(text, &config);
	if (config.error_count)
		fail_msg("%s: line %u: %s\n%s", where, config.errors[0].line, config.errors[0].text, text);
	assert_int_equal(host_read(&tree->root, &config, SCOPE, &host), 0);
	assert_int_equal(plan_build(&config, &host, VIEW_NEXT_BOOT, &plan), 0);
	if (plan.goals.missing_count || !plan.goals.count)
		fail_msg("%s: something is missing\n%s", where, text);
	for (size_t i = 0; i < plan.goals.count; i++) {
		const struct goal *goal = &plan.goals.items[i];
		char address[PCI_ADDRESS_MAX], *refusal;

		if (goal->guard == GUARD_NONE)
			continue;
		refusal =
			format_text("; REFUSED: %s (%s):", pci_address_format(&host.pci.functions[goal->function].address, address),
		                guard_name(goal->guard));
		if (strstr(goal->why, "would stay with the host"))
			fail_msg("%s: also = group would have brought more: %s\n%s", where, goal->why, text);
		if (!strstr(told, refusal))
			fail_msg("%s: nobody told: %s %s\n%s", where, refusal, goal->why, text);
		free(refusal);
	}
	if (plan_refused(&plan) && !strstr(told, "REFUSED"))
		fail_msg("%s: pages or CPUs are refused\n%s", where, text);
	for (size_t i = 0; i < plan.pages.count; i++)
		if (plan.pages.items[i].guard != GUARD_NONE)
			fail_msg("%s: %s\n%s", where, plan.pages.items[i].why, text);
	if (isolation_is_refused(&plan.isolation))
		fail_msg("%s: %s\n%s", where, isolation_refusal(&plan.isolation)->text, text);
	/* What is refused no more is told no more. */
	for (const char *c = text; !all && (c = strstr(c, "; REFUSED: ")); c += strlen("; REFUSED: ")) {
		char name[PCI_ADDRESS_MAX] = "";
		struct pci_address address;
		const struct goal *goal;

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(c + strlen("; REFUSED: "), " "), c + strlen("; REFUSED: "));
		assert_int_equal(pci_address_parse(name, &address), 0);
		goal = goals_find(&plan.goals, (size_t)(pci_find(&host.pci, &address) - host.pci.functions));
		if (!goal || goal->guard == GUARD_NONE)
			fail_msg("%s: %s is not refused\n%s", where, name, text);
	}
	plan_done(&plan);
	host_done(&host);
	config_done(&config);
}

static void test_every_device_of_every_machine(void **state)
{
	struct names hosts = host_names();
	size_t tried = 0;

	(void)state;
	for (size_t i = 0; i < hosts.count; i++) {
		struct tree tree;
		struct host host;

		tree_new(&tree);
		tree_unpack(&tree, hosts.items[i]);
		read_host(&tree, &host);
		for (size_t j = 0; j < host.pci.count; j++) {
			char address[PCI_ADDRESS_MAX], *where, *text, *all;

			if (pci_is_bridge(&host.pci.functions[j]))
				continue;
			where = format_text("%s %s", hosts.items[i], pci_address_format(&host.pci.functions[j].address, address));
			text = suggest(&host, &j, 1);
			all = accept_all(text);
			if (!strstr(text, address))
				fail_msg("%s: not in it\n%s", where, text);
			check_plan(where, &tree, text, text, false);
			check_plan(where, &tree, all, text, true);
			free(all);
			free(text);
			free(where);
			tried++;
		}
		host_done(&host);
		tree_done(&tree);
	}
	assert_true(tried > 100);
	names_done(&hosts);
}

static void test_sections(void **state)
{
	struct tree *tree = *state;
	struct host host;
	char *text;

	tree_unpack(tree, "desktop-amd-x570");
	read_host(tree, &host);
	text = suggest_at(&host, "0b:00.0", "0c:00.0");
	expect_in(text, "[device gpu1]\naddress = 0000:0b:00.0\nid = 10de:2484\nalso = slot\n");
	expect_in(text, "[device gpu2]\naddress = 0000:0c:00.0\n");
	expect_in(text, "; REFUSED: 0000:0b:00.0 (boot-display):");
	/* Its sound is lost with it, and comes with it. */
	expect_in(text, "\n;allow = boot-display\n");
	expect_in(text, "\n;isolate = auto\n");
	expect_in(text, "\n;1G = 16G\n");
	free(text);
	/* The second function is brought by the first. */
	text = suggest_at(&host, "0c:00.0", "0c:00.1");
	expect_in(text, "[device gpu]");
	expect_not_in(text, "[device sound]");
	free(text);
	host_done(&host);
}

/* A conventional bus: what is behind the bridge is one group. */
static void test_group(void **state)
{
	struct tree *tree = *state;
	struct host host;
	char *text;

	tree_unpack(tree, "strangers");
	read_host(tree, &host);
	text = suggest_at(&host, "03:01.0", NULL);
	expect_in(text, "[device nic]\naddress = 0000:03:01.0\nid = 8086:100e\nalso = group\n");
	expect_in(text, "\n;   0000:03:00.0  ");
	expect_not_in(text, "\n;   0000:02:00.0  ");
	free(text);
	host_done(&host);
}

/* Of one slot, two of one group, and a third with a group of its own: Wi-Fi beside a USB controller. */
static void test_slot_of_two_groups(void **state)
{
	struct tree *tree = *state;
	struct host host;
	char *text;

	tree_unpack(tree, "laptop-vmd");
	read_host(tree, &host);
	text = suggest_at(&host, "00:14.0", NULL);
	expect_in(text, "[device usb]\naddress = 0000:00:14.0\nid = 8086:a0ed\nalso = group\n");
	expect_in(text, "\n;   0000:00:14.2  ");
	expect_not_in(text, "\n;   0000:00:14.3  ");
	expect_in(text, "; 0000:00:14.3 of its slot stays with the host: it is in a group of its own.\n");
	free(text);
	host_done(&host);
}

/* The IOMMU itself has no group, at no boot. */
static void test_no_group(void **state)
{
	struct tree *tree = *state;
	struct host host;
	char *text;

	tree_unpack(tree, "desktop-amd-x570");
	read_host(tree, &host);
	text = suggest_at(&host, "00:00.2", NULL);
	expect_in(text,
	          "; REFUSED: 0000:00:00.2 (group): it has no IOMMU group though the IOMMU is on: no guest can have it.\n");
	expect_not_in(text, ";allow");
	expect_not_in(text, "Ask again");
	free(text);
	host_done(&host);
}

/* Nobody is led to giving the root away. */
static void test_root_disk(void **state)
{
	struct tree *tree = *state;
	struct host host;
	char *text;

	tree_unpack(tree, "server-two-sockets");
	read_host(tree, &host);
	text = suggest_at(&host, "0001:4b:00.0", NULL);
	expect_in(text, "[device nvme]");
	expect_in(text, "; REFUSED: 0001:4b:00.0 (storage):");
	expect_not_in(text, "allow");
	free(text);
	text = suggest_at(&host, "17:00.2", NULL);
	expect_in(text, "[device nic]");
	expect_in(text, "virtual function");
	expect_not_in(text, "also =");
	expect_in(text, "\n;1G@0 = ");
	free(text);
	host_done(&host);
}

/* A disk that somebody named so. */
static void test_strange_text(void **state)
{
	struct tree *tree = *state;
	struct host host;
	struct config config;
	struct suggestion suggestion;
	struct pci_access *names = names_open();
	size_t function = SIZE_MAX, size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	tree_unpack(tree, "desktop-amd-x570");
	read_host(tree, &host);
	for (size_t i = 0; i < host.pci.count; i++)
		if (host.pci.functions[i].class >> 16 == PCI_BASE_DISPLAY)
			function = i;
	assert_int_equal(suggestion_build(&host, &function, 1, &suggestion), 0);
	suggestion.goals.items[0].guard = GUARD_STORAGE;
	memset(suggestion.goals.items[0].why, 'a', sizeof(suggestion.goals.items[0].why) - 1);
	memcpy(suggestion.goals.items[0].why, "\xff\n[vm x]\n\x1b", 10);
	suggestion_print(out, &suggestion, names);
	fclose(out);
	assert_true(parse_is_utf8(text, size));
	config_from_text(text, &config);
	if (config.error_count || config.vm_count)
		fail_msg("%s", text);
	config_done(&config);
	suggestion_done(&suggestion);
	host_done(&host);
	names_close(names);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_device_of_every_machine),
		tree_test(test_sections),
		tree_test(test_group), tree_test(test_slot_of_two_groups), tree_test(test_no_group),
		tree_test(test_root_disk),
		tree_test(test_strange_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
