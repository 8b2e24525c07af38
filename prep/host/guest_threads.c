/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which threads of a guest are its virtual CPUs, and where they may run. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/guests.h"

#define GUEST_TIME 43 /* the field of proc_pid_stat(5): clock ticks that were spent running a virtual CPU */

/* "CPU 3/KVM" (QEMU with debug-threads=on, as libvirt always has it), "vcpu3", "crosvm_vcpu3", "kvm-vcpu-3". -1. */
static int number_of(const char *comm)
{
	const char *digits;
	char text[16];
	uint64_t number;

	if (strncmp(comm, "CPU ", 4) == 0 && strchr(comm, '/')) {
		digits = comm + 4;
	} else {
		digits = strstr(comm, "vcpu");
		if (!digits)
			return -1;
		digits += 4;
		digits += *digits == '-' || *digits == '_' || *digits == ' ';
	}
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(digits, "/"), digits);
	return parse_number(text, CPUS_MAX, &number) == 0 ? (int)number : -1;
}

/* Takes /proc/PID/task/TID/stat apart. False where it is none. */
static bool parse_stat(char *stat, const char **ret_comm, bool *ret_ran_guest)
{
	char *open = strchr(stat, '('), *close = strrchr(stat, ')'), *rest, *word = NULL;
	uint64_t ticks;

	if (!open || !close || close < open)
		return false;
	*close = '\0';
	rest = close + 1;
	for (int field = 3; field <= GUEST_TIME; field++)
		word = parse_word(&rest, " ");
	*ret_comm = open + 1;
	*ret_ran_guest = word && parse_number(word, UINT64_MAX, &ticks) == 0 && ticks;
	return true;
}

static void read_allowed(const struct root *root, const char *directory, struct cpus *ret)
{
	static const char key[] = "\nCpus_allowed_list:\t";
	char path[ROOT_PATH_MAX], list[CPUS_TEXT_MAX];
	_cleanup_free_ char *text = NULL;
	const char *found;
	size_t size;

	if (root_path(path, directory, "status") < 0 || root_read_all(root, path, 2 * CPUS_TEXT_MAX, &text, &size) < 0)
		return;
	found = strstr(text, key);
	if (!found)
		return;
	found += strlen(key);
	snprintf(list, sizeof(list), "%.*s", (int)strcspn(found, "\n"), found);
	cpus_parse(list, ret);
}

static int compare_vcpus(const void *a, const void *b)
{
	const struct guest_vcpu *left = a, *right = b;

	return left->number != right->number ? left->number - right->number : left->tid - right->tid;
}

/* Without names: threads that have run a virtual CPU, which all but those of a guest that never started them have. */
static int add_thread(struct guest *guest, const char *tid, int number, bool ran_guest)
{
	struct guest_vcpu *vcpu;

	if (number < 0 && !ran_guest)
		return 0;
	vcpu = array_add(&guest->vcpus, &guest->vcpu_count, sizeof(*vcpu));
	if (!vcpu)
		return -ENOMEM;
	vcpu->number = number;
	vcpu->tid = atoi(tid);
	return 0;
}

/* Where threads have names, one without is no virtual CPU. */
static void drop_unnamed(struct guest *guest)
{
	size_t first = 0;

	while (first < guest->vcpu_count && guest->vcpus[first].number < 0)
		first++;
	if (first == guest->vcpu_count)
		return;
	guest->vcpu_count -= first;
	memmove(guest->vcpus, guest->vcpus + first, guest->vcpu_count * sizeof(*guest->vcpus));
}

int guest_threads_read(const struct root *root, unsigned int known, struct guest *guest)
{
	_cleanup_(names_done) struct names names = { 0 };
	char directory[ROOT_PATH_MAX];
	int r;

	snprintf(directory, sizeof(directory), "proc/%d/task", guest->pid);
	if (root_list(root, directory, &names) < 0)
		return 0;
	for (size_t i = 0; i < names.count; i++) {
		char path[ROOT_PATH_MAX], text[ROOT_ATTRIBUTE];
		const char *comm;
		bool ran_guest;

		snprintf(path, sizeof(path), "%s/%s/stat", directory, names.items[i]);
		if (root_read(root, path, text, sizeof(text)) < 0 || !parse_stat(text, &comm, &ran_guest))
			continue;
		r = add_thread(guest, names.items[i], number_of(comm), ran_guest);
		if (r < 0)
			return r;
	}
	if (guest->vcpu_count)
		qsort(guest->vcpus, guest->vcpu_count, sizeof(*guest->vcpus), compare_vcpus);
	drop_unnamed(guest);
	for (size_t i = 0; i < guest->vcpu_count; i++) {
		char path[ROOT_PATH_MAX];

		snprintf(path, sizeof(path), "%s/%d", directory, guest->vcpus[i].tid);
		read_allowed(root, path, &guest->vcpus[i].allowed);
	}
	/* One that is switched off later keeps its thread's name away, and its descriptor. */
	if (guest->vcpu_count && guest->vcpus[0].number >= 0)
		guest->vcpu_total = (unsigned int)guest->vcpu_count;
	else
		guest->vcpu_total = known ? known : guest->setup.vcpus;
	return 0;
}
