/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel does to the memory of guests by itself: huge pages, merging, moving between nodes. */
#include <stdio.h>
#include <string.h>

#include "report/checks.h"

#define MM "/sys/kernel/mm"

/* The config has something that a guest will use: without, the memory of guests is nobody's matter here. */
static bool has_guests(const struct config *config)
{
	return config->enabled && (config->device_count || config->pool_count || config->vm_count);
}

/* Pages of the config, of its guests, or of somebody else. */
static bool has_static_pages(const struct check_input *input)
{
	for (size_t i = 0; i < input->config->vm_count; i++)
		if (input->config->vms[i].pool_count)
			return true;
	for (size_t i = 0; i < input->host->memory.size_count; i++)
		if (input->host->memory.pages[i].pages != MEMORY_UNKNOWN && input->host->memory.pages[i].pages)
			return true;
	return input->pages->count > 0;
}

void check_memory_thp(const struct check_input *input, struct report *report)
{
	const char *huge = input->host->memory.settings.huge;
	struct finding *finding;

	if (!has_guests(input->config))
		return;
	if (!huge[0]) {
		finding = report_add(report, "memory.thp", "", STATUS_UNKNOWN,
		                     "it cannot be read whether memory gets huge pages by itself");
	} else if (has_static_pages(input) || (strcmp(huge, "never") != 0 && strcmp(huge, "none") != 0)) {
		finding = report_add(report, "memory.thp", "", STATUS_PASS, has_static_pages(input) ?
		                     "guests have pages reserved" : "transparent huge pages: %s", huge);
	} else {
		finding = report_add(report, "memory.thp", "", STATUS_WARN,
		                     "guest memory is of small pages only: no huge pages are reserved, "
		                     "and transparent ones are off");
		FINDING_SET(finding->want, "madvise or always, or pages in [hugepages]");
		FINDING_SET(finding->have, strcmp(huge, "none") == 0 ? "a kernel without transparent huge pages" : "never");
		if (strcmp(huge, "none") == 0)
			FINDING_SET(finding->fix, "# reserve pages in [hugepages] of %s", fix_file(finding));
		else
			FINDING_SET(finding->fix, "echo madvise >" MM "/transparent_hugepage/enabled  # at each boot: "
			            "transparent_hugepage=madvise on the kernel command line; or reserve pages in [hugepages]");
	}
	FINDING_SET(finding->source, MM "/transparent_hugepage/enabled");
}

void check_memory_ksm(const struct check_input *input, struct report *report)
{
	int merging = input->host->memory.settings.merging;
	struct finding *finding;

	if (!has_guests(input->config))
		return;
	if (merging < 0) {
		finding = report_add(report, "memory.ksm", "", STATUS_UNKNOWN, "it cannot be read whether memory is merged");
	} else if (merging != 1) {
		finding = report_add(report, "memory.ksm", "", STATUS_PASS, "memory is not searched for equal pages");
	} else {
		finding = report_add(report, "memory.ksm", "", STATUS_WARN,
		                     "KSM searches memory for equal pages: that costs CPU time, "
		                     "and finds none in guest memory that is pinned or of huge pages");
		FINDING_SET(finding->want, "0");
		FINDING_SET(finding->have, "1");
		FINDING_SET(finding->fix, "systemctl disable --now ksm ksmtuned 2>/dev/null; echo 2 >" MM "/ksm/run");
	}
	FINDING_SET(finding->source, MM "/ksm/run");
}

void check_memory_balancing(const struct check_input *input, struct report *report)
{
	int balancing = input->host->memory.settings.balancing;
	struct finding *finding;

	if (!input->config->enabled || input->config->cpus.isolate == ISOLATE_NONE)
		return;
	if (balancing < 0) {
		finding = report_add(report, "memory.balancing", "", STATUS_UNKNOWN,
		                     "it cannot be read whether memory is moved between nodes");
	} else if (!balancing) {
		finding = report_add(report, "memory.balancing", "", STATUS_PASS, "memory is not moved between nodes");
	} else {
		finding = report_add(report, "memory.balancing", "", STATUS_WARN,
		                     "the kernel moves memory between nodes: its page faults "
		                     "interrupt the isolated CPUs");
		FINDING_SET(finding->want, "0");
		FINDING_SET(finding->have, "%d", balancing);
		FINDING_SET(finding->fix, "echo kernel.numa_balancing=0 >/etc/sysctl.d/90-numa-balancing.conf && "
		            "echo 0 >/proc/sys/kernel/numa_balancing");
	}
	FINDING_SET(finding->source, "/proc/sys/kernel/numa_balancing");
}
