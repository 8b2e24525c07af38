/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "host/pci_health.h"

#define BUS "sys/bus/pci/devices/"
#define CARD "sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0"
#define REGIONS "sys/kernel/iommu_groups/8/reserved_regions"

/* The health of 0000:01:00.0 of prepared-built-in; to be released by pci_done. */
static const struct pci_health *read_card(const struct tree *tree, bool suspect, struct pci *ret)
{
	const struct pci_address card = { .bus = 1 };
	struct pci_function *function;

	assert_int_equal(pci_read(&tree->root, false, ret), 0);
	function = pci_find(ret, &card);
	function->suspect = suspect;
	assert_int_equal(pci_read_detail(&tree->root, function), 0);
	assert_null(function->detail->health);
	assert_int_equal(pci_health_read(&tree->root, function), 0);
	assert_non_null(function->detail->health);
	return function->detail->health;
}

static void a_healthy_one(void **state)
{
	const struct tree *tree = *state;
	const struct pci_health *health;
	struct pci pci;

	tree_unpack(tree, "prepared-built-in");
	health = read_card(tree, false, &pci);
	assert_string_equal(health->power, "D3hot");
	assert_int_equal(health->answers, 1);
	assert_true(health->has_reset_method && health->has_reset && health->has_resource);
	assert_int_equal(health->link_count, 1);
	assert_int_equal(health->rebars[0].error, -ENOENT);
	assert_int_equal(health->rebars[1].error, 0);
	assert_int_equal(health->rebars[1].sizes, 0xffc0);
	for (size_t i = 0; i < PCI_AER_KINDS; i++)
		assert_int_equal(health->errors[i], 0);
	assert_int_equal(health->reserved_error, 0);
	assert_int_equal(health->direct_count, 0);
	pci_done(&pci);
}

static void nothing_there(void **state)
{
	const struct tree *tree = *state;
	const struct pci_health *health;
	struct pci pci;

	tree_write(tree, BUS "0000:01:00.0/uevent", "PCI_CLASS=30000\nPCI_ID=10DE:2684\n");
	health = read_card(tree, false, &pci);
	assert_string_equal(health->power, "");
	assert_int_equal(health->answers, -1);
	assert_false(health->has_reset_method || health->has_reset || health->has_resource);
	assert_int_equal(health->link_count, 0);
	pci_done(&pci);
	tree_write(tree, BUS "0000:01:00.0/resource/it", "is a directory\n"); /* there, and unreadable */
	health = read_card(tree, false, &pci);
	assert_false(health->has_resource);
	assert_int_equal(health->rebars[0].error, -ENOENT);
	for (size_t i = 0; i < PCI_AER_KINDS; i++)
		assert_true(health->errors[i] == PCI_AER_NONE);
	assert_int_equal(health->reserved_error, -ENOENT);
	pci_done(&pci);
}

static void expect_answers(const struct tree *tree, const char *bytes, size_t size, int answers)
{
	struct pci pci;

	tree_write_bytes(tree, CARD "/config", bytes, size);
	assert_int_equal(read_card(tree, false, &pci)->answers, answers);
	pci_done(&pci);
}

static void does_it_answer(void **state)
{
	const struct tree *tree = *state;
	struct pci pci;

	tree_unpack(tree, "prepared-built-in");
	expect_answers(tree, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, 0);
	expect_answers(tree, "\xff\xff\xff\xff\x06\x04\x10\x00", 8, 0); /* no vendor has ffff */
	expect_answers(tree, "\xff\xff\xff\xfe\xff\xff\xff\xff", 8, 1);
	expect_answers(tree, "\xde\x10\x84\x26", 4, -1);
	expect_answers(tree, "", 0, -1);
	/* The ids of a virtual function are ones; all ones it is when its physical one is gone. */
	tree_link(tree, CARD "/physfn", "..");
	expect_answers(tree, "\xff\xff\xff\xff\x04\x00\x10\x00", 8, 1);
	expect_answers(tree, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, 0);
	tree_remove(tree, CARD "/physfn");
	/* Nobody is woken by a look. */
	tree_write(tree, CARD "/power_state", "D3cold\n");
	assert_int_equal(read_card(tree, false, &pci)->answers, -1);
	pci_done(&pci);
}

static void expect_direct(const struct tree *tree, const char *text, int error, size_t count)
{
	const struct pci_health *health;
	struct pci pci;

	tree_write(tree, REGIONS, text);
	health = read_card(tree, false, &pci);
	assert_int_equal(health->reserved_error, error);
	if (!error)
		assert_int_equal(health->direct_count, count);
	if (count) {
		assert_true(health->direct_start == 0x7df3a000);
		assert_true(health->direct_end == 0x7df3bfff);
	}
	pci_done(&pci);
}

static void reserved_regions(void **state)
{
	const struct tree *tree = *state;

	tree_unpack(tree, "prepared-built-in");
	expect_direct(tree, "", 0, 0);
	expect_direct(tree, "0x000000007df3a000 0x000000007df3bfff direct\n0x00000000fee00000 0x00000000feefffff msi\n", 0,
	              1);
	expect_direct(tree, "0x000000007df3a000 0x000000007df3bfff direct-relaxable\n", 0, 0);
	expect_direct(tree, "0x000000fd00000000 0x000000ffffffffff reserved\n0x000000007df3a000 0x000000007df3bfff direct\n"
	              "0x0000000100000000 0x0000000100000fff direct\n", 0, 2);
	expect_direct(tree, "0x7df3a000 0x7df3bfff\n", -EBADMSG, 0);
	expect_direct(tree, "0x7df3a000 0x7df3bfff direct too\n", -EBADMSG, 0);
	expect_direct(tree, "7df3a000 7df3bfff direct\n", -EBADMSG, 0);
	expect_direct(tree, "0xcafe 0xcoffee direct\n", -EBADMSG, 0);
}

static void expect_errors(const struct tree *tree, const char *text, uint64_t count)
{
	struct pci pci;

	tree_write(tree, CARD "/aer_dev_fatal", text);
	assert_true(read_card(tree, false, &pci)->errors[PCI_AER_FATAL] == count);
	pci_done(&pci);
}

static void errors_and_sizes(void **state)
{
	const struct tree *tree = *state;
	const struct pci_health *health;
	struct pci pci;

	tree_unpack(tree, "prepared-built-in");
	expect_errors(tree, "Undefined 0\nDLP 7\nTOTAL_ERR_FATAL 7\n", 7);
	expect_errors(tree, "TOTAL_ERR_FATAL 18446744073709551615\n", PCI_AER_UNKNOWN);
	expect_errors(tree, "Undefined 0\nDLP 7\n", PCI_AER_UNKNOWN);
	expect_errors(tree, "TOTAL_ERR_FATAL\n", PCI_AER_UNKNOWN);
	expect_errors(tree, "TOTAL_ERR_FATAL -1\n", PCI_AER_UNKNOWN);
	expect_errors(tree, "", PCI_AER_UNKNOWN);
	tree_write(tree, CARD "/resource1_resize", "0xffc0\n");
	health = read_card(tree, false, &pci);
	assert_int_equal(health->rebars[1].error, -EINVAL);
	pci_done(&pci);
}

/* A FIFO is as patient as a reset that hangs: the first read that does not come back is the last one. */
static void one_that_hangs(void **state)
{
	const struct tree *tree = *state;
	const struct pci_health *health;
	struct pci pci;

	tree_unpack(tree, "prepared-built-in");
	health = read_card(tree, true, &pci);
	assert_string_equal(health->power, "D3hot"); /* what comes back is taken */
	assert_int_equal(health->answers, -1);       /* but nobody waits for its configuration space */
	assert_int_equal(health->link_count, 1);
	assert_int_equal(health->rebars[1].error, 0);
	pci_done(&pci);
	tree_remove(tree, CARD "/max_link_width");
	assert_int_equal(mkfifoat(tree->root.fd, CARD "/max_link_width", 0600), 0);
	health = read_card(tree, true, &pci);
	assert_int_equal(health->link_count, 1);
	assert_false(health->links[0].known);
	assert_int_equal(health->rebars[1].error, -ETIMEDOUT);
	assert_true(health->errors[PCI_AER_FATAL] == PCI_AER_UNKNOWN);
	assert_int_equal(health->reserved_error, 0); /* which is the group's */
	pci_done(&pci);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(a_healthy_one), tree_test(nothing_there), tree_test(does_it_answer), tree_test(reserved_regions),
		tree_test(errors_and_sizes), tree_test(one_that_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
