/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the kernel can be trusted: with isolation that it made up, and after what happened to it. */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "report/checks.h"

/* The override is a patch that distributions for passthrough carry; it says so when it is in force. */
void check_kernel_acs(const struct check_input *input, struct report *report)
{
	const struct kernel_log *log = &input->host->log;
	const char *override = NULL;
	struct finding *finding;
	bool whole = false;

	if (!input->surroundings || !input->config->enabled || !input->config->device_count ||
	    input->host->iommu_groups == ANSWER_NO)
		return;
	for (size_t i = 0; i < log->count; i++) {
		whole |= strncmp(log->entries[i].text, "Linux version ", 14) == 0;
		if (strstr(log->entries[i].text, "ACS overrides enabled"))
			override = log->entries[i].text;
	}
	if (override) {
		finding = report_add(report, "kernel.acs", "", STATUS_WARN,
		                     "the IOMMU groups are made up by pcie_acs_override: devices of "
		                     "different groups may reach each other's memory");
		FINDING_SET(finding->want, "the groups of the hardware");
		FINDING_SET(finding->have, "%s", override);
		FINDING_SET(finding->fix,
		            "# take pcie_acs_override= off the kernel command line, in the boot loader's config, and reboot; "
		            "devices that then share a group go to one guest together");
		FINDING_SET(finding->source, "/dev/kmsg");
	} else if (!input->host->cmdline.text ||
	           (cmdline_has(&input->host->cmdline, "pcie_acs_override", NULL) && !whole)) {
		finding = report_add(report, "kernel.acs", "", STATUS_UNKNOWN,
		                     "whether pcie_acs_override is in force: the kernel log does not "
		                     "reach back that far");
		FINDING_SET(finding->source, "/dev/kmsg");
	} else {
		finding = report_add(report, "kernel.acs", "", STATUS_PASS, "the IOMMU groups are those of the hardware");
		FINDING_SET(finding->source, "/proc/cmdline");
	}
}

/* Documentation/admin-guide/tainted-kernels.rst. What is not listed as worse is told and harms nothing here. */
static const struct taint {
	enum status status;
	char letter;
	const char *meaning;
	const char *fix; /* for what warns or fails: what tells more */
} taints[] = {
	{ STATUS_INFO, 'P', "a proprietary module was loaded", NULL },
	{ STATUS_INFO, 'F', "a module was loaded by force", NULL },
	{ STATUS_INFO, 'S', "a CPU out of its specification", NULL },
	{ STATUS_INFO, 'R', "a module was unloaded by force", NULL },
	{ STATUS_FAIL, 'M', "the processor reported a machine check",
	  "dmesg | grep -iE 'mce|machine check|hardware error'" },
	{ STATUS_FAIL, 'B', "a page of memory was found broken", "dmesg | grep -A 20 'Bad page'" },
	{ STATUS_WARN, 'U', "a program asked for it (vfio without an IOMMU does)", "dmesg | grep -iE 'taint|noiommu'" },
	{ STATUS_FAIL, 'D', "the kernel crashed (oops or BUG) and went on", "dmesg | grep -A 30 -E 'BUG:|Oops'" },
	{ STATUS_INFO, 'A', "an ACPI table was replaced", NULL },
	{ STATUS_WARN, 'W', "the kernel warned of itself", "dmesg | grep -A 30 'WARNING:'" },
	{ STATUS_INFO, 'C', "a staging driver was loaded", NULL },
	{ STATUS_WARN, 'I', "a fault of the firmware was worked around", "dmesg | grep -i 'firmware bug'" },
	{ STATUS_INFO, 'O', "a module from outside of the kernel was loaded", NULL },
	{ STATUS_INFO, 'E', "an unsigned module was loaded", NULL },
	{ STATUS_FAIL, 'L', "a CPU hung (soft lockup)", "dmesg | grep -A 30 'soft lockup'" },
	{ STATUS_INFO, 'K', "it was patched while running", NULL },
	{ STATUS_INFO, 'X', "a taint of the distribution's own", NULL },
	{ STATUS_INFO, 'T', "built with randomized structures", NULL },
	{ STATUS_INFO, 'N', "a test inside of the kernel was run", NULL },
	{ STATUS_INFO, 'J', "a device's firmware was changed through fwctl", NULL },
};

void check_kernel_taint(const struct check_input *input, struct report *report)
{
	const struct taint *worst = NULL;
	struct finding *finding;
	char letters[ARRAY_SIZE(taints) + 1] = "", others[160] = "";
	size_t count = 0, used = 0;
	uint64_t bits;

	if (!input->surroundings || !input->config->enabled)
		return;
	bits = input->surroundings->kernel.taint;
	for (size_t i = 0; i < ARRAY_SIZE(taints); i++) {
		if (!(bits >> i & 1))
			continue;
		letters[count++] = taints[i].letter;
		if (!worst || taints[i].status > worst->status)
			worst = &taints[i];
	}
	if (bits == TAINT_UNKNOWN) {
		finding =
			report_add(report, "kernel.taint", "", STATUS_UNKNOWN, "it cannot be read whether the kernel is tainted");
	} else if (!bits) {
		finding = report_add(report, "kernel.taint", "", STATUS_PASS, "the kernel is not tainted");
	} else if (!worst) {
		finding = report_add(report, "kernel.taint", "", STATUS_INFO,
		                     "the kernel is tainted by what this version does not know");
		FINDING_SET(finding->have, "%llu", (unsigned long long)bits);
	} else {
		for (size_t i = 0; i < ARRAY_SIZE(taints) && used < sizeof(others); i++)
			if (bits >> i & 1 && &taints[i] != worst)
				used += (size_t)snprintf(others + used, sizeof(others) - used, "; %s", taints[i].meaning);
		finding = report_add(report, "kernel.taint", "", worst->status, "%s%s", worst->meaning, others);
		FINDING_SET(finding->want, "0");
		FINDING_SET(finding->have, "%llu (%s)", (unsigned long long)bits, letters);
		if (worst->fix)
			FINDING_SET(finding->fix, "%s  # mend what it tells, then reboot", worst->fix);
	}
	FINDING_SET(finding->source, "/proc/sys/kernel/tainted");
}
