/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether each virtual CPU of a guest has a CPU of its own. */
#include <stdio.h>
#include <string.h>

#include "report/checks.h"

/* How many virtual CPUs are placed how. */
struct pins {
	size_t counts[PIN_UNKNOWN + 1];
	size_t total;
};

static struct pins count_pins(const struct check_input *input, const struct guest *guest,
                              const struct guest_place *place)
{
	struct pins pins = { .total = guest->vcpu_total > guest->vcpu_count ? guest->vcpu_total : guest->vcpu_count };

	for (size_t i = 0; i < guest->vcpu_count; i++)
		pins.counts[guest_pin(input->guests, guest, i, place)]++;
	pins.counts[PIN_UNKNOWN] += pins.total - guest->vcpu_count;
	return pins;
}

/* "0: 2, 1: 6", or "each on 0-7" where that holds for all. */
static void tell_places(const struct guest *guest, char *text, size_t size)
{
	char list[40];
	bool same = guest->vcpu_count > 1;

	for (size_t i = 1; same && i < guest->vcpu_count; i++)
		same = cpus_equal(&guest->vcpus[i].allowed, &guest->vcpus[0].allowed);
	text[0] = '\0';
	for (size_t i = 0; i < (same ? 1 : guest->vcpu_count); i++) {
		const struct guest_vcpu *vcpu = &guest->vcpus[i];
		size_t length = strlen(text);

		cpus_format(&vcpu->allowed, list, sizeof(list));
		if (same)
			snprintf(text, size, "each on %s", list[0] ? list : "unknown ones");
		else if (length + 64 > size)
			break;
		else if (vcpu->number >= 0)
			snprintf(text + length, size - length, "%s%d: %s", i ? ", " : "", vcpu->number, list);
		else
			snprintf(text + length, size - length, "%sthread %d: %s", i ? ", " : "", vcpu->tid, list);
	}
}

static void add_part(char *text, size_t size, size_t count, size_t total, const char *what)
{
	size_t length = strlen(text);

	if (count && !length)
		snprintf(text, size, "%zu of its %zu virtual CPUs %s", count, total, what);
	else if (count)
		snprintf(text + length, size - length, ", %zu %s", count, what);
}

static struct finding *judge_pins(const struct guest *guest, const struct pins *pins, struct report *report)
{
	char text[160] = "";

	add_part(text, sizeof(text), pins->counts[PIN_LOOSE], pins->total, "on more than one CPU");
	add_part(text, sizeof(text), pins->counts[PIN_OUTSIDE], pins->total, "on CPUs that are not meant for it");
	add_part(text, sizeof(text), pins->counts[PIN_SHARED], pins->total, "on the CPU of another one");
	if (text[0])
		return report_add(report, "vm.pinning", guest->name, STATUS_WARN, "%s", text);
	if (pins->counts[PIN_UNKNOWN])
		return report_add(report, "vm.pinning", guest->name, STATUS_UNKNOWN,
		                  "%zu of its %zu virtual CPUs cannot be told from other threads",
		                  pins->counts[PIN_UNKNOWN], pins->total);
	return report_add(report, "vm.pinning", guest->name, STATUS_PASS,
	                  "%zu virtual CPUs, each on a CPU of its own", pins->total);
}

void check_vm_pinning(const struct check_input *input, struct report *report)
{
	const struct guest *guest;

	for (size_t at = 0; (guest = check_guest_next(input, &at));) {
		struct finding *finding;
		struct guest_place place;
		struct pins pins;
		char list[120];

		if (!guest->vcpu_count && !guest->vcpu_total && !guest->qemu)
			continue; /* no virtual machine */
		check_guest_place(input, guest, &place);
		pins = count_pins(input, guest, &place);
		if (cpus_empty(&place.wanted)) { /* without any CPU online that is known */
			finding = report_add(report, "vm.pinning", guest->name, STATUS_UNKNOWN,
			                     "the CPUs of this machine cannot be read");
			FINDING_SET(finding->source, "/sys/devices/system/cpu/online");
			continue;
		}
		if (!pins.total)
			finding = report_add(report, "vm.pinning", guest->name, STATUS_UNKNOWN,
			                     "its virtual CPUs cannot be told from other threads");
		else
			finding = judge_pins(guest, &pins, report);
		cpus_format(&place.wanted, list, sizeof(list));
		FINDING_SET(finding->want, "each on one CPU of %s", list[0] ? list : "this machine");
		tell_places(guest, finding->have, sizeof(finding->have));
		FINDING_SET(finding->source, "/proc/%d/task/*/status", guest->pid);
		if (finding->status == STATUS_WARN)
			guest_pins_command(input->guests, guest, &place, finding->fix, sizeof(finding->fix));
		else if (finding->status == STATUS_UNKNOWN && guest->qemu && !guest->setup.libvirt)
			FINDING_SET(finding->fix, "# start QEMU with debug-threads=on in -name: then its threads have names");
	}
}
