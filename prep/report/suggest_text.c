/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A suggested config as text: what is in force, and the reasons as comments. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "base/parse.h"
#include "host/usage.h"
#include "report/names.h"
#include "report/suggest.h"

#define COLUMNS 100 /* and the config takes lines of 198 bytes */

/* Names of disks, processes and devices come from anywhere; a config is UTF-8 without control characters. */
static void make_plain(char *text)
{
	bool utf8 = parse_is_utf8(text, strlen(text));

	for (unsigned char *c = (unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c == 0x7f || (!utf8 && *c >= 0x80))
			*c = '?';
}

void suggestion_comment(FILE *out, const char *format, ...)
{
	char text[1024];
	size_t column = 0;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	make_plain(text);
	for (const char *word = text; *word; word += strspn(word, " ")) {
		size_t size = strcspn(word, " ");

		if (size > COLUMNS)
			size = COLUMNS; /* what stands in one piece of so many bytes is no word of ours */
		while (size > 1 && ((unsigned char)word[size] & 0xc0) == 0x80)
			size--;
		if (column && column + 1 + size > COLUMNS) {
			fputc('\n', out);
			column = 0;
		}
		if (!column)
			column = (size_t)fprintf(out, ";");
		fprintf(out, " %.*s", (int)size, word);
		column += 1 + size;
		word += size;
	}
	fputc('\n', out);
}

void suggestion_print_function(FILE *out, const char *lead, const struct pci_function *function, const char *tail,
                               struct pci_access *names)
{
	char address[PCI_ADDRESS_MAX], name[120];

	/* libpci answers with the start of its sentence where the name is longer. */
	snprintf(name, sizeof(name), "%s", names_device(names, function, (char[160]){ 0 }, 160));
	make_plain(name);
	fprintf(out, "; %s%s  %s (%04x:%04x)%s\n", lead, pci_address_format(&function->address, address), name,
	        function->vendor, function->device, tail);
}

static bool brings_of_group(const struct suggestion *suggestion, const struct device_section *section)
{
	const struct pci *pci = &suggestion->host->pci;
	int group = pci_find(pci, &section->addresses[0])->detail->group;

	for (size_t i = 0; group >= 0 && i < pci->count; i++)
		if (suggestion_brings(suggestion, section, i) && pci->functions[i].detail->group == group)
			return true;
	return false;
}

/* What comes along, and what of the slot does not. */
static void print_companions(FILE *out, const struct suggestion *suggestion, const struct device_section *section,
                             struct pci_access *names)
{
	const struct pci *pci = &suggestion->host->pci;
	const struct pci_function *first = pci_find(pci, &section->addresses[0]);

	if (section->also != ALSO_NONE && brings_of_group(suggestion, section))
		suggestion_comment(out,
		                   "Its IOMMU group %d holds other devices, too, and vfio hands out groups as a whole. "
		                   "With it come:",
		                   first->detail->group);
	else if (section->also != ALSO_NONE)
		suggestion_comment(out, "The functions of its slot are one card. With it come:");
	for (size_t i = 0; i < pci->count; i++)
		if (suggestion_brings(suggestion, section, i))
			suggestion_print_function(out, "  ", &pci->functions[i], "", names);
	for (size_t i = 0; i < pci->count; i++) {
		const struct pci_function *other = &pci->functions[i];
		char address[PCI_ADDRESS_MAX];

		if (other == first || first->detail->is_vf || other->detail->is_vf || pci_is_bridge(other) ||
		    !pci_address_same_slot(&first->address, &other->address) || goals_find(&suggestion->goals, i))
			continue;
		suggestion_comment(out, "%s of its slot stays with the host%s.", pci_address_format(&other->address, address),
		                   other->detail->group < 0 ? ": which group it is in shows when the IOMMU is on" :
		                   ": it is in a group of its own");
	}
	if (host_leaves_out(suggestion->host, first))
		suggestion_comment(out, "It has no IOMMU group though the IOMMU is on: no guest can have it.");
	else if (first->detail->group < 0)
		suggestion_comment(out, "It has no IOMMU group now. Ask again when the IOMMU is on, as its group may "
		                        "hold more: vfio-prep --check tells what is off.");
	if (first->detail->usage & USAGE_DEFAULT_ROUTE)
		suggestion_comment(out, "This host's default route goes through it.");
	if (first->detail->is_vf)
		suggestion_comment(out, "It is a virtual function: a boot finds it only if it is made before (sriov_numvfs).");
}

/* What the waiver of a guard means; NULL where nobody should be led to it. */
static const char *meaning(enum guard guard)
{
	switch (guard) {
	case GUARD_BOOT_DISPLAY:
		return "takes it all the same. The console of the boot goes dark, so have another way into this machine";
	case GUARD_NETWORK:
		return "takes it all the same, and this host is without that network";
	case GUARD_GROUP:
		return "binds it all the same, but vfio gives no guest a group of which the host keeps a part";
	default:
		return NULL;
	}
}

/* Where a group is lost only because another function of it is refused, that one's waiver is the one. */
static bool follows_from_others(const struct goals *goals, const struct goal *goal)
{
	for (size_t i = 0; goal->guard == GUARD_GROUP && i < goals->count; i++)
		if (goals->items[i].section == goal->section && goals->items[i].guard != GUARD_NONE &&
		    goals->items[i].guard != GUARD_GROUP)
			return true;
	return false;
}

static void print_refused(FILE *out, const struct suggestion *suggestion, const struct device_section *section)
{
	unsigned int waived = 0;
	char names[120] = "";
	size_t used = 0;

	for (size_t i = 0; i < suggestion->goals.count; i++) {
		const struct goal *goal = &suggestion->goals.items[i];
		const char *means = meaning(goal->guard);
		char address[PCI_ADDRESS_MAX];

		if (goal->section != section || goal->guard == GUARD_NONE)
			continue;
		suggestion_comment(
			out, "REFUSED: %s (%s): %s.",
			pci_address_format(&suggestion->host->pci.functions[goal->function].address, address),
			guard_name(goal->guard), goal->why);
		if (!means || host_leaves_out(suggestion->host, &suggestion->host->pci.functions[goal->function]) ||
		    waived & 1U << goal->guard || follows_from_others(&suggestion->goals, goal))
			continue;
		waived |= 1U << goal->guard;
		suggestion_comment(out, "allow = %s %s.", guard_name(goal->guard), means);
		used += (size_t)snprintf(names + used, sizeof(names) - used, " %s", guard_name(goal->guard));
	}
	if (waived)
		fprintf(out, ";allow =%s\n", names);
}

static void print_allow(FILE *out, const struct device_section *section)
{
	if (!section->allow)
		return;
	fputs("allow =", out);
	for (unsigned int waiver = WAIVE_BOOT_DISPLAY; waiver <= WAIVE_GROUP; waiver <<= 1)
		if (section->allow & waiver)
			fprintf(out, " %s", waiver_name((enum waiver)waiver));
	fputc('\n', out);
}

void suggestion_print_section(FILE *out, const struct suggestion *suggestion, const struct device_section *section,
                              struct pci_access *names)
{
	const struct pci_function *function = pci_find(&suggestion->host->pci, &section->addresses[0]);
	char address[PCI_ADDRESS_MAX];

	fputc('\n', out);
	suggestion_print_function(out, "", function, "", names);
	fprintf(out, "[device %s]\naddress = %s\nid = %04x:%04x\n", section->name,
	        pci_address_format(&function->address, address), function->vendor, function->device);
	if (section->also != ALSO_NONE)
		fprintf(out, "also = %s\n", section->also == ALSO_SLOT ? "slot" : "group");
	if (strcmp(section->driver, "vfio-pci") != 0)
		fprintf(out, "driver = %s\n", section->driver);
	print_allow(out, section);
	if (function->detail->path[0] && strlen(function->detail->path) < COLUMNS) {
		suggestion_comment(out, "Instead of the address, this path stays the same when buses are renumbered:");
		fprintf(out, ";path = %s\n", function->detail->path);
	}
	print_companions(out, suggestion, section, names);
	print_refused(out, suggestion, section);
}

static void print_pool(FILE *out, const struct suggestion *suggestion)
{
	const struct page_pool *pool = &suggestion->config.pools[0];
	const struct memory_node *node = memory_node(&suggestion->host->memory, pool->node);
	char amount[FORMAT_SIZE_MAX], size[FORMAT_SIZE_MAX], total[FORMAT_SIZE_MAX], place[32] = "";

	if (pool->node >= 0)
		snprintf(place, sizeof(place), "@%d", pool->node);
	format_size(pool->pages * pool->page_size, amount);
	format_size(pool->node >= 0 && node ? node->total : suggestion->host->memory.total, total);
	fputc('\n', out);
	suggestion_comment(out, "Huge pages, for the whole memory of guests: %s of the %s that %s.", amount, total,
	                   pool->node >= 0 ? "the node of the first device has" : "this machine has");
	fprintf(out, ";[hugepages]\n;%s%s = %s\n", format_size(pool->page_size, size), place, amount);
}

static void print_cpus(FILE *out, const struct suggestion *suggestion)
{
	const struct isolation *isolation = &suggestion->isolation;
	const struct topology *topology = &suggestion->host->topology;
	char guest[200], host[200], node[40] = "";

	if (isolation->near_node >= 0 && topology->node_count > 1)
		snprintf(node, sizeof(node), ", node %d's first", topology->nodes[isolation->near_node].number);
	cpus_format(&isolation->guest, guest, sizeof(guest));
	cpus_format(&isolation->housekeeping, host, sizeof(host));
	fputc('\n', out);
	suggestion_comment(out,
	                   "CPUs for guests alone: %s; the host keeps %s. auto:N takes N of them%s. Kernel "
	                   "parameters do it: vfio-prep --advise.",
	                   guest, host, node);
	fputs(";[cpus]\n;isolate = auto\n", out);
}

void suggestion_print(FILE *out, const struct suggestion *suggestion, struct pci_access *names)
{
	const struct config *config = &suggestion->config;

	suggestion_comment(out, "A config for vfio-prep, see vfio-prep.conf(5); its place is /etc/vfio-prep.conf. "
	                        "A line that begins with ';' and no blank is a proposal: take the ';' away to have it.");
	suggestion_comment(out, "vfio-prep --plan tells what the next boot makes of it.");
	for (size_t i = 0; i < config->device_count; i++)
		suggestion_print_section(out, suggestion, &config->devices[i], names);
	if (config->pool_count)
		print_pool(out, suggestion);
	if (!suggestion->isolation.unknown && !isolation_is_refused(&suggestion->isolation) &&
	    !cpus_empty(&suggestion->isolation.guest))
		print_cpus(out, suggestion);
}
