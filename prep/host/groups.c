/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/groups.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/host.h"

const struct iommu_group *host_group(const struct host *host, int number)
{
	for (size_t i = 0; number >= 0 && i < host->group_count; i++)
		if (host->groups[i].number == number)
			return &host->groups[i];
	return NULL;
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
	group = array_add(&host->groups, &host->group_count, sizeof(*group));
	if (!group)
		return -ENOMEM;
	group->number = number;
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

	for (size_t i = 0; i < host->group_count; i++) {
		struct iommu_group *group = &host->groups[i];
		bool listed = group->number != function->detail->group;

		for (size_t j = 0; !listed && j < group->member_count; j++)
			listed = group->members[j] == number;
		if (!listed) {
			if (add_member(host, group, function) < 0)
				return -ENOMEM;
			qsort(group->members, group->member_count, sizeof(*group->members), compare_indexes);
		}
	}
	return 0;
}

static int compare_groups(const void *a, const void *b)
{
	const struct iommu_group *left = a, *right = b;

	return left->number < right->number ? -1 : left->number > right->number;
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

void groups_sort(struct host *host)
{
	if (host->group_count)
		qsort(host->groups, host->group_count, sizeof(*host->groups), compare_groups);
}
