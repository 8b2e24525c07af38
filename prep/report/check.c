/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/parse.h"
#include "host/pci_health.h"
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

const char *status_name(enum status status)
{
	static const char *const names[STATUSES] = { "pass", "info", "warn", "fail", "unknown" };

	return names[status];
}

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

/*
 * Names of processes, lines of the kernel log and the like are what anybody wrote: a terminal must not obey them.
 * C1 controls are two bytes of UTF-8, 0xc2 first.
 */
static void defuse(char *text)
{
	bool utf8 = parse_is_utf8(text, strlen(text));

	for (unsigned char *c = (unsigned char *)text; *c; c++)
		if (*c == '\t' || *c == '\n')
			*c = ' ';
		else if (*c < 0x20 || *c == 0x7f || (*c >= 0x80 && !utf8))
			*c = '?';
		else if (*c == 0xc2 && c[1] < 0xa0)
			c[0] = c[1] = '?';
}

void report_build(const struct check_input *input, struct report *ret)
{
	const struct record *record = input->record;
	struct check_input present = *input;

	/* A record of another boot tells nothing of this one; that it is one is told by boot.record. */
	if (record && input->host->boot_id[0] && strcmp(record->boot_id, input->host->boot_id) != 0)
		present.record = NULL;
	*ret = (struct report){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (!input->guest || strcmp(checks[i].heading, GUESTS) == 0)
			checks[i].run(checks[i].run == check_boot_record ? input : &present, ret);
	for (size_t i = 0; i < ret->count; i++) {
		struct finding *finding = &ret->findings[i];

		defuse(finding->target);
		defuse(finding->summary);
		defuse(finding->want);
		defuse(finding->have);
		defuse(finding->fix);
		defuse(finding->source);
	}
}

void report_done(struct report *report)
{
	if (!report)
		return;
	free(report->findings);
	*report = (struct report){ 0 };
}

struct finding *report_add(struct report *report, const char *id, const char *target, enum status status,
                           const char *summary, ...)
{
	static struct finding scratch;
	struct finding *finding = array_add(&report->findings, &report->count, sizeof(*finding));
	va_list arguments;

	if (!finding) {
		report->no_memory = true;
		finding = &scratch;
	}
	finding->id = id;
	finding->status = status;
	FINDING_SET(finding->target, "%s", target);
	va_start(arguments, summary);
	vsnprintf(finding->summary, sizeof(finding->summary), summary, arguments);
	va_end(arguments);
	return finding;
}

size_t report_count(const struct report *report, enum status status)
{
	size_t count = 0;

	for (size_t i = 0; i < report->count; i++)
		count += report->findings[i].status == status;
	return count;
}

enum status report_status(const struct report *report)
{
	static const enum status severity[] = { STATUS_FAIL, STATUS_WARN, STATUS_UNKNOWN };

	for (size_t i = 0; i < ARRAY_SIZE(severity); i++)
		if (report_count(report, severity[i]))
			return severity[i];
	return STATUS_PASS;
}

bool report_all_unknown(const struct report *report)
{
	return report->count && report_count(report, STATUS_UNKNOWN) == report->count;
}

bool check_takes(const struct check_input *input, const struct goal *goal)
{
	const struct pci_function *function = &input->host->pci.functions[goal->function];

	/* A device that a guard refuses now, and that has vfio's driver all the same, is judged like the others. */
	return goal->guard == GUARD_NONE ||
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
	pci_address_format(&ret->function->address, ret->address);
	return true;
}
