/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a device is awake, asleep, or gone. */
#include <stdio.h>
#include <string.h>

#include "host/pci_health.h"
#include "report/checks.h"

/* drivers/pci/pci.c, pci_power_up: what does not come back from D3 is D3cold for the kernel, as if asleep. */
static bool log_lost_it(const struct host *host, const char *address)
{
	char marker[PCI_ADDRESS_MAX + 40];

	snprintf(marker, sizeof(marker), "%s: Unable to change power state from D3", address);
	for (size_t i = 0; i < host->log.count; i++) {
		const char *found = strstr(host->log.entries[i].text, marker);

		if (found && strstr(found, "device inaccessible"))
			return true;
	}
	return false;
}

static struct finding *report_dead(const struct check_device *device, const char *why, const char *have,
                                   struct report *report)
{
	struct finding *finding = report_add(report, "device.power", device->address, STATUS_FAIL, "%s", why);

	FINDING_SET(finding->want, "a device that answers");
	FINDING_SET(finding->have, "%s", have);
	FINDING_SET(finding->fix, "# switch the machine off and on again (a reboot keeps the slot's power); "
	            "if it comes back so, try another slot");
	return finding;
}

static struct finding *report_asleep(const struct check_device *device, const char *state, struct report *report)
{
	struct finding *finding = report_add(report, "device.power", device->address, STATUS_INFO,
	                                     "asleep (%s), as it is at rest: it wakes when a guest opens it", state);

	FINDING_SET(finding->have, "%s", state);
	return finding;
}

static void check_one(const struct check_input *input, const struct check_device *device, struct report *report)
{
	const struct pci_health *health = device->function->detail->health;
	const char *power = health ? health->power : "", *source = "config";
	struct finding *finding;

	if (health && health->answers == 0) {
		finding = report_dead(device, "it does not answer: it fell off the bus, or has no power",
		                      "only ones in its configuration space", report);
	} else if (strcmp(power, "D3cold") == 0 && log_lost_it(input->host, device->address)) {
		finding = report_dead(device, "it did not wake up: it fell off the bus, or has no power",
		                      "D3cold, and \"device inaccessible\" in the kernel log", report);
		source = "power_state";
	} else if (strcmp(power, "error") == 0) {
		finding = report_dead(device, "its power state cannot be told any more", power, report);
		source = "power_state";
	} else if (strcmp(power, "unknown") == 0 && pci_driver_is_vfio(device->function->driver)) {
		/* vfio-pci puts each device into D0 first (vfio_pci_core_register_device); without a driver there is none. */
		finding = report_dead(device, "vfio's driver could not wake it up: its power state is unknown", power, report);
		source = "power_state";
	} else if (strcmp(power, "D3cold") == 0) {
		finding = report_asleep(device, power, report);
		source = "power_state";
	} else if (!health || health->answers < 0) {
		finding = report_add(report, "device.power", device->address, STATUS_UNKNOWN,
		                     "its configuration space cannot be read");
	} else if (power[0] == 'D' && power[1] != '0') {
		finding = report_asleep(device, power, report);
		source = "power_state";
	} else {
		finding = report_add(report, "device.power", device->address, STATUS_PASS, "it answers%s",
		                     strcmp(power, "D0") == 0 ? ", and is awake" : "");
	}
	FINDING_SET(finding->source, "/" PCI_DEVICES "/%s/%s", device->address, source);
}

void check_device_power(const struct check_input *input, struct report *report)
{
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++)
		if (device.take)
			check_one(input, &device, report);
}
