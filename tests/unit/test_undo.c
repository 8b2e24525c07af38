/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "host/host.h"
#include "plan/undo.h"

static struct taken taken(const char *address, const char *override)
{
	struct taken taken = { .driver = "vfio-pci" };

	assert_int_equal(pci_address_parse(address, &taken.address), 0);
	strcpy(taken.override, override);
	return taken;
}

static void expect(const struct tree *tree, const struct taken *devices, size_t count, enum undo_scope scope,
                   const char *wanted)
{
	char *text = format_text("%s", ""), *longer;
	struct host host;
	struct undo undo;

	assert_int_equal(host_read(&tree->root, NULL, HOST_ALL_DETAILS | HOST_HOLDERS, &host), 0);
	assert_int_equal(undo_build(devices, count, &host, scope, &undo), 0);
	for (size_t i = 0; i < undo.steps.count; i++) {
		const struct step *step = &undo.steps.items[i];

		longer = format_text("%s%s %s '%s'\n", text, step_kind_name(step->kind), step->target, step->value);
		free(text);
		text = longer;
	}
	for (size_t i = 0; i < undo.refused_count; i++) {
		longer = format_text("%s%s %s\n", text, undo.refused[i].target, guard_name(undo.refused[i].guard));
		free(text);
		text = longer;
	}
	assert_string_equal(text, wanted);
	free(text);
	undo_done(&undo);
	host_done(&host);
}

static void back_to_what_was(void **state)
{
	const struct tree *tree = *state;
	struct taken devices[2] = { taken("01:00.0", ""), taken("01:00.1", "snd_hda_intel") };

	tree_unpack(tree, "prepared-built-in");
	expect(tree, devices, 2, UNDO_ALL,
	       "override 0000:01:00.0 ''\nunbind 0000:01:00.0 'vfio-pci'\nprobe 0000:01:00.0 ''\n"
	       "override 0000:01:00.1 'snd_hda_intel'\nunbind 0000:01:00.1 'vfio-pci'\nprobe 0000:01:00.1 ''\n");
	expect(tree, devices, 0, UNDO_ALL, "");
	expect(tree, devices, 2, UNDO_UNBOUND, ""); /* both have their driver */
}

static void what_others_changed_since(void **state)
{
	const struct tree *tree = *state;
	struct taken devices[3] = { taken("01:00.0", ""), taken("01:00.1", ""), taken("42:00.0", "") };

	tree_unpack(tree, "prepared-built-in");
	tree_write(tree, "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/driver_override", "nvidia\n");
	expect(tree, devices, 3, UNDO_ALL, /* the third is gone */
	       "override 0000:01:00.1 ''\nunbind 0000:01:00.1 'vfio-pci'\nprobe 0000:01:00.1 ''\n");
}

static void written_and_not_bound(void **state)
{
	const struct tree *tree = *state;
	struct taken device = taken("01:00.0", "");

	tree_unpack(tree, "desktop-intel-z690");
	tree_write(tree, "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/driver_override", "vfio-pci\n");
	/* Its own driver has it still: only the override is left of us. */
	expect(tree, &device, 1, UNDO_ALL, "override 0000:01:00.0 ''\n");
	tree_remove(tree, "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/driver");
	tree_write(tree, "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/uevent", "PCI_CLASS=30000\n");
	expect(tree, &device, 1, UNDO_ALL, "override 0000:01:00.0 ''\nprobe 0000:01:00.0 ''\n");
	expect(tree, &device, 1, UNDO_UNBOUND, "override 0000:01:00.0 ''\nprobe 0000:01:00.0 ''\n");
}

static void held_open(void **state)
{
	const struct tree *tree = *state;
	struct taken devices[2] = { taken("01:00.0", ""), taken("01:00.1", "") };

	tree_unpack(tree, "prepared-built-in");
	tree_link(tree, "proc/77/fd/9", "/dev/vfio/8");
	expect(tree, devices, 2, UNDO_ALL, "0000:01:00.0 in-use\n0000:01:00.1 in-use\n");
}

static void a_way_back_that_was_cut_off(void **state)
{
	const struct tree *tree = *state;
	struct taken device = taken("01:00.0", "");

	tree_unpack(tree, "prepared-built-in");
	tree_write(tree, "sys/bus/pci/devices/0000:01:00.0/driver_override", "(null)\n"); /* written, and no more done */
	expect(tree, &device, 1, UNDO_ALL, "");
	expect(tree, &device, 1, UNDO_RESUME, "unbind 0000:01:00.0 'vfio-pci'\nprobe 0000:01:00.0 ''\n");
	tree_write(tree, "sys/bus/pci/devices/0000:01:00.0/driver_override", "nouveau\n"); /* somebody else's choice */
	expect(tree, &device, 1, UNDO_RESUME, "");
}

static void expect_pages(const struct tree *tree, const struct taken_pages *pages, size_t count, const char *wanted)
{
	char *text = format_text("%s", ""), *longer;
	struct undo undo = { 0 };
	struct host host;

	assert_int_equal(host_read(&tree->root, NULL, HOST_MEMORY, &host), 0);
	assert_int_equal(undo_pages(pages, count, &host, &undo), 0);
	for (size_t i = 0; i < undo.steps.count; i++) {
		longer = format_text("%s%s %s %s\n", text, step_kind_name(undo.steps.items[i].kind), undo.steps.items[i].target,
		                     undo.steps.items[i].value);
		free(text);
		text = longer;
	}
	assert_string_equal(text, wanted);
	free(text);
	undo_done(&undo);
	host_done(&host);
}

/* Guests that run keep theirs beside all that is in use, which may be of others. */
static void pages_of_guests(void **state)
{
	const struct tree *tree = *state;
	struct taken_pages boot = { .target = "2M@0", .pool = { .page_size = 2 << 20, .node = 0 }, .added = 100 };
	static const struct {
		int node;
		uint64_t guests, free, left;
	} rows[] = {
		{ 0, 16, 116, 16 }, { 0, 16, 16, 116 }, { 0, 16, 40, 92 }, { -1, 16, 40, 92 }, { 1, 16, 40, 16 },
	};

	tree_unpack(tree, "server-two-sockets");
	tree_write(tree, "sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "116\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *unused = format_text("%llu\n", (unsigned long long)rows[i].free);
		struct undo undo = { 0 };
		struct host host;

		tree_write(tree, "sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", unused);
		assert_int_equal(host_read(&tree->root, NULL, HOST_MEMORY, &host), 0);
		memory_add_guest(&host.memory, 2 << 20, rows[i].node, rows[i].guests);
		assert_int_equal(undo_pages(&boot, 1, &host, &undo), 0);
		assert_int_equal(undo.steps.count, rows[i].left < 116);
		if (undo.steps.count)
			assert_int_equal(atoi(undo.steps.items[0].value), rows[i].left);
		assert_int_equal(undo.refused_count, rows[i].left > 16);
		undo_done(&undo);
		host_done(&host);
		free(unused);
	}
}

static void pages(void **state)
{
	const struct tree *tree = *state;
	struct taken_pages taken[] = {
		{ .target = "2M", .pool = { .page_size = 2 << 20, .node = -1 }, .added = 10 },
		{ .target = "2M@1", .pool = { .page_size = 2 << 20, .node = 1 }, .added = 20 },
		{ .target = "1G@0", .pool = { .page_size = 1 << 30, .node = 0 }, .open = true, .before = 2, .value = 9 },
		{ .target = "2M@4", .pool = { .page_size = 2 << 20, .node = 4 }, .added = 20 },
		{ .target = "64K", .pool = { .page_size = 64 << 10, .node = -1 }, .added = 20 },
		{ .target = "1G@1", .pool = { .page_size = 1 << 30, .node = 1 } },
	};

	tree_unpack(tree, "server-two-sockets");
	tree_write(tree, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "36\n");
	tree_write(tree, "sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "9\n");
	tree_write(tree, "sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages", "27\n");
	tree_write(tree, "sys/devices/system/node/node0/hugepages/hugepages-1048576kB/nr_hugepages", "6\n");
	/* A step that did not end: what is there, as far as it was wanted. Nodes first, the machine by its sum. */
	expect_pages(tree, taken, 6, "pages 2M@1 7\npages 1G@0 2\npages 2M 6\n");
	taken[2].value = 4;
	expect_pages(tree, &taken[2], 1, "pages 1G@0 4\n");
	taken[2].before = 7; /* somebody took more away than it had brought */
	expect_pages(tree, &taken[2], 1, "");
	/* A way back that was cut off, from 8 to 2: of the six that were added, two are gone already. */
	taken[2] = (struct taken_pages){
		.target = "1G@0", .pool = { .page_size = 1 << 30, .node = 0 }, .added = 6, .open = true, .before = 8, .value = 2
	};
	expect_pages(tree, &taken[2], 1, "pages 1G@0 2\n");
	taken[2].value = 6; /* it had just ended: nothing is ours any more but the four before */
	expect_pages(tree, &taken[2], 1, "pages 1G@0 2\n");
	taken[2].added = 2;
	expect_pages(tree, &taken[2], 1, "");
	taken[1].added = 50; /* never below none */
	expect_pages(tree, &taken[1], 1, "pages 2M@1 0\n");
	tree_write(tree, "sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages", "?\n");
	expect_pages(tree, &taken[1], 1, "");
	expect_pages(tree, taken, 0, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(back_to_what_was), tree_test(what_others_changed_since),   tree_test(written_and_not_bound),
		tree_test(held_open),        tree_test(a_way_back_that_was_cut_off), tree_test(pages),
		tree_test(pages_of_guests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
