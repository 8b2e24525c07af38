/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/array.h"
#include "host/pci_health.h"
#include "host/usage.h"
#include "report/checks.h"

#define GUESTS "Guests"

/* Every check, in the order of the report. Ids are relied upon. */
static const struct check {
	const char *id;
	const char *heading;
	void (*run)(const struct check_input *input, struct report *report);
} checks[] = {
	{ "boot.record", "Early boot", check_boot_record },
	{ "boot.order", "Early boot", check_boot_order },
	{ "boot.stale", "Early boot", check_boot_stale },
	{ "boot.switch", "Early boot", check_boot_switch },
	{ "iommu.enabled", "IOMMU", check_iommu_enabled },
	{ "iommu.interrupt-remapping", "IOMMU", check_iommu_interrupt_remapping },
	{ "vfio.unsafe-interrupts", "IOMMU", check_vfio_unsafe_interrupts },
	{ "vfio.noiommu", "IOMMU", check_vfio_noiommu },
	{ "vfio.ids", "IOMMU", check_vfio_ids },
	{ "vfio.node", "IOMMU", check_vfio_node },
	{ "device.present", "Devices", check_device_present },
	{ "device.identity", "Devices", check_device_identity },
	{ "device.driver", "Devices", check_device_driver },
	{ "device.override", "Devices", check_device_override },
	{ "device.history", "Devices", check_device_history },
	{ "device.companions", "Devices", check_device_companions },
	{ "device.group", "Devices", check_device_group },
	{ "device.reserved", "Devices", check_device_reserved },
	{ "device.framebuffer", "Devices", check_device_framebuffer },
	{ "device.boot-display", "Devices", check_device_boot_display },
	{ "device.reset", "Devices", check_device_reset },
	{ "device.power", "Devices", check_device_power },
	{ "device.link", "Devices", check_device_link },
	{ "device.bars", "Devices", check_device_bars },
	{ "device.rebar", "Devices", check_device_rebar },
	{ "device.aer", "Devices", check_device_aer },
	{ "device.node", "Devices", check_device_node },
	{ "device.rival", "Devices", check_device_rival },
	{ "memory.hugepages", "Memory", check_memory_hugepages },
	{ "memory.hugetlbfs", "Memory", check_memory_hugetlbfs },
	{ "memory.available", "Memory", check_memory_available },
	{ "memory.rival", "Memory", check_memory_rival },
	{ "memory.thp", "Memory", check_memory_thp },
	{ "memory.ksm", "Memory", check_memory_ksm },
	{ "memory.balancing", "Memory", check_memory_balancing },
	{ "cpu.isolated", "CPU", check_cpu_isolated },
	{ "cpu.tick", "CPU", check_cpu_tick },
	{ "cpu.rcu", "CPU", check_cpu_rcu },
	{ "cpu.cmdline", "CPU", check_cmdline },
	{ "cpu.siblings", "CPU", check_cpu_siblings },
	{ "cpu.irqs", "CPU", check_cpu_irqs },
	{ "cpu.governor", "CPU", check_cpu_governor },
	{ "cpu.idle", "CPU", check_cpu_idle },
	{ "cpu.boost", "CPU", check_cpu_boost },
	{ "cpu.clocksource", "CPU", check_cpu_clocksource },
	{ "kvm.module", "Kernel and KVM", check_kvm_module },
	{ "kvm.settings", "Kernel and KVM", check_kvm_settings },
	{ "kernel.acs", "Kernel and KVM", check_kernel_acs },
	{ "kernel.taint", "Kernel and KVM", check_kernel_taint },
	{ "limits.memlock", "Kernel and KVM", check_limits_memlock },
	{ "vm.running", GUESTS, check_vm_running },
	{ "vm.memory", GUESTS, check_vm_memory },
	{ "vm.pinning", GUESTS, check_vm_pinning },
	{ "vm.locality", GUESTS, check_vm_locality },
	{ "vm.irqchip", GUESTS, check_vm_irqchip },
	{ "vm.mem-merge", GUESTS, check_vm_mem_merge },
	{ "vm.spinlocks", GUESTS, check_vm_spinlocks },
	{ "vm.enlightenments", GUESTS, check_vm_enlightenments },
	{ "vm.lease", "Guests", check_vm_lease },
};

const char *check_heading(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (strcmp(checks[i].id, id) == 0)
			return checks[i].heading;
	return "";
}

size_t check_heading_rank(const char *id)
{
	const char *heading = check_heading(id);
	size_t i = 0;

	while (i < ARRAY_SIZE(checks) && strcmp(checks[i].heading, heading) != 0)
		i++;
	return i;
}

int report_read_health(const struct root *root, const struct check_input *input, struct host *host)
{
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++) {
		int r = device.take ? pci_health_read(root, &host->pci.functions[device.goal->function]) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

void report_build(const struct check_input *input, struct report *ret)
{
	const struct record *record = input->record;
	struct check_input present = *input;

	/* A record of another boot tells nothing of this one; that it is one is told by boot.record. */
	if (record && input->host->boot_id[0] && strcmp(record->boot_id, input->host->boot_id) != 0)
		present.record = NULL;
	*ret = (struct report){ 0 };
	fix_name_config(input->config_file, ret);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (!input->guest || strcmp(checks[i].heading, GUESTS) == 0)
			checks[i].run(checks[i].run == check_boot_record ? input : &present, ret);
	report_keep(ret);
}

const struct vm_section *check_rests(const struct check_input *input, const struct goal *goal)
{
	return goals_of_section(input->of, input->config, goal->section) ? NULL :
	       config_vm_of_device(input->config, goal->section->name);
}

/* In use by the host, which may end by itself before its guest starts. */
static bool is_in_use(const struct check_input *input, const struct goal *goal)
{
	return goal->guard == GUARD_IN_USE && check_rests(input, goal) &&
	       !(input->host->pci.functions[goal->function].detail->usage & USAGE_ROOT);
}

/* The same, or refused for such a neighbour in its group; device.group then judges the others of the group. */
static bool is_busy(const struct check_input *input, const struct goal *goal)
{
	const struct iommu_group *group = host_group(input->host, input->host->pci.functions[goal->function].detail->group);

	if (is_in_use(input, goal))
		return true;
	for (size_t i = 0; goal->guard == GUARD_GROUP && group && i < group->member_count; i++) {
		const struct goal *other = goals_find(input->goals, group->members[i]);

		if (other && is_in_use(input, other) && check_rests(input, other) == check_rests(input, goal))
			return true;
	}
	return false;
}

bool check_joins(const struct check_input *input, const struct check_device *device, size_t function)
{
	const struct goal *goal = goals_find(input->goals, function);
	const struct vm_section *rests = goal ? check_rests(input, goal) : NULL;

	return goal && (goal->guard == GUARD_NONE || is_busy(input, goal)) && (!rests || rests == device->rests);
}

bool check_takes(const struct check_input *input, const struct goal *goal)
{
	const struct pci_function *function = &input->host->pci.functions[goal->function];

	/*
	 * A device that a guard refuses now, and that has vfio's driver all the same, is judged like the others; and so is
	 * one that the host uses until its guest starts.
	 */
	return goal->guard == GUARD_NONE || is_busy(input, goal) ||
	       (pci_driver_is_vfio(function->driver) && !function->detail->stuck && goal->guard != GUARD_IDENTITY &&
	        goal->guard != GUARD_CONFLICT);
}

bool check_device_at(const struct check_input *input, size_t number, struct check_device *ret)
{
	if (number >= input->goals->count)
		return false;
	ret->goal = &input->goals->items[number];
	ret->function = &input->host->pci.functions[ret->goal->function];
	ret->take = check_takes(input, ret->goal);
	ret->rests = check_rests(input, ret->goal);
	pci_address_format(&ret->function->address, ret->address);
	return true;
}
