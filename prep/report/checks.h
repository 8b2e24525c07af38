/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions behind the rows of the table in check.c, by their ids. */
#ifndef VFIO_PREP_REPORT_CHECKS_H
#define VFIO_PREP_REPORT_CHECKS_H

#include "report/guest_pins.h"
#include "report/report.h"

/* check_boot.c */
void check_boot_record(const struct check_input *input, struct report *report);
void check_boot_order(const struct check_input *input, struct report *report);
void check_boot_stale(const struct check_input *input, struct report *report);
void check_boot_switch(const struct check_input *input, struct report *report);

/* check_iommu.c */
void check_iommu_enabled(const struct check_input *input, struct report *report);
void check_iommu_interrupt_remapping(const struct check_input *input, struct report *report);

/* check_vfio.c */
void check_vfio_unsafe_interrupts(const struct check_input *input, struct report *report);
void check_vfio_noiommu(const struct check_input *input, struct report *report);
void check_vfio_node(const struct check_input *input, struct report *report);

/* check_ids.c */
void check_vfio_ids(const struct check_input *input, struct report *report);

/* True where one id of vfio-pci's ids=, "10de:2684:1043:889a", would take the function. */
bool check_ids_take(const char *id, const struct pci_function *function);

/* check_device.c */
void check_device_present(const struct check_input *input, struct report *report);
void check_device_identity(const struct check_input *input, struct report *report);
void check_device_driver(const struct check_input *input, struct report *report);
void check_device_override(const struct check_input *input, struct report *report);

/* check_display.c */
void check_device_framebuffer(const struct check_input *input, struct report *report);
void check_device_boot_display(const struct check_input *input, struct report *report);

/* check_neighbours.c */
void check_device_companions(const struct check_input *input, struct report *report);
void check_device_group(const struct check_input *input, struct report *report);

/* check_reserved.c, check_reset.c, check_power.c, check_node.c */
void check_device_reserved(const struct check_input *input, struct report *report);
void check_device_reset(const struct check_input *input, struct report *report);
void check_device_power(const struct check_input *input, struct report *report);
void check_device_node(const struct check_input *input, struct report *report);

/* check_link.c */
void check_device_link(const struct check_input *input, struct report *report);
void check_device_aer(const struct check_input *input, struct report *report);

/* check_bars.c */
void check_device_bars(const struct check_input *input, struct report *report);
void check_device_rebar(const struct check_input *input, struct report *report);

/* check_history.c */
void check_device_history(const struct check_input *input, struct report *report);

/* check_rival.c */
void check_device_rival(const struct check_input *input, struct report *report);

/* check_memory.c */
void check_memory_hugepages(const struct check_input *input, struct report *report);
void check_memory_hugetlbfs(const struct check_input *input, struct report *report);
void check_memory_available(const struct check_input *input, struct report *report);
void check_memory_rival(const struct check_input *input, struct report *report);

/* check_merging.c */
void check_memory_thp(const struct check_input *input, struct report *report);
void check_memory_ksm(const struct check_input *input, struct report *report);
void check_memory_balancing(const struct check_input *input, struct report *report);

/* check_cpu.c */
void check_cpu_isolated(const struct check_input *input, struct report *report);
void check_cpu_tick(const struct check_input *input, struct report *report);
void check_cpu_rcu(const struct check_input *input, struct report *report);
void check_cpu_siblings(const struct check_input *input, struct report *report);

/* check_cpu_irqs.c */
void check_cpu_irqs(const struct check_input *input, struct report *report);

/* check_cpu_power.c */
void check_cpu_governor(const struct check_input *input, struct report *report);
void check_cpu_idle(const struct check_input *input, struct report *report);
void check_cpu_boost(const struct check_input *input, struct report *report);
void check_cpu_clocksource(const struct check_input *input, struct report *report);

/* The isolated CPUs as a list; false where the config asks for none, or none can be. */
bool check_cpus_wanted(const struct check_input *input, char *list, size_t size);

/* What the kernel says of a parameter that it was given and did not follow (kernel/sched/isolation.c). */
#define FIX_REFUSED "dmesg | grep -iE 'isolcpus|housekeeping|nocb'  # the kernel tells what it refused"
/* check_vm.c */
void check_vm_lease(const struct check_input *input, struct report *report);

/* The CPUs of guests that run and have a governor of their own. */
void check_guest_governors(const struct check_input *input, struct cpus *ret);

/* check_cmdline.c */
void check_cmdline(const struct check_input *input, struct report *report);

/*
 * Fixes (fix.c). A line of the config for one of its sections, "cpus", and what else is to be known ("" nothing); it
 * stands in a comment of the config.
 */
__attribute__((format(printf, 4, 5)))
void fix_config(struct finding *finding, const char *section, const char *hint, const char *format, ...);

/* The same for a [device] section. */
__attribute__((format(printf, 4, 5))) void fix_device(struct finding *finding, const struct device_section *section,
                                                      const char *hint, const char *format, ...);

/* How fixes name the config, and vfio-prep with it: "/etc/vfio-prep.conf", "vfio-prep --config FILE". */
const char *fix_file(const struct finding *finding);
const char *fix_program(const struct finding *finding);

/* Lets the findings of a report name this config; NULL: the usual one. */
void fix_name_config(const char *file, struct report *report);

/* vfio-prep --apply, and what makes early boot do it from now on. */
void fix_apply(const struct check_input *input, struct finding *finding);

/* The command that rebuilds the initramfs; the second, with the config that the finding names. */
void fix_rebuild(const struct check_input *input, struct finding *finding);
void fix_rebuild_config(const struct check_input *input, struct finding *finding);

/*
 * The command that brings the advice to the boot loader. False, and nothing is set, where the advice changes nothing
 * of this key or the loader is not known.
 */
bool fix_cmdline(const struct check_input *input, struct finding *finding, const char *key);

/* True where the advice changes something of this key; with kept, where it finds it as it should be. */
bool fix_is_advised(const struct check_input *input, const char *key, bool kept);

/* Brings the kernel an IOMMU: by its command line, or by the firmware's setup. */
void fix_iommu(const struct check_input *input, struct finding *finding);

/* For a device without a group. */
void fix_no_group(const struct check_input *input, const struct pci_function *function, struct finding *finding);
/* check_kvm.c */
void check_kvm_module(const struct check_input *input, struct report *report);
void check_kvm_settings(const struct check_input *input, struct report *report);

/* check_kernel.c */
void check_kernel_acs(const struct check_input *input, struct report *report);
void check_kernel_taint(const struct check_input *input, struct report *report);

/* check_limits.c */
void check_limits_memlock(const struct check_input *input, struct report *report);
/* check_guest.c */
void check_vm_running(const struct check_input *input, struct report *report);

/* check_guest_memory.c */
void check_vm_memory(const struct check_input *input, struct report *report);
void check_vm_mem_merge(const struct check_input *input, struct report *report);

/* check_guest_cpus.c */
void check_vm_pinning(const struct check_input *input, struct report *report);

/* check_guest_nodes.c */
void check_vm_locality(const struct check_input *input, struct report *report);

/* check_guest_options.c */
void check_vm_irqchip(const struct check_input *input, struct report *report);
void check_vm_spinlocks(const struct check_input *input, struct report *report);
void check_vm_enlightenments(const struct check_input *input, struct report *report);

/* The guest number *at, or the next one that is to be looked at, and *at behind it; NULL where none is left. */
const struct guest *check_guest_next(const struct check_input *input, size_t *at);

/* The [vm] section of a guest; NULL. */
const struct vm_section *check_guest_section(const struct check_input *input, const struct guest *guest);

/*
 * How only the definition of a guest mends it: a comment that names the element of libvirt's XML, or QEMU's option
 * where libvirt did not start it.
 */
void check_guest_define(const struct guest *guest, const char *xml, const char *option, struct finding *finding);

/* Where the virtual CPUs of a guest shall be: on isolated CPUs, where any are, and on those of its section. */
void check_guest_place(const struct check_input *input, const struct guest *guest, struct guest_place *ret);

/* A goal that is a device of the config: its address as text, and whether it is to be taken. */
struct check_device {
	const struct goal *goal;
	const struct pci_function *function;
	char address[PCI_ADDRESS_MAX];
	bool take; /* no guard refuses it, or it is taken already */
	const struct vm_section *rests; /* a guest that does not run has it: until then it is the host's; else NULL */
};

/* Whether the device of a goal is judged as one to be taken. */
bool check_takes(const struct check_input *input, const struct goal *goal);

/* The guest that a goal waits for; NULL where it is wanted now. */
const struct vm_section *check_rests(const struct check_input *input, const struct goal *goal);

/* True where a function is to be taken together with the device: it is wanted now, or by the same guest. */
bool check_joins(const struct check_input *input, const struct check_device *device, size_t function);

/* Fills in the goal of this number; false behind the last one. */
bool check_device_at(const struct check_input *input, size_t number, struct check_device *ret);

#endif
