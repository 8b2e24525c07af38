/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/groups.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/host.h"

/* The place of a group, or where it belongs, among the groups by number. */
static size_t place_of(const struct host *host, int number)
{
	size_t low = 0, high = host->group_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (host->groups[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool host_leaves_out(const struct host *host, const struct pci_function *function)
{
	return function->detail && function->detail->group < 0 && host->iommu_groups == ANSWER_YES &&
	       host->iommu_units == ANSWER_YES;
}

const struct iommu_group *host_group(const struct host *host, int number)
{
	size_t place = place_of(host, number);

	return number >= 0 && place < host->group_count && host->groups[place].number == number ? &host->groups[place] :
	                                                                                          NULL;
}

/* A new group in its place; NULL without memory. */
static struct iommu_group *add_group(struct host *host, int number)
{
	size_t place = place_of(host, number);
	struct iommu_group *group = array_add(&host->groups, &host->group_count, sizeof(*group));

	if (!group)
		return NULL;
	group = &host->groups[place];
	memmove(group + 1, group, (host->group_count - 1 - place) * sizeof(*group));
	*group = (struct iommu_group){ .number = number };
	return group;
}

static int compare_indexes(const void *a, const void *b)
{
	const size_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static int add_member(struct host *host, struct iommu_group *group, const struct pci_function *function)
{
	size_t *member = array_add(&group->members, &group->member_count, sizeof(*member));

	if (!member)
		return -ENOMEM;
	*member = (size_t)(function - host->pci.functions);
	return 0;
}

/* A tree that holds the functions' links but not the group's folder (a partial record of a machine). */
static int search_members(const struct root *root, struct host *host, struct iommu_group *group)
{
	for (size_t i = 0; i < host->pci.count; i++) {
		int r = pci_read_detail(root, &host->pci.functions[i]);

		if (r == 0 && host->pci.functions[i].detail->group == group->number)
			r = add_member(host, group, &host->pci.functions[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Reads the members of a group, once. */
static int read_group(const struct root *root, struct host *host, int number)
{
	_cleanup_(names_done) struct names names = { 0 };
	char path[ROOT_PATH_MAX];
	struct iommu_group *group;
	int r;

	if (number < 0 || host_group(host, number))
		return 0;
	group = add_group(host, number);
	if (!group)
		return -ENOMEM;
	snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%d/devices", number);
	r = root_list(root, path, &names);
	if (r < 0)
		return r == -ENOMEM ? r : search_members(root, host, group);
	for (size_t i = 0; i < names.count; i++) {
		struct pci_address address;
		const struct pci_function *function;

		if (pci_address_parse(names.items[i], &address) < 0)
			continue; /* a platform device shares the group: no PCI endpoint of it */
		function = pci_find(&host->pci, &address);
		if (function && add_member(host, group, function) < 0)
			return -ENOMEM;
	}
	if (group->member_count)
		qsort(group->members, group->member_count, sizeof(*group->members), compare_indexes);
	return 0;
}

/* Where the function's own link is missing (a machine recorded by other means): the group whose folder names it. */
static int search_group(const struct root *root, const struct pci_function *function)
{
	_cleanup_(names_done) struct names groups = { 0 };
	char path[ROOT_PATH_MAX], address[PCI_ADDRESS_MAX];
	uint64_t number;

	if (root_list(root, "sys/kernel/iommu_groups", &groups) < 0)
		return -1;
	pci_address_format(&function->address, address);
	for (size_t i = 0; i < groups.count; i++) {
		snprintf(path, sizeof(path), "sys/kernel/iommu_groups/%.16s/devices/%s", groups.items[i], address);
		if (parse_number(groups.items[i], INT_MAX, &number) == 0 && root_exists(root, path))
			return (int)number;
	}
	return -1;
}

/* A member whose link leads to a group that does not list it, on a machine recorded in part. */
static int add_missing_member(struct host *host, const struct pci_function *function)
{
	size_t number = (size_t)(function - host->pci.functions);
	struct iommu_group *group;

	if (!host_group(host, function->detail->group))
		return 0;
	group = &host->groups[place_of(host, function->detail->group)];
	for (size_t i = 0; i < group->member_count; i++)
		if (group->members[i] == number)
			return 0;
	if (add_member(host, group, function) < 0)
		return -ENOMEM;
	qsort(group->members, group->member_count, sizeof(*group->members), compare_indexes);
	return 0;
}

int groups_read_of(const struct root *root, struct host *host, struct pci_function *function)
{
	int r;

	/* On the running machine the link and the folder are of one mind. */
	if (function->detail->group < 0 && !root->machine)
		function->detail->group = search_group(root, function);
	r = read_group(root, host, function->detail->group);
	return r == 0 && !root->machine ? add_missing_member(host, function) : r;
}
