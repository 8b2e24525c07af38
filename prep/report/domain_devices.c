/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of a guest in libvirt's words, and the node that they are on. */
#include "host/memory.h"
#include "report/domain.h"

/*
 * Buses of the guest for slots of several functions. libvirt makes the root ports up to them where there are none, and
 * gives what has no address the lowest free bus, so that these are free in any domain that was not written by hand.
 */
#define FIRST_BUS 0x10U

static bool is_taken(const struct goal *goal, const struct device_section *section)
{
	return goal->section == section && goal->guard == GUARD_NONE;
}

size_t domain_taken(const struct goals *goals, const struct device_section *section)
{
	size_t taken = 0;

	for (size_t i = 0; i < goals->count; i++)
		taken += is_taken(&goals->items[i], section);
	return taken;
}

/* The first goal from `from` on that is of another slot; *ret_taken of those before it are the section's. */
static size_t slot_end(const struct host *host, const struct goals *goals, const struct device_section *section,
                       size_t from, size_t *ret_taken)
{
	const struct pci_function *functions = host->pci.functions, *first = &functions[goals->items[from].function];
	size_t end = from;

	*ret_taken = 0;
	while (end < goals->count && pci_address_same_slot(&functions[goals->items[end].function].address, &first->address))
		*ret_taken += is_taken(&goals->items[end++], section);
	return end;
}

static void print_hostdev(FILE *out, const char *indent, const struct pci_address *address, const char *guest)
{
	fprintf(out, "%s<hostdev mode='subsystem' type='pci' managed='no'>\n", indent);
	fprintf(out, "%s  <source>\n", indent);
	fprintf(out, "%s    <address domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>\n", indent,
	        address->domain, address->bus, address->device & 0x1fU, address->function & 7U);
	fprintf(out, "%s  </source>\n", indent);
	if (guest[0])
		fprintf(out, "%s  %s\n", indent, guest);
	fprintf(out, "%s</hostdev>\n", indent);
}

/* Functions of one slot stay one device of the guest: drivers look for their neighbours there. */
static void print_slot(FILE *out, const char *indent, const struct host *host, const struct goals *goals, size_t first,
                       size_t end, const struct device_section *section, unsigned int bus)
{
	unsigned int number = 0;
	bool has_first = false;

	for (size_t i = first; i < end; i++)
		if (is_taken(&goals->items[i], section) && !host->pci.functions[goals->items[i].function].address.function)
			has_first = true;
	for (size_t i = first; i < end; i++) {
		const struct pci_address *address = &host->pci.functions[goals->items[i].function].address;
		unsigned int function;
		char guest[128];

		if (!is_taken(&goals->items[i], section))
			continue;
		/* A slot without function 0 is an empty one to the guest (PCI Local Bus Specification 3.0, 3.2.2.3.4). */
		function = has_first ? address->function : number;
		snprintf(guest, sizeof(guest),
		         "<address type='pci' domain='0x0000' bus='0x%02x' slot='0x00' function='0x%x'%s/>", bus, function,
		         function ? "" : " multifunction='on'");
		print_hostdev(out, indent, address, guest);
		number++;
	}
}

void domain_print_hostdevs(FILE *out, const char *indent, const struct host *host, const struct goals *goals,
                           const struct device_section *section, unsigned int *slots)
{
	for (size_t i = 0, end; i < goals->count; i = end) {
		const struct pci_function *function = &host->pci.functions[goals->items[i].function];
		size_t taken;

		end = slot_end(host, goals, section, i, &taken);
		/* Virtual functions share numbers of a slot, and are devices of their own. */
		if (taken > 1 && !(function->detail && function->detail->is_vf)) {
			print_slot(out, indent, host, goals, i, end, section, FIRST_BUS + (*slots)++);
			continue;
		}
		for (size_t j = i; j < end; j++)
			if (is_taken(&goals->items[j], section))
				print_hostdev(out, indent, &host->pci.functions[goals->items[j].function].address, "");
	}
}

/* True where memory can be of this node and of another one. */
static bool has_choice(const struct host *host, int number)
{
	const struct memory_node *node = number < 0 ? NULL : memory_node(&host->memory, number);

	return host->memory.numa && host->memory.node_count > 1 && node && node->has_memory;
}

int domain_node(const struct vm_section *vm, const struct host *host, const struct goals *goals)
{
	const struct topology *topology = &host->topology;

	for (size_t i = 0; i < goals->count; i++) {
		const struct pci_detail *detail = host->pci.functions[goals->items[i].function].detail;

		if (goals->items[i].guard != GUARD_NONE || !vm_has_device(vm, goals->items[i].section->name) || !detail ||
		    detail->node < 0)
			continue;
		if (has_choice(host, detail->node))
			return detail->node;
		break;
	}
	for (size_t i = 0; vm->has_cpus && i < topology->node_count; i++)
		if (cpus_subset(&vm->cpus, &topology->nodes[i].cpus) && has_choice(host, topology->nodes[i].number))
			return topology->nodes[i].number;
	return -1;
}
