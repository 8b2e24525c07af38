/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "report/checks.h"

void check_iommu_enabled(const struct check_input *input, struct report *report)
{
	const struct host *host = input->host;
	struct finding *finding;

	if (host->iommu_units == ANSWER_YES || host->iommu_groups == ANSWER_YES || host->group_count) {
		finding = report_add(report, "iommu.enabled", "", STATUS_PASS, "the kernel uses an IOMMU");
	} else if (host->iommu_units == ANSWER_UNKNOWN && host->iommu_groups == ANSWER_UNKNOWN && host->pci_error) {
		finding = report_add(report, "iommu.enabled", "", STATUS_UNKNOWN, "sysfs cannot be read");
	} else {
		bool off_in_firmware = host->iommu_firmware == ANSWER_NO && host->x86 != ANSWER_NO;

		finding = report_add(report, "iommu.enabled", "", STATUS_FAIL, off_in_firmware ?
		                     "no IOMMU: off in firmware" : "no IOMMU: the kernel does not use it");
		FINDING_SET(finding->want, "an IOMMU in use");
		FINDING_SET(finding->have, off_in_firmware ? "neither DMAR nor IVRS among the ACPI tables" :
		            "no unit and no group");
		fix_iommu(input, finding);
	}
	FINDING_SET(finding->source, "/sys/class/iommu");
}

void check_iommu_interrupt_remapping(const struct check_input *input, struct report *report)
{
	const struct host *host = input->host;
	struct finding *finding;

	if (host->x86 == ANSWER_NO)
		return;
	if (host->interrupt_remapping == ANSWER_UNKNOWN) {
		finding =
			report_add(report, "iommu.interrupt-remapping", "", STATUS_UNKNOWN, "/proc/interrupts cannot be read");
	} else if (host->interrupt_remapping == ANSWER_YES) {
		finding = report_add(report, "iommu.interrupt-remapping", "", STATUS_PASS, "interrupts are remapped");
	} else {
		finding = report_add(report, "iommu.interrupt-remapping", "", STATUS_FAIL,
		                     "interrupts are not remapped: vfio refuses, or a guest can forge them");
		FINDING_SET(finding->want, "interrupt chips named IR-...");
		FINDING_SET(finding->have, "none");
		FINDING_SET(finding->fix, "# switch interrupt remapping (x2APIC, VT-d) on in the firmware's setup, and take "
		            "intremap=off and nointremap off the kernel command line");
	}
	FINDING_SET(finding->source, "/proc/interrupts");
}
