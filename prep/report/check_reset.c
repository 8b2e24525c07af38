/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a device begins anew with each start of its guest. */
#include <stdio.h>
#include <string.h>

#include "host/pci_health.h"
#include "host/release.h"
#include "report/checks.h"

static bool has_method(const struct pci_detail *detail, const char *name)
{
	size_t length = strlen(name);

	for (const char *word = detail->reset; *word; word += strspn(word, " ")) {
		size_t size = strcspn(word, " ");

		if (size == length && memcmp(word, name, size) == 0)
			return true;
		word += size;
	}
	return false;
}

/* One that resets this function alone, and more than its power state. */
static const char *own_method(const struct pci_detail *detail)
{
	static const char *const methods[] = { "flr", "af_flr", "device_specific", "acpi" };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (has_method(detail, methods[i]))
			return methods[i];
	return NULL;
}

/* What shares the bus of a function below its bridge. */
struct neighbours {
	size_t others;
	const struct pci_function *left; /* the first that stays with the host */
	bool left_in_slot, left_in_group; /* all of them are in its slot, in its group */
	size_t left_count;
};

/* vfio resets a bus where each function on it has a driver of vfio (drivers/vfio/pci, vfio_pci_dev_set_resettable). */
static void find_neighbours(const struct check_input *input, const struct check_device *device, struct neighbours *ret)
{
	const struct pci *pci = &input->host->pci;
	const struct pci_address *own = &device->function->address;

	*ret = (struct neighbours){ .left_in_slot = true, .left_in_group = true };
	for (size_t i = 0; i < pci->count; i++) {
		const struct pci_function *other = &pci->functions[i];

		if (i == device->goal->function || other->address.domain != own->domain || other->address.bus != own->bus)
			continue;
		ret->others++;
		if (pci_driver_is_vfio(other->driver) || check_joins(input, device, i))
			continue;
		if (!ret->left_count++)
			ret->left = other;
		ret->left_in_slot &= pci_address_same_slot(&other->address, own);
		ret->left_in_group &= other->detail && other->detail->group == device->function->detail->group &&
		                      !pci_is_bridge(other);
	}
}

static struct finding *report_left(const struct check_device *device, const struct neighbours *neighbours,
                                   const char *methods, struct report *report)
{
	char address[PCI_ADDRESS_MAX];
	struct finding *finding;

	pci_address_format(&neighbours->left->address, address);
	finding = report_add(report, "device.reset", device->address, STATUS_WARN,
	                     "a guest cannot reset it: %s%s shares its bus and stays with the host", address,
	                     neighbours->left_count > 1 ? " (and more)" : "");
	FINDING_SET(finding->want, "a reset of its own, or all functions below its bridge for the guest");
	FINDING_SET(finding->have, "%s; %zu of %zu others not taken", methods, neighbours->left_count, neighbours->others);
	if (neighbours->left_in_slot)
		fix_device(finding, device->goal->section, "", "also = slot");
	else if (neighbours->left_in_group)
		fix_device(finding, device->goal->section, "", "also = group");
	else
		FINDING_SET(finding->fix, "# put the card into a slot with a bus of its own");
	return finding;
}

static struct finding *report_once(const struct check_device *device, const char *methods, const char *why,
                                   struct report *report)
{
	struct finding *finding = report_add(report, "device.reset", device->address, STATUS_WARN,
	                                     "no reset (%s): good for one start of the guest a boot", why);

	FINDING_SET(finding->want, "flr, af_flr, device_specific or acpi, or a bus that can be reset");
	FINDING_SET(finding->have, "%s", methods);
	FINDING_SET(finding->fix, "# reboot the host between two starts of the guest; or use a card with a reset");
	return finding;
}

static struct finding *check_behind_bridge(const struct check_input *input, const struct check_device *device,
                                           const char *methods, struct report *report)
{
	const struct pci_detail *detail = device->function->detail;
	struct neighbours neighbours;

	find_neighbours(input, device, &neighbours);
	if (neighbours.left_count)
		return report_left(device, &neighbours, methods, report);
	/* Alone on its bus it would show this method, unless the kernel knows better (PCI_DEV_FLAGS_NO_BUS_RESET). */
	if (!neighbours.others && detail->health->has_reset_method && !has_method(detail, "bus"))
		return report_once(device, methods, "the kernel knows that one of its bus does not work", report);
	if (!neighbours.others)
		return report_add(report, "device.reset", device->address, STATUS_PASS, "by its bus, which it has alone");
	return report_add(report, "device.reset", device->address, STATUS_PASS,
	                  "by its bus, with the %zu other function%s on it, taken too", neighbours.others,
	                  neighbours.others == 1 ? "" : "s");
}

static void check_one(const struct check_input *input, const struct check_device *device, struct report *report)
{
	const struct pci_detail *detail = device->function->detail;
	const struct pci_health *health = detail->health;
	const char *own = own_method(detail), *methods = detail->reset[0] ? detail->reset : "no method";
	/* A kernel that names methods shows the file wherever it has one. */
	bool known = health && (health->has_reset_method || input->host->release >= RELEASE(5, 15));
	bool root_bus = detail->path[0] && !strchr(detail->path, '/');
	struct finding *finding;

	if (own)
		finding = report_add(report, "device.reset", device->address, STATUS_PASS, "%s", own);
	else if (!health || health->reset_error || !detail->path[0])
		finding = report_add(report, "device.reset", device->address, STATUS_UNKNOWN,
		                     "what resets it, or where it is, cannot be read");
	else if (!known && health->has_reset)
		finding = report_add(report, "device.reset", device->address, STATUS_PASS,
		                     "the kernel can reset it (how, Linux before 5.15 does not tell)");
	else if (!known)
		finding = report_add(report, "device.reset", device->address, STATUS_UNKNOWN,
		                     "neither reset_method (since Linux 5.15) nor reset can be read");
	else if (root_bus)
		finding = report_once(device, methods, detail->reset[0] ? "of its power state alone, on the root bus" :
		                      "it is on the root bus", report);
	else
		finding = check_behind_bridge(input, device, methods, report);
	FINDING_SET(finding->source, "/" PCI_DEVICES "/%s/reset_method", device->address);
}

void check_device_reset(const struct check_input *input, struct report *report)
{
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++)
		if (device.take)
			check_one(input, &device, report);
}
