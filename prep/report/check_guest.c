/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which guests run, and what the checks of guests share. */
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "report/checks.h"

const struct guest *check_guest_next(const struct check_input *input, size_t *at)
{
	while (input->guests && *at < input->guests->count && (input->config->enabled || input->guest)) {
		const struct guest *guest = &input->guests->items[(*at)++];

		if (!input->guest || strcmp(guest->name, input->guest) == 0)
			return guest;
	}
	return NULL;
}

const struct vm_section *check_guest_section(const struct check_input *input, const struct guest *guest)
{
	for (size_t i = 0; i < input->config->vm_count; i++)
		if (strcmp(input->config->vms[i].name, guest->name) == 0)
			return &input->config->vms[i];
	return NULL;
}

void check_guest_define(const struct guest *guest, const char *xml, const char *option, struct finding *finding)
{
	if (guest->setup.libvirt)
		FINDING_SET(finding->fix, "# virsh edit %s: %s; then shut it down and start it", guest->name, xml);
	else
		FINDING_SET(finding->fix, "# start QEMU with %s", option);
}

/* Those of a section are its guest's alone while that runs. */
static void leave_to_others(const struct check_input *input, const struct guest *guest, struct cpus *cpus)
{
	for (size_t i = 0; i < input->guests->count; i++) {
		const struct vm_section *section = check_guest_section(input, &input->guests->items[i]);

		if (&input->guests->items[i] != guest && section && section->has_cpus)
			cpus_minus(cpus, &section->cpus);
	}
}

/* The node of most of its memory, which is pinned there, else of its devices; -1 unknown. */
static int node_of(const struct guest *guest)
{
	const struct guest_node *most = NULL;

	for (size_t i = 0; guest->memory.nodes_known && i < guest->memory.node_count; i++)
		if (!most || guest->memory.nodes[i].bytes > most->bytes)
			most = &guest->memory.nodes[i];
	for (size_t i = 0; !most && i < guest->device_count; i++)
		if (guest->devices[i].node >= 0)
			return guest->devices[i].node;
	return most ? most->number : -1;
}

void check_guest_place(const struct check_input *input, const struct guest *guest, struct guest_place *ret)
{
	const struct vm_section *section = check_guest_section(input, guest);
	const struct topology *topology = &input->guests->topology;
	int node = topology_node_index(topology, node_of(guest));
	struct cpus isolated = topology->isolated, narrowed;

	cpus_or(&isolated, &input->host->tuning.partitioned);
	if (input->isolation->wanted && !cpus_empty(&input->isolation->guest))
		isolated = input->isolation->guest;
	if (cpus_empty(&isolated))
		isolated = topology->online;
	narrowed = isolated;
	*ret = (struct guest_place){ .own = section && section->has_cpus };
	if (ret->own)
		cpus_and(&narrowed, &section->cpus);
	else
		leave_to_others(input, guest, &narrowed);
	ret->wanted = !cpus_empty(&narrowed) ? narrowed : ret->own ? section->cpus : isolated;
	if (node >= 0)
		ret->near = topology->nodes[node].cpus;
}

static void add_text(char *text, size_t size, const char *part)
{
	size_t length = strlen(text);

	snprintf(text + length, size - length, "%s%s", length ? ", " : "", part);
}

static void list_devices(const struct guest *guest, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < guest->device_count; i++) {
		char address[PCI_ADDRESS_MAX];

		add_text(text, size, pci_address_format(&guest->devices[i].address, address));
	}
}

static void tell_running(const struct guest *guest, struct report *report)
{
	char vcpus[40] = "", ram[FORMAT_SIZE_MAX + 16] = "", devices[240], size[FORMAT_SIZE_MAX];
	struct finding *finding;

	if (guest->vcpu_total)
		snprintf(vcpus, sizeof(vcpus), ", %u virtual CPU%s", guest->vcpu_total, guest->vcpu_total == 1 ? "" : "s");
	if (guest->setup.ram)
		snprintf(ram, sizeof(ram), ", %s of memory", format_size(guest->setup.ram, size));
	finding = report_add(report, "vm.running", guest->name, STATUS_PASS, "process %d, %s%s%s%s", guest->pid,
	                     guest->program[0] ? guest->program : "of no known program", vcpus, ram,
	                     guest->qemu ? "" : "; it is not QEMU: its options are not looked at");
	list_devices(guest, devices, sizeof(devices));
	FINDING_SET(finding->have, "%s", guest->hidden ? "devices unknown: only root can see its open files" :
	            devices[0] ? devices : "no PCI device");
	FINDING_SET(finding->source, "/proc/%d/cmdline, fd", guest->pid);
}

void check_vm_running(const struct check_input *input, struct report *report)
{
	const struct guest *guest;
	size_t at = 0, count = 0;

	for (; (guest = check_guest_next(input, &at)); count++)
		tell_running(guest, report);
	if (input->guest && !count) {
		struct finding *finding = report_add(report, "vm.running", input->guest, STATUS_UNKNOWN,
		                                     "it does not run, or holds no device: nothing can be looked at");

		FINDING_SET(finding->want, "a process that holds a device of vfio open");
		FINDING_SET(finding->have, "none of this name");
		FINDING_SET(finding->source, "/proc/*/fd, cmdline");
	}
}
