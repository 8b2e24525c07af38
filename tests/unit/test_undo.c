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

static void expect(const struct tree *tree, const struct taken *devices, size_t count, enum undo_scope scope, const char *wanted)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(back_to_what_was), tree_test(what_others_changed_since), tree_test(written_and_not_bound), tree_test(held_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
