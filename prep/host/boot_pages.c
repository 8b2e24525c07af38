/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/boot_pages.h"

#include <stdio.h>
#include <string.h>

#include "base/parse.h"

#define VALUE_MAX 256

static void set_node(struct memory *memory, size_t size, unsigned int number, uint64_t pages)
{
	for (size_t i = 0; i < memory->node_count; i++)
		if (memory->nodes[i].number == number)
			memory->nodes[i].boot_pages[size] = pages;
}

/* Round and round the nodes with memory, one page at a time (alloc_pool_huge_folio). */
static void spread(struct memory *memory, size_t size, uint64_t pages)
{
	uint64_t nodes = 0, turn = 0;

	for (size_t i = 0; i < memory->node_count; i++)
		nodes += memory->nodes[i].has_memory;
	for (size_t i = 0; i < memory->node_count; i++)
		if (memory->nodes[i].has_memory)
			memory->nodes[i].boot_pages[size] = pages / nodes + (turn++ < pages % nodes);
}

static void take_pages(struct memory *memory, size_t size, const char *value)
{
	char copy[VALUE_MAX], *next = copy, *word;
	uint64_t pages, number, sum = 0;

	if (parse_number(value, UINT32_MAX, &pages) == 0) {
		memory->boot_pages[size] = pages;
		spread(memory, size, pages);
		return;
	}
	if (strlen(value) >= sizeof(copy))
		return;
	strcpy(copy, value);
	spread(memory, size, 0);
	while ((word = parse_word(&next, ","))) {
		char *colon = strchr(word, ':');

		if (!colon)
			break;
		*colon = '\0';
		if (parse_number(word, UINT32_MAX, &number) < 0 || parse_number(colon + 1, UINT32_MAX, &pages) < 0)
			break;
		set_node(memory, size, (unsigned int)number, pages);
		sum += pages;
	}
	memory->boot_pages[size] = sum;
}

/* A parameter of the size that was given before; named, and taken: a bit for each size. */
struct seen {
	unsigned int named, taken;
};

/*
 * The size that the next hugepages= is of; -1: none, and that is passed over. A size counts once, but that of the
 * default may be named again while it has no number.
 */
static int take_size(const struct memory *memory, const char *value, struct seen *seen)
{
	int size = memory_size(memory, parse_memory(value));
	unsigned int bit = size < 0 ? 0 : 1u << size;
	bool again = seen->named & bit && size != memory_size(memory, memory->default_size);

	seen->named |= bit;
	return again ? -1 : size;
}

void boot_pages_read(const struct cmdline *cmdline, struct memory *memory)
{
	int size = memory_size(memory, memory->default_size);
	struct seen seen = { 0 };

	for (size_t i = 0; i < cmdline->count; i++) {
		const struct cmdline_parameter *parameter = &cmdline->parameters[i];

		if (strcmp(parameter->key, "--") == 0)
			break; /* what follows is init's */
		if (!parameter->value)
			continue;
		if (strcmp(parameter->key, "hugepagesz") == 0 || strcmp(parameter->key, "default_hugepagesz") == 0)
			size = take_size(memory, parameter->value, &seen);
		else if (strcmp(parameter->key, "hugepages") == 0 && size >= 0 && !(seen.taken & 1u << size)) {
			seen.taken |= 1u << size;
			take_pages(memory, (size_t)size, parameter->value);
		}
	}
}
