/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/guest_pins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* The one CPU of a virtual one; CPUS_MAX where there are more, or none is known. */
static unsigned int only_cpu(const struct guest_vcpu *vcpu)
{
	unsigned int cpu = cpus_next(&vcpu->allowed, 0);

	return cpu < CPUS_MAX && cpus_next(&vcpu->allowed, cpu + 1) == CPUS_MAX ? cpu : CPUS_MAX;
}

/* A virtual CPU is pinned to the CPU: of this guest one before number, or of another guest any. */
static bool is_taken(const struct guests *guests, const struct guest *guest, size_t number, bool own, unsigned int cpu)
{
	for (size_t i = 0; i < guests->count; i++) {
		const struct guest *other = &guests->items[i];

		for (size_t j = 0; j < (other == guest ? number : own ? 0 : other->vcpu_count); j++)
			if (only_cpu(&other->vcpus[j]) == cpu)
				return true;
	}
	return false;
}

enum pin guest_pin(const struct guests *guests, const struct guest *guest, size_t number,
                   const struct guest_place *place)
{
	const struct guest_vcpu *vcpu = &guest->vcpus[number];
	unsigned int cpu = only_cpu(vcpu);

	if (cpus_empty(&vcpu->allowed))
		return PIN_UNKNOWN;
	if (cpu == CPUS_MAX)
		return PIN_LOOSE;
	if (!cpus_has(&place->wanted, cpu))
		return PIN_OUTSIDE;
	return is_taken(guests, guest, number, place->own, cpu) ? PIN_SHARED : PIN_GOOD;
}

/* Who gets which CPU. */
struct pair {
	const struct guest_vcpu *vcpu;
	unsigned int cpu;
};

/* Free CPUs in the order in which they are given: of each core first all threads, or first one of each core. */
static size_t order_cpus(const struct topology *topology, const struct cpus *free_cpus, bool cores_first,
                         unsigned int *ret)
{
	struct cpus left = *free_cpus;
	size_t count = 0;

	while (!cpus_empty(&left)) {
		struct cpus round = left;

		CPUS_FOR_EACH(cpu, &left) {
			struct cpus core;

			if (!cpus_has(&round, cpu))
				continue;
			topology_sharing(topology, LEVEL_CORE, cpu, &core);
			cpus_and(&core, &left);
			CPUS_FOR_EACH(thread, &core) {
				cpus_remove(&round, thread);
				if (cores_first && thread != cpu)
					continue;
				cpus_remove(&left, thread);
				ret[count++] = thread;
			}
		}
	}
	return count;
}

static size_t count_cores(const struct topology *topology, const struct cpus *cpus)
{
	struct cpus left = *cpus, core;
	size_t count = 0;

	for (unsigned int cpu; (cpu = cpus_next(&left, 0)) < CPUS_MAX; count++) {
		topology_sharing(topology, LEVEL_CORE, cpu, &core);
		cpus_minus(&left, &core);
	}
	return count;
}

/* The CPUs that can be given: wanted, online, and nobody else's. */
static void find_free(const struct guests *guests, const struct guest *guest, const struct guest_place *place,
                      struct cpus *ret)
{
	*ret = place->wanted;
	cpus_and(ret, &guests->topology.online);
	CPUS_FOR_EACH(cpu, &place->wanted)
		if (is_taken(guests, guest, 0, place->own, cpu))
			cpus_remove(ret, cpu);
	for (size_t i = 0; i < guest->vcpu_count; i++)
		if (guest_pin(guests, guest, i, place) == PIN_GOOD)
			cpus_remove(ret, only_cpu(&guest->vcpus[i]));
}

/* The host needs a core, where nobody said which ones are the guests'. */
static void spare_first_core(const struct topology *topology, size_t needed, struct cpus *cpus)
{
	struct cpus spared = *cpus, core;

	topology_sharing(topology, LEVEL_CORE, cpus_next(&topology->online, 0), &core);
	cpus_minus(&spared, &core);
	if (cpus_count(&spared) >= needed)
		*cpus = spared;
}

/* Fills pairs, as many as there are virtual CPUs at most. Returns how many; *ret_free: CPUs that could be given. */
static size_t make_pairs(const struct guests *guests, const struct guest *guest, const struct guest_place *place,
                         unsigned int *order, struct pair *pairs, size_t *ret_free)
{
	struct cpus near, far;
	size_t count = 0;
	bool cores_first;

	for (size_t i = 0; i < guest->vcpu_count; i++)
		if (guest_pin(guests, guest, i, place) != PIN_GOOD)
			pairs[count++].vcpu = &guest->vcpus[i];
	find_free(guests, guest, place, &far);
	spare_first_core(&guests->topology, count, &far);
	near = far;
	cpus_and(&near, &place->near);
	cpus_minus(&far, &near);
	cores_first = guest->setup.threads < 2 &&
	              count <= count_cores(&guests->topology, cpus_count(&near) >= count ? &near : &far);
	*ret_free = order_cpus(&guests->topology, &near, cores_first, order);
	*ret_free += order_cpus(&guests->topology, &far, cores_first, order + *ret_free);
	for (size_t i = 0; i < count && i < *ret_free; i++)
		pairs[i].cpu = order[i];
	return count;
}

/* A word of the shell: names that need it in single quotes. */
static void print_word(FILE *out, const char *word)
{
	bool plain = word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-")] == '\0';

	if (!plain)
		fputc('\'', out);
	for (const char *c = word; *c; c++)
		if (*c == '\'')
			fputs("'\\''", out);
		else
			fputc(*c, out);
	if (!plain)
		fputc('\'', out);
}

static bool by_libvirt(const struct guest *guest)
{
	return guest->setup.libvirt && guest->vcpus[0].number >= 0;
}

/* libvirt counts virtual CPUs as QEMU does, and moves its cgroups with them; of others the threads are pinned. */
static void print_one(FILE *out, const struct guest *guest, const char *who, const char *cpu)
{
	if (by_libvirt(guest)) {
		fputs("virsh vcpupin ", out);
		print_word(out, guest->name);
		fprintf(out, " %s %s --live --config", who, cpu);
	} else {
		fprintf(out, "taskset -cp %s %s", cpu, who);
	}
}

static int number_of(const struct guest *guest, const struct pair *pair)
{
	return by_libvirt(guest) ? pair->vcpu->number : pair->vcpu->tid;
}

/* "a && b", or a loop over pairs, or where that is too long and the numbers follow each other a loop that counts. */
static void print_pairs(FILE *out, const struct guest *guest, const struct pair *pairs, size_t count, size_t size)
{
	bool counts = count > (size - 120) / 12;

	for (size_t i = 0; count <= 2 && i < count; i++) {
		char who[16], cpu[16];

		snprintf(who, sizeof(who), "%d", number_of(guest, &pairs[i]));
		snprintf(cpu, sizeof(cpu), "%u", pairs[i].cpu);
		fputs(i ? " && " : "", out);
		print_one(out, guest, who, cpu);
	}
	if (count <= 2)
		return;
	if (counts)
		fprintf(out, "n=%d; ", number_of(guest, &pairs[0]));
	fputs(counts ? "for c in" : "for p in", out);
	for (size_t i = 0; i < count; i++)
		if (counts)
			fprintf(out, " %u", pairs[i].cpu);
		else
			fprintf(out, " %d:%u", number_of(guest, &pairs[i]), pairs[i].cpu);
	fputs("; do ", out);
	print_one(out, guest, counts ? "$n" : "${p%:*}", counts ? "$c" : "${p#*:}");
	fputs(counts ? "; n=$((n+1)); done" : "; done", out);
}

static bool follow_each_other(const struct guest *guest, const struct pair *pairs, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (number_of(guest, &pairs[i]) != number_of(guest, &pairs[i - 1]) + 1)
			return false;
	return true;
}

void guest_pins_command(const struct guests *guests, const struct guest *guest, const struct guest_place *place,
                        char *command, size_t size)
{
	_cleanup_free_ unsigned int *order = calloc(CPUS_MAX, sizeof(*order));
	_cleanup_free_ struct pair *pairs = calloc(guest->vcpu_count + 1, sizeof(*pairs));
	_cleanup_free_ char *text = NULL;
	size_t count, free_count, length = 0;
	FILE *out = open_memstream(&text, &length);
	bool fits;

	command[0] = '\0';
	if (!order || !pairs || !out) {
		if (out)
			fclose(out);
		return;
	}
	count = make_pairs(guests, guest, place, order, pairs, &free_count);
	print_pairs(out, guest, pairs, count, size);
	fclose(out);
	fits = text && length < size && (count <= (size - 120) / 12 || follow_each_other(guest, pairs, count));
	if (count > free_count)
		snprintf(command, size,
		         "# give it %zu of its %zu virtual CPUs%s: more CPUs that are nobody else's are not there",
		         guest->vcpu_count - count + free_count, guest->vcpu_count,
		         guest->setup.libvirt ? " (<vcpu> in its definition)" :
		         guest->qemu          ? " (-smp)" :
		                                "");
	else if (fits)
		snprintf(command, size, "%s", text);
	else
		snprintf(command, size, "# pin each of its %zu virtual CPUs to one CPU: %s", guest->vcpu_count,
		         guest->setup.libvirt ? "<vcpupin> in <cputune> of its definition" : "taskset -cp CPU THREAD");
}
