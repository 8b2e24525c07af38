/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ids= takes besides what it was meant for. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "report/checks.h"
#include "report/import_parts.h"

int import_leave(struct import *import, const struct import_id *id, size_t function, const char *why)
{
	struct import_left *left;

	for (size_t i = 0; i < import->left_count; i++)
		if (import->left[i].function == function)
			return 0;
	left = array_add(&import->left, &import->left_count, sizeof(*left));
	if (!left)
		return -ENOMEM;
	left->item = id->item;
	left->function = function;
	snprintf(left->id, sizeof(left->id), "%s", id->text);
	snprintf(left->why, sizeof(left->why), "%s", why);
	return 0;
}

/* A function other than this one that the id gives to vfio-pci, and that the config can have. */
static bool has_better(const struct import *import, const struct import_id *id, size_t function)
{
	for (size_t i = 0; i < import->function_count; i++) {
		const struct goal *goal = goals_find(&import->suggestion.goals, import->functions[i]);

		if (import->functions[i] != function && goal && goal->guard == GUARD_NONE &&
		    check_ids_take(id->text, &import->host->pci.functions[import->functions[i]]))
			return true;
	}
	return false;
}

int import_drop_twins(struct import *import, bool *ret_dropped)
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < import->function_count; i++) {
		const size_t function = import->functions[i];
		const struct goal *goal = goals_find(&import->suggestion.goals, function);
		const struct import_id *twin = NULL;
		bool saved = false;

		for (size_t j = 0; j < import->inherited->count; j++)
			saved |= import->inherited->items[j].kind == INHERITED_SAVED &&
			         import_is_for(import, &import->inherited->items[j], function);
		for (size_t j = 0; goal && goal->guard == GUARD_GROUP && !saved && j < import->id_count; j++)
			if (import->ids[j].valid && check_ids_take(import->ids[j].text, &import->host->pci.functions[function]) &&
			    has_better(import, &import->ids[j], function))
				twin = &import->ids[j];
		if (twin && (r = import_leave(import, twin, function, goal->why)) == 0)
			import->functions[i] = SIZE_MAX;
	}
	for (size_t i = 0; i < import->function_count; i++)
		if (import->functions[i] != SIZE_MAX)
			import->functions[kept++] = import->functions[i];
	*ret_dropped = kept < import->function_count;
	import->function_count = kept;
	return r;
}

int import_leave_twins(struct import *import)
{
	for (size_t i = 0; i < import->id_count; i++)
		for (size_t j = 0; import->ids[i].in_force && import->ids[i].valid && j < import->host->pci.count; j++)
			if (check_ids_take(import->ids[i].text, &import->host->pci.functions[j]) && !import_section(import, j) &&
			    import_leave(import, &import->ids[i], j, "") < 0)
				return -ENOMEM;
	return 0;
}
