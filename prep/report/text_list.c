/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/marks.h"
#include "report/names.h"
#include "report/text.h"

static void print_verbose(const struct style *style, const struct pci_function *function)
{
	const struct pci_detail *detail = function->detail;
	char size[16], text[128];
	size_t used = 0;

	if (detail->path[0])
		fprintf(style->out, "          path %s\n", detail->path);
	fprintf(style->out, "          class %06x  subsystem %04x:%04x  node %d  reset %s\n", function->class,
	        function->subvendor, function->subdevice, detail->node, detail->reset[0] ? detail->reset : "none");
	text[0] = '\0';
	for (size_t i = 0; i < PCI_BARS; i++)
		if (detail->bars[i].size)
			used += (size_t)snprintf(text + used, sizeof(text) - used, " %zu:%s", i, bar_size(&detail->bars[i], size));
	if (text[0])
		fprintf(style->out, "          bars%s\n", text);
}

static void print_function(const struct style *style, enum verbosity verbosity, const struct host *host,
                           size_t number, bool last, size_t address_columns, size_t driver_columns,
                           struct pci_access *names)
{
	const struct pci_function *function = &host->pci.functions[number];
	char address[PCI_ADDRESS_MAX], name[160], ids[12];
	const char *marks[MARKS];
	size_t count = marks_of(host, number, marks);
	enum ink ink = pci_driver_is_vfio(function->driver) ? INK_GREEN : INK_PLAIN;

	fprintf(style->out, "%s", last ? " └─ " : " ├─ ");
	style_print(style, INK_BOLD, (int)address_columns + 1, pci_address_format(&function->address, address));
	snprintf(ids, sizeof(ids), "%04x:%04x", function->vendor, function->device);
	style_print(style, INK_PLAIN, 10, ids);
	style_print(style, function->driver[0] ? ink : INK_DIM, (int)driver_columns + 1,
	            function->driver[0] ? function->driver : "-");
	fprintf(style->out, "%s", names_class(names, function->class, name, sizeof(name)));
	fprintf(style->out, ": %s", names_device(names, function, name, sizeof(name)));
	for (size_t i = 0; i < count; i++) {
		fputs(i ? " " : "  ", style->out);
		snprintf(name, sizeof(name), "[%s]", marks[i]);
		style_print(style, INK_YELLOW, 0, name);
	}
	fputc('\n', style->out);
	if (verbosity == VERBOSITY_VERBOSE)
		print_verbose(style, function);
}

static int compare_groups(const void *a, const void *b)
{
	const struct iommu_group *const *left = a, *const *right = b;

	return (*left)->number < (*right)->number ? -1 : (*left)->number > (*right)->number;
}

void text_list(const struct style *style, enum verbosity verbosity, const struct host *host, struct pci_access *names)
{
	_cleanup_free_ const struct iommu_group **groups = calloc(host->group_count + 1, sizeof(*groups));
	size_t address_columns = 0, driver_columns = 0, alone = 0, last_alone = 0;

	if (!groups)
		return;
	for (size_t i = 0; i < host->pci.count; i++) {
		const struct pci_function *function = &host->pci.functions[i];
		char address[PCI_ADDRESS_MAX];
		size_t columns = strlen(pci_address_format(&function->address, address));

		address_columns = columns > address_columns ? columns : address_columns;
		columns = strlen(function->driver);
		driver_columns = columns > driver_columns ? columns : driver_columns;
		if (function->detail->group < 0) {
			alone++;
			last_alone = i;
		}
	}
	for (size_t i = 0; i < host->group_count; i++)
		groups[i] = &host->groups[i];
	qsort(groups, host->group_count, sizeof(*groups), compare_groups);
	for (size_t i = 0; i < host->group_count; i++) {
		char title[32];

		snprintf(title, sizeof(title), "IOMMU group %d", groups[i]->number);
		style_print(style, INK_BOLD, 0, title);
		fputc('\n', style->out);
		for (size_t j = 0; j < groups[i]->member_count; j++)
			print_function(style, verbosity, host, groups[i]->members[j], j + 1 == groups[i]->member_count,
			               address_columns, driver_columns, names);
	}
	if (!alone)
		return;
	style_print(style, INK_BOLD, 0, host->group_count ? "No IOMMU group" : "No IOMMU groups: the kernel uses no IOMMU");
	fputc('\n', style->out);
	for (size_t i = 0; i < host->pci.count; i++)
		if (host->pci.functions[i].detail->group < 0)
			print_function(style, verbosity, host, i, i == last_alone, address_columns, driver_columns, names);
}
