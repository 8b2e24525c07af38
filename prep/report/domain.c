/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/domain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/format.h"
#include "report/xml.h"

/* What is printed. */
struct domain {
	const struct config *config;
	const struct vm_section *vm;
	const struct host *host;
	const struct goals *goals;
	struct domain_cpus cpus;
	int node;          /* of domain_node */
	uint64_t memory;   /* bytes of its pages; 0 none */
	size_t pool_count; /* with pages in them */
};

static void print_size(FILE *out, uint64_t bytes)
{
	bool mebibytes = bytes % (1 << 20) == 0;

	fprintf(out, "unit='%s'>%" PRIu64, mebibytes ? "MiB" : "KiB", bytes >> (mebibytes ? 20 : 10));
}

/* The node that pages of a pool come from: as --acquire chooses it. */
static int pool_node(const struct domain *domain, const struct page_pool *pool)
{
	return pool->node >= 0 ? pool->node : domain->node;
}

static void print_memory(FILE *out, const struct domain *domain)
{
	const struct vm_section *vm = domain->vm;
	unsigned int cell = 0;

	if (!domain->memory) {
		/* Pinned by vfio, no page of it is ever merged, but KSM would look at all of them in vain. */
		if (vm->device_count)
			fputs("  <memoryBacking>\n    <nosharepages/>\n  </memoryBacking>\n", out);
		return;
	}
	fputs("  <memory ", out);
	print_size(out, domain->memory);
	fputs("</memory>\n  <memoryBacking>\n    <hugepages>\n", out);
	for (size_t i = 0; i < vm->pool_count; i++) {
		if (!vm->pools[i].pages)
			continue;
		fprintf(out, "      <page size='%" PRIu64 "' unit='KiB'", vm->pools[i].page_size >> 10);
		/* Nodes of the guest, which it has where there are several pools. */
		if (domain->pool_count > 1)
			fprintf(out, " nodeset='%u'", cell++);
		fputs("/>\n", out);
	}
	fputs("    </hugepages>\n  </memoryBacking>\n", out);
}

static void print_pins(FILE *out, const struct domain *domain)
{
	const struct domain_cpus *cpus = &domain->cpus;
	_cleanup_free_ char *list = malloc(CPUS_TEXT_MAX);
	bool helpers = list && !cpus_empty(&cpus->emulator);

	if (!cpus->count)
		return;
	fprintf(out, "  <vcpu placement='static'>%zu</vcpu>\n", cpus->count);
	if (helpers)
		fputs("  <iothreads>1</iothreads>\n", out);
	fputs("  <cputune>\n", out);
	for (size_t i = 0; i < cpus->count; i++)
		fprintf(out, "    <vcpupin vcpu='%zu' cpuset='%u'/>\n", i, cpus->pins[i]);
	if (helpers) {
		cpus_format(&cpus->emulator, list, CPUS_TEXT_MAX);
		fprintf(out, "    <emulatorpin cpuset='%s'/>\n    <iothreadpin iothread='1' cpuset='%s'/>\n", list, list);
	}
	fputs("  </cputune>\n", out);
}

/* Where one pool is, or ordinary memory; or each cell of the guest on its own. */
static void print_numatune(FILE *out, const struct domain *domain)
{
	const struct vm_section *vm = domain->vm;
	unsigned int cell = 0;

	if (domain->pool_count > 1 && domain->host->memory.numa && domain->host->memory.node_count > 1) {
		fputs("  <numatune>\n", out);
		for (size_t i = 0; i < vm->pool_count; i++) {
			if (!vm->pools[i].pages)
				continue;
			if (pool_node(domain, &vm->pools[i]) >= 0)
				fprintf(out, "    <memnode cellid='%u' mode='strict' nodeset='%d'/>\n", cell,
				        pool_node(domain, &vm->pools[i]));
			cell++;
		}
		fputs("  </numatune>\n", out);
		return;
	}
	for (size_t i = 0; i < vm->pool_count || i == 0; i++) {
		int node = vm->pool_count ? pool_node(domain, &vm->pools[i]) : domain->node;

		if (node < 0 || (vm->pool_count && domain->pool_count && !vm->pools[i].pages))
			continue;
		fprintf(out, "  <numatune>\n    <memory mode='strict' nodeset='%d'/>\n  </numatune>\n", node);
		return;
	}
}

/* The virtual CPUs on CPUs of the cell's node; those on no cell's node are in the first cell. */
static void print_cell(FILE *out, const struct domain *domain, size_t pool, unsigned int cell)
{
	const struct topology *topology = &domain->host->topology;
	const struct vm_section *vm = domain->vm;
	struct cpus members = { 0 };
	_cleanup_free_ char *list = malloc(CPUS_TEXT_MAX);

	for (size_t i = 0; i < domain->cpus.count; i++) {
		int index = topology->cpus[domain->cpus.pins[i]].node;
		int node = index < 0 ? -1 : topology->nodes[index].number;
		size_t home = SIZE_MAX, first = SIZE_MAX;

		for (size_t j = vm->pool_count; j-- > 0;)
			if (vm->pools[j].pages) {
				first = j;
				home = node >= 0 && pool_node(domain, &vm->pools[j]) == node ? j : home;
			}
		if ((home == SIZE_MAX ? first : home) == pool)
			cpus_add(&members, (unsigned int)i);
	}
	fprintf(out, "      <cell id='%u'", cell);
	if (list && !cpus_empty(&members)) {
		cpus_format(&members, list, CPUS_TEXT_MAX);
		fprintf(out, " cpus='%s'", list);
	}
	fprintf(out, " memory='%" PRIu64 "' unit='KiB'/>\n", vm->pools[pool].pages * (vm->pools[pool].page_size >> 10));
}

static void print_cpu(FILE *out, const struct domain *domain)
{
	const struct domain_cpus *cpus = &domain->cpus;
	unsigned int cell = 0;

	if (!cpus->count && domain->pool_count < 2)
		return;
	fputs("  <cpu mode='host-passthrough'>\n", out);
	if (cpus->count) {
		if (cpus->uneven)
			xml_comment(out, "    ",
			            "Not all of its cores are there with the same number of threads, which no topology can say: "
			            "the guest believes each CPU to be a core.");
		fprintf(out, "    <topology sockets='%u' dies='%u' cores='%u' threads='%u'/>\n", cpus->sockets, cpus->dies,
		        cpus->cores, cpus->threads);
		/* AMD's threads are told by this leaf, which QEMU leaves out unless asked (target/i386/cpu.c,
		 * no_autoenable_flags). */
		if (cpus->threads > 1 && domain->host->firmware_ivrs == ANSWER_YES)
			fputs("    <feature policy='require' name='topoext'/>\n", out);
	}
	if (domain->pool_count > 1) {
		fputs("    <numa>\n", out);
		for (size_t i = 0; i < domain->vm->pool_count; i++)
			if (domain->vm->pools[i].pages)
				print_cell(out, domain, i, cell++);
		fputs("    </numa>\n", out);
	}
	fputs("  </cpu>\n", out);
}

/* Why a function of the guest's is not there. */
static void print_refused(FILE *out, const struct domain *domain, const struct device_section *section)
{
	for (size_t i = 0; i < domain->goals->count; i++) {
		const struct goal *goal = &domain->goals->items[i];
		char address[PCI_ADDRESS_MAX];

		if (goal->section == section && goal->guard != GUARD_NONE)
			xml_comment(out, "    ", "%s stays with the host (%s): %s",
			            pci_address_format(&domain->host->pci.functions[goal->function].address, address),
			            guard_name(goal->guard), goal->why);
	}
}

static void print_devices(FILE *out, const struct domain *domain)
{
	const struct config *config = domain->config;
	unsigned int slots = 0;

	fputs("  <devices>\n", out);
	if (domain->vm->device_count)
		xml_comment(out, "    ",
		            "managed='no': vfio-prep binds them to vfio-pci before the guest begins, and libvirt shall not do "
		            "it again, nor give them back to their drivers.");
	for (size_t i = 0; i < config->device_count; i++) {
		if (!vm_has_device(domain->vm, config->devices[i].name))
			continue;
		if (!domain_taken(domain->goals, &config->devices[i]))
			xml_comment(out, "    ", "Nothing of [device %s] can be taken now.", config->devices[i].name);
		print_refused(out, domain, &config->devices[i]);
		domain_print_hostdevs(out, "    ", domain->host, domain->goals, &config->devices[i], &slots);
	}
	/* What the boot takes is for some guest, and which one the config does not say. */
	for (size_t i = 0; i < config->device_count; i++) {
		if (config_vm_of_device(config, config->devices[i].name) || !domain_taken(domain->goals, &config->devices[i]))
			continue;
		xml_comment(out, "    ",
		            "Each boot takes [device %s], and no [vm] has it. If it is this guest's, paste what the next "
		            "comment holds:",
		            config->devices[i].name);
		fputs("    <!--\n", out);
		domain_print_hostdevs(out, "    ", domain->host, domain->goals, &config->devices[i], &slots);
		fputs("    -->\n", out);
	}
	fputs("  </devices>\n", out);
}

static void print_all(FILE *out, const struct domain *domain)
{
	fputs("<domain type='kvm'>\n", out);
	xml_comment(out, "  ",
	            "Pieces for the domain of this name: paste each element by virsh edit, in place of the one of its name "
	            "there, and what is in devices into its devices. Name and os are the domain's own, and stay.");
	fputs("  <name>", out);
	xml_text(out, domain->vm->name);
	fputs("</name>\n", out);
	print_memory(out, domain);
	print_pins(out, domain);
	print_numatune(out, domain);
	fprintf(out, "  <os>\n    <type arch='%s' machine='%s'>hvm</type>\n  </os>\n",
	        domain->host->x86 == ANSWER_NO ? "aarch64" : "x86_64", domain->host->x86 == ANSWER_NO ? "virt" : "q35");
	print_cpu(out, domain);
	print_devices(out, domain);
	fputs("</domain>\n", out);
}

int domain_print(FILE *out, const struct config *config, const struct vm_section *vm, const struct host *host,
                 const struct goals *goals, const struct isolation *isolation)
{
	struct domain domain = { .config = config, .vm = vm, .host = host, .goals = goals };
	int r = domain_cpus_build(config, vm, host, isolation, &domain.cpus);

	domain.node = domain_node(vm, host, goals);
	for (size_t i = 0; i < vm->pool_count; i++) {
		domain.memory += vm->pools[i].pages * vm->pools[i].page_size;
		domain.pool_count += vm->pools[i].pages > 0;
	}
	if (r == 0)
		print_all(out, &domain);
	domain_cpus_done(&domain.cpus);
	return r == 0 && ferror(out) ? -EIO : r;
}
