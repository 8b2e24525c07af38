/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "host/pci_health.h"
#include "host/pci_link.h"

#define BUS "sys/bus/pci/devices/"
#define PORT "sys/devices/pci0000:00/0000:00:01.0"
#define CARD PORT "/0000:01:00.0"

/* The four attributes of an end of a link, "-" for one that is not there. */
static void end(const struct tree *tree, const char *directory, const char *speed, const char *width,
                const char *max_speed, const char *max_width)
{
	const char *const names[] = { "current_link_speed", "current_link_width", "max_link_speed", "max_link_width" };
	const char *const texts[] = { speed, width, max_speed, max_width };

	for (size_t i = 0; i < 4; i++) {
		char *path = format_text("%s/%s", directory, names[i]), *text = format_text("%s\n", texts[i]);

		if (strcmp(texts[i], "-") == 0)
			tree_remove(tree, path);
		else
			tree_write(tree, path, text);
		free(path);
		free(text);
	}
}

/* The machine's functions, by links as the bus has them. */
static void place(const struct tree *tree, const char *directory)
{
	char *link = format_text(BUS "%s", strrchr(directory, '/') + 1),
		 *target = format_text("../../../%s", directory + 4);

	tree_mkdir(tree, directory);
	tree_mkdir(tree, BUS);
	tree_link(tree, link, target);
	free(link);
	free(target);
}

static size_t read_links(const struct tree *tree, const char *address, struct pci_link *links)
{
	struct pci_function function = { 0 };
	struct pci_reader reader = { .root = &tree->root, .function = &function };

	assert_int_equal(pci_address_parse(address, &function.address), 0);
	memset(links, 0, PCI_LINKS * sizeof(*links));
	return pci_links_read(&reader, links);
}

/* One link is expected, with these figures; max is what both ends can. */
static void expect(const struct tree *tree, unsigned int speed, unsigned int width, unsigned int max_speed,
                   unsigned int max_width)
{
	struct pci_link links[PCI_LINKS];

	assert_int_equal(read_links(tree, "0000:01:00.0", links), 1);
	assert_true(links[0].known);
	assert_int_equal(links[0].speed, speed);
	assert_int_equal(links[0].width, width);
	assert_int_equal(links[0].max_speed, max_speed);
	assert_int_equal(links[0].max_width, max_width);
}

static void expect_unknown(const struct tree *tree)
{
	struct pci_link links[PCI_LINKS];

	assert_int_equal(read_links(tree, "0000:01:00.0", links), 1);
	assert_false(links[0].known);
}

static void what_both_can(void **state)
{
	const struct tree *tree = *state;

	place(tree, PORT);
	place(tree, CARD);
	end(tree, PORT, "2.5 GT/s PCIe", "8", "16.0 GT/s PCIe", "8");
	end(tree, CARD, "2.5 GT/s PCIe", "8", "32.0 GT/s PCIe", "16");
	expect(tree, 25, 8, 160, 8);
	end(tree, PORT, "8 GT/s", "4", "64.0 GT/s PCIe", "32"); /* before Linux 4.17 */
	end(tree, CARD, "8 GT/s", "4", "8 GT/s", "16");
	expect(tree, 80, 4, 80, 16);
}

static void what_is_no_link(void **state)
{
	const struct tree *tree = *state;
	struct pci_link links[PCI_LINKS];

	place(tree, PORT);
	place(tree, CARD);
	assert_int_equal(read_links(tree, "0000:01:00.0", links), 0); /* no PCI Express */
	end(tree, CARD, "Unknown", "0", "Unknown", "255");            /* nor is this, beyond the name */
	assert_int_equal(read_links(tree, "0000:01:00.0", links), 0);
	end(tree, PORT, "8.0 GT/s PCIe", "16", "8.0 GT/s PCIe", "16");
	assert_int_equal(read_links(tree, "0000:00:01.0", links), 0); /* nothing is above it */
	assert_int_equal(read_links(tree, "0000:09:00.0", links), 0); /* not there */
}

static void what_cannot_be_read(void **state)
{
	static const char *const speeds[] = { "-", "", "fast", "16.0", "16.0 GT/s or so", "16.05 GT/s PCIe", "-5 GT/s PCIe",
		                              "0x10 GT/s PCIe", "Unknown", "Unknown speed", ". GT/s PCIe" };
	static const char *const widths[] = { "-", "", "x16", "63", "0", "-1", "256" };
	const struct tree *tree = *state;

	place(tree, PORT);
	place(tree, CARD);
	end(tree, PORT, "8.0 GT/s PCIe", "16", "16.0 GT/s PCIe", "16");
	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		end(tree, CARD, speeds[i], "16", "16.0 GT/s PCIe", "16");
		expect_unknown(tree);
		end(tree, CARD, "8.0 GT/s PCIe", "16", speeds[i], "16");
		expect_unknown(tree);
	}
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		end(tree, CARD, "8.0 GT/s PCIe", widths[i], "16.0 GT/s PCIe", "16");
		expect_unknown(tree);
	}
	end(tree, CARD, "8.0 GT/s PCIe", "16", "16.0 GT/s PCIe", "16");
	end(tree, PORT, "-", "-", "16.0 GT/s PCIe", "-");
	expect_unknown(tree);
}

/* A card with a switch of its own: the link to its slot is the second one, and no link is inside of the switch. */
static void a_switch(void **state)
{
	const struct tree *tree = *state;
	struct pci_link links[PCI_LINKS];
	char address[PCI_ADDRESS_MAX];

	place(tree, PORT);
	place(tree, CARD);
	place(tree, CARD "/0000:02:00.0");
	place(tree, CARD "/0000:02:00.0/0000:03:00.0");
	end(tree, PORT, "8.0 GT/s PCIe", "4", "16.0 GT/s PCIe", "16");
	end(tree, CARD, "8.0 GT/s PCIe", "4", "16.0 GT/s PCIe", "16");
	end(tree, CARD "/0000:02:00.0", "16.0 GT/s PCIe", "16", "16.0 GT/s PCIe", "16");
	end(tree, CARD "/0000:02:00.0/0000:03:00.0", "16.0 GT/s PCIe", "16", "16.0 GT/s PCIe", "16");
	assert_int_equal(read_links(tree, "0000:03:00.0", links), 2);
	assert_string_equal(pci_address_format(&links[0].below, address), "0000:03:00.0");
	assert_string_equal(pci_address_format(&links[0].above, address), "0000:02:00.0");
	assert_int_equal(links[0].width, 16);
	assert_string_equal(pci_address_format(&links[1].below, address), "0000:01:00.0");
	assert_string_equal(pci_address_format(&links[1].above, address), "0000:00:01.0");
	assert_int_equal(links[1].width, 4);
	assert_int_equal(links[1].max_width, 16);
}

/* The root bus of a VMD is below a function that has nothing to do with its links. */
static void behind_a_vmd(void **state)
{
	static const char port[] = "sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0";
	static const char disk[] = "sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0";
	const struct tree *tree = *state;
	struct pci_link links[PCI_LINKS];

	place(tree, port);
	place(tree, disk);
	end(tree, port, "8.0 GT/s PCIe", "4", "16.0 GT/s PCIe", "4");
	end(tree, disk, "8.0 GT/s PCIe", "4", "8.0 GT/s PCIe", "4");
	assert_int_equal(read_links(tree, "10000:e1:00.0", links), 1);
	assert_int_equal(links[0].max_speed, 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(what_both_can), tree_test(what_is_no_link), tree_test(what_cannot_be_read), tree_test(a_switch),
		tree_test(behind_a_vmd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
