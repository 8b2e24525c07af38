/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the firmware keeps a device for itself. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host/pci_health.h"
#include "host/release.h"
#include "report/checks.h"

/*
 * Regions of type direct are the firmware's own DMA (Intel's RMRR, AMD's IVMD). Since Linux 6.6 no device with one
 * gets a domain of a guest (drivers/iommu/iommu.c, require_direct); before that Intel's driver alone refused them
 * (intel/iommu.c, device_is_rmrr_locked), and elsewhere the guest got the device and the firmware's DMA went astray.
 * direct-relaxable is what the kernel knows to be of use for nobody once an operating system runs.
 */
static enum status judge(const struct host *host)
{
	if (host->firmware_dmar == ANSWER_YES)
		return STATUS_FAIL; /* whichever kernel it is */
	if (!host->release)
		return STATUS_UNKNOWN;
	return host->release >= RELEASE(6, 6) ? STATUS_FAIL : STATUS_WARN;
}

static const char *verdict(enum status status)
{
	if (status == STATUS_FAIL)
		return "the kernel refuses it to guests";
	return status == STATUS_WARN ? "Linux 6.6 and later refuse it to guests" :
	       "Linux 6.6 and later refuse it to guests; which one this is cannot be read";
}

void check_device_reserved(const struct check_input *input, struct report *report)
{
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++) {
		const struct pci_health *health = device.function->detail->health;
		struct finding *finding;

		if (!device.take || device.function->detail->group < 0)
			continue; /* device.group speaks of it */
		if (!health || health->reserved_error) {
			finding = report_add(report, "device.reserved", device.address, STATUS_UNKNOWN,
			                     "the reserved regions of its group cannot be read%s%s", health ? ": " : "",
			                     health ? strerror(-health->reserved_error) : "");
		} else if (health->direct_count) {
			enum status status = judge(input->host);

			finding = report_add(report, "device.reserved", device.address, status,
			                     "the firmware keeps memory for its own DMA through it: %s", verdict(status));
			FINDING_SET(finding->want, "no region of type direct");
			FINDING_SET(finding->have, "%zu, the first at 0x%" PRIx64 "-0x%" PRIx64, health->direct_count,
			            health->direct_start, health->direct_end);
			FINDING_SET(finding->fix, "%s", input->host->firmware_dmar == ANSWER_YES ?
			            "# switch the slot's RMRR off in the firmware's setup (HPE: \"HP Shared Memory\", "
			            "advisory c04781229), or use another slot" :
			            "# switch \"Pre-boot DMA Protection\" off in the firmware's setup, or update the firmware");
		} else {
			finding = report_add(report, "device.reserved", device.address, STATUS_PASS,
			                     "the firmware keeps no memory for DMA of its own");
		}
		FINDING_SET(finding->source, "/sys/kernel/iommu_groups/%d/reserved_regions", device.function->detail->group);
	}
}
