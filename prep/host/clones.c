/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/clones.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Which blocks carry a use: their own, or that of something made of them. A disk does not carry what its
 * partitions do here: its content is its own.
 */
static void spread(const struct blocks *blocks, unsigned int *carried)
{
	bool changed;

	for (size_t i = 0; i < blocks->count; i++)
		carried[i] = blocks->items[i].use;
	do {
		changed = false;
		for (size_t i = 0; i < blocks->count; i++)
			for (size_t j = 0; !blocks->items[i].is_partition && j < blocks->items[i].lower_count; j++) {
				unsigned int *lower = &carried[blocks->items[i].lower[j]], before = *lower;

				*lower |= carried[i];
				changed |= *lower != before;
			}
	} while (changed);
}

/* What is on more than one device by its nature: to name one member is to name all. */
static bool has_members(const struct content *content)
{
	return content->kind == CONTENT_CONTAINER || strcmp(content->type, "btrfs") == 0 ||
	       strcmp(content->type, "bcachefs") == 0;
}

int clones_mark(struct blocks *blocks)
{
	const unsigned int in_use = USE_ROOT | USE_MOUNTED | USE_SWAP | USE_RESUME;
	unsigned int *carried = calloc(blocks->count + 1, sizeof(*carried));

	if (!carried)
		return -ENOMEM;
	spread(blocks, carried);
	for (size_t i = 0; i < blocks->count; i++) {
		const struct block *used = &blocks->items[i];
		unsigned int counts = in_use | (has_members(&used->content) ? USE_NAMED : 0);
		char detail[96];

		bool open = used->upper[0] && used->content.kind == CONTENT_CONTAINER;

		if (!used->content.uuid[0] || (!(carried[i] & counts) && !open))
			continue;
		snprintf(detail, sizeof(detail), "it has the same UUID as %s, which is in use", used->name);
		for (size_t j = 0; j < blocks->count; j++) {
			struct block *other = &blocks->items[j];

			if (j != i && strcasecmp(other->content.uuid, used->content.uuid) == 0 && !(carried[j] & counts))
				block_use(other, USE_CLONE, detail);
		}
	}
	free(carried);
	return 0;
}

/* An active volume of LVM that speaks against a member: of its group, or of any where its group is unknown; NULL. */
static const struct block *active_volume(const struct blocks *blocks, const struct content *member)
{
	for (size_t i = 0; i < blocks->count; i++) {
		const char *group = blocks->items[i].volume_group;

		if (group[0] && (!member->volume_group[0] || strcmp(group, member->volume_group) == 0))
			return &blocks->items[i];
	}
	return NULL;
}

void clones_mark_groups(struct blocks *blocks)
{
	for (size_t i = 0; i < blocks->count; i++) {
		struct block *block = &blocks->items[i];
		const struct block *volume;
		char detail[96];

		if (strcmp(block->content.type, "LVM2_member") != 0 || block->upper[0])
			continue;
		volume = active_volume(blocks, &block->content);
		if (!volume)
			continue;
		snprintf(detail, sizeof(detail), block->content.volume_group[0] ? "its volume group is active (%s)" :
		         "its volume group cannot be told, and %s is active", volume->mapper);
		block_use(block, USE_MEMBER, detail);
	}
}
