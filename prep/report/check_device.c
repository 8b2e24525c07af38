/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is each listed device there, is it the right one, and does the right driver have it. */
#include <stdio.h>
#include <string.h>

#include "host/select.h"
#include "host/usage.h"
#include "report/checks.h"

static bool is_missing(const struct goals *goals, const struct device_section *section)
{
	for (size_t i = 0; i < goals->missing_count; i++)
		if (goals->missing[i] == section)
			return true;
	return false;
}

/* Where a section says that its device is, or what it is, for a reader of the report. */
static void describe_wanted(const struct device_section *section, char *text, size_t size)
{
	char address[PCI_ADDRESS_MAX];

	if (section->address_count)
		snprintf(text, size, "a device at %s", pci_address_format(&section->addresses[0], address));
	else if (section->path_count)
		snprintf(text, size, "a device at path %s", section->paths[0]);
	else
		snprintf(text, size, "a device with an id of [device %s]", section->name);
}

void check_device_present(const struct check_input *input, struct report *report)
{
	if (!input->config->enabled)
		return;
	for (size_t i = 0; i < input->config->device_count; i++) {
		const struct device_section *section = &input->config->devices[i];
		const struct vm_section *vm = goals_of_section(input->of, input->config, section) ? NULL :
		                              config_vm_of_device(input->config, section->name);
		struct finding *finding;
		size_t functions = 0, mistaken = 0;

		for (size_t j = 0; j < input->goals->count; j++)
			if (input->goals->items[j].section == section) {
				functions++;
				mistaken += input->goals->items[j].guard == GUARD_IDENTITY;
			}
		if (input->host->pci_error) {
			finding = report_add(report, "device.present", section->name, STATUS_UNKNOWN,
			                     "the PCI bus cannot be read: %s", strerror(-input->host->pci_error));
		} else if (is_missing(input->goals, section)) {
			finding = report_add(report, "device.present", section->name, section->required ? STATUS_FAIL : STATUS_INFO,
			                     "not there%s%s%s", section->required ? "" : " (required = no)",
			                     vm && section->required ? ", and without it no guest " : "",
			                     vm && section->required ? vm->name : "");
			describe_wanted(section, finding->want, sizeof(finding->want));
			FINDING_SET(finding->have, "none");
			FINDING_SET(finding->fix,
			            "echo 1 >/sys/bus/pci/rescan%s%s%s  # still missing: vfio-prep --list, and correct "
			            "[device %s]",
			            vm ? "" : " && ", vm ? "" : fix_program(finding), vm ? "" : " --apply", section->name);
		} else if (mistaken && mistaken == functions) {
			continue; /* something is there; device.identity says that it is another */
		} else if (!functions && vm) {
			continue; /* taken already, by a section that does not wait for a guest: that one speaks of it */
		} else if (!functions) {
			finding = report_add(report, "device.present", section->name, STATUS_PASS, "there, by another section too");
		} else {
			finding = report_add(report, "device.present", section->name, STATUS_PASS, "%zu function%s", functions,
			                     functions == 1 ? "" : "s");
		}
		FINDING_SET(finding->source, "/" PCI_DEVICES);
	}
}

/* The device that is meant, where there is one elsewhere: buses were renumbered. Else the card was changed. */
static void fix_identity(const struct check_input *input, const struct check_device *device, struct finding *finding)
{
	const struct device_section *section = device->goal->section;
	const struct pci *pci = &input->host->pci;
	struct device_section anywhere = *section;
	const struct pci_function *found = NULL;
	char address[PCI_ADDRESS_MAX];
	size_t count = 0;

	anywhere.address_count = anywhere.path_count = 0;
	for (size_t i = 0; i < pci->count; i++)
		if (select_match(&anywhere, &pci->functions[i], "") == MATCH_YES) {
			found = &pci->functions[i];
			count++;
		}
	if (count == 1)
		fix_device(finding, section, section->path_count ? "in place of its path: buses were renumbered" :
		           "in place of the other: buses were renumbered", "address = %s",
		           pci_address_format(&found->address, address));
	else
		fix_device(finding, section,
		           "in place of the other, where the card was changed; vfio-prep --list shows what is where",
		           "id = %04x:%04x", device->function->vendor, device->function->device);
}

void check_device_identity(const struct check_input *input, struct report *report)
{
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++) {
		const struct device_section *section = device.goal->section;
		const struct pci_function *function = device.function;
		struct finding *finding;

		if (device.goal->companion || !section->id_count || !(section->address_count || section->path_count))
			continue;
		if (device.goal->guard == GUARD_IDENTITY) {
			finding = report_add(report, "device.identity", device.address, STATUS_FAIL, "%s", device.goal->why);
			FINDING_SET(finding->want, "an id of [device %s]", section->name);
			FINDING_SET(finding->have, "%04x:%04x", function->vendor, function->device);
			fix_identity(input, &device, finding);
		} else {
			finding = report_add(report, "device.identity", device.address, STATUS_PASS, "%04x:%04x as listed",
			                     function->vendor, function->device);
		}
		FINDING_SET(finding->source, "/" PCI_DEVICES "/%s/uevent", device.address);
	}
}

/* The waivers of a section with one more. */
static void fix_allow(const struct device_section *section, enum guard guard, struct finding *finding)
{
	char names[80] = "";

	for (unsigned int waiver = 1; waiver <= section->allow; waiver <<= 1)
		if (section->allow & waiver) {
			size_t used = strlen(names);

			snprintf(names + used, sizeof(names) - used, "%s ", waiver_name(waiver));
		}
	fix_device(finding, section,
	           guard == GUARD_BOOT_DISPLAY ? "if the console may go dark" : "if this host can do without it",
	           "allow = %s%s", names, guard_name(guard));
}

static void fix_guard(const struct check_input *input, const struct check_device *device, struct finding *finding)
{
	const struct device_section *section = device->goal->section;

	switch (device->goal->guard) {
	case GUARD_GROUP:
		if (device->function->detail->group < 0)
			fix_no_group(input, device->function, finding);
		else
			fix_device(finding, section, section->also == ALSO_NONE ? "" : "in place of the other", "also = group");
		break;
	case GUARD_STORAGE:
		/* A waiver for disks is an error beside ids alone (host/config_rules.c). */
		if (!section->address_count && !section->path_count) {
			fix_device(finding, section, "then allow = storage, if this host can do without it", "address = %s",
			           device->address);
			break;
		}
		/* fallthrough */
	case GUARD_BOOT_DISPLAY:
	case GUARD_USB:
	case GUARD_NETWORK:
		fix_allow(section, device->goal->guard, finding);
		break;
	case GUARD_IN_USE:
		if (device->function->detail->enabled_vfs > 0)
			FINDING_SET(finding->fix, "echo 0 >/" PCI_DEVICES "/%s/sriov_numvfs && %s --apply", device->address,
			            fix_program(finding));
		else if (device->function->detail->usage & USAGE_ROOT)
			FINDING_SET(finding->fix, "# take %s out of [device %s] of %s", device->address, section->name,
			            fix_file(finding));
		else
			FINDING_SET(finding->fix, "%s --apply  # when what holds it has ended", fix_program(finding));
		break;
	case GUARD_SKIP:
		FINDING_SET(finding->fix, "# reboot without vfio_prep.skip= on the kernel command line");
		break;
	default:
		FINDING_SET(finding->fix, "# take %s out of [device %s] of %s", device->address, section->name,
		            fix_file(finding));
		break;
	}
}

/* With the host until its guest starts; or a guard would keep it there then, which is to be known before. */
static struct finding *report_resting(const struct check_device *device, struct report *report)
{
	const char *driver = device->function->driver[0] ? device->function->driver : "the host",
			   *guest = device->rests->name;
	bool busy = device->goal->guard == GUARD_IN_USE;
	struct finding *finding;

	if (device->take)
		finding = report_add(report, "device.driver", device->address, busy ? STATUS_INFO : STATUS_PASS,
		                     "left to %s until guest %s starts%s%s", driver, guest, busy ? "; now in use: " : "",
		                     busy ? device->goal->why : "");
	else
		finding = report_add(report, "device.driver", device->address, STATUS_WARN,
		                     "guest %s would not start, refused by the "
		                     "guard %s: %s",
		                     guest, guard_name(device->goal->guard), device->goal->why);
	FINDING_SET(finding->want, "%s, while guest %s runs", device->goal->section->driver, guest);
	FINDING_SET(finding->have, "%s", driver);
	return finding;
}

void check_device_driver(const struct check_input *input, struct report *report)
{
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++) {
		const char *driver = device.function->driver, *wanted = device.goal->section->driver;
		struct finding *finding;

		if (device.goal->guard == GUARD_IDENTITY)
			continue; /* not the device that is meant */
		if (device.function->detail->stuck) {
			/* The link stands from the beginning of a probe on (drivers/base/dd.c, really_probe). */
			finding = report_add(report, "device.driver", device.address, STATUS_FAIL, "it hangs in the kernel: its "
			                     "driver's probe or removal does not return");
			FINDING_SET(finding->want, "%s", wanted);
			FINDING_SET(finding->have, "%s, busy with it", driver[0] ? driver : "a driver that let go of it");
			FINDING_SET(finding->fix,
			            "reboot  # nothing else frees it; dmesg tells where it hangs, and vfio_prep.skip=%s on "
			            "the kernel command line leaves it alone",
			            device.address);
		} else if (pci_driver_is_vfio(driver)) {
			finding = report_add(report, "device.driver", device.address, STATUS_PASS, "%s", driver);
		} else if (device.rests) {
			finding = report_resting(&device, report);
			if (!device.take)
				fix_guard(input, &device, finding);
		} else {
			if (device.take)
				finding = report_add(report, "device.driver", device.address, STATUS_FAIL, driver[0] ?
				                     "%s has it, not %s" : "%sno driver has it, not %s", driver, wanted);
			else
				finding =
					report_add(report, "device.driver", device.address, STATUS_FAIL, "left to %s by the guard %s: %s",
				               driver[0] ? driver : "the host", guard_name(device.goal->guard), device.goal->why);
			FINDING_SET(finding->want, "%s", wanted);
			FINDING_SET(finding->have, "%s", driver[0] ? driver : "no driver");
			if (device.take)
				fix_apply(input, finding);
			else
				fix_guard(input, &device, finding);
		}
		FINDING_SET(finding->source, "/" PCI_DEVICES "/%s/driver", device.address);
	}
}

void check_device_override(const struct check_input *input, struct report *report)
{
	struct check_device device;

	for (size_t i = 0; check_device_at(input, i, &device); i++) {
		const struct pci_detail *detail = device.function->detail;
		const char *wanted = device.goal->section->driver;
		struct finding *finding;

		if (!device.take || device.rests)
			continue;
		if (!detail->has_override) {
			finding =
				report_add(report, "device.override", device.address, STATUS_UNKNOWN, "driver_override cannot be read");
		} else if (strcmp(detail->driver_override, wanted) == 0) {
			finding = report_add(report, "device.override", device.address, STATUS_PASS, "%s", wanted);
		} else {
			finding = report_add(report, "device.override", device.address, STATUS_WARN,
			                     "the override is %s%s%s: another driver could take it",
			                     detail->driver_override[0] ? "'" : "",
			                     detail->driver_override[0] ? detail->driver_override : "not set",
			                     detail->driver_override[0] ? "'" : "");
			FINDING_SET(finding->want, "%s", wanted);
			FINDING_SET(finding->have, "%s", detail->driver_override[0] ? detail->driver_override : "(null)");
			FINDING_SET(finding->fix, "%s --apply", fix_program(finding));
		}
		FINDING_SET(finding->source, "/" PCI_DEVICES "/%s/driver_override", device.address);
	}
}
