/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a device is awake, asleep, or gone. */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "host/pci_health.h"
#include "report/checks.h"

/* What the kernel log says of a device last: that it is lost, or something that only a device does that answers. */
static const char *last_loss(const struct host *host, const char *address)
{
	/* drivers/pci/pci.c: pci_power_up(), pci_dev_wait(). Power that does not come back is D3cold, as if it were
	 * asleep. */
	static const char *const losses[] = { "Unable to change power state from D3", "not ready " };
	static const char *const ends[] = { "device inaccessible", "; giving up" };
	/* pci_dev_wait(); setup-res.c, pci_enable_resources(); and a new scan of its bus, "[10de:2684] type 00" */
	static const char *const signs[] = { "ready ", "enabling device", "[" };
	const char *lost = NULL;
	char marker[PCI_ADDRESS_MAX + 2];

	snprintf(marker, sizeof(marker), "%s: ", address);
	for (size_t i = 0; i < host->log.count; i++) {
		const char *found = strstr(host->log.entries[i].text, marker);

		if (!found)
			continue;
		found += strlen(marker);
		for (size_t j = 0; j < ARRAY_SIZE(losses); j++)
			if (strncmp(found, losses[j], strlen(losses[j])) == 0 && strstr(found, ends[j]))
				lost = found;
		for (size_t j = 0; j < ARRAY_SIZE(signs); j++)
			if (strncmp(found, signs[j], strlen(signs[j])) == 0)
				lost = NULL;
	}
	return lost;
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
	const char *loss = strcmp(power, "D3cold") == 0 ? last_loss(input->host, device->address) : NULL;
	struct finding *finding;
	char have[200];

	if (health && health->answers == 0) {
		finding = report_dead(device, "it does not answer: it fell off the bus, or has no power",
		                      "only ones in its configuration space", report);
	} else if (loss) {
		snprintf(have, sizeof(have), "D3cold, and in the kernel log: %.150s", loss);
		finding = report_dead(device, strncmp(loss, "not ready", 9) == 0 ? "it did not come back from a reset" :
		                      "it did not wake up: it fell off the bus, or has no power", have, report);
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
