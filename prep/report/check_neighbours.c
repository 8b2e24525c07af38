/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What shares a slot or an IOMMU group with a device, and who has it. */
#include <stdio.h>
#include <string.h>

#include "report/checks.h"

/* Adds "ADDRESS (DRIVER)" to a list of text. */
static void add_name(char *list, size_t size, const struct pci_function *function)
{
	size_t used = strlen(list);
	char address[PCI_ADDRESS_MAX];

	snprintf(list + used, size - used, "%s%s (%s)", used ? ", " : "", pci_address_format(&function->address, address),
	         function->driver);
}

/*
 * A guard may keep what the section asks for already: device.driver tells how to waive it. What is apart, in another
 * group, may stay with the host on purpose.
 */
static void fix_also(const struct check_device *device, const char *also, bool asked, bool apart,
                     struct finding *finding)
{
	const struct device_section *section = device->goal->section;
	char hint[200];

	snprintf(hint, sizeof(hint), "%s%s%s%s%s", section->also == ALSO_NONE ? "" : "in place of the other",
	         section->also == ALSO_NONE || (device->rests && !apart) ? "" : "; ",
	         apart ? device->rests ? "unless the host shall keep it" : "unless the host shall keep it; " : "",
	         device->rests ? "" : "then: ", device->rests ? "" : fix_program(finding));
	if (!device->rests)
		snprintf(hint + strlen(hint), sizeof(hint) - strlen(hint), " --apply");
	if (asked && device->rests)
		FINDING_SET(finding->fix, "# see what device.driver says of the others");
	else if (asked)
		FINDING_SET(finding->fix, "%s --apply  # after what device.driver says of the others", fix_program(finding));
	else
		fix_device(finding, section, hint, "also = %s", also);
}

/* True for the first device of its slot that is judged as one to be taken: the slot is reported once. */
static bool speaks_for_slot(const struct check_input *input, size_t function, size_t first)
{
	for (size_t i = first; i < function; i++) {
		const struct goal *goal = goals_find(input->goals, i);

		if (goal && check_takes(input, goal))
			return false;
	}
	return true;
}

void check_device_companions(const struct check_input *input, struct report *report)
{
	const struct pci *pci = &input->host->pci;
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++) {
		size_t first, end = pci_slot(pci, device.goal->function, &first);
		struct finding *finding;
		char left[200] = "";
		size_t others = 0;
		bool apart = device.function->detail->group >= 0;

		/* Virtual functions are no parts of one card: their physical one has to stay. */
		if (!device.take || device.function->detail->is_vf || !speaks_for_slot(input, device.goal->function, first))
			continue;
		for (size_t j = first; j < end; j++) {
			if (j == device.goal->function || pci_is_bridge(&pci->functions[j]))
				continue;
			others++;
			if (check_joins(input, &device, j))
				continue; /* device.driver speaks of it */
			if (pci_driver_is_harmless(pci->functions[j].driver))
				continue;
			add_name(left, sizeof(left), &pci->functions[j]);
			apart &= pci->functions[j].detail->group != device.function->detail->group;
		}
		if (!others)
			continue; /* a card of one function */
		if (!left[0]) {
			finding = report_add(report, "device.companions", device.address, STATUS_PASS,
			                     "no other function of its slot is with a host driver");
		} else {
			finding =
				report_add(report, "device.companions", device.address, STATUS_WARN, "left to the host: %s", left);
			FINDING_SET(finding->want, "all functions of the slot with the guest, or without a driver");
			FINDING_SET(finding->have, "%s", left);
			fix_also(&device, "slot", device.goal->section->also == ALSO_SLOT ||
			         (device.goal->section->also == ALSO_GROUP && !apart), apart, finding);
		}
		FINDING_SET(finding->source, "/" PCI_DEVICES "/%.*s.*/driver", (int)strlen(device.address) - 2, device.address);
	}
}

void check_device_group(const struct check_input *input, struct report *report)
{
	const struct host *host = input->host;
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++) {
		const struct iommu_group *group = host_group(host, device.function->detail->group);
		struct finding *finding;
		char strangers[200] = "";
		bool all_listed = true;

		if (!device.take)
			continue;
		for (size_t j = 0; group && j < group->member_count; j++) {
			const struct pci_function *member = &host->pci.functions[group->members[j]];

			if (pci_driver_is_harmless(member->driver) ||
			    (device.rests && check_joins(input, &device, group->members[j])))
				continue;
			add_name(strangers, sizeof(strangers), member);
			all_listed &= check_joins(input, &device, group->members[j]);
		}
		if (!group) {
			finding = report_add(report, "device.group", device.address, STATUS_FAIL, "it has no IOMMU group");
			FINDING_SET(finding->want, "an IOMMU group");
			FINDING_SET(finding->have, "none");
			fix_no_group(input, device.function, finding);
		} else if (strangers[0]) {
			finding = report_add(report, "device.group", device.address, STATUS_FAIL,
			                     "group %d is not viable: %s", group->number, strangers);
			FINDING_SET(finding->want, "no driver, vfio's, pci-stub or pcieport for every member");
			FINDING_SET(finding->have, "%s", strangers);
			if (all_listed)
				FINDING_SET(finding->fix, "%s --apply", fix_program(finding));
			else
				fix_also(&device, "group", device.goal->section->also == ALSO_GROUP, false, finding);
		} else {
			finding = report_add(report, "device.group", device.address, STATUS_PASS,
			                     "group %d, %zu member%s, viable%s", group->number, group->member_count,
			                     group->member_count == 1 ? "" : "s", device.rests ? " for its guest" : "");
		}
		FINDING_SET(finding->source, "/" PCI_DEVICES "/%s/iommu_group/devices", device.address);
	}
}
