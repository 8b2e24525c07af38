/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's memory is made of, and on which nodes it is (Documentation/filesystems/proc.rst). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/patience.h"
#include "base/root.h"
#include "host/guests.h"

#define MAPS_MAX (64 << 20)
#define ROLLUP_USEC 2000000

/*
 * smaps and numa_maps look at each page that is mapped: of small ones this many bytes take some 50 ms, of huge ones any
 * amount next to nothing.
 */
#define SMALL_MAX (UINT64_C(8) << 30)

/* The number behind KEY at the start of a line, from kB to bytes; MEMORY_UNKNOWN. */
static uint64_t field(const char *text, const char *key)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		char number[24];
		uint64_t kilobytes;

		line += *line == '\n';
		if (strncmp(line, key, strlen(key)) != 0 || line[strlen(key)] != ':')
			continue;
		line += strlen(key) + 1;
		line += strspn(line, " \t");
		snprintf(number, sizeof(number), "%.*s", (int)strcspn(line, " \n"), line);
		return parse_number(number, UINT64_MAX >> 10, &kilobytes) == 0 ? kilobytes << 10 : MEMORY_UNKNOWN;
	}
	return MEMORY_UNKNOWN;
}

/* Counters that the kernel keeps: nothing is walked. VmRSS is without hugetlb (mm/hugetlb.c, hugetlb_report_usage). */
static void read_status(const struct root *root, const struct guest *guest, struct guest_memory *memory)
{
	_cleanup_free_ char *text = NULL;
	char path[ROOT_PATH_MAX];
	size_t size;

	snprintf(path, sizeof(path), "proc/%d/status", guest->pid);
	if (root_read_all(root, path, 2 * CPUS_TEXT_MAX, &text, &size) < 0)
		return;
	memory->huge = field(text, "HugetlbPages");
	memory->small = field(text, "VmRSS");
}

/* One answer for the whole process, which of many small pages may take its time. */
static void read_rollup(const struct root *root, const struct guest *guest, struct guest_memory *memory)
{
	static const char *const keys[] = { "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped" };
	char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];

	snprintf(path, sizeof(path), "proc/%d/smaps_rollup", guest->pid);
	if (root_read_patiently(root, path, text, sizeof(text), ROLLUP_USEC) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		uint64_t bytes = field(text, keys[i]);

		if (bytes != MEMORY_UNKNOWN)
			memory->transparent = (memory->transparent == MEMORY_UNKNOWN ? 0 : memory->transparent) + bytes;
	}
}

static void add_size(struct guest_memory *memory, uint64_t page_size, uint64_t bytes)
{
	size_t i = 0;

	while (i < memory->size_count && memory->sizes[i].page_size != page_size)
		i++;
	if (i == GUEST_SIZES)
		return;
	if (i == memory->size_count)
		memory->sizes[memory->size_count++].page_size = page_size;
	memory->sizes[i].bytes += bytes;
}

/* Which sizes its huge pages have: KernelPageSize stands before the amounts of its mapping. */
static void read_sizes(const struct root *root, const struct guest *guest, struct guest_memory *memory)
{
	_cleanup_free_ char *text = NULL;
	char path[ROOT_PATH_MAX], *next, *line;
	uint64_t page_size = 0;
	size_t size;

	snprintf(path, sizeof(path), "proc/%d/smaps", guest->pid);
	if (root_read_all(root, path, MAPS_MAX, &text, &size) < 0)
		return;
	next = text;
	while ((line = strsep(&next, "\n"))) {
		uint64_t bytes;

		if (strncmp(line, "KernelPageSize:", 15) == 0)
			page_size = field(line, "KernelPageSize");
		if (strncmp(line, "Shared_Hugetlb:", 15) != 0 && strncmp(line, "Private_Hugetlb:", 16) != 0)
			continue;
		bytes = field(line, *line == 'S' ? "Shared_Hugetlb" : "Private_Hugetlb");
		if (bytes && bytes != MEMORY_UNKNOWN)
			add_size(memory, page_size, bytes);
	}
	memory->sizes_known = true;
}

static int add_node(struct guest_memory *memory, int number, uint64_t bytes)
{
	struct guest_node *node;

	for (size_t i = 0; i < memory->node_count; i++)
		if (memory->nodes[i].number == number) {
			memory->nodes[i].bytes += bytes;
			return 0;
		}
	node = array_add(&memory->nodes, &memory->node_count, sizeof(*node));
	if (!node)
		return -ENOMEM;
	*node = (struct guest_node){ number, bytes };
	return 0;
}

/* "7f0000000000 bind:1 file=/... huge dirty=8 N1=8 kernelpagesize_kB=1048576" (fs/proc/task_mmu.c, show_numa_map). */
static int read_mapping(struct guest_memory *memory, char *line)
{
	uint64_t pages[64], kilobytes = 0;
	int numbers[64];
	size_t count = 0;
	bool huge = false;

	for (char *word = parse_word(&line, " "); word; word = parse_word(&line, " ")) {
		char *equals = strchr(word, '=');
		uint64_t number;

		huge |= strcmp(word, "huge") == 0;
		if (!equals)
			continue;
		*equals = '\0';
		if (strcmp(word, "kernelpagesize_kB") == 0)
			parse_number(equals + 1, UINT32_MAX, &kilobytes);
		else if (*word == 'N' && parse_number(word + 1, 1024, &number) == 0 && count < ARRAY_SIZE(pages) &&
		         parse_number(equals + 1, UINT64_MAX >> 22, &pages[count]) == 0)
			numbers[count++] = (int)number;
	}
	if (memory->huge && !huge)
		return 0; /* QEMU's own */
	for (size_t i = 0; i < count; i++)
		if (add_node(memory, numbers[i], pages[i] * (kilobytes << 10)) < 0)
			return -ENOMEM;
	return 0;
}

static int read_nodes(const struct root *root, const struct guest *guest, struct guest_memory *memory)
{
	_cleanup_free_ char *text = NULL;
	char path[ROOT_PATH_MAX], *next, *line;
	size_t size;
	int r = 0;

	snprintf(path, sizeof(path), "proc/%d/numa_maps", guest->pid);
	r = root_read_all(root, path, MAPS_MAX, &text, &size);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	next = text;
	while (r == 0 && (line = strsep(&next, "\n")))
		r = read_mapping(memory, line);
	memory->nodes_known = r == 0 && memory->node_count;
	return r;
}

int guest_memory_read(const struct root *root, bool many_nodes, struct guest *guest)
{
	struct guest_memory *memory = &guest->memory;
	uint64_t walked;

	*memory = (struct guest_memory){ .huge = MEMORY_UNKNOWN, .small = MEMORY_UNKNOWN, .transparent = MEMORY_UNKNOWN };
	read_status(root, guest, memory);
	if (memory->huge == MEMORY_UNKNOWN || memory->small == MEMORY_UNKNOWN)
		return 0;
	/* Where all of it is on pages of hugetlb, the rest is the program's own. */
	if (!guest->setup.ram || memory->huge < guest->setup.ram)
		read_rollup(root, guest, memory);
	walked = memory->small;
	if (memory->transparent != MEMORY_UNKNOWN)
		walked -= memory->transparent < walked ? memory->transparent : walked;
	if (walked > SMALL_MAX)
		return 0;
	if (memory->huge)
		read_sizes(root, guest, memory);
	return many_nodes ? read_nodes(root, guest, memory) : 0;
}
