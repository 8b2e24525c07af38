/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory and ports through which a device is reached: whether it has them, and in which size. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "base/root.h"
#include "host/pci_health.h"
#include "report/checks.h"

/* include/linux/ioport.h */
#define IORESOURCE_IO 0x100
#define IORESOURCE_UNSET 0x20000000

/* Address 0 is nobody's: a kernel without IORESOURCE_UNSET for it leaves a start of 0. */
static bool is_unassigned(const struct pci_bar *bar)
{
	return bar->size && (bar->flags & IORESOURCE_UNSET || !bar->start);
}

/*
 * What could not be assigned at all is wiped (drivers/pci/setup-bus.c, reset_resource, up to 6.13), and then looks
 * like one that the device does not have. The log tells: "BAR 1: failed to assign [mem size 0x10000000 64bit pref]",
 * and since 6.9 "BAR 1 [mem size 0x10000000 64bit pref]: failed to assign".
 */
static bool log_wiped_it(const struct host *host, const char *address, size_t number)
{
	char marker[PCI_ADDRESS_MAX + 16];
	bool failed = false;
	int length = snprintf(marker, sizeof(marker), "%s: BAR %zu", address, number);

	for (size_t i = 0; i < host->log.count; i++) {
		const char *found = strstr(host->log.entries[i].text, marker);

		/* "BAR 10" is one of its virtual functions (include/linux/pci.h, PCI_IOV_RESOURCES). */
		if (found && isdigit((unsigned char)found[length]))
			continue;
		/* Ports are no loss; and a later try may have done it. */
		if (found && strstr(found, "failed to assign") && strstr(found, "[mem "))
			failed = true;
		else if (found && strstr(found, "assigned"))
			failed = false;
	}
	return failed;
}

static void report_missing(const struct check_device *device, size_t number, const char *what, const char *source,
                           struct report *report)
{
	struct finding *finding = report_add(report, "device.bars", device->address, STATUS_FAIL,
	                                     "BAR %zu (%s) has no address: no driver can use the device", number, what);

	FINDING_SET(finding->want, "an address for each BAR");
	FINDING_SET(finding->have, "none for BAR %zu", number);
	FINDING_SET(finding->fix, "# switch \"Above 4G Decoding\" on in the firmware's setup; "
	            "if it is, boot with pci=realloc");
	FINDING_SET(finding->source, "%s", source);
}

static void check_one(const struct check_input *input, const struct check_device *device, struct report *report)
{
	const struct pci_detail *detail = device->function->detail;
	char size[FORMAT_SIZE_MAX], source[ROOT_PATH_MAX];
	size_t count = 0, ports = PCI_BARS;
	struct finding *finding;

	snprintf(source, sizeof(source), "/" PCI_DEVICES "/%s/resource", device->address);
	if (!detail->health || !detail->health->has_resource) {
		finding = report_add(report, "device.bars", device->address, STATUS_UNKNOWN, "its BARs cannot be read");
		FINDING_SET(finding->source, "%s", source);
		return;
	}
	for (size_t i = 0; i < PCI_BARS; i++) {
		const struct pci_bar *bar = &detail->bars[i];

		count += bar->size != 0;
		/* The upper half of a 64-bit BAR has no line of its own in the log. */
		if (!bar->size && log_wiped_it(input->host, device->address, i))
			return report_missing(device, i, "memory", "/dev/kmsg", report);
		if (is_unassigned(bar) && !(bar->flags & IORESOURCE_IO))
			return report_missing(device, i, format_size(bar->size, size), source, report);
		if (is_unassigned(bar) && ports == PCI_BARS)
			ports = i;
	}
	/* Bridges have few ports to give, and what is younger than AGP works by memory alone. */
	if (ports < PCI_BARS)
		finding = report_add(report, "device.bars", device->address, STATUS_INFO,
		                     "BAR %zu (ports) has no address, which few devices miss", ports);
	else if (count < 2)
		finding = report_add(report, "device.bars", device->address, STATUS_PASS, count ? "its BAR has an address" :
		                     "it has no BARs");
	else
		finding = report_add(report, "device.bars", device->address, STATUS_PASS, "all %zu BARs have addresses", count);
	FINDING_SET(finding->source, "%s", source);
}

void check_device_bars(const struct check_input *input, struct report *report)
{
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++)
		if (device.take)
			check_one(input, &device, report);
}

/* The largest size on offer, in bytes; 0 none. */
static uint64_t largest(const struct pci_rebar *rebar)
{
	unsigned int bit = 43; /* 8 EiB; the standard ends there, too (PCIe 6.0, 7.8.6) */

	while (bit && !(rebar->sizes >> bit & 1))
		bit--;
	return rebar->sizes >> bit & 1 ? (uint64_t)1 << (20 + bit) : 0;
}

void check_device_rebar(const struct check_input *input, struct report *report)
{
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++) {
		const struct pci_detail *detail = device.function->detail;
		size_t resizable = PCI_BARS, small = PCI_BARS, unknown = PCI_BARS, shown;
		char now[FORMAT_SIZE_MAX], could[FORMAT_SIZE_MAX];
		struct finding *finding;

		for (size_t j = PCI_BARS; device.take && detail->health && j-- > 0;) {
			const struct pci_rebar *rebar = &detail->health->rebars[j];

			if (rebar->error == -ENOENT)
				continue;
			if (rebar->error || !detail->health->has_resource)
				unknown = j;
			else if (largest(rebar) > detail->bars[j].size)
				small = j;
			else
				resizable = j;
		}
		shown = small < PCI_BARS ? small : unknown < PCI_BARS ? unknown : resizable;
		if (shown == PCI_BARS)
			continue; /* none has another size */
		format_size(detail->bars[shown].size, now);
		if (shown == small) {
			format_size(largest(&detail->health->rebars[small]), could);
			finding = report_add(report, "device.rebar", device.address, STATUS_INFO,
			                     "BAR %zu has %s and could have %s", small, now, could);
			FINDING_SET(finding->want, "%s", could);
			FINDING_SET(finding->have, "%s", now);
			FINDING_SET(finding->fix, "# switch \"Resizable BAR\" and \"Above 4G Decoding\" on "
			            "in the firmware's setup");
		} else if (shown == unknown) {
			finding = report_add(report, "device.rebar", device.address, STATUS_UNKNOWN,
			                     "the sizes that BAR %zu can have cannot be read", shown);
		} else {
			finding = report_add(report, "device.rebar", device.address, STATUS_PASS,
			                     "BAR %zu has its largest size, %s", shown, now);
		}
		FINDING_SET(finding->source, "/" PCI_DEVICES "/%s/resource%zu_resize", device.address, shown);
	}
}
