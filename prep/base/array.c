/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *array_add(void *items, size_t *count, size_t item_size)
{
	void **array = items;
	char *item;

	/* A power of two (or zero) means that the room is used up. */
	if ((*count & (*count - 1)) == 0) {
		size_t capacity = *count ? *count * 2 : 1;
		void *grown;

		if (capacity > SIZE_MAX / item_size)
			return NULL;
		grown = realloc(*array, capacity * item_size);
		if (!grown)
			return NULL;
		*array = grown;
	}
	item = (char *)*array + *count * item_size;
	memset(item, 0, item_size);
	++*count;
	return item;
}
