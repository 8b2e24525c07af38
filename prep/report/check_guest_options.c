/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What QEMU was told: the interrupt controller, and what Windows makes use of. */
#include <stdio.h>
#include <string.h>

#include "report/checks.h"

#define WINDOWS "http://microsoft.com/win/" /* libosinfo's name of each Windows, with its version behind */
#define SPINLOCKS_DEFAULT 0x1fff            /* libvirt's and Proxmox', after QEMU's own manual */

/* True where its owner said that this version, or the server of the same kernel, runs in it. */
static bool is_windows(const struct guest *guest, const char *version, const char *server)
{
	const char *of = guest->os + strlen(WINDOWS);

	return strncmp(guest->os, WINDOWS, strlen(WINDOWS)) == 0 && (strcmp(of, version) == 0 || strcmp(of, server) == 0);
}

/* By what its owner said, else by what only Windows has any use of. */
static bool looks_like_windows(const struct guest *guest)
{
	const struct guest_setup *setup = &guest->setup;

	if (guest->os[0])
		return strncmp(guest->os, WINDOWS, strlen(WINDOWS)) == 0;
	return setup->enlightenments || setup->enlightened_all || setup->local_time;
}

static struct finding *judge_split(const struct guest *guest, struct report *report)
{
	const struct guest_setup *setup = &guest->setup;
	struct finding *finding;

	if (setup->needs_split || setup->vcpus > 255)
		return report_add(report, "vm.irqchip", guest->name, STATUS_PASS, "split between KVM and QEMU, as %s needs it",
		                  setup->needs_split ? "what it emulates" : "a machine of so many CPUs");
	finding = report_add(report, "vm.irqchip", guest->name, STATUS_WARN,
	                     "QEMU emulates the IOAPIC%s: its interrupts take the way "
	                     "through a thread that is not pinned", setup->irqchip == IRQCHIP_DEFAULT ?
	                     ", as version 4.0's q35 has it by itself" : "");
	check_guest_define(guest, "<ioapic driver='kvm'/> in <features>", "-machine kernel-irqchip=on", finding);
	return finding;
}

/* On is the default, and was it but for one machine (hw/i386/pc_q35.c, pc_q35_4_0_machine_options). */
static struct finding *judge_irqchip(const struct guest *guest, struct report *report)
{
	const struct guest_setup *setup = &guest->setup;
	struct finding *finding;

	if (setup->irqchip == IRQCHIP_SPLIT ||
	    (setup->irqchip == IRQCHIP_DEFAULT && strcmp(setup->machine, "pc-q35-4.0") == 0))
		return judge_split(guest, report);
	if (setup->irqchip != IRQCHIP_OFF)
		return report_add(report, "vm.irqchip", guest->name, STATUS_PASS, "the interrupt controllers are KVM's");
	finding = report_add(report, "vm.irqchip", guest->name, STATUS_WARN,
	                     "QEMU emulates all interrupt controllers: each interrupt of "
	                     "a device takes the way through it");
	check_guest_define(guest, "<ioapic driver='kvm'/> in <features>", "-machine kernel-irqchip=on", finding);
	return finding;
}

void check_vm_irqchip(const struct check_input *input, struct report *report)
{
	static const char *const words[] = { [IRQCHIP_ON] = "on", [IRQCHIP_SPLIT] = "split", [IRQCHIP_OFF] = "off" };
	const struct guest *guest;

	for (size_t at = 0; (guest = check_guest_next(input, &at));) {
		const struct guest_setup *setup = &guest->setup;
		struct finding *finding;

		if (!guest->qemu || !setup->kvm)
			continue;
		finding = judge_irqchip(guest, report);
		FINDING_SET(finding->want, finding->status == STATUS_PASS && setup->irqchip == IRQCHIP_SPLIT ? "split" : "on");
		if (setup->irqchip == IRQCHIP_DEFAULT)
			FINDING_SET(finding->have, "the default of %s", setup->machine[0] ? setup->machine : "the machine");
		else
			FINDING_SET(finding->have, "kernel-irqchip=%s", words[setup->irqchip]);
		FINDING_SET(finding->source, "/proc/%d/cmdline", guest->pid);
	}
}

void check_vm_spinlocks(const struct check_input *input, struct report *report)
{
	const struct guest *guest;

	for (size_t at = 0; (guest = check_guest_next(input, &at));) {
		const struct guest_setup *setup = &guest->setup;
		struct finding *finding;

		if (!guest->qemu || !setup->has_spinlocks)
			continue;
		if (setup->spinlocks != SPINLOCKS_DEFAULT) {
			finding = report_add(report, "vm.spinlocks", guest->name, STATUS_PASS,
			                     "%llu tries before Windows asks for help with a "
			                     "spinlock", (unsigned long long)setup->spinlocks);
		} else if (is_windows(guest, "8.1", "2k12r2")) {
			finding = report_add(report, "vm.spinlocks", guest->name, STATUS_WARN,
			                     "Windows 8.1 reboots with this value before its "
			                     "boot completes");
			check_guest_define(guest, "<spinlocks state='off'/> in <hyperv>", "no hv-spinlocks= in -cpu", finding);
		} else {
			finding = report_add(report, "vm.spinlocks", guest->name, STATUS_INFO,
			                     "of matter to Windows 8.1 alone, which reboots with "
			                     "this value before its boot completes");
		}
		FINDING_SET(finding->want, "any other for Windows 8.1");
		FINDING_SET(finding->have, "hv-spinlocks=0x%llx", (unsigned long long)setup->spinlocks);
		FINDING_SET(finding->source, "/proc/%d/cmdline", guest->pid);
	}
}

static struct finding *judge_enlightenments(const struct guest *guest, struct report *report)
{
	const struct guest_setup *setup = &guest->setup;
	struct finding *finding;

	if (!setup->enlightenments && !setup->enlightened_all) {
		finding = report_add(report, "vm.enlightenments", guest->name, STATUS_INFO,
		                     "%s without any: Windows then runs timers and locks "
		                     "as on a bare machine, which costs a guest much", guest->os[0] ? "Windows" :
		                     "its clock shows local time, as for Windows; and");
		FINDING_SET(finding->want, "hv- flags, for Windows");
		check_guest_define(guest, "<hyperv mode='passthrough'/> in <features>", "hv-passthrough in -cpu host", finding);
		return finding;
	}
	if (setup->uefi && is_windows(guest, "7", "2k8r2")) {
		finding = report_add(report, "vm.enlightenments", guest->name, STATUS_WARN,
		                     "Windows 7 does not boot with them from UEFI firmware");
		FINDING_SET(finding->want, "none, or SeaBIOS");
		check_guest_define(guest, "no <hyperv> in <features>", "no hv- flags in -cpu", finding);
		return finding;
	}
	if (setup->uefi && !guest->os[0])
		return report_add(report, "vm.enlightenments", guest->name, STATUS_INFO,
		                  "Windows makes use of them; Windows 7 alone does not "
		                  "boot with them from UEFI firmware as here");
	return report_add(report, "vm.enlightenments", guest->name, STATUS_PASS, "Windows makes use of them");
}

void check_vm_enlightenments(const struct check_input *input, struct report *report)
{
	const struct guest *guest;

	for (size_t at = 0; (guest = check_guest_next(input, &at));) {
		const struct guest_setup *setup = &guest->setup;
		struct finding *finding;

		if (!guest->qemu || !looks_like_windows(guest))
			continue;
		finding = judge_enlightenments(guest, report);
		if (setup->enlightened_all)
			FINDING_SET(finding->have, "hv-passthrough");
		else
			FINDING_SET(finding->have, "%u hv- flags%s", setup->enlightenments, setup->uefi ? ", UEFI firmware" : "");
		FINDING_SET(finding->source, "/proc/%d/cmdline%s", guest->pid, guest->os[0] ? ", /run/libvirt/qemu" : "");
	}
}
