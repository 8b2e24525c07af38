/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of libvirt domains: virtual CPUs on the right ones of the host, slots that stay slots, text that is XML. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/guards.h"
#include "report/domain.h"
#include "report/xml.h"

/* The domain that is printed for a guest on a recorded machine; to be freed. */
static char *domain_of(const struct tree *tree, const char *config_text, const char *name)
{
	const struct goals_of of = { .every = true };
	struct isolation isolation;
	struct config config;
	struct goals goals;
	struct host host;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	config_from_text(config_text, &config);
	assert_int_equal(config.error_count, 0);
	assert_int_equal(host_read(&tree->root, &config, HOST_CPUS | HOST_CHECKS | HOST_STORAGE, &host), 0);
	assert_int_equal(goals_build_of(&of, &config, &host, &goals), 0);
	guards_apply(&goals, &host, VIEW_NEXT_BOOT);
	assert_int_equal(isolation_build(&config, &host, &isolation), 0);
	assert_non_null(config_vm(&config, name));
	assert_int_equal(domain_print(out, &config, config_vm(&config, name), &host, &goals, &isolation), 0);
	fclose(out);
	isolation_done(&isolation);
	goals_done(&goals);
	host_done(&host);
	config_done(&config);
	return text;
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

/* On every machine: each guest core is one of the host's, each CPU is used once, and the host's threads are
 * elsewhere. */
static void check_cpus(const char *name, const struct config *config, const struct host *host)
{
	const struct topology *topology = &host->topology;
	struct isolation isolation;
	struct domain_cpus cpus;
	struct cpus seen = { 0 };

	assert_int_equal(isolation_build(config, host, &isolation), 0);
	assert_int_equal(domain_cpus_build(config, &config->vms[0], host, &isolation, &cpus), 0);
	assert_int_equal(cpus.sockets * cpus.dies * cpus.cores * cpus.threads, cpus.count);
	for (size_t i = 0; i < cpus.count; i++) {
		const struct topology_cpu *cpu = &topology->cpus[cpus.pins[i]];
		const struct topology_cpu *first = &topology->cpus[cpus.pins[i - i % cpus.threads]];
		const struct topology_cpu *die = &topology->cpus[cpus.pins[i - i % (cpus.threads * cpus.cores)]];

		if (cpus_has(&seen, cpus.pins[i]) || !cpus_has(&config->vms[0].cpus, cpus.pins[i]))
			fail_msg("%s: virtual CPU %zu on %u", name, i, cpus.pins[i]);
		if (cpus.threads > 1 && cpu->in[LEVEL_CORE] != first->in[LEVEL_CORE])
			fail_msg("%s: virtual CPU %zu is on another core than its sibling", name, i);
		if (cpus.threads == 1 && !cpus.uneven && i &&
		    cpu->in[LEVEL_CORE] >= 0 && cpu->in[LEVEL_CORE] == topology->cpus[cpus.pins[i - 1]].in[LEVEL_CORE])
			fail_msg("%s: virtual CPU %zu has a sibling that nobody tells of", name, i);
		if (cpus.dies > 1 && cpu->in[LEVEL_L3] != die->in[LEVEL_L3])
			fail_msg("%s: virtual CPU %zu is on another cache than its die", name, i);
		cpus_add(&seen, cpus.pins[i]);
	}
	assert_true(cpus_equal(&seen, &config->vms[0].cpus));
	assert_false(cpus_overlap(&cpus.emulator, &seen));
	domain_cpus_done(&cpus);
	isolation_done(&isolation);
}

static void test_cpus_everywhere(void **state)
{
	struct names hosts = host_names();

	(void)state;
	for (size_t i = 0; i < hosts.count; i++) {
		struct config config;
		struct tree tree;
		struct host host;
		size_t online;

		tree_new(&tree);
		tree_unpack(&tree, hosts.items[i]);
		config_from_text("[vm a]\ncpus = 1\n", &config);
		assert_int_equal(host_read(&tree.root, &config, HOST_CPUS | HOST_CHECKS, &host), 0);
		online = cpus_count(&host.topology.online);
		/* Every second one, the upper half, all but two: lists as nobody should write them, too. */
		for (int kind = 0; kind < 3 && !host.topology.error && online > 2; kind++) {
			size_t number = 0;

			config.vms[0].cpus = (struct cpus){ 0 };
			CPUS_FOR_EACH(cpu, &host.topology.online) {
				if (kind == 0 ? number % 2 : kind == 1 ? number >= online / 2 : number > 1)
					cpus_add(&config.vms[0].cpus, cpu);
				number++;
			}
			check_cpus(hosts.items[i], &config, &host);
		}
		host_done(&host);
		config_done(&config);
		tree_done(&tree);
	}
	assert_true(hosts.count > 10);
	names_done(&hosts);
}

/* A processor of two caches, taken whole: a die each. */
static void test_dies(void **state)
{
	struct tree *tree = *state;
	char *text;

	tree_unpack(tree, "desktop-amd-x570");
	text = domain_of(tree, "[vm a]\ncpus = 4-15,20-31\n", "a");
	/* Four cores of the one cache and eight of the other: no dies can say so. */
	expect_in(text, "<topology sockets='1' dies='1' cores='12' threads='2'/>");
	free(text);
	text = domain_of(tree, "[vm a]\ncpus = 4-7,12-15,20-23,28-31\n", "a");
	expect_in(text, "<topology sockets='1' dies='2' cores='4' threads='2'/>");
	expect_in(text, "<vcpupin vcpu='8' cpuset='12'/>");
	expect_in(text, "<feature policy='require' name='topoext'/>");
	expect_in(text, "<emulatorpin cpuset='0-3,8-11,16-19,24-27'/>");
	free(text);
	/* One thread of a core, two of others. */
	text = domain_of(tree, "[vm a]\ncpus = 4-7,20-22\n", "a");
	expect_in(text, "<topology sockets='1' dies='1' cores='7' threads='1'/>");
	expect_in(text, "Not all of its cores");
	free(text);
}

static void test_sockets_and_cells(void **state)
{
	struct tree *tree = *state;
	char *text;

	tree_unpack(tree, "server-two-sockets");
	text = domain_of(tree, "[vm a]\ncpus = 4-5,20-21,36-37,52-53\nhugepages = 2M@0:1G\nhugepages = 2M@1:2G\n", "a");
	expect_in(text, "<topology sockets='2' dies='1' cores='2' threads='2'/>");
	expect_in(text, "<memory unit='MiB'>3072</memory>");
	expect_in(text, "<page size='2048' unit='KiB' nodeset='1'/>");
	expect_in(text, "<cell id='0' cpus='0-3' memory='1048576' unit='KiB'/>");
	expect_in(text, "<cell id='1' cpus='4-7' memory='2097152' unit='KiB'/>");
	expect_in(text, "<memnode cellid='1' mode='strict' nodeset='1'/>");
	free(text);
	/* One pool, where its device is, as --acquire puts it; the host's threads on the node of the CPUs. */
	text = domain_of(tree,
	                 "[device a]\naddress = 0001:31:00.0\n[vm a]\ndevices = a\ncpus = 20-21,52-53\nhugepages = 1G:4G\n",
	                 "a");
	expect_in(text, "<page size='1048576' unit='KiB'/>");
	expect_in(text, "<hostdev mode='subsystem' type='pci' managed='no'>");
	expect_in(text, "<address domain='0x0001' bus='0x31' slot='0x00' function='0x0'/>");
	expect_in(text, "<memory mode='strict' nodeset='1'/>");
	expect_in(text, "<emulatorpin cpuset='16-19,22-31,48-51,54-63'/>");
	expect_not_in(text, "<cell");
	expect_not_in(text, "nosharepages");
	free(text);
}

static void test_slots(void **state)
{
	struct tree *tree = *state;
	char *text;

	tree_unpack(tree, "desktop-amd-x570");
	text = domain_of(tree, "[device a]\naddress = 0c:00.0\nalso = slot\n[vm a]\ndevices = a\n", "a");
	expect_in(text, "<address type='pci' domain='0x0000' bus='0x10' slot='0x00' function='0x0' multifunction='on'/>");
	expect_in(text, "<address type='pci' domain='0x0000' bus='0x10' slot='0x00' function='0x1'/>");
	expect_in(text, "<nosharepages/>");
	expect_not_in(text, "<vcpu");
	expect_not_in(text, "<memory ");
	free(text);
	/* Not of this guest, and of no other. */
	text = domain_of(tree, "[device a--]\naddress = 0c:00.0\nalso = slot\n[vm a]\n", "a");
	expect_in(text, "Each boot takes [device a- -],");
	expect_in(text, "    <!--\n    <hostdev");
	expect_not_in(text, "nosharepages");
	free(text);
	/* Refused: the console's card. */
	text = domain_of(tree, "[device a]\naddress = 0b:00.0\nalso = slot\n[vm a]\ndevices = a\n", "a");
	expect_in(text, "stays with the host (boot-display)");
	free(text);
}

static void test_text(void **state)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	xml_text(out, "a<b>&\"c'\x01\xc3\xa4\xef\xbf\xbf");
	xml_comment(out, "", "a---b -- %s", "--format");
	fclose(out);
	assert_string_equal(text, "a&lt;b&gt;&amp;&quot;c&apos;?\xc3\xa4?<!-- a- - -b - - - -format -->\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpus_everywhere),
		tree_test(test_dies),
		tree_test(test_sockets_and_cells),
		tree_test(test_slots),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
