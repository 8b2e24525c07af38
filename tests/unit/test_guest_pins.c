/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands that pin virtual CPUs, which a shell runs here with virsh and taskset that tell what they were given. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report/guest_pins.h"

#define FIX 320 /* of struct finding */

static struct cpus set(const char *list)
{
	struct cpus cpus = { 0 };

	if (list[0])
		assert_int_equal(cpus_parse(list, &cpus), 0);
	return cpus;
}

/* CPUs of cores with two threads, N and N + half of them, on one node. */
static void make_topology(struct topology *topology, unsigned int count)
{
	*topology = (struct topology){ .cpu_count = count, .cpus = calloc(count, sizeof(*topology->cpus)) };
	assert_non_null(topology->cpus);
	for (unsigned int cpu = 0; cpu < count; cpu++) {
		cpus_add(&topology->online, cpu);
		topology->cpus[cpu] = (struct topology_cpu){ .in = { (int)(cpu % (count / 2)), -1, -1, -1 } };
	}
}

/* A guest whose virtual CPUs may run on these lists, with a blank between. */
static void make_guest(struct guest *guest, const char *name, bool libvirt, unsigned int threads, const char *lists)
{
	char *copy = format_text("%s", lists), *rest = copy, *list;

	*guest = (struct guest){ .pid = 900, .qemu = true, .setup = { .libvirt = libvirt, .threads = threads } };
	snprintf(guest->name, sizeof(guest->name), "%s", name);
	guest->vcpus = calloc(128, sizeof(*guest->vcpus));
	assert_non_null(guest->vcpus);
	while ((list = strsep(&rest, " "))) {
		struct guest_vcpu *vcpu = &guest->vcpus[guest->vcpu_count];

		vcpu->number = (int)guest->vcpu_count;
		vcpu->tid = 1000 + (int)guest->vcpu_count++;
		vcpu->allowed = set(list);
	}
	free(copy);
}

static void stub(const struct tree *tree, const char *name)
{
	char *path = format_text("bin/%s", name), *file = format_text("%s/%s", tree->directory, path), *text;

	text = format_text("#!/bin/sh\nprintf %%s %s\nprintf ' [%%s]' \"$@\"\necho\n", name);
	tree_write(tree, path, text);
	assert_int_equal(chmod(file, 0755), 0);
	free(text);
	free(file);
	free(path);
}

/* What a shell does with a command, its lines joined with "; ", to be freed. */
static char *run(const struct tree *tree, const char *command)
{
	char *line, *out = calloc(1, 1 << 16), *path;
	size_t size;
	FILE *pipe;

	stub(tree, "virsh");
	stub(tree, "taskset");
	path = format_text("%s/bin/command", tree->directory);
	line = format_text("PATH=%s/bin:$PATH; set -e; %s\n", tree->directory, command);
	tree_write(tree, "bin/command", line);
	free(line);
	line = format_text("sh %s 2>&1", path);
	pipe = popen(line, "r");
	assert_non_null(pipe);
	size = fread(out, 1, (1 << 16) - 1, pipe);
	assert_int_equal(pclose(pipe), 0);
	for (size_t i = 0; i < size; i++)
		out[i] = out[i] == '\n' ? ';' : out[i];
	free(line);
	free(path);
	return out;
}

static void expect(const struct tree *tree, const char *lists, bool libvirt, unsigned int threads, const char *wanted,
                   const char *text)
{
	struct guests guests = { .count = 1 };
	struct guest guest;
	struct guest_place place = { .wanted = set(wanted) };
	char command[FIX], *ran;

	make_guest(&guest, "win10", libvirt, threads, lists);
	guests.items = &guest;
	make_topology(&guests.topology, 16);
	guest_pins_command(&guests, &guest, &place, command, sizeof(command));
	ran = run(tree, command);
	if (strcmp(ran, text) != 0 && !(command[0] == '#' && strcmp(command, text) == 0))
		fail_msg("%s on %s: %s\ndoes\n%s; expected\n%s", lists, wanted, command, ran, text);
	free(ran);
	free(guest.vcpus);
	free(guests.topology.cpus);
}

static void commands(void **state)
{
	const struct tree *tree = *state;

	/* Cores first, where there are enough of them; whole cores where the guest has threads. */
	expect(tree, "0-15 0-15", true, 0, "2-3,10-11", "virsh [vcpupin] [win10] [0] [2] [--live] [--config];"
	       "virsh [vcpupin] [win10] [1] [3] [--live] [--config];");
	expect(tree, "0-15 0-15", true, 2, "2-3,10-11", "virsh [vcpupin] [win10] [0] [2] [--live] [--config];"
	       "virsh [vcpupin] [win10] [1] [10] [--live] [--config];");
	expect(tree, "0-15 0-15 0-15", false, 1, "2-3,10-11",
	       "taskset [-cp] [2] [1000];taskset [-cp] [10] [1001];taskset [-cp] [3] [1002];");
	/* Who has one already keeps it. */
	expect(tree, "3 0-15", false, 1, "2-3", "taskset [-cp] [2] [1001];");
	expect(tree, "3 3", false, 1, "2-3", "taskset [-cp] [2] [1001];");
	expect(tree, "9 3", false, 1, "2-3", "taskset [-cp] [2] [1000];");
	/* Where all CPUs would do, the host keeps a core. */
	expect(tree, "0-15 0-15", false, 1, "0-15", "taskset [-cp] [1] [1000];taskset [-cp] [2] [1001];");
	expect(tree, "0-15 0-15 0-15", true, 1, "2-3",
	       "# give it 2 of its 3 virtual CPUs (<vcpu> in its definition): more CPUs that are "
	       "nobody else's are not there");
	expect(tree, "0-15 0-15 0-15", false, 1, "2-3",
	       "# give it 2 of its 3 virtual CPUs (-smp): more CPUs that are nobody else's are not there");
}

/* Names are the shell's words, whatever is in them. */
static void names(void **state)
{
	static const char *const texts[] = { "a b", "$(reboot)", "it's", "`x`;y", "win10" };
	const struct tree *tree = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct guests guests = { .count = 1 };
		struct guest guest;
		struct guest_place place = { .wanted = set("2") };
		char command[FIX], *ran, *text = format_text("virsh [vcpupin] [%s] [0] [2] [--live] [--config];", texts[i]);

		make_guest(&guest, texts[i], true, 1, "0-15");
		guests.items = &guest;
		make_topology(&guests.topology, 16);
		guest_pins_command(&guests, &guest, &place, command, sizeof(command));
		ran = run(tree, command);
		assert_string_equal(ran, text);
		free(ran);
		free(text);
		free(guest.vcpus);
		free(guests.topology.cpus);
	}
}

/* Of any size a command fits, or says that it does not; and what it does is one to one. */
static void many(void **state)
{
	const struct tree *tree = *state;

	for (size_t count = 1; count <= 120; count = count < 40 ? count + 3 : count + 20) {
		struct guests guests = { .count = 1 };
		struct guest guest;
		struct guest_place place = { .wanted = set("8-127") };
		char command[FIX], *ran;
		size_t lines = 0;

		make_guest(&guest, "win10", count % 2, 1, "0-15");
		for (guest.vcpu_count = 1; guest.vcpu_count < count; guest.vcpu_count++)
			guest.vcpus[guest.vcpu_count] =
				(struct guest_vcpu){ (int)guest.vcpu_count, 1000 + (int)guest.vcpu_count, set("0-15") };
		guests.items = &guest;
		make_topology(&guests.topology, 128);
		guest_pins_command(&guests, &guest, &place, command, sizeof(command));
		assert_true(strlen(command) < FIX - 1);
		ran = run(tree, command);
		for (const char *c = ran; *c; c++)
			lines += *c == ';';
		if (lines != (command[0] == '#' ? 0 : count) || (command[0] == '#' && count < 60))
			fail_msg("%zu virtual CPUs: %s does %zu things", count, command, lines);
		free(ran);
		free(guest.vcpus);
		free(guests.topology.cpus);
	}
}

/* A loop that counts is for threads that follow each other. */
static void gaps(void **state)
{
	struct guests guests = { .count = 1 };
	struct guest guest;
	struct guest_place place = { .wanted = set("8-127") };
	char command[FIX];

	(void)state;
	make_guest(&guest, "a", false, 1, "0-15");
	for (guest.vcpu_count = 1; guest.vcpu_count < 40; guest.vcpu_count++)
		guest.vcpus[guest.vcpu_count] =
			(struct guest_vcpu){ (int)guest.vcpu_count, 1000 + 2 * (int)guest.vcpu_count, set("0-15") };
	guests.items = &guest;
	make_topology(&guests.topology, 128);
	guest_pins_command(&guests, &guest, &place, command, sizeof(command));
	assert_string_equal(command, "# pin each of its 40 virtual CPUs to one CPU: taskset -cp CPU THREAD");
	free(guest.vcpus);
	free(guests.topology.cpus);
}

static void kinds(void **state)
{
	struct guest both[2];
	struct guests guests = { .items = both, .count = 2 };
	struct guest_place place = { .wanted = set("2-5") };

	(void)state;
	make_guest(&both[0], "a", true, 1, "2 3 2-3 7 3");
	make_guest(&both[1], "b", true, 1, "2 4");
	both[1].vcpus[1].allowed = (struct cpus){ 0 };
	assert_int_equal(guest_pin(&guests, &both[0], 0, &place), PIN_SHARED);
	assert_int_equal(guest_pin(&guests, &both[0], 1, &place), PIN_GOOD);
	assert_int_equal(guest_pin(&guests, &both[0], 2, &place), PIN_LOOSE);
	assert_int_equal(guest_pin(&guests, &both[0], 3, &place), PIN_OUTSIDE);
	assert_int_equal(guest_pin(&guests, &both[0], 4, &place), PIN_SHARED);
	assert_int_equal(guest_pin(&guests, &both[1], 1, &place), PIN_UNKNOWN);
	place.own = true;
	assert_int_equal(guest_pin(&guests, &both[0], 0, &place), PIN_GOOD);
	free(both[0].vcpus);
	free(both[1].vcpus);
}

/* CPUs that another guest has are not given away, and near ones are given first. */
static void others(void **state)
{
	const struct tree *tree = *state;
	struct guest both[2];
	struct guests guests = { .items = both, .count = 2 };
	struct guest_place place = { .wanted = set("2-5"), .near = set("4-5") };
	char command[FIX], *ran;

	make_topology(&guests.topology, 16);
	make_guest(&both[0], "a", true, 1, "4");
	make_guest(&both[1], "b", false, 1, "0-15 0-15");
	guest_pins_command(&guests, &both[1], &place, command, sizeof(command));
	ran = run(tree, command);
	assert_string_equal(ran, "taskset [-cp] [5] [1000];taskset [-cp] [2] [1001];");
	free(ran);
	place.own = true;
	guest_pins_command(&guests, &both[1], &place, command, sizeof(command));
	ran = run(tree, command);
	assert_string_equal(ran, "taskset [-cp] [4] [1000];taskset [-cp] [5] [1001];");
	free(ran);
	free(both[0].vcpus);
	free(both[1].vcpus);
	free(guests.topology.cpus);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(commands),    tree_test(names),        tree_test(many),
		cmocka_unit_test(gaps), cmocka_unit_test(kinds), tree_test(others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
