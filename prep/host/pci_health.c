/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/pci_health.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/patience.h"
#include "base/root.h"
#include "host/pci_link.h"

/* Of a function under suspicion each read is patient, and none follows the first that does not come back. */
static ssize_t read_attribute(struct pci_reader *reader, const char *name, char *text)
{
	return pci_reader_read(reader, &reader->function->address, name, text);
}

/* Eight bytes, and not all of them: "several chips lock up trying to read undefined config space" (pci_read_config). */
static int read_answers(const struct pci_reader *reader)
{
	const struct pci_function *function = reader->function;
	char path[ROOT_PATH_MAX], address[PCI_ADDRESS_MAX];
	_cleanup_close_ int fd = -1;
	unsigned char bytes[8];
	size_t first;

	if (function->suspect)
		return -1; /* it would wait for a reset that hangs (drivers/pci/access.c, pci_wait_cfg) */
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/config", pci_address_format(&function->address, address));
	fd = root_openat(reader->root, path, O_RDONLY, 0);
	if (fd < 0 || read(fd, bytes, sizeof(bytes)) != sizeof(bytes))
		return -1;
	/* The ids of a virtual function are ones by the standard (SR-IOV 3.4.1.1); its command and status are not. */
	first = function->detail->is_vf ? 4 : 0;
	for (size_t i = first; i < first + 4; i++)
		if (bytes[i] != 0xff)
			return 1;
	return 0;
}

/* "TOTAL_ERR_FATAL 0" is the last line of the counts (drivers/pci/pcie/aer.c, aer_stats_dev_attr). */
static uint64_t read_errors(struct pci_reader *reader, const char *name)
{
	char text[ROOT_ATTRIBUTE], *next = text, *line;
	ssize_t length = read_attribute(reader, name, text);
	uint64_t count;

	if (length < 0)
		return length == -ENOENT ? PCI_AER_NONE : PCI_AER_UNKNOWN;
	while ((line = parse_word(&next, "\n"))) {
		const char *blank = strchr(line, ' ');

		if (strncmp(line, "TOTAL_ERR_", 10) == 0 && blank)
			return parse_number(blank + 1, PCI_AER_UNKNOWN - 1, &count) < 0 ? PCI_AER_UNKNOWN : count;
	}
	return PCI_AER_UNKNOWN;
}

/* "%016llx" (drivers/pci/pci-sysfs.c, __resource_resize_show; since Linux 6.1). */
static void read_rebar(struct pci_reader *reader, unsigned int bar, struct pci_rebar *rebar)
{
	char name[24], text[ROOT_ATTRIBUTE];
	ssize_t length;

	snprintf(name, sizeof(name), "resource%u_resize", bar);
	length = read_attribute(reader, name, text);
	rebar->error = length < 0 ? (int)length : parse_hex(text, 1, 16, &rebar->sizes);
}

/* "0xSTART 0xEND TYPE" a line (drivers/iommu/iommu.c, iommu_group_show_resv_regions). */
static int take_region(char *line, struct pci_health *health)
{
	const char *start = parse_word(&line, " "), *end = parse_word(&line, " "), *type = parse_word(&line, " ");
	uint64_t first, last;

	if (!type || parse_word(&line, " ") || strncmp(start, "0x", 2) != 0 || strncmp(end, "0x", 2) != 0 ||
	    parse_hex(start + 2, 1, 16, &first) < 0 || parse_hex(end + 2, 1, 16, &last) < 0)
		return -EBADMSG;
	if (strcmp(type, "direct") == 0 && health->direct_count++ == 0) {
		health->direct_start = first;
		health->direct_end = last;
	}
	return 0;
}

static int read_reserved(const struct pci_reader *reader, struct pci_health *health)
{
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE], *next = text, *line;
	ssize_t length;

	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/reserved_regions", reader->function->detail->group);
	length = root_read(reader->root, path, text, sizeof(text));
	if (length < 0)
		return (int)length;
	while ((line = parse_word(&next, "\n"))) {
		int r = take_region(line, health);

		if (r < 0)
			return r;
	}
	return 0;
}

static bool has_attribute(const struct pci_reader *reader, const char *name)
{
	char path[ROOT_PATH_MAX], address[PCI_ADDRESS_MAX];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", pci_address_format(&reader->function->address, address), name);
	return root_exists(reader->root, path);
}

int pci_health_read(const struct root *root, struct pci_function *function)
{
	static const char *const counts[PCI_AER_KINDS] = { "aer_dev_fatal", "aer_dev_nonfatal", "aer_dev_correctable" };
	struct pci_reader reader = { .root = root, .function = function };
	char text[ROOT_ATTRIBUTE];
	struct pci_health *health;
	ssize_t length;
	bool asleep;

	if (function->detail->health)
		return 0;
	health = calloc(1, sizeof(*health));
	if (!health)
		return -ENOMEM;
	if (read_attribute(&reader, "power_state", text) >= 0)
		snprintf(health->power, sizeof(health->power), "%.15s", text);
	asleep = strcmp(health->power, "D3cold") == 0;
	health->answers = asleep ? -1 : read_answers(&reader);
	health->has_reset_method = has_attribute(&reader, "reset_method");
	length = read_attribute(&reader, "reset_method", text);
	health->reset_error = length < 0 && length != -ENOENT ? (int)length : 0;
	health->has_reset = has_attribute(&reader, "reset");
	/* The kernel writes a line of three numbers for each region, those that the device does not have, too. */
	health->has_resource = read_attribute(&reader, "resource", text) >= 0 && strncmp(text, "0x", 2) == 0;
	/* The link of a virtual function is its physical one's: its own registers are zero (SR-IOV 3.5.8). */
	if (!asleep && !function->detail->is_vf)
		health->link_count = pci_links_read(&reader, health->links);
	for (unsigned int i = 0; i < PCI_BARS; i++)
		if (asleep)
			health->rebars[i].error = -ENOENT;
		else
			read_rebar(&reader, i, &health->rebars[i]);
	for (size_t i = 0; i < PCI_AER_KINDS; i++)
		health->errors[i] = read_errors(&reader, counts[i]);
	health->reserved_error = read_reserved(&reader, health);
	function->detail->health = health;
	return 0;
}
