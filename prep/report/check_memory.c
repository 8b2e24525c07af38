/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pools of huge pages, what is left beside them, and who else sets them. */
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "report/checks.h"

static const char *pages_word(uint64_t pages)
{
	return pages == 1 ? "page" : "pages";
}

/* The line of a pool that this machine can have in place of one that it cannot. */
static void advise_pool(const struct check_input *input, const struct page_goal *goal, struct finding *finding)
{
	const struct memory *memory = &input->host->memory;
	const struct memory_node *node = memory_node(memory, goal->pool->node);
	char size[FORMAT_SIZE_MAX], amount[FORMAT_SIZE_MAX], hint[40];
	uint64_t default_size = memory->default_size;

	snprintf(hint, sizeof(hint), "in place of line %u", goal->pool->line);
	if (memory_size(memory, goal->pool->page_size) >= 0 && goal->pool->node >= 0 && !(node && node->has_memory))
		fix_config(finding, "hugepages", hint, "%s = %s", format_size(goal->pool->page_size, size),
		           format_size(goal->pool->page_size * goal->pool->pages, amount));
	else if (memory_size(memory, goal->pool->page_size) >= 0 && goal->most)
		fix_config(finding, "hugepages", hint, "%s = %llu", goal->target, (unsigned long long)goal->most);
	else if (memory_size(memory, goal->pool->page_size) < 0 && default_size &&
	         goal->pool->page_size * goal->pool->pages >= default_size)
		fix_config(finding, "hugepages", hint, "%s = %llu", format_size(default_size, size),
		           (unsigned long long)(goal->pool->page_size * goal->pool->pages / default_size));
	else
		FINDING_SET(finding->fix, "# take line %u out of %s", goal->pool->line, fix_file(finding));
}

/* What brings the missing pages: where they were asked for and not found, something else than asking again. */
static void advise(const struct check_input *input, const struct page_goal *goal, bool tried, struct finding *finding)
{
	const struct page_pool *pool = goal->pool;
	char size[FORMAT_SIZE_MAX];

	format_size(pool->page_size, size);
	if (goal->guard != GUARD_NONE)
		advise_pool(input, goal, finding);
	else if (!tried)
		fix_apply(input, finding);
	else if (pool->page_size >= UINT64_C(1) << 30 && fix_cmdline(input, finding, "hugepages"))
		return; /* the kernel finds them before memory is in pieces */
	else if (pool->page_size >= UINT64_C(1) << 30 && pool->node >= 0)
		FINDING_SET(finding->fix,
		            "# add hugepagesz=%s hugepages=%d:%llu to the kernel command line (from Linux 5.16 on), "
		            "which finds them before memory is in pieces",
		            size, pool->node, (unsigned long long)pool->pages);
	else if (pool->page_size >= UINT64_C(1) << 30)
		FINDING_SET(finding->fix,
		            "# add hugepagesz=%s hugepages=%llu to the kernel command line, which finds them before "
		            "memory is in pieces",
		            size, (unsigned long long)goal->count);
	else
		FINDING_SET(finding->fix, "sync && echo 3 >/proc/sys/vm/drop_caches && echo 1 >/proc/sys/vm/compact_memory && "
		            "%s --apply  # where that does not do: end what uses memory, or ask for less in [hugepages]",
		            fix_program(finding));
}

static void check_pool(const struct check_input *input, const struct page_goal *goal, struct report *report)
{
	const struct page_pool *pool = goal->pool;
	const struct record_entry *last = input->record ? record_last(input->record, STEP_PAGES, goal->target) : NULL;
	const struct record_entry *entry = last && last->writer != WRITER_UNDO ? last : NULL; /* undoing was meant */
	const struct memory_node *node = memory_node(&input->host->memory, pool->node);
	int size = memory_size(&input->host->memory, pool->page_size);
	const struct page_counts *counts = size < 0 ? NULL : node ? &node->pages[size] : &input->host->memory.pages[size];
	unsigned long long wanted = pool->pages, have = goal->have;
	struct finding *finding;

	if (page_goal_is_met(goal)) {
		finding = report_add(report, "memory.hugepages", goal->target, STATUS_PASS, "%llu of %llu %s", have, wanted,
		                     pages_word(wanted));
		if (counts && counts->free != MEMORY_UNKNOWN)
			FINDING_SET(finding->have, "%llu there, %llu of them free", (unsigned long long)counts->pages,
			            (unsigned long long)counts->free);
	} else if (goal->guard != GUARD_NONE) {
		finding = report_add(report, "memory.hugepages", goal->target, STATUS_FAIL, "refused: %s", goal->why);
	} else if (!goal->known) {
		finding = report_add(report, "memory.hugepages", goal->target, STATUS_UNKNOWN, "the pool cannot be read");
	} else {
		finding = report_add(report, "memory.hugepages", goal->target, STATUS_FAIL, "%llu of %llu %s%s%s", have, wanted,
		                     pages_word(wanted), entry && entry->why[0] ? ": " : "", entry ? entry->why : "");
	}
	if (finding->status == STATUS_FAIL) {
		if (entry && entry->after[0])
			FINDING_SET(finding->have, "%llu; %s had %s before and %s after it%s%s", have, writer_name(entry->writer),
			            entry->before, entry->after, entry->why[0] ? ": " : "", entry->why);
		else
			FINDING_SET(finding->have, "%llu", have);
		advise(input, goal, entry && entry->after[0] && entry->result != RESULT_DONE, finding);
	}
	FINDING_SET(finding->want, "%llu %s", wanted, pages_word(wanted));
	if (node && input->host->memory.numa)
		FINDING_SET(finding->source, "/sys/devices/system/node/node%d/hugepages/hugepages-%llukB/nr_hugepages",
		            pool->node, (unsigned long long)pool->page_size >> 10);
	else
		FINDING_SET(finding->source, "/sys/kernel/mm/hugepages/hugepages-%llukB/nr_hugepages",
		            (unsigned long long)pool->page_size >> 10);
}

void check_memory_hugepages(const struct check_input *input, struct report *report)
{
	for (size_t i = 0; i < input->pages->count; i++)
		check_pool(input, &input->pages->items[i], report);
}

/* True for the first pool of its size, if the machine has that: what is asked of a size is told once. */
static bool is_first_of_size(const struct check_input *input, size_t number)
{
	const struct page_goal *goals = input->pages->items;

	for (size_t i = 0; i < number; i++)
		if (goals[i].pool->page_size == goals[number].pool->page_size)
			return false;
	return input->host->memory.sizes_error || memory_size(&input->host->memory, goals[number].pool->page_size) >= 0;
}

void check_memory_hugetlbfs(const struct check_input *input, struct report *report)
{
	const struct memory_settings *settings = &input->host->memory.settings;

	for (size_t i = 0; i < input->pages->count; i++) {
		uint64_t page_size = input->pages->items[i].pool->page_size;
		char size[FORMAT_SIZE_MAX];
		struct finding *finding;
		bool mounted = false;

		if (!is_first_of_size(input, i))
			continue;
		format_size(page_size, size);
		for (size_t j = 0; j < settings->mount_count; j++)
			mounted |= settings->mounts[j] == page_size;
		if (settings->mounts_error || !settings->read) {
			finding = report_add(report, "memory.hugetlbfs", size, STATUS_UNKNOWN, "/proc/mounts cannot be read");
		} else if (mounted) {
			finding = report_add(report, "memory.hugetlbfs", size, STATUS_PASS, "a hugetlbfs of %s is mounted", size);
		} else {
			finding = report_add(report, "memory.hugetlbfs", size, STATUS_WARN,
			                     "no hugetlbfs of %s is mounted: libvirt does not find these pages", size);
			FINDING_SET(finding->want, "a mount of type hugetlbfs with pagesize=%s", size);
			FINDING_SET(finding->have, "%zu of other sizes", settings->mount_count);
			/* systemd mounts that of the default size at each boot (dev-hugepages.mount). */
			FINDING_SET(finding->fix, page_size == input->host->memory.default_size ?
			            "mkdir -p /dev/hugepages && mount -t hugetlbfs hugetlbfs /dev/hugepages" :
			            "echo 'hugetlbfs /dev/hugepages%s hugetlbfs pagesize=%s,x-mount.mkdir 0 0' >>/etc/fstab && "
			            "mount /dev/hugepages%s", size, size, size);
		}
		FINDING_SET(finding->source, "/proc/mounts");
	}
}

void check_memory_available(const struct check_input *input, struct report *report)
{
	uint64_t available = input->host->memory.available;
	char amount[FORMAT_SIZE_MAX], keep[FORMAT_SIZE_MAX];
	struct finding *finding;

	if (!input->pages->count)
		return;
	format_size(available, amount);
	format_size(input->config->keep_free, keep);
	if (available == MEMORY_UNKNOWN) {
		finding = report_add(report, "memory.available", "", STATUS_UNKNOWN, "/proc/meminfo has no MemAvailable");
	} else if (available >= input->config->keep_free) {
		finding = report_add(report, "memory.available", "", STATUS_PASS, "%s available", amount);
	} else {
		finding = report_add(report, "memory.available", "", STATUS_FAIL, "%s available, less than keep-free", amount);
		FINDING_SET(finding->fix, "ps -eo rss,pid,comm --sort=-rss | head  # what uses memory; or ask for less in "
		            "[hugepages], or lower keep-free if this host needs less");
	}
	FINDING_SET(finding->want, "at least %s (keep-free)", keep);
	FINDING_SET(finding->have, "%s", available == MEMORY_UNKNOWN ? "unknown" : amount);
	FINDING_SET(finding->source, "/proc/meminfo");
}

/* All that the config asks of a size. */
static uint64_t sum_of_size(const struct pages *pages, uint64_t page_size)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < pages->count; i++)
		if (pages->items[i].pool->page_size == page_size)
			sum += pages->items[i].pool->pages;
	return sum;
}

/* A sysctl.d file sets the pool of the default size after early boot has. */
static bool find_sysctl_rival(const struct check_input *input, uint64_t page_size, uint64_t wanted,
                              struct report *report)
{
	const struct memory_settings *settings = &input->host->memory.settings;
	struct finding *finding;
	char size[FORMAT_SIZE_MAX];

	if (page_size != input->host->memory.default_size || !settings->sysctl_file[0] || settings->sysctl_pages == wanted)
		return false;
	finding = report_add(report, "memory.rival", format_size(page_size, size), STATUS_WARN,
	                     "sysctl.d %s the pool to %llu %s", settings->sysctl_pages < wanted ? "shrinks" : "grows",
	                     (unsigned long long)settings->sysctl_pages, pages_word(settings->sysctl_pages));
	FINDING_SET(finding->want, "%llu, or no such setting", (unsigned long long)wanted);
	FINDING_SET(finding->have, "%s = %llu", settings->sysctl_key, (unsigned long long)settings->sysctl_pages);
	FINDING_SET(finding->fix, "sed -i '/%s/s/^/#/' '/%s' && %s --apply", settings->sysctl_key + 3,
	            settings->sysctl_file, fix_program(finding));
	FINDING_SET(finding->source, "/%s", settings->sysctl_file);
	return true;
}

/*
 * The kernel command line reserves pages where no pool asks for them: these come on top. What stands in a pool's
 * node, or may be of the kernel's spread, is what the pool then does not have to find.
 */
static bool find_cmdline_rival(const struct check_input *input, uint64_t page_size, uint64_t wanted,
                               struct report *report)
{
	const struct memory *memory = &input->host->memory;
	int number = memory_size(memory, page_size);
	uint64_t boot = number < 0 ? 0 : memory->boot_pages[number], used = 0;
	struct finding *finding;
	char size[FORMAT_SIZE_MAX];

	for (size_t i = 0; boot && i < input->pages->count; i++) {
		const struct page_pool *pool = input->pages->items[i].pool;
		const struct memory_node *node = memory_node(memory, pool->node);

		if (pool->page_size != page_size)
			continue;
		if (pool->node < 0)
			used += pool->pages;
		else if (node)
			used += node->boot_pages[number] < pool->pages ? node->boot_pages[number] : pool->pages;
	}
	if (boot <= used)
		return false;
	finding = report_add(report, "memory.rival", format_size(page_size, size), STATUS_WARN,
	                     "hugepages= on the kernel command line reserves %llu %s that no pool asks for",
	                     (unsigned long long)(boot - used), pages_word(boot - used));
	FINDING_SET(finding->want, "%llu in all, on the nodes of the config", (unsigned long long)wanted);
	FINDING_SET(finding->have, "%llu from the command line", (unsigned long long)boot);
	if (!fix_cmdline(input, finding, "hugepages"))
		FINDING_SET(finding->fix, "# take hugepages= off the kernel command line, or give each node its number: "
		            "hugepages=NODE:NUMBER,...");
	FINDING_SET(finding->source, "/proc/cmdline");
	return true;
}

void check_memory_rival(const struct check_input *input, struct report *report)
{
	for (size_t i = 0; i < input->pages->count; i++) {
		uint64_t page_size = input->pages->items[i].pool->page_size, wanted = sum_of_size(input->pages, page_size);
		char size[FORMAT_SIZE_MAX];
		struct finding *finding;

		if (!is_first_of_size(input, i))
			continue;
		if (find_sysctl_rival(input, page_size, wanted, report) || find_cmdline_rival(input, page_size, wanted, report))
			continue;
		finding = report_add(report, "memory.rival", format_size(page_size, size), STATUS_PASS,
		                     "nothing else sets this pool");
		FINDING_SET(finding->source, "/etc/sysctl.d, /proc/cmdline");
	}
}
