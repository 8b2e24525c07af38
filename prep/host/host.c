/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/host.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/root.h"
#include "host/framebuffer.h"
#include "host/groups.h"
#include "host/holders.h"
#include "host/release.h"
#include "host/select.h"
#include "host/stuck.h"
#include "host/usage.h"

const struct wanted_driver *host_driver(const struct host *host, const char *name)
{
	for (size_t i = 0; i < host->driver_count; i++)
		if (strcmp(host->drivers[i].name, name) == 0)
			return &host->drivers[i];
	return NULL;
}

/* The details of a function, of its slot and of its group. */
static int read_around(const struct root *root, struct host *host, size_t function)
{
	size_t first, end = pci_slot(&host->pci, function, &first);

	for (size_t i = first; i < end; i++) {
		struct pci_function *neighbour = &host->pci.functions[i];
		bool known = neighbour->detail;
		int r = pci_read_detail(root, neighbour);

		if (r == 0 && !known)
			r = groups_read_of(root, host, neighbour);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool config_speaks_of(const struct root *root, const struct config *config, const struct pci_function *function)
{
	for (size_t i = 0; i < config->device_count; i++) {
		const struct device_section *section = &config->devices[i];
		char path[PCI_PATH_MAX] = "";

		if (select_needs_path(section, function))
			pci_read_path(root, function, path);
		if (select_match(section, function, path) != MATCH_NO)
			return true;
	}
	return false;
}

/*
 * Where the config speaks of a network device, whether the host keeps another one: the details of the others
 * until one is found that is there at each boot, which a virtual function is not.
 */
static int read_other_network(const struct root *root, struct host *host)
{
	bool wanted = false;

	for (size_t i = 0; i < host->pci.count; i++)
		wanted |= host->pci.functions[i].detail && PCI_CLASS_BASE(host->pci.functions[i].class) == PCI_BASE_NETWORK;
	for (size_t i = 0; wanted && i < host->pci.count; i++) {
		struct pci_function *function = &host->pci.functions[i];
		int r;

		if (function->detail || PCI_CLASS_BASE(function->class) != PCI_BASE_NETWORK)
			continue;
		r = pci_read_detail(root, function);
		if (r < 0 || !function->detail->is_vf)
			return r;
	}
	return 0;
}

static int read_devices(const struct root *root, const struct config *config, unsigned int scope, struct host *host)
{
	int r = pci_read(root, host->stuck != NULL, &host->pci);

	if (r < 0) {
		host->pci_error = r;
		return r == -ENOMEM ? r : 0;
	}
	/* Where loading a module hangs, it is not known in which probe: then each device is under suspicion. */
	for (size_t i = 0; i < host->pci.count; i++)
		host->pci.functions[i].suspect = host->stuck;
	for (size_t i = 0; i < host->pci.count; i++) {
		if (!(scope & HOST_ALL_DETAILS) && !(config && config_speaks_of(root, config, &host->pci.functions[i])))
			continue;
		r = read_around(root, host, i);
		if (r < 0)
			return r;
	}
	/* Members of a group that has a wanted device may become wanted themselves (also = group). */
	for (size_t i = 0; i < host->group_count; i++)
		for (size_t j = 0; j < host->groups[i].member_count; j++) {
			r = pci_read_detail(root, &host->pci.functions[host->groups[i].members[j]]);
			if (r < 0)
				return r;
		}
	return read_other_network(root, host);
}

/* A module that is built in has a folder with its parameters, and no state of loading. */
static bool module_built_in(const struct root *root, const char *name)
{
	char path[ROOT_PATH_MAX], module[DRIVER_NAME_MAX];

	snprintf(module, sizeof(module), "%s", name);
	for (char *c = module; *c; c++)
		*c = *c == '-' ? '_' : *c;
	snprintf(path, sizeof(path), "sys/module/%s", module);
	if (!root_exists(root, path))
		return false;
	snprintf(path, sizeof(path), "sys/module/%s/initstate", module);
	return !root_exists(root, path);
}

/* A module that is named as stuck, and that the kernel is still loading (kernel/module/sysfs.c, show_initstate). */
static bool module_hangs(const struct root *root, const char *stuck, const char *name)
{
	char path[ROOT_PATH_MAX], state[16];

	if (!stuck_has(stuck, name))
		return false;
	snprintf(path, sizeof(path), "sys/module/%s/initstate", name);
	for (char *c = path; *c; c++)
		*c = *c == '-' ? '_' : *c;
	return root_read(root, path, state, sizeof(state)) >= 0 && strcmp(state, "coming") == 0;
}

static int read_drivers(const struct root *root, const struct config *config, struct host *host)
{
	for (size_t i = 0; config && i < config->device_count; i++) {
		struct wanted_driver *driver;
		char path[ROOT_PATH_MAX];

		if (host_driver(host, config->devices[i].driver))
			continue;
		driver = array_add(&host->drivers, &host->driver_count, sizeof(*driver));
		if (!driver)
			return -ENOMEM;
		snprintf(driver->name, sizeof(driver->name), "%s", config->devices[i].driver);
		snprintf(path, sizeof(path), PCI_DRIVERS "/%s", driver->name);
		driver->registered = root_exists(root, path);
		driver->built_in = driver->registered && module_built_in(root, driver->name);
		driver->hangs = module_hangs(root, host->stuck, driver->name);
	}
	host->type1 = root_exists(root, "sys/module/vfio_iommu_type1") ? ANSWER_YES : ANSWER_NO;
	host->type1_hangs = module_hangs(root, host->stuck, "vfio_iommu_type1");
	host->type1_built_in = module_built_in(root, "vfio_iommu_type1");
	return 0;
}

static enum answer directory_has_entries(const struct root *root, const char *path)
{
	_cleanup_(names_done) struct names names = { 0 };

	if (root_list(root, path, &names) < 0)
		return ANSWER_UNKNOWN;
	return names.count ? ANSWER_YES : ANSWER_NO;
}

/* /proc/interrupts names the chips of remapped interrupts "IR-..." (arch/x86/kernel/apic, drivers/iommu). */
static void read_interrupts(const struct root *root, struct host *host)
{
	_cleanup_free_ char *text = NULL;
	size_t size;

	host->x86 = host->interrupt_remapping = ANSWER_UNKNOWN;
	if (root_read_all(root, "proc/interrupts", 64 << 20, &text, &size) < 0 || !size)
		return; /* each architecture has some: an empty file is none */
	/* No other architecture counts TLB shootdowns there; a kernel for one CPU has LOC and MCE. */
	host->x86 = strstr(text, "TLB:") || strstr(text, "IO-APIC") || strstr(text, "DMAR-MSI") ? ANSWER_YES : ANSWER_NO;
	host->interrupt_remapping = strstr(text, " IR-") ? ANSWER_YES : ANSWER_NO;
}

static void read_firmware(const struct root *root, struct host *host)
{
	host->firmware_dmar = host->firmware_ivrs = host->iommu_firmware = ANSWER_UNKNOWN;
	if (!root_exists(root, "sys/firmware/acpi/tables"))
		return;
	host->firmware_dmar = root_exists(root, "sys/firmware/acpi/tables/DMAR") ? ANSWER_YES : ANSWER_NO;
	host->firmware_ivrs = root_exists(root, "sys/firmware/acpi/tables/IVRS") ? ANSWER_YES : ANSWER_NO;
	host->iommu_firmware = host->firmware_dmar == ANSWER_YES ? ANSWER_YES : host->firmware_ivrs;
}

static int read_kernel(const struct root *root, unsigned int scope, struct host *host)
{
	char text[ROOT_ATTRIBUTE];
	int r = cmdline_read(root, &host->cmdline);

	if (r == -ENOMEM)
		return r;
	r = switches_read(&host->cmdline, &host->switches);
	if (r < 0)
		return r;
	if (root_read(root, "proc/sys/kernel/random/boot_id", text, sizeof(text)) >= 0)
		snprintf(host->boot_id, sizeof(host->boot_id), "%.47s", text);
	host->udev_running = root_exists(root, "run/udev/control") ? ANSWER_YES : ANSWER_NO;
	host->iommu_units = directory_has_entries(root, "sys/class/iommu");
	host->iommu_groups = directory_has_entries(root, "sys/kernel/iommu_groups");
	read_firmware(root, host);
	if (scope & HOST_CHECKS) {
		read_interrupts(root, host);
		host->release = release_read(root);
	}
	if (scope & HOST_LOG) {
		host->log_error = kernel_log_read(root, &host->log);
		if (host->log_error == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}

static int read_cpus(const struct root *root, const struct config *config, unsigned int scope, struct host *host)
{
	bool isolates = config && config->cpus.isolate != ISOLATE_NONE;
	unsigned int parts = scope & HOST_TUNING ? TUNING_RUNNING : 0;
	int r;

	if (!isolates && !(scope & (HOST_CPUS | HOST_TUNING)))
		return 0;
	r = topology_read(root, &host->topology);
	if (r < 0)
		return r;
	topology_place_devices(root, &host->topology, &host->pci);
	if (isolates && scope & HOST_CHECKS)
		parts |= TUNING_RUNNING | TUNING_KERNEL;
	return isolates || parts ? tuning_read(root, &host->topology.online, &host->pci, parts, &host->tuning) : 0;
}

int host_read_before_switch(const struct root *root, const struct root *system, const char *mount_point,
                            const struct config *config, unsigned int scope, struct host *ret)
{
	int r;

	*ret = (struct host){ 0 };
	r = read_kernel(root, scope, ret);
	if (r < 0)
		return r;
	r = stuck_read(root, &ret->stuck);
	if (r < 0)
		return r;
	r = read_drivers(root, config, ret);
	if (r < 0)
		return r;
	r = read_devices(root, config, scope, ret);
	if (r < 0)
		return r;
	framebuffers_read(root, ret);
	if (scope & (HOST_MEMORY | HOST_CHECKS) || (config && config->pool_count)) {
		r = memory_read(root, &ret->cmdline, &ret->memory);
		if (r == 0 && scope & HOST_CHECKS)
			r = memory_read_settings(root, &ret->memory);
		if (r < 0)
			return r;
	}
	r = read_cpus(root, config, scope, ret);
	if (r < 0)
		return r;
	if (scope & HOST_STORAGE) {
		r = storage_read(root, system, mount_point, &ret->pci, &ret->cmdline, &ret->storage);
		if (r < 0)
			return r;
	}
	r = scope & (HOST_HOLDERS | HOST_STORAGE) ? usage_read(root, ret) : 0;
	return r == 0 && scope & HOST_HOLDERS ? holders_read(root, ret) : r;
}

int host_read_kernel(const struct root *root, struct host *ret)
{
	*ret = (struct host){ 0 };
	return read_kernel(root, 0, ret);
}

int host_read(const struct root *root, const struct config *config, unsigned int scope, struct host *ret)
{
	return host_read_before_switch(root, root, "/", config, scope, ret);
}

void host_done(struct host *host)
{
	if (!host)
		return;
	for (size_t i = 0; i < host->group_count; i++)
		free(host->groups[i].members);
	free(host->groups);
	free(host->drivers);
	free(host->stuck);
	free(host->holders);
	vfio_users_done(host->vfio_users, host->vfio_user_count);
	storage_done(&host->storage);
	memory_done(&host->memory);
	topology_done(&host->topology);
	tuning_done(&host->tuning);
	pci_done(&host->pci);
	cmdline_done(&host->cmdline);
	switches_done(&host->switches);
	kernel_log_done(&host->log);
	*host = (struct host){ 0 };
}
