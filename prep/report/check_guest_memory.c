/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a guest's memory is on huge pages, and whether somebody looks for equal ones in it. */
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "report/checks.h"

#define SLACK_MIN (UINT64_C(64) << 20)
#define SLACK_MAX (UINT64_C(512) << 20)

/* What is not on pages of hugetlb, and of that what is on small pages for sure. */
struct rest {
	uint64_t ram;
	uint64_t not_huge, small;
	uint64_t slack; /* as much may be the program's own: video memory, buffers of a display */
	uint64_t other_size; /* on pages of hugetlb, and of another size than its section asks for */
};

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool asks_for_size(const struct vm_section *section, uint64_t page_size)
{
	for (size_t i = 0; i < section->pool_count; i++)
		if (section->pools[i].page_size == page_size)
			return true;
	return false;
}

static struct rest rest_of(const struct guest *guest, const struct vm_section *section)
{
	const struct guest_memory *memory = &guest->memory;
	struct rest rest = { .ram = guest->setup.ram ? guest->setup.ram : memory->huge + memory->small };

	rest.not_huge = rest.ram > memory->huge ? least(rest.ram - memory->huge, memory->small) : 0;
	rest.small =
		rest.not_huge - (memory->transparent == MEMORY_UNKNOWN ? 0 : least(memory->transparent, rest.not_huge));
	rest.slack = rest.ram / 16 < SLACK_MIN ? SLACK_MIN : least(rest.ram / 16, SLACK_MAX);
	for (size_t i = 0; section && section->pool_count && i < memory->size_count; i++)
		if (!asks_for_size(section, memory->sizes[i].page_size))
			rest.other_size += memory->sizes[i].bytes;
	return rest;
}

static void add_amount(char *text, size_t size, uint64_t bytes, const char *kind)
{
	size_t length = strlen(text);
	char amount[FORMAT_SIZE_MAX];

	if (bytes)
		snprintf(text + length, size - length, "%s%s on %s", length ? ", " : "", format_size(bytes, amount), kind);
}

/* "6G on 2M pages, 2G on small ones" */
static void tell_pages(const struct guest *guest, const struct rest *rest, char *text, size_t size)
{
	const struct guest_memory *memory = &guest->memory;
	char kind[FORMAT_SIZE_MAX + 8], page_size[FORMAT_SIZE_MAX];

	text[0] = '\0';
	for (size_t i = 0; i < memory->size_count; i++) {
		snprintf(kind, sizeof(kind), "%s pages", format_size(memory->sizes[i].page_size, page_size));
		add_amount(text, size, memory->sizes[i].bytes, kind);
	}
	if (!memory->size_count)
		add_amount(text, size, memory->huge, "huge pages");
	if (memory->transparent == MEMORY_UNKNOWN) {
		add_amount(text, size, rest->not_huge, "other ones");
		return;
	}
	add_amount(text, size, rest->not_huge - rest->small, "transparent huge pages");
	add_amount(text, size, rest->small, "small ones");
}

/* "2M:8G", as it stands in the section. */
static void tell_wanted(const struct vm_section *section, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < section->pool_count; i++) {
		char page_size[FORMAT_SIZE_MAX], amount[FORMAT_SIZE_MAX];
		size_t length = strlen(text);

		format_size(section->pools[i].page_size, page_size);
		format_size(section->pools[i].page_size * section->pools[i].pages, amount);
		snprintf(text + length, size - length, "%s%s:%s", length ? " " : "", page_size, amount);
	}
}

static void advise(const struct check_input *input, const struct guest *guest, const struct vm_section *section,
                   uint64_t ram, struct finding *finding)
{
	uint64_t page_size =
		section && section->pool_count ? section->pools[0].page_size : input->host->memory.default_size;
	char xml[160], option[200], size[FORMAT_SIZE_MAX], amount[FORMAT_SIZE_MAX];

	if (!page_size)
		page_size = UINT64_C(2) << 20;
	format_size(page_size, size);
	format_size(ram, amount);
	snprintf(xml, sizeof(xml), "<memoryBacking><hugepages><page size='%llu' unit='KiB'/></hugepages></memoryBacking> "
	         "in <domain>", (unsigned long long)(page_size >> 10));
	snprintf(option, sizeof(option),
	         "-machine memory-backend=ram -object memory-backend-memfd,id=ram,size=%s,hugetlb=on,"
	         "hugetlbsize=%s,prealloc=on",
	         amount, size);
	check_guest_define(guest, xml, option, finding);
}

static struct finding *judge(const struct guest *guest, const struct vm_section *section, const struct rest *rest,
                             struct report *report)
{
	bool wanted = guest->setup.asks_huge || (section && section->pool_count);
	bool machine = guest->qemu || guest->vcpu_total;
	enum status bad = machine ? STATUS_WARN : STATUS_INFO;
	char part[FORMAT_SIZE_MAX], all[FORMAT_SIZE_MAX];

	format_size(rest->ram, all);
	if (rest->not_huge > rest->slack && wanted)
		return report_add(report, "vm.memory", guest->name, bad, "%s of %s is not on the huge pages that %s",
		                  format_size(rest->not_huge, part), all,
		                  section && section->pool_count ? "its section reserves" : "it is to have");
	if (rest->small > rest->slack && guest->memory.transparent == MEMORY_UNKNOWN)
		return report_add(report, "vm.memory", guest->name, STATUS_UNKNOWN,
		                  "%s of %s is not on reserved huge pages, and whether "
		                  "on transparent ones cannot be read", format_size(rest->not_huge, part), all);
	if (rest->small > rest->slack)
		return report_add(report, "vm.memory", guest->name, bad,
		                  "%s of %s is on small pages: each access may take a longer walk",
		                  format_size(rest->small, part), all);
	if (rest->other_size > rest->slack)
		return report_add(report, "vm.memory", guest->name, bad,
		                  "%s of %s is on huge pages of another size than its section "
		                  "reserves", format_size(rest->other_size, part), all);
	return report_add(report, "vm.memory", guest->name, STATUS_PASS, "%s on %shuge pages", all,
	                  rest->not_huge > rest->slack ? "transparent " : "");
}

void check_vm_memory(const struct check_input *input, struct report *report)
{
	const struct guest *guest;

	for (size_t at = 0; (guest = check_guest_next(input, &at));) {
		const struct vm_section *section = check_guest_section(input, guest);
		bool known = guest->memory.huge != MEMORY_UNKNOWN && guest->memory.small != MEMORY_UNKNOWN;
		struct finding *finding;

		if (known) {
			struct rest rest = rest_of(guest, section);

			finding = judge(guest, section, &rest, report);
			tell_pages(guest, &rest, finding->have, sizeof(finding->have));
			if (finding->status == STATUS_WARN)
				advise(input, guest, section, rest.ram, finding);
		} else {
			finding = report_add(report, "vm.memory", guest->name, STATUS_UNKNOWN,
			                     "it cannot be read what its memory is made of");
		}
		if (section && section->pool_count)
			tell_wanted(section, finding->want, sizeof(finding->want));
		else
			FINDING_SET(finding->want, "huge pages");
		FINDING_SET(finding->source, "/proc/%d/status%s%s", guest->pid, guest->memory.sizes_known ? ", smaps" : "",
		            known && guest->memory.transparent != MEMORY_UNKNOWN ? ", smaps_rollup" : "");
	}
}

/* Of no effect either way on memory that is pinned (mm/ksm.c counts the references) or of hugetlb (never
 * VM_MERGEABLE). */
static struct finding *judge_merging(const struct check_input *input, const struct guest *guest, struct report *report)
{
	int merging = input->host->memory.settings.merging;
	struct finding *finding;

	if (guest->setup.merges_off)
		return report_add(report, "vm.mem-merge", guest->name, STATUS_INFO,
		                  "mem-merge=off does no harm and little good: memory that is "
		                  "pinned for a device, or of huge pages, is never merged");
	if (guest->setup.ram && guest->memory.huge != MEMORY_UNKNOWN && guest->memory.huge >= guest->setup.ram)
		return report_add(report, "vm.mem-merge", guest->name, STATUS_PASS,
		                  "huge pages are never searched for equal ones");
	if (guest->setup.shares)
		return report_add(report, "vm.mem-merge", guest->name, STATUS_PASS,
		                  "shared memory is never searched for equal pages");
	if (merging < 0)
		return report_add(report, "vm.mem-merge", guest->name, STATUS_UNKNOWN,
		                  "it cannot be read whether memory is merged");
	if (merging != 1)
		return report_add(report, "vm.mem-merge", guest->name, STATUS_PASS,
		                  "nothing searches its memory for equal pages");
	finding = report_add(report, "vm.mem-merge", guest->name, STATUS_INFO,
	                     "KSM searches its memory, which costs CPU time, and never "
	                     "merges it, as it is pinned for a device");
	check_guest_define(guest, "<nosharepages/> in <memoryBacking>", "-machine mem-merge=off", finding);
	return finding;
}

void check_vm_mem_merge(const struct check_input *input, struct report *report)
{
	const struct guest *guest;

	for (size_t at = 0; (guest = check_guest_next(input, &at));) {
		struct finding *finding;

		if (!guest->qemu)
			continue;
		finding = judge_merging(input, guest, report);
		FINDING_SET(finding->have, "%s", guest->setup.merges_off ? "mem-merge=off" : "mem-merge=on");
		FINDING_SET(finding->source, "/proc/%d/cmdline, /sys/kernel/mm/ksm/run", guest->pid);
	}
}
