/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/lease.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/cpus.h"
#include "base/root.h"
#include "version.h"

#define SUFFIX ".lease"

static void lease_free(struct lease *lease)
{
	record_done(&lease->record);
	free(lease);
}

void leases_done(struct leases *leases)
{
	if (!leases)
		return;
	for (size_t i = 0; i < leases->count; i++)
		lease_free(leases->items[i]);
	free(leases->items);
	*leases = (struct leases){ 0 };
}

struct lease *leases_find(const struct leases *leases, const char *guest)
{
	for (size_t i = 0; i < leases->count; i++)
		if (strcmp(leases->items[i]->guest, guest) == 0)
			return leases->items[i];
	return NULL;
}

static void set_path(char *path, const char *guest)
{
	snprintf(path, LEASE_PATH_MAX, LEASE_DIRECTORY "/%s" SUFFIX, guest);
}

bool lease_exists(const struct root *root, const char *guest)
{
	char path[LEASE_PATH_MAX];

	set_path(path, guest);
	return root_exists(root, path);
}

static struct lease *add(struct leases *leases, const char *guest)
{
	struct lease *lease = calloc(1, sizeof(*lease)), **item;

	item = lease ? array_add(&leases->items, &leases->count, sizeof(*leases->items)) : NULL;
	if (!item) {
		free(lease);
		return NULL;
	}
	*item = lease;
	snprintf(lease->guest, sizeof(lease->guest), "%s", guest);
	set_path(lease->path, lease->guest);
	return lease;
}

struct lease *leases_add(struct leases *leases, const char *guest, const char *boot_id)
{
	struct lease *lease = add(leases, guest);

	if (!lease)
		return NULL;
	lease->record.path = lease->path;
	lease->record.udev = ANSWER_UNKNOWN;
	lease->record.writer = WRITER_APPLY;
	snprintf(lease->record.version, sizeof(lease->record.version), "%s", VFIO_PREP_VERSION);
	snprintf(lease->record.boot_id, sizeof(lease->record.boot_id), "%s", boot_id);
	strcpy(lease->record.state, "running");
	strcpy(lease->record.lease.state, LEASE_ACQUIRING);
	return lease;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int leases_read(const struct root *root, const char *boot_id, struct leases *ret)
{
	_cleanup_(names_done) struct names names = { 0 };
	int r = root_list(root, LEASE_DIRECTORY, &names);

	*ret = (struct leases){ 0 };
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (names.count)
		qsort(names.items, names.count, sizeof(*names.items), compare_names);
	for (size_t i = 0; i < names.count; i++) {
		size_t length = strlen(names.items[i]), suffix = strlen(SUFFIX);
		struct lease *lease;

		if (length <= suffix || length - suffix >= CONFIG_NAME_MAX ||
		    strcmp(names.items[i] + length - suffix, SUFFIX) != 0)
			continue;
		names.items[i][length - suffix] = '\0';
		lease = add(ret, names.items[i]);
		if (!lease)
			return -ENOMEM;
		lease->error = record_read_from(root, lease->path, &lease->record);
		lease->record.path = lease->path;
		if (lease->error == -ENOMEM)
			return -ENOMEM;
		if (lease->error == 0 && !lease->record.lease.state[0])
			lease->error = -EBADMSG;
		/* A directory that outlived a boot: what it tells of is gone. */
		if (lease->error == 0 && boot_id[0] && strcmp(lease->record.boot_id, boot_id) != 0) {
			lease_free(lease);
			ret->count--;
		}
	}
	return 0;
}

int leases_remove(const struct root *root, struct leases *leases, struct lease *lease)
{
	int r = root_remove(root, lease->path);

	for (size_t i = 0; i < leases->count; i++)
		if (leases->items[i] == lease) {
			memmove(&leases->items[i], &leases->items[i + 1], (leases->count - i - 1) * sizeof(*leases->items));
			leases->count--;
			break;
		}
	lease_free(lease);
	return r;
}

enum answer lease_is_live(const struct root *root, const struct lease *lease)
{
	const struct record_lease *of = &lease->record.lease;
	const struct process holder = { of->holder, of->holder_start };
	enum answer lives, populated;

	if (lease->error)
		return ANSWER_UNKNOWN;
	if (strcmp(of->state, LEASE_HELD) != 0)
		return ANSWER_NO;
	if (!of->holder)
		return ANSWER_YES;
	lives = process_lives(root, &holder);
	if (lives == ANSWER_YES || !of->cgroup[0])
		return lives;
	populated = cgroup_is_populated(root, of->cgroup);
	return populated == ANSWER_NO ? lives : populated;
}

bool lease_is_being_returned(const struct lease *lease)
{
	return !lease->error && strcmp(lease->record.lease.state, LEASE_RELEASING) == 0;
}

void lease_set_holder(struct lease *lease, const struct process *holder, const char *cgroup)
{
	lease->record.lease.holder = holder ? holder->pid : 0;
	lease->record.lease.holder_start = holder ? holder->start : 0;
	snprintf(lease->record.lease.cgroup, sizeof(lease->record.lease.cgroup), "%s", cgroup);
}

void lease_cpus(const struct lease *lease, struct cpus *ret)
{
	*ret = (struct cpus){ 0 };
	if (lease->record.lease.cpus[0])
		cpus_parse(lease->record.lease.cpus, ret);
}

int leases_mark_pages(const struct leases *leases, struct memory *memory)
{
	for (size_t i = 0; i < leases->count; i++) {
		const struct record *record = &leases->items[i]->record;
		_cleanup_free_ struct taken_pages *pages = calloc(record->count + 1, sizeof(*pages));
		size_t count;

		if (!pages)
			return -ENOMEM;
		count = record_pages(record, pages, record->count);
		for (size_t j = 0; j < count; j++)
			memory_add_guest(memory, pages[j].pool.page_size, pages[j].pool.node, pages[j].added);
	}
	return 0;
}

const char *lease_holder(const struct root *root, const struct lease *lease, char *text)
{
	const struct record_lease *of = &lease->record.lease;
	char command[20];

	if (!of->holder) {
		snprintf(text, LEASE_HOLDER_MAX, "nobody but --release");
		return text;
	}
	process_command(root, of->holder, command, sizeof(command));
	snprintf(text, LEASE_HOLDER_MAX, "process %llu%s%s%s", (unsigned long long)of->holder, command[0] ? " (" : "",
	         command, command[0] ? ")" : "");
	return text;
}
