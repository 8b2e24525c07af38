/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What matters of QEMU's options (qemu(1), docs/system/i386/hyperv.rst). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"
#include "host/cmdline.h"
#include "host/guest_options.h"
#include "host/guests.h"

static bool is(const char *value, const char *word)
{
	return value && strcmp(value, word) == 0;
}

static bool is_on(const char *value)
{
	bool on;

	return value && parse_bool(value, &on) == 0 && on;
}

static bool is_off(const char *value)
{
	bool on;

	return value && parse_bool(value, &on) == 0 && !on;
}

/* "8G", "8388608k", or megabytes. */
static uint64_t memory_size_of(const char *value)
{
	uint64_t bytes;
	bool bare;

	if (!value || parse_size(value, &bytes, &bare) < 0)
		return 0;
	return bare ? bytes << 20 : bytes;
}

static void read_machine(const struct guest_options *options, struct guest_setup *setup)
{
	const char *type = guest_options_get(options, "machine", "type");
	const char *accels = guest_options_get(options, "machine", "accel");
	const char *accel = guest_options_get(options, "accel", "accel");
	/* A property of the machine, and of the accelerator since QEMU 5.0. */
	const char *irqchip = guest_options_get(options, "accel", "kernel-irqchip") ?:
	                      guest_options_get(options, "machine", "kernel-irqchip");

	if (type)
		snprintf(setup->machine, sizeof(setup->machine), "%s", type);
	setup->kvm = (accels && strncmp(accels, "kvm", 3) == 0) || is(accel, "kvm");
	for (size_t i = 0; i < options->count; i++)
		setup->kvm |= strcmp(options->items[i].name, "enable-kvm") == 0;
	if (irqchip)
		setup->irqchip = is(irqchip, "split") ? IRQCHIP_SPLIT : is_off(irqchip) ? IRQCHIP_OFF : IRQCHIP_ON;
	setup->merges_off = is_off(guest_options_get(options, "machine", "mem-merge"));
	/* TDX takes no other one (target/i386/kvm/tdx.c). */
	setup->needs_split = guest_options_get(options, "machine", "confidential-guest-support");
}

/* "hv-relaxed", "hv_relaxed=on", "hv-spinlocks=0x1fff": the names of properties that Windows makes use of. */
static void read_cpu(const struct guest_option *cpu, struct guest_setup *setup)
{
	for (size_t i = 0; i < cpu->count; i++) {
		const char *key = cpu->properties[i].key, *value = cpu->properties[i].value;

		if (strncmp(key, "hv", 2) != 0 || (key[2] != '-' && key[2] != '_') || is_off(value))
			continue;
		if (cmdline_keys_equal(key, "hv-passthrough")) {
			setup->enlightened_all = true;
		} else if (cmdline_keys_equal(key, "hv-spinlocks")) {
			char *end;

			setup->spinlocks = strtoull(value, &end, 0);
			setup->has_spinlocks = end != value && !*end;
			setup->enlightenments++;
		} else if (is_on(value)) { /* so hv-vendor-id, which hides the hypervisor from drivers, is none */
			setup->enlightenments++;
		}
	}
}

/* Huge pages by a file on hugetlbfs, which is known by its place, or by an anonymous one. */
static bool backend_is_huge(const struct guest_option *object)
{
	const char *path = guest_option_get(object, "mem-path");

	return is_on(guest_option_get(object, "hugetlb")) || (path && strstr(path, "huge"));
}

static bool backend_is_shared(const struct guest_option *object)
{
	const char *type = guest_option_get(object, "qom-type"), *share = guest_option_get(object, "share");

	return is_on(share) || ((is(type, "memory-backend-memfd") || is(type, "memory-backend-shm")) && !share);
}

static bool is_uefi(const char *path)
{
	static const char *const words[] = { "OVMF", "edk2", "uefi", "AAVMF", "QEMU_EFI" };

	for (size_t i = 0; path && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(path, words[i]))
			return true;
	return false;
}

static void read_option(const struct guest_option *option, struct guest_setup *setup)
{
	const char *driver = guest_option_get(option, "driver");

	if (strcmp(option->name, "cpu") == 0) {
		read_cpu(option, setup);
	} else if (strcmp(option->name, "object") == 0) {
		setup->asks_huge |= backend_is_huge(option);
		setup->shares |= backend_is_shared(option);
	} else if (strcmp(option->name, "device") == 0) {
		/* Both remap interrupts unless told not to, and the kernel's own IOAPIC knows nothing of that. */
		setup->needs_split |= (is(driver, "intel-iommu") && !is_off(guest_option_get(option, "intremap"))) ||
		                      is(driver, "amd-iommu");
	} else if (strcmp(option->name, "drive") == 0) {
		setup->uefi |= is(guest_option_get(option, "if"), "pflash");
	} else if (strcmp(option->name, "pflash") == 0) {
		setup->uefi = true;
	}
}

void guest_setup_read(const struct guest_options *options, struct guest_setup *ret)
{
	const char *name = guest_options_get(options, "name", "guest"), *path = guest_options_get(options, "mem-path", "");
	const char *cpus = guest_options_get(options, "smp", "cpus"),
			   *threads = guest_options_get(options, "smp", "threads");
	uint64_t number;

	*ret = (struct guest_setup){ .libvirt = options->libvirt };
	if (name)
		snprintf(ret->name, sizeof(ret->name), "%s", name);
	read_machine(options, ret);
	for (size_t i = 0; i < options->count; i++)
		read_option(&options->items[i], ret);
	ret->ram = memory_size_of(guest_options_get(options, "m", "size"));
	ret->asks_huge |= path && strstr(path, "huge");
	ret->vcpus = cpus && parse_number(cpus, CPUS_MAX, &number) == 0 ? (unsigned int)number : 0;
	ret->threads = threads && parse_number(threads, CPUS_MAX, &number) == 0 ? (unsigned int)number : 0;
	ret->local_time = is(guest_options_get(options, "rtc", "base"), "localtime");
	ret->uefi |= guest_options_get(options, "machine", "pflash0") || is_uefi(guest_options_get(options, "bios", ""));
}
