/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/suggest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "plan/guards.h"

/* The names of sections, by what the device is. */
static const char *kind_of(uint32_t class)
{
	switch (PCI_CLASS_BASE(class)) {
	case PCI_BASE_DISPLAY:
		return "gpu";
	case PCI_BASE_STORAGE:
		return class >> 8 == 0x0108 ? "nvme" : "disk";
	case PCI_BASE_NETWORK:
		return "nic";
	case PCI_BASE_MULTIMEDIA:
		return "sound";
	default:
		return class >> 8 == PCI_CLASS_USB ? "usb" : "device";
	}
}

/* The function that a section lists. */
static const struct pci_function *listed(const struct host *host, const struct device_section *section)
{
	return pci_find(&host->pci, &section->addresses[0]);
}

bool suggestion_brings(const struct suggestion *suggestion, const struct device_section *section, size_t function)
{
	const struct pci_function *first = listed(suggestion->host, section);
	const struct pci_function *other = &suggestion->host->pci.functions[function];

	if (other == first || pci_is_bridge(other))
		return false;
	if (section->also == ALSO_SLOT)
		return pci_address_same_slot(&first->address, &other->address);
	return section->also == ALSO_GROUP && first->detail->group >= 0 && other->detail->group == first->detail->group;
}

static bool is_asked_for(const struct suggestion *suggestion, size_t function)
{
	for (size_t i = 0; i < suggestion->function_count; i++)
		if (suggestion->functions[i] == function)
			return true;
	return false;
}

/* True where another function of the slot is asked for, and none is not. */
static bool slot_is_asked_for(const struct suggestion *suggestion, size_t number)
{
	const struct pci *pci = &suggestion->host->pci;
	size_t first, end = pci_slot(pci, number, &first), count = 0;

	for (size_t i = first; i < end; i++) {
		if (!pci_is_bridge(&pci->functions[i]) && !is_asked_for(suggestion, i))
			return false;
		count += !pci_is_bridge(&pci->functions[i]);
	}
	return count > 1;
}

/* True where the slot has a function that another group has. */
static bool slot_is_split(const struct pci *pci, const struct pci_function *function, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		if (!pci_is_bridge(&pci->functions[i]) && pci->functions[i].detail->group != function->detail->group)
			return true;
	return false;
}

/*
 * The least that gives vfio a whole group. The functions of a graphics card belong together even where each has a
 * group, those of a network card do not.
 */
static enum also choose_also(const struct suggestion *suggestion, size_t number)
{
	const struct host *host = suggestion->host;
	const struct pci_function *function = &host->pci.functions[number];
	const struct iommu_group *group = host_group(host, function->detail->group);
	const struct goals nothing = { 0 };
	bool slot = false, whole = false;
	size_t first, end = pci_slot(&host->pci, number, &first);

	for (size_t i = 0; group && i < group->member_count; i++) {
		const struct pci_function *member = &host->pci.functions[group->members[i]];

		if (member == function || pci_is_bridge(member))
			continue;
		if (pci_address_same_slot(&member->address, &function->address))
			slot = true;
		else if (guards_host_keeps(&nothing, host, group->members[i], VIEW_NEXT_BOOT))
			return ALSO_GROUP;
	}
	if (suggestion->exact)
		whole = slot_is_asked_for(suggestion, number);
	for (size_t i = first; i < end && !suggestion->exact && PCI_CLASS_BASE(function->class) == PCI_BASE_DISPLAY &&
	                       !function->detail->is_vf; i++)
		whole |= i != number && !pci_is_bridge(&host->pci.functions[i]);
	if (whole)
		return ALSO_SLOT;
	/* Other functions of the slot, as Wi-Fi beside a USB controller, are no part of it. */
	return !slot ? ALSO_NONE : slot_is_split(&host->pci, function, first, end) ? ALSO_GROUP : ALSO_SLOT;
}

static int add_section(struct suggestion *suggestion, size_t number)
{
	const struct pci_function *function = &suggestion->host->pci.functions[number];
	struct config *config = &suggestion->config;
	struct device_section *section = array_add(&config->devices, &config->device_count, sizeof(*section));
	struct id_pattern *id;
	struct pci_address *address;

	if (!section)
		return -ENOMEM;
	section->line = (unsigned int)config->device_count;
	section->required = true;
	section->also = choose_also(suggestion, number);
	snprintf(section->name, sizeof(section->name), "%s", kind_of(function->class));
	snprintf(section->driver, sizeof(section->driver), "%s",
	         suggestion->exact && pci_driver_is_vfio(function->driver) ? function->driver : "vfio-pci");
	address = array_add(&section->addresses, &section->address_count, sizeof(*address));
	id = array_add(&section->ids, &section->id_count, sizeof(*id));
	if (!address || !id)
		return -ENOMEM;
	*address = function->address;
	*id = (struct id_pattern){ function->vendor, function->device, -1, -1 };
	return 0;
}

/* "gpu" alone, or "gpu1", "gpu2". */
static void number_sections(struct config *config)
{
	for (size_t i = 0; i < config->device_count; i++) {
		char kind[CONFIG_NAME_MAX - 24];
		unsigned int number = 1;

		snprintf(kind, sizeof(kind), "%s", config->devices[i].name);
		for (size_t j = i + 1; j < config->device_count; j++)
			if (strcmp(config->devices[j].name, kind) == 0)
				snprintf(config->devices[j].name, CONFIG_NAME_MAX, "%s%u", kind, ++number);
		if (number > 1)
			snprintf(config->devices[i].name, CONFIG_NAME_MAX, "%s1", kind);
	}
}

static bool is_brought(const struct suggestion *suggestion, size_t function)
{
	for (size_t i = 0; i < suggestion->config.device_count; i++)
		if (suggestion_brings(suggestion, &suggestion->config.devices[i], function))
			return true;
	return false;
}

/* A pool of this page size of at most so many bytes; pages.count is 0 where this machine can have none. 0 or
 * -ENOMEM. */
static int try_pool(struct suggestion *suggestion, uint64_t page_size, int node, uint64_t bytes)
{
	struct page_pool *pool = suggestion->config.pools;

	*pool = (struct page_pool){ .page_size = page_size, .node = node, .pages = bytes / page_size };
	suggestion->config.pool_count = 1;
	for (int round = 0; round < 2 && pool->pages; round++) {
		int r = pages_build(&suggestion->config, suggestion->host, VIEW_NEXT_BOOT, &suggestion->pages);

		if (r < 0 || (suggestion->pages.count && suggestion->pages.items[0].guard == GUARD_NONE))
			return r;
		pool->pages = suggestion->pages.count ? suggestion->pages.items[0].most : 0;
		pages_done(&suggestion->pages);
	}
	suggestion->config.pool_count = 0;
	return 0;
}

/* Half of the memory near the first device, in pages of a gigabyte where that is worth it. */
static int propose_pages(struct suggestion *suggestion)
{
	static const uint64_t sizes[] = { UINT64_C(1) << 30, UINT64_C(1) << 21 };
	const struct memory *memory = &suggestion->host->memory;
	const struct topology *topology = &suggestion->host->topology;
	int near = suggestion->isolation.near_node, number = near < 0 ? -1 : topology->nodes[near].number;
	const struct memory_node *node = memory->numa && memory->node_count > 1 ? memory_node(memory, number) : NULL;
	uint64_t total = node && node->has_memory ? node->total : memory->total, half = total >> 31 << 30;
	int r = 0;

	suggestion->config.pools = calloc(1, sizeof(*suggestion->config.pools));
	if (!suggestion->config.pools)
		return -ENOMEM;
	if (!memory->read || total == MEMORY_UNKNOWN)
		return 0;
	for (size_t i = 0; r == 0 && !suggestion->config.pool_count && i < ARRAY_SIZE(sizes); i++)
		if (memory_size(memory, sizes[i]) >= 0 && half >= 8 * sizes[i])
			r = try_pool(suggestion, sizes[i], node && node->has_memory ? number : -1, half);
	return r;
}

int suggestion_build_devices(const struct host *host, const size_t *functions, size_t count, bool exact,
                             struct suggestion *ret)
{
	int r = 0;

	*ret = (struct suggestion){ .host = host, .functions = functions, .function_count = count, .exact = exact };
	ret->config.enabled = true;
	ret->config.keep_free = UINT64_C(2) << 30;
	ret->config.cpus.irqs = true;
	for (size_t i = 0; r == 0 && i < count; i++)
		if (!is_brought(ret, functions[i]))
			r = add_section(ret, functions[i]);
	if (r < 0)
		return r;
	number_sections(&ret->config);
	return suggestion_judge(ret);
}

int suggestion_judge(struct suggestion *suggestion)
{
	int r;

	goals_done(&suggestion->goals);
	r = goals_build(&suggestion->config, suggestion->host, &suggestion->goals);
	if (r == 0)
		guards_apply(&suggestion->goals, suggestion->host, VIEW_NEXT_BOOT);
	return r;
}

int suggestion_build(const struct host *host, const size_t *functions, size_t count, struct suggestion *ret)
{
	int r = suggestion_build_devices(host, functions, count, false, ret);

	if (r < 0)
		return r;
	ret->config.cpus.isolate = ISOLATE_AUTO;
	r = isolation_build(&ret->config, host, &ret->isolation);
	return r < 0 ? r : propose_pages(ret);
}

void suggestion_done(struct suggestion *suggestion)
{
	if (!suggestion)
		return;
	pages_done(&suggestion->pages);
	isolation_done(&suggestion->isolation);
	goals_done(&suggestion->goals);
	config_done(&suggestion->config);
	*suggestion = (struct suggestion){ 0 };
}
