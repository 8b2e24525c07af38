/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the CPUs and the huge pages for guests are on the NUMA node that a device hangs on. */
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "report/checks.h"

/* The guest that the section of a device is for, if it names its CPUs; NULL. */
static const struct vm_section *guest_of(const struct config *config, const struct device_section *section)
{
	for (size_t i = 0; i < config->vm_count; i++)
		for (size_t j = 0; j < config->vms[i].device_count; j++)
			if (config->vms[i].has_cpus && strcmp(config->vms[i].devices[j], section->name) == 0)
				return &config->vms[i];
	return NULL;
}

static size_t count_nodes(const struct host *host)
{
	return host->topology.node_count > host->memory.node_count ? host->topology.node_count : host->memory.node_count;
}

/* False where none of the CPUs is on the node; true also where that is not known. */
static bool has_near_cpu(const struct host *host, const struct cpus *cpus, int node)
{
	int index = host->topology.node_count ? topology_node_index(&host->topology, node) : -1;

	return index < 0 || cpus_overlap(cpus, &host->topology.nodes[index].cpus);
}

static uint64_t pages_on(const struct memory_node *node, int size)
{
	uint64_t pages = node && size >= 0 ? node->pages[size].pages : 0;

	return pages == MEMORY_UNKNOWN ? 0 : pages;
}

/* The first pool whose pages are on other nodes, where no pool has any on this one; NULL. */
static const struct page_pool *far_pool(const struct check_input *input, int node, unsigned int *ret_node)
{
	const struct memory *memory = &input->host->memory;
	const struct page_pool *far = NULL;

	for (size_t i = 0; i < input->config->pool_count; i++) {
		const struct page_pool *pool = &input->config->pools[i];
		int size = memory_size(memory, pool->page_size);

		if (pages_on(memory_node(memory, node), size))
			return NULL;
		for (size_t j = 0; !far && j < memory->node_count; j++)
			if (pages_on(&memory->nodes[j], size)) {
				far = pool;
				*ret_node = memory->nodes[j].number;
			}
	}
	return far;
}

/* The first pool of a node that this machine does not have, where no pool has pages on the device's; NULL. */
static const struct page_pool *lost_pool(const struct check_input *input, int node)
{
	const struct memory *memory = &input->host->memory;
	const struct page_pool *lost = NULL;

	for (size_t i = 0; memory->node_count && i < input->config->pool_count; i++) {
		const struct page_pool *pool = &input->config->pools[i];

		if (pages_on(memory_node(memory, node), memory_size(memory, pool->page_size)))
			return NULL;
		if (!lost && pool->node >= 0 && !memory_node(memory, pool->node))
			lost = pool;
	}
	return lost;
}

static struct finding *report_far_cpus(const struct check_input *input, const struct check_device *device,
                                       const struct vm_section *guest, const struct cpus *cpus, struct report *report)
{
	const struct cpus_section *section = &input->config->cpus;
	int node = device->function->detail->node;
	char list[120], hint[CONFIG_NAME_MAX + 16];
	struct finding *finding;
	struct cpus near;

	cpus_format(cpus, list, sizeof(list));
	finding = report_add(report, "device.node", device->address, STATUS_WARN,
	                     "it hangs on node %d, and the CPUs for guests are on others: each access crosses over", node);
	FINDING_SET(finding->have, "CPUs %s%s%s", list, guest ? " of guest " : "", guest ? guest->name : "");
	near = input->host->topology.nodes[topology_node_index(&input->host->topology, node)].cpus;
	cpus_format(&near, list, sizeof(list));
	FINDING_SET(finding->want, "some of node %d: %s", node, list);
	if (guest && cpus_overlap(&near, &input->isolation->guest)) {
		cpus_and(&near, &input->isolation->guest);
		cpus_format(&near, list, sizeof(list));
		FINDING_SET(finding->fix, "cpus = %s  ; in [vm %s] of %s", list, guest->name, fix_file(finding));
	} else if (section->isolate == ISOLATE_AUTO) {
		fix_config(finding, "cpus", "", "near = %s", device->goal->section->name);
	} else {
		snprintf(hint, sizeof(hint), "with near = %s", device->goal->section->name);
		fix_config(finding, "cpus", hint, "isolate = auto:%u", cpus_count(cpus));
	}
	return finding;
}

static struct finding *report_far_pages(const struct check_device *device, const struct page_pool *pool,
                                        unsigned int on, struct report *report)
{
	int node = device->function->detail->node;
	char size[FORMAT_SIZE_MAX], amount[FORMAT_SIZE_MAX];
	struct finding *finding;

	format_size(pool->page_size, size);
	format_size(pool->page_size * pool->pages, amount);
	finding = report_add(report, "device.node", device->address, STATUS_WARN,
	                     "it hangs on node %d, and no huge page is there: what it transfers crosses over", node);
	FINDING_SET(finding->want, "huge pages on node %d", node);
	FINDING_SET(finding->have, "those of %s on node %u", size, on);
	fix_config(finding, "hugepages", "", "%s@%d = %s", size, node, amount);
	return finding;
}

static struct finding *report_lost_pages(const struct check_input *input, const struct check_device *device,
                                         const struct page_pool *pool, struct report *report)
{
	int node =
		count_nodes(input->host) == 1 ? (int)input->host->memory.nodes[0].number : device->function->detail->node;
	char size[FORMAT_SIZE_MAX], amount[FORMAT_SIZE_MAX], key[FORMAT_SIZE_MAX + 16], hint[80];
	struct finding *finding;

	format_size(pool->page_size, size);
	format_size(pool->page_size * pool->pages, amount);
	snprintf(key, sizeof(key), node < 0 ? "%s" : "%s@%d", size, node);
	finding =
		report_add(report, "device.node", device->address, STATUS_WARN,
	               "the huge pages for guests are asked for on node %d, which this machine does not have", pool->node);
	FINDING_SET(finding->want, "huge pages on a node of this machine");
	FINDING_SET(finding->have, "%s@%d", size, pool->node);
	snprintf(hint, sizeof(hint), "in place of %s@%d", size, pool->node);
	fix_config(finding, "hugepages", hint, "%s = %s", key, amount);
	return finding;
}

static void check_one(const struct check_input *input, const struct check_device *device, struct report *report)
{
	const struct vm_section *guest = guest_of(input->config, device->goal->section);
	const struct cpus *cpus = guest ? &guest->cpus : &input->isolation->guest;
	int node = device->function->detail->node;
	const struct page_pool *pool = NULL, *lost = NULL;
	struct finding *finding;
	unsigned int on = 0;

	if (!count_nodes(input->host))
		finding = report_add(report, "device.node", device->address, STATUS_UNKNOWN, "the NUMA nodes cannot be read");
	else if ((lost = lost_pool(input, node)))
		finding = report_lost_pages(input, device, lost, report);
	else if (count_nodes(input->host) == 1)
		finding = report_add(report, "device.node", device->address, STATUS_PASS, "all is on one node");
	else if (node < 0)
		finding = report_add(report, "device.node", device->address, STATUS_UNKNOWN,
		                     "the firmware does not tell which NUMA node it hangs on");
	else if (!cpus_empty(cpus) && !has_near_cpu(input->host, cpus, node))
		finding = report_far_cpus(input, device, guest, cpus, report);
	else if ((pool = far_pool(input, node, &on)))
		finding = report_far_pages(device, pool, on, report);
	else
		finding = report_add(report, "device.node", device->address, STATUS_PASS,
		                     "what guests get is on its node, %d", node);
	if (lost)
		FINDING_SET(finding->source, "/sys/devices/system/node");
	else if (pool)
		FINDING_SET(finding->source, "/sys/devices/system/node/node%d/hugepages", node);
	else
		FINDING_SET(finding->source, "/" PCI_DEVICES "/%s/numa_node", device->address);
}

void check_device_node(const struct check_input *input, struct report *report)
{
	struct check_device device;

	if (cpus_empty(&input->isolation->guest) && !input->config->pool_count)
		return; /* it asks for nothing that could be near */
	for (size_t i = 0; check_device_at(input, i, &device); i++)
		if (device.take)
			check_one(input, &device, report);
}
