/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a guest's CPUs, memory and devices are on the same NUMA node. */
#include <stdio.h>
#include <string.h>

#include "report/checks.h"

/* Sets of node numbers; empty where unknown. */
struct places {
	struct cpus cpus, memory, devices;
};

static void read_places(const struct check_input *input, const struct guest *guest, struct places *ret)
{
	const struct topology *topology = &input->guests->topology;
	uint64_t total = 0;

	*ret = (struct places){ 0 };
	for (size_t i = 0; i < guest->vcpu_count; i++)
		CPUS_FOR_EACH(cpu, &guest->vcpus[i].allowed)
			if (cpu < topology->cpu_count && topology->cpus[cpu].node >= 0)
				cpus_add(&ret->cpus, (unsigned int)topology->nodes[topology->cpus[cpu].node].number);
	for (size_t i = 0; i < guest->memory.node_count; i++)
		total += guest->memory.nodes[i].bytes;
	/* What is not its RAM, and lies elsewhere, is small. */
	for (size_t i = 0; guest->memory.nodes_known && i < guest->memory.node_count; i++)
		if (guest->memory.nodes[i].bytes > total / 64)
			cpus_add(&ret->memory, (unsigned int)guest->memory.nodes[i].number);
	for (size_t i = 0; i < guest->device_count; i++)
		if (guest->devices[i].node >= 0)
			cpus_add(&ret->devices, (unsigned int)guest->devices[i].node);
}

static bool agree(const struct places *places)
{
	const struct cpus *other = cpus_empty(&places->cpus) ? &places->memory : &places->cpus;

	if (!cpus_empty(&places->cpus) && !cpus_empty(&places->memory) && !cpus_equal(&places->cpus, &places->memory))
		return false;
	return cpus_empty(other) || cpus_subset(&places->devices, other);
}

static void add_place(char *text, size_t size, const char *what, const struct cpus *nodes)
{
	size_t length = strlen(text);
	char list[40];

	cpus_format(nodes, list, sizeof(list));
	snprintf(text + length, size - length, "%s%s%s%s", length ? ", " : "", what, list[0] ? " on node " : " unknown",
	         list);
}

/* CPUs can be moved; memory that is pinned stays where it is until the guest is started again. */
static void advise(const struct check_input *input, const struct guest *guest, const struct places *places,
                   unsigned int node, struct finding *finding)
{
	const struct topology *topology = &input->guests->topology;
	int index = topology_node_index(topology, (int)node);
	struct guest_place place;
	struct cpus only = { 0 };
	char list[80], xml[200], option[200];

	check_guest_place(input, guest, &place);
	if (index >= 0)
		cpus_and(&place.wanted, &topology->nodes[index].cpus);
	cpus_add(&only, node);
	if (cpus_equal(&places->memory, &only) && guest->vcpu_count && cpus_count(&place.wanted) >= guest->vcpu_count) {
		guest_pins_command(input->guests, guest, &place, finding->fix, sizeof(finding->fix));
		return;
	}
	cpus_format(&place.wanted, list, sizeof(list));
	snprintf(xml, sizeof(xml), "<numatune><memory mode='strict' nodeset='%u'/></numatune>%s%s", node,
	         list[0] ? ", and its <vcpupin>s to CPUs of " : "", list);
	snprintf(option, sizeof(option), "host-nodes=%u,policy=bind in its memory-backend object%s%s", node,
	         list[0] ? ", and its virtual CPUs on CPUs of " : "", list);
	if (guest->qemu)
		check_guest_define(guest, xml, option, finding);
	else
		FINDING_SET(finding->fix, "# start it on node %u, with its memory there", node);
}

/* A program that is no virtual machine runs where it likes: its memory and devices count. */
static struct finding *judge(const struct check_input *input, const struct guest *guest, const struct places *places,
                             struct report *report)
{
	bool machine = guest->qemu || guest->vcpu_total;
	struct finding *finding;
	unsigned int node;

	if (input->guests->topology.error)
		return report_add(report, "vm.locality", guest->name, STATUS_UNKNOWN,
		                  "the nodes of this machine cannot be read");
	if (input->guests->topology.node_count <= 1)
		return report_add(report, "vm.locality", guest->name, STATUS_PASS, "the machine has one node");
	if (agree(places) && (cpus_empty(&places->memory) || (machine && cpus_empty(&places->cpus))))
		return report_add(report, "vm.locality", guest->name, STATUS_UNKNOWN, "where its %s cannot be told",
		                  cpus_empty(&places->memory) ? "memory is" : "virtual CPUs run");
	if (agree(places))
		return report_add(report, "vm.locality", guest->name, STATUS_PASS, "%s and devices are on the same nodes",
		                  machine ? "CPUs, memory" : "memory");
	node = cpus_next(cpus_empty(&places->devices) ? &places->memory : &places->devices, 0);
	finding = report_add(report, "vm.locality", guest->name, STATUS_WARN,
	                     "not all of it is on one node: what it does takes the way "
	                     "between nodes");
	FINDING_SET(finding->want, "all on node %u", node);
	advise(input, guest, places, node, finding);
	return finding;
}

void check_vm_locality(const struct check_input *input, struct report *report)
{
	const struct guest *guest;

	for (size_t at = 0; (guest = check_guest_next(input, &at));) {
		struct finding *finding;
		struct places places;

		read_places(input, guest, &places);
		finding = judge(input, guest, &places, report);
		if (input->guests->topology.node_count > 1) {
			if (guest->qemu || guest->vcpu_total)
				add_place(finding->have, sizeof(finding->have), "CPUs", &places.cpus);
			add_place(finding->have, sizeof(finding->have), "memory", &places.memory);
			add_place(finding->have, sizeof(finding->have), "devices", &places.devices);
		}
		FINDING_SET(finding->source, "/proc/%d/task/*/status, numa_maps, numa_node of its devices", guest->pid);
	}
}
