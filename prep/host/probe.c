/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking at what is on block devices, and at whether the kernel holds them. */
#include <ctype.h>
#include <string.h>

#include "host/blocks.h"

/* Memory and files are nobody's device, and an optical drive has nothing that the host would miss unmounted. */
static bool is_made_up(const struct block *block)
{
	return strncmp(block->name, "loop", 4) == 0 || strncmp(block->name, "ram", 3) == 0 ||
	       strncmp(block->name, "zram", 4) == 0 || strncmp(block->name, "sr", 2) == 0 ||
	       (strncmp(block->name, "fd", 2) == 0 && isdigit((unsigned char)block->name[2]));
}

void blocks_read_content(const struct root *root, struct blocks *blocks)
{
	for (size_t i = 0; i < blocks->count; i++) {
		struct block *block = &blocks->items[i];

		if (block->empty || is_made_up(block) || block->content.kind != CONTENT_UNREAD)
			continue;
		content_read(root, block->name, block->number, &block->content);
	}
}

static bool is_spoken_for(const struct blocks *blocks, size_t function)
{
	for (size_t i = 0; i < blocks->count; i++)
		if ((blocks->items[i].use || blocks->items[i].upper[0]) && block_on_function(&blocks->items[i], function))
			return true;
	return false;
}

static bool is_divided(const struct blocks *blocks, size_t number)
{
	for (size_t i = 0; i < blocks->count; i++)
		for (size_t j = 0; j < blocks->items[i].lower_count; j++)
			if (blocks->items[i].lower[j] == number)
				return true;
	return false;
}

void blocks_probe(const struct root *root, const struct pci *pci, struct blocks *blocks)
{
	for (size_t i = 0; i < pci->count; i++) {
		const struct pci_function *function = &pci->functions[i];

		if (!function->detail || pci_is_bridge(function) || is_spoken_for(blocks, i))
			continue;
		/* Who holds the whole disk holds its partitions, too. */
		for (size_t j = 0; j < blocks->count; j++) {
			struct block *block = &blocks->items[j];

			if (!block->empty && !is_made_up(block) && block_on_function(block, i) && !is_divided(blocks, j))
				block->busy = block->content.was_busy || content_is_busy(root, block->name);
		}
	}
}
