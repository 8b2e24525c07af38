/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot/recording.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

static int compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct recorded *)a)->path, ((const struct recorded *)b)->path);
}

struct recorded *recording_find(const struct recording *recording, const char *path)
{
	const struct recorded key = { .path = (char *)path };
	struct recorded *const *found = tfind(&key, &recording->index, compare_paths);

	return found ? *found : NULL;
}

static void entry_free(struct recorded *entry)
{
	if (entry) {
		free(entry->path);
		free(entry->bytes);
	}
	free(entry);
}

struct recorded *recording_add(struct recording *recording, const char *path)
{
	struct recorded *entry = recording_find(recording, path), **item;

	if (entry)
		return entry;
	entry = calloc(1, sizeof(*entry));
	if (entry)
		entry->path = strdup(path);
	item = entry && entry->path ? array_add(&recording->items, &recording->count, sizeof(*recording->items)) : NULL;
	if (!item) {
		entry_free(entry);
		recording->no_memory = true;
		return NULL;
	}
	*item = entry;
	if (!tsearch(entry, &recording->index, compare_paths))
		recording->no_memory = true;
	return entry;
}

void recording_fill(struct recording *recording, struct recorded *entry, char *bytes, size_t size)
{
	free(entry->bytes);
	entry->bytes = bytes;
	entry->size = bytes ? size : 0;
	entry->read = true;
	recording->no_memory |= !bytes;
}

void recording_write(struct recording *recording, const char *path, const char *text)
{
	struct recorded *entry = recording_add(recording, path);

	if (!entry)
		return;
	entry->kind = ENTRY_FILE;
	entry->ordinary = true;
	entry->mode = 0644;
	recording_fill(recording, entry, strdup(text), strlen(text));
}

bool recording_is_below(const char *path, const char *directory)
{
	size_t size = strlen(directory);

	return strncmp(path, directory, size) == 0 && (path[size] == '/' || !path[size]);
}

void recording_drop(struct recording *recording, const char *path)
{
	for (size_t i = 0; i < recording->count; i++)
		if (recording_is_below(recording->items[i]->path, path))
			recording->items[i]->kind = ENTRY_NONE;
}

/* As strcmp, with '/' before every other character. */
static int compare_entries(const void *a, const void *b)
{
	const unsigned char *left = (const unsigned char *)(*(struct recorded *const *)a)->path;
	const unsigned char *right = (const unsigned char *)(*(struct recorded *const *)b)->path;

	while (*left && *left == *right) {
		left++;
		right++;
	}
	return (*left == '/' ? 1 : *left) - (*right == '/' ? 1 : *right);
}

/* The index points to the entries, and has none of its own. */
static void free_nothing(void *entry)
{
	(void)entry;
}

void recording_settle(struct recording *recording)
{
	size_t kept = 0;

	tdestroy(recording->index, free_nothing);
	recording->index = NULL;
	for (size_t i = 0; i < recording->count; i++)
		if (recording->items[i]->kind != ENTRY_NONE && !recording->items[i]->idle)
			recording->items[kept++] = recording->items[i];
		else
			entry_free(recording->items[i]);
	recording->count = kept;
	if (kept)
		qsort(recording->items, kept, sizeof(*recording->items), compare_entries);
}

void recording_done(struct recording *recording)
{
	if (!recording)
		return;
	tdestroy(recording->index, free_nothing);
	for (size_t i = 0; i < recording->count; i++)
		entry_free(recording->items[i]);
	free(recording->items);
	*recording = (struct recording){ 0 };
}
