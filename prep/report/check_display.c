/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the boot console leaves behind in a display device. */
#include <stdio.h>

#include "report/checks.h"

static bool is_display(const struct pci_function *function)
{
	return PCI_CLASS_BASE(function->class) == PCI_BASE_DISPLAY;
}

void check_device_framebuffer(const struct check_input *input, struct report *report)
{
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++) {
		const char *framebuffer = device.function->detail->framebuffer;
		struct finding *finding;

		if (!device.take || device.rests || !is_display(device.function))
			continue; /* what its guest takes is released then */
		if (framebuffer[0]) {
			finding = report_add(report, "device.framebuffer", device.address, STATUS_FAIL,
			                     "the boot framebuffer %s lies in its memory: the guest cannot map it", framebuffer);
			FINDING_SET(finding->want, "no boot framebuffer in its BARs");
			FINDING_SET(finding->have, "%s", framebuffer);
			FINDING_SET(finding->fix, "%s --apply  # releases it; for good: another device for the console in the "
			            "firmware's setup", fix_program(finding));
		} else if (input->host->framebuffer_driver == ANSWER_UNKNOWN) {
			finding = report_add(report, "device.framebuffer", device.address, STATUS_UNKNOWN,
			                     "/proc/iomem cannot be read as this user");
		} else {
			finding = report_add(report, "device.framebuffer", device.address, STATUS_PASS,
			                     "no boot framebuffer in its memory");
		}
		FINDING_SET(finding->source, "/proc/iomem");
	}
}

void check_device_boot_display(const struct check_input *input, struct report *report)
{
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++) {
		const struct pci_detail *detail = device.function->detail;
		struct finding *finding;

		if (!device.take || device.function->class >> 8 != 0x0300 || detail->boot_vga < 0)
			continue;
		if (detail->boot_vga == 1) {
			finding = report_add(report, "device.boot-display", device.address, STATUS_WARN,
			                     "it is the boot display: the console %s, and its ROM is a shadow of the first use",
			                     device.rests ? "goes dark when its guest starts" : "is dark");
			FINDING_SET(finding->want, "another device as the boot display");
			FINDING_SET(finding->have, "boot_vga 1");
			FINDING_SET(finding->fix,
			            "# choose another device for the console in the firmware's setup, or give the guest "
			            "a ROM file");
		} else if (!detail->has_rom) {
			finding = report_add(report, "device.boot-display", device.address, STATUS_INFO,
			                     "not the boot display; it shows no ROM, a guest may want one from a file");
		} else {
			finding = report_add(report, "device.boot-display", device.address, STATUS_PASS, "not the boot display");
		}
		FINDING_SET(finding->source, "/" PCI_DEVICES "/%s/boot_vga", device.address);
	}
}
