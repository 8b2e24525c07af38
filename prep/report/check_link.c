/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The links that a device hangs on, and the errors that the kernel counted on them. */
#include <inttypes.h>
#include <stdio.h>

#include "base/array.h"
#include "host/pci_health.h"
#include "report/checks.h"

enum link_state { LINK_GOOD, LINK_SLOW, LINK_UNKNOWN, LINK_NARROW };

static enum link_state judge(const struct pci_link *link)
{
	if (!link->known)
		return LINK_UNKNOWN;
	if (link->width < link->max_width)
		return LINK_NARROW;
	return link->speed < link->max_speed ? LINK_SLOW : LINK_GOOD;
}

/* The link to speak of: the worst one, of equals the uppermost, which is the slot of a card with a switch. */
static const struct pci_link *worst(const struct pci_health *health)
{
	const struct pci_link *found = &health->links[0];

	for (size_t i = 1; i < health->link_count; i++)
		if (judge(&health->links[i]) >= judge(found))
			found = &health->links[i];
	return found;
}

/* "x16 at 8.0 GT/s" */
static void describe(unsigned int width, unsigned int speed, char *text, size_t size)
{
	snprintf(text, size, "x%u at %u.%u GT/s", width, speed / 10, speed % 10);
}

static void check_links(const struct check_device *device, const struct pci_health *health, struct report *report)
{
	const struct pci_link *link = worst(health);
	char below[PCI_ADDRESS_MAX], above[PCI_ADDRESS_MAX], now[48], could[48];
	struct finding *finding;

	pci_address_format(&link->below, below);
	pci_address_format(&link->above, above);
	describe(link->width, link->speed, now, sizeof(now));
	describe(link->max_width, link->max_speed, could, sizeof(could));
	switch (judge(link)) {
	case LINK_NARROW:
		finding = report_add(report, "device.link", device->address, STATUS_WARN,
		                     "x%u of the x%u lanes that card and slot have (port %s)", link->width,
		                     link->max_width, above);
		FINDING_SET(finding->fix, "# reseat the card, without a riser; another card or disk may share "
		            "the slot's lanes: see the board's manual");
		break;
	case LINK_UNKNOWN:
		finding = report_add(report, "device.link", device->address, STATUS_UNKNOWN,
		                     "the link to port %s cannot be read", above);
		break;
	case LINK_SLOW:
		finding = report_add(report, "device.link", device->address, STATUS_INFO,
		                     "%s of %u.%u: links slow down at rest", now, link->max_speed / 10,
		                     link->max_speed % 10);
		break;
	default:
		finding = report_add(report, "device.link", device->address, STATUS_PASS, "%s", now);
	}
	if (link->known) {
		FINDING_SET(finding->want, "%s", could);
		FINDING_SET(finding->have, "%s", now);
	}
	FINDING_SET(finding->source, "/" PCI_DEVICES "/%s/current_link_width", below);
}

void check_device_link(const struct check_input *input, struct report *report)
{
	const struct pci_address *told = NULL;
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++) {
		const struct pci_health *health = device.function->detail->health;

		if (!device.take || !health || !health->link_count)
			continue;
		/* The functions of a slot have one link; goals are in the order of addresses. */
		if (told && pci_address_same_slot(told, &device.function->address))
			continue;
		told = &device.function->address;
		check_links(&device, health, report);
	}
}

void check_device_aer(const struct check_input *input, struct report *report)
{
	static const struct {
		enum status status;
		const char *name, *attribute, *meaning;
	} kinds[PCI_AER_KINDS] = {
		{ STATUS_FAIL, "fatal", "aer_dev_fatal", "its link broke down" },
		{ STATUS_WARN, "nonfatal", "aer_dev_nonfatal", "transfers of it were lost" },
		{ STATUS_INFO, "correctable", "aer_dev_correctable", "corrected by the hardware, which costs time" },
	};
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++) {
		const struct pci_health *health = device.function->detail->health;
		struct finding *finding = NULL;
		size_t kind = 0, unknown = 0;

		if (!device.take || !health)
			continue;
		for (size_t j = 0; j < PCI_AER_KINDS; j++)
			unknown += health->errors[j] == PCI_AER_UNKNOWN;
		while (kind < PCI_AER_KINDS && (!health->errors[kind] || health->errors[kind] >= PCI_AER_UNKNOWN))
			kind++;
		if (kind < PCI_AER_KINDS) {
			uint64_t count = health->errors[kind];

			finding = report_add(report, "device.aer", device.address, kinds[kind].status,
			                     "%" PRIu64 " %s error%s: %s", count, kinds[kind].name, count == 1 ? "" : "s",
			                     kinds[kind].meaning);
			FINDING_SET(finding->want, "0");
			FINDING_SET(finding->have, "%" PRIu64 " since boot", count);
			if (kind != PCI_AER_CORRECTABLE)
				FINDING_SET(finding->fix, "# reseat the card, without a riser; a lower PCIe speed in the "
				            "firmware's setup helps a bad slot (dmesg has the errors)");
		} else if (unknown) {
			finding = report_add(report, "device.aer", device.address, STATUS_UNKNOWN, "its errors cannot be read");
		} else if (health->errors[PCI_AER_FATAL] != PCI_AER_NONE) {
			finding = report_add(report, "device.aer", device.address, STATUS_PASS, "no errors on its link");
		}
		if (finding) /* else the kernel counts none: no such capability, or the firmware handles them */
			FINDING_SET(finding->source, "/" PCI_DEVICES "/%s/%s", device.address,
			            kinds[kind < PCI_AER_KINDS ? kind : 0].attribute);
	}
}
