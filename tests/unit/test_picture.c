/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The picture of --topology: no line is too long, and every CPU stands in it once. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/layout.h"
#include "report/names.h"
#include "report/text.h"

#define COLUMNS 80

/* The picture of a host with a config, as text to be freed. */
static char *draw(const struct host *host, const struct config *config, bool unicode, enum verbosity verbosity)
{
	struct isolation isolation;
	struct pci_access *names = names_open();
	struct goals goals;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);
	struct style style = { out, false, unicode };

	assert_non_null(out);
	assert_non_null(names);
	assert_int_equal(goals_build(config, host, &goals), 0);
	assert_int_equal(isolation_build(config, host, &isolation), 0);
	assert_int_equal(text_topology(&style, verbosity, config, host, &goals, &isolation, names), 0);
	fclose(out);
	isolation_done(&isolation);
	goals_done(&goals);
	names_close(names);
	return text;
}

static size_t columns_of(const char *line, size_t size)
{
	size_t columns = 0;

	for (size_t i = 0; i < size; i++)
		columns += ((unsigned char)line[i] & 0xc0) != 0x80;
	return columns;
}

/* Lines of frames hold CPUs; their titles, labels and devices hold letters. */
static void count_cpus(char *line, bool unicode, unsigned int *seen, size_t count)
{
	if (strncmp(line, unicode ? "│" : "|", strlen(unicode ? "│" : "|")) != 0)
		return;
	for (char *c = line; *c; c++)
		if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z'))
			return;
	for (char *c = line; *c;) {
		char *end;
		unsigned long cpu = *c >= '0' && *c <= '9' ? strtoul(c, &end, 10) : count;

		if (*c < '0' || *c > '9') {
			c++;
			continue;
		}
		assert_true(cpu < count);
		seen[cpu]++;
		c = end;
	}
}

static void check_picture(const struct host *host, const struct config *config, bool unicode)
{
	char *text = draw(host, config, unicode, VERBOSITY_NORMAL), *next = text, *line;
	unsigned int *seen = calloc(host->topology.cpu_count, sizeof(*seen));

	assert_non_null(seen);
	while ((line = strsep(&next, "\n"))) {
		if (columns_of(line, strlen(line)) > COLUMNS)
			fail_msg("longer than %d columns: %s", COLUMNS, line);
		for (char *c = line; *c && !unicode; c++)
			assert_true((unsigned char)*c < 0x80);
		count_cpus(line, unicode, seen, host->topology.cpu_count);
	}
	for (unsigned int i = 0; i < host->topology.cpu_count; i++)
		if (seen[i] != cpus_has(&host->topology.online, i))
			fail_msg("CPU %u stands %u times in\n%s", i, seen[i], draw(host, config, unicode, VERBOSITY_NORMAL));
	free(seen);
	free(text);
}

static void recorded_machines(void **state)
{
	struct names hosts = host_names();
	const struct config none = { 0 };
	size_t drawn = 0;

	(void)state;
	for (size_t i = 0; i < hosts.count; i++) {
		struct names configs = host_configs(hosts.items[i]);
		struct tree tree;
		struct host host;

		tree_new(&tree);
		tree_unpack(&tree, hosts.items[i]);
		assert_int_equal(host_read(&tree.root, NULL, HOST_CPUS, &host), 0);
		if (!host.topology.error) {
			check_picture(&host, &none, true);
			check_picture(&host, &none, false);
			drawn++;
		}
		for (size_t j = 0; j < configs.count && !host.topology.error; j++) {
			struct config config;
			struct host with;

			config_from_host(hosts.items[i], configs.items[j], &config);
			assert_int_equal(host_read(&tree.root, &config, HOST_CPUS, &with), 0);
			check_picture(&with, &config, true);
			host_done(&with);
			config_done(&config);
		}
		names_done(&configs);
		host_done(&host);
		tree_done(&tree);
	}
	names_done(&hosts);
	assert_true(drawn >= 9);
}

/* Regular machines of any size: caches of so many cores, of so many threads. */
static void any_size(void **state)
{
	static const unsigned int sizes[][4] = { /* nodes, caches, cores, threads */
		{ 1, 1, 1, 1 }, { 1, 1, 1, 2 }, { 1, 1, 10, 1 }, { 1, 1, 11, 1 }, { 1, 1, 25, 2 },
		{ 1, 1, 26, 1 }, { 1, 2, 11, 1 }, { 1, 4, 16, 2 },
		{ 2, 1, 32, 2 }, { 2, 1, 64, 4 }, { 8, 2, 8, 2 }, { 1, 1, 1024, 8 }, { 16, 8, 8, 8 },
	};
	const struct config none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const unsigned int *size = sizes[i];
		unsigned int caches = size[0] * size[1], cores = caches * size[2];
		struct host host = { 0 };
		struct topology *t = &host.topology;

		t->cpu_count = (size_t)cores * size[3];
		t->cpus = calloc(t->cpu_count, sizeof(*t->cpus));
		t->node_count = size[0];
		t->nodes = calloc(size[0], sizeof(*t->nodes));
		t->distances = calloc((size_t)size[0] * size[0], sizeof(*t->distances));
		t->kind_count = 1;
		t->counts[LEVEL_CORE] = cores;
		t->counts[LEVEL_L3] = caches;
		t->counts[LEVEL_PACKAGE] = 1;
		for (unsigned int cpu = 0; cpu < t->cpu_count; cpu++) {
			unsigned int core = cpu % cores, cache = core / size[2];

			t->cpus[cpu] = (struct topology_cpu){ { (int)core, (int)cache, -1, 0 }, (int)(cache / size[1]), 0 };
			cpus_add(&t->online, cpu);
			cpus_add(&t->nodes[cache / size[1]].cpus, cpu);
		}
		for (size_t j = 0; j < t->node_count; j++)
			t->nodes[j].number = (int)j;
		check_picture(&host, &none, true);
		check_picture(&host, &none, false);
		host_done(&host);
	}
}

/* A picture of a machine, to be looked at. */
static void as_drawn(void **state)
{
	struct config config;
	struct tree tree;
	struct host host;
	char *text;

	(void)state;
	tree_new(&tree);
	tree_unpack(&tree, "desktop-two-caches");
	config_from_text("[cpus]\nisolate = 3,5-7,11,13-15\n", &config);
	assert_int_equal(host_read(&tree.root, &config, 0, &host), 0); /* the config asks for CPUs */
	text = draw(&host, &config, false, VERBOSITY_NORMAL);
	assert_non_null(strstr(text, "|   0  1  2[ 3] | |   4[ 5  6  7] |"));
	assert_non_null(strstr(text, "|   8  9 10[11] | |  12[13 14 15] |"));
	assert_non_null(strstr(text, "Host        0-2,4,8-10,12 (8 CPUs)\n"));
	free(text);
	text = draw(&host, &config, false, VERBOSITY_QUIET);
	assert_string_equal(text, ""); /* nothing is wrong */
	free(text);
	config_done(&config);
	config_from_text("[cpus]\nisolate = 0-3\n", &config);
	text = draw(&host, &config, false, VERBOSITY_QUIET);
	assert_memory_equal(text, "  refused     [cpus] CPU 0", strlen("  refused     [cpus] CPU 0"));
	free(text);
	config_done(&config);
	host_done(&host);
	tree_done(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_machines), cmocka_unit_test(any_size), cmocka_unit_test(as_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
