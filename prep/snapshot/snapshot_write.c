/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a snapshot has in other words than the machine: a device node cannot be copied. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/root.h"
#include "host/host.h"
#include "snapshot/snapshot_parts.h"

#define LOG "dev/kmsg"

/* "snd_hda_intel 0000:01:00.1: ...", and not "... as /devices/pci0000:00/0000:00:14.0/usb1", which names a keyboard. */
static bool speaks_of_function(const char *text)
{
	for (const char *blank = text; (blank = strchr(blank, ' ')); blank++) {
		unsigned int domain, bus, device, function;

		if (sscanf(blank, " %8x:%2x:%2x.%1x", &domain, &bus, &device, &function) == 4)
			return true;
	}
	return false;
}

/* What the checks and the advice look for, and what somebody who reads the report would. */
static bool is_wanted(const char *text)
{
	static const char *const words[] = {
		"vfio", "iommu", "dmar", "amd-vi", "ivrs", "acs ", "remapping", "rcu", "nohz", "housekeeping", "isolcpus",
		"hugetlb", "hugepage", "kernel command line", "linux version", "kvm", "clocksource", "tsc:", "framebuffer",
		"efifb", "simplefb", "vesafb", "fb0", "cpuset", "vgaarb", "x86/split", "taint",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasestr(text, words[i]))
			return true;
	return speaks_of_function(text);
}

/* "Linux version 6.1.0-18-amd64 (builder@host) (gcc ...)": who built it is nobody's business. */
static int wanted_length(const char *text)
{
	size_t lead = strlen("Linux version ");

	return (int)(strncmp(text, "Linux version ", lead) == 0 ? lead + strcspn(text + lead, " ") : strlen(text));
}

void snapshot_write_log(const struct host *host, struct recording *recording)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out;

	if (host->log_error || !recording_find(recording, LOG))
		return;
	out = open_memstream(&text, &size);
	for (size_t i = 0; out && i < host->log.count; i++) {
		const struct log_entry *entry = &host->log.entries[i];

		if (is_wanted(entry->text))
			fprintf(out, "6,%zu,%llu,-;%.*s\n", i, (unsigned long long)entry->usec, wanted_length(entry->text),
			        entry->text);
	}
	if (!out || fclose(out) == EOF)
		recording->no_memory = true;
	else
		recording_write(recording, LOG, text);
}

/* As udev writes it: what is neither a letter nor a digit is \xNN. */
static void write_property(FILE *out, const char *key, const char *value)
{
	if (!*value)
		return;
	fprintf(out, "E:%s=", key);
	for (; *value; value++)
		fprintf(out, isalnum((unsigned char)*value) || strchr("-_.:+", *value) ? "%c" : "\\x%02x",
		        (unsigned char)*value);
	fputc('\n', out);
}

static void write_content(FILE *out, const struct block *block)
{
	const struct content *content = &block->content;

	if (block->busy)
		write_property(out, CONTENT_KEY_BUSY, "1");
	if (content->kind == CONTENT_AMBIVALENT)
		write_property(out, "ID_FS_AMBIVALENT", "1");
	if (content->kind == CONTENT_TABLE)
		write_property(out, "ID_PART_TABLE_TYPE", "gpt");
	write_property(out, "ID_FS_TYPE", content->type);
	write_property(out, "ID_FS_UUID", content->uuid);
	write_property(out, "ID_FS_LABEL_ENC", content->label);
	write_property(out, "ID_PART_ENTRY_UUID", content->partuuid);
	write_property(out, "ID_PART_ENTRY_NAME", content->partlabel);
	write_property(out, CONTENT_KEY_GROUP, content->volume_group);
}

static void write_disk(const struct block *block, struct recording *recording)
{
	_cleanup_free_ char *text = NULL;
	char path[ROOT_PATH_MAX];
	size_t size;
	FILE *out;

	/* Without its node, its content is looked up in udev's database (content_read). */
	snprintf(path, sizeof(path), "dev/%s", block->name);
	for (char *c = path; *c; c++)
		*c = *c == '!' ? '/' : *c;
	recording_drop(recording, path);
	snprintf(path, sizeof(path), "run/udev/data/b%s", block->number);
	recording_drop(recording, path);
	if (!block->number[0] || block->content.kind == CONTENT_UNREAD || block->content.kind == CONTENT_UNREADABLE)
		return;
	out = open_memstream(&text, &size);
	if (out)
		write_content(out, block);
	if (!out || fclose(out) == EOF)
		recording->no_memory = true;
	else
		recording_write(recording, path, text);
}

/* A node of a name of its own, as dm makes them where no udev runs, is a link as udev makes it. */
static void link_nodes(const struct block *block, struct recording *recording)
{
	for (size_t i = 0; i < recording->count; i++) {
		struct recorded *entry = recording->items[i];
		char target[ROOT_PATH_MAX];

		if (entry->kind != ENTRY_FILE || entry->ordinary || strcmp(entry->number, block->number) != 0)
			continue;
		snprintf(target, sizeof(target), "/dev/%s", block->name);
		for (char *c = target; *c; c++)
			*c = *c == '!' ? '/' : *c;
		entry->kind = ENTRY_LINK;
		recording_fill(recording, entry, strdup(target), strlen(target));
	}
}

void snapshot_write_disks(const struct host *host, struct recording *recording)
{
	for (size_t i = 0; i < host->storage.blocks.count; i++) {
		const struct block *block = &host->storage.blocks.items[i];

		write_disk(block, recording);
		if (block->number[0])
			link_nodes(block, recording);
	}
}
