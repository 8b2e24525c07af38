/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other tools and settings that claim a device of the config. */
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "report/checks.h"
#include "report/modprobe_fix.h"

struct claims {
	const struct check_input *input;
	const struct check_device *device;
	struct finding first; /* summary, source and fix of the first claim; have holds all */
	size_t count;
};

/* Notes a claim; true for the first one, whose fix is to be told. */
__attribute__((format(printf, 3, 4)))
static bool add_claim(struct claims *claims, const char *source, const char *what, ...)
{
	size_t used = strlen(claims->first.have);
	char text[160];
	va_list arguments;

	va_start(arguments, what);
	vsnprintf(text, sizeof(text), what, arguments);
	va_end(arguments);
	snprintf(claims->first.have + used, sizeof(claims->first.have) - used, "%s%s", used ? "; " : "", text);
	if (claims->count++)
		return false;
	FINDING_SET(claims->first.summary, "something else claims it: %s", text);
	FINDING_SET(claims->first.source, "%s", source);
	return true;
}

static void look_at_driverctl(struct claims *claims)
{
	const struct check_device *device = claims->device;
	const struct saved_override *saved = rivals_saved(&claims->input->surroundings->rivals, &device->function->address);
	char source[80];

	if (!saved || strcmp(saved->driver, device->goal->section->driver) == 0)
		return;
	snprintf(source, sizeof(source), "/" DRIVERCTL_DIRECTORY "/pci-%s", device->address);
	/* unset-override would unbind the device now, too. */
	if (add_claim(claims, source, "driverctl gives it to %s when it appears", saved->driver))
		FINDING_SET(claims->first.fix, "rm %s  # then reboot, if vfio-pci does not have it now", source);
}

static void look_at_pciback(struct claims *claims)
{
	const struct check_input *input = claims->input;
	const struct pci_address *address = &claims->device->function->address;
	const char *hide = NULL;

	if (rivals_seized(&input->surroundings->rivals, address) &&
	    add_claim(claims, "/" PCIBACK_SLOTS, "Xen's pciback has it"))
		FINDING_SET(claims->first.fix, "echo %s > /" PCI_DRIVERS "/pciback/remove_slot%s%s%s", claims->device->address,
		            claims->device->rests ? "" : " && ", claims->device->rests ? "" : fix_program(&claims->first),
		            claims->device->rests ? "" : " --apply");
	for (size_t i = 0; i < input->host->cmdline.count; i++) {
		const struct cmdline_parameter *parameter = &input->host->cmdline.parameters[i];

		if (parameter->value && cmdline_keys_equal(parameter->key, "xen-pciback.hide"))
			hide = parameter->value;
	}
	if (hide && pciback_hides(hide, address) && add_claim(claims, "/proc/cmdline", "xen-pciback.hide=%s", hide))
		FINDING_SET(claims->first.fix,
		            "# take %s out of xen-pciback.hide= on the kernel command line, in the boot loader's "
		            "config, then reboot",
		            claims->device->address);
}

static bool options_claim(const struct check_device *device, const struct modprobe_line *line, char *what, size_t size)
{
	char value[1024], *next = value, *id;

	if (strcmp(line->key, "xen_pciback") == 0 && modprobe_option(line->value, "hide", value, sizeof(value)) &&
	    pciback_hides(value, &device->function->address)) {
		snprintf(what, size, "xen-pciback hide=%s", value);
		return true;
	}
	if (strcmp(line->key, "vfio_pci") != 0 || !modprobe_option(line->value, "ids", value, sizeof(value)))
		return false;
	while ((id = parse_word(&next, ",")))
		if (check_ids_take(id, device->function)) {
			snprintf(what, size, "options vfio-pci ids=%s", id);
			return true;
		}
	return false;
}

/* As pci_uevent() in drivers/pci/pci-driver.c writes it. */
static bool alias_claims(const struct check_device *device, const struct modprobe_line *line)
{
	const struct pci_function *function = device->function;
	char alias[80];

	if (strncmp(line->key, "pci:", 4) != 0 || strcmp(line->value, "off") == 0 || strncmp(line->value, "vfio", 4) == 0 ||
	    cmdline_keys_equal(line->value, device->goal->section->driver))
		return false;
	snprintf(alias, sizeof(alias), "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", function->vendor, function->device,
	         function->subvendor, function->subdevice, function->class >> 16, function->class >> 8 & 0xff,
	         function->class & 0xff);
	return fnmatch(line->key, alias, 0) == 0;
}

/* A module other than vfio's that is loaded before the driver: "pre: snd_hda_intel nvidia post: x". */
static bool softdep_claims(const struct modprobe_line *line, char *what, size_t size)
{
	char value[256], *next = value, *word;
	bool before = false;

	snprintf(value, sizeof(value), "%s", line->value);
	while ((word = parse_word(&next, " \t"))) {
		if (strcmp(word, "pre:") == 0 || strcmp(word, "post:") == 0) {
			before = word[1] == 'r';
		} else if (before && strncmp(word, "vfio", 4) != 0 && strncmp(word, "irqbypass", 9) != 0) {
			snprintf(what, size, "softdep loads %s before %s", word, line->key);
			return true;
		}
	}
	return false;
}

static void look_at_modprobe(struct claims *claims)
{
	const struct check_device *device = claims->device;
	const struct modprobe *modprobe = claims->input->modprobe;

	for (size_t i = 0; i < modprobe->count; i++) {
		const struct modprobe_line *line = &modprobe->lines[i];
		bool wanted = cmdline_keys_equal(line->key, device->goal->section->driver), claimed = false;
		char what[160], source[160];

		switch (line->kind) {
		case MODPROBE_OPTIONS:
			claimed = options_claim(device, line, what, sizeof(what));
			break;
		case MODPROBE_ALIAS:
			claimed = alias_claims(device, line);
			snprintf(what, sizeof(what), "alias for %s", line->value);
			break;
		case MODPROBE_INSTALL:
			claimed = wanted || strncmp(line->key, "vfio", 4) == 0;
			snprintf(what, sizeof(what), "install %s runs %s", line->key, line->value);
			break;
		default:
			claimed = wanted && softdep_claims(line, what, sizeof(what));
		}
		if (!claimed)
			continue;
		snprintf(source, sizeof(source), "/%s", line->file);
		if (add_claim(claims, source, "%s (%s)", what, source))
			modprobe_fix(line, claims->input->rebuild, claims->first.fix, sizeof(claims->first.fix));
	}
}

void check_device_rival(const struct check_input *input, struct report *report)
{
	struct check_device device;

	if (!input->surroundings)
		return;
	for (size_t i = 0; check_device_at(input, i, &device); i++) {
		struct claims claims = { .input = input,
			                     .device = &device,
			                     .first.program = report->program[0] ? report->program : NULL };
		struct finding *finding;

		if (!device.take)
			continue;
		if (!device.rests) /* whose driver is the host's own until then */
			look_at_driverctl(&claims);
		look_at_pciback(&claims);
		if (input->modprobe)
			look_at_modprobe(&claims);
		if (claims.count) {
			finding = report_add(report, "device.rival", device.address, STATUS_WARN, "%s", claims.first.summary);
			FINDING_SET(finding->want, "%s alone", fix_file(finding));
			FINDING_SET(finding->have, "%s", claims.first.have);
			FINDING_SET(finding->fix, "%s", claims.first.fix);
			FINDING_SET(finding->source, "%s", claims.first.source);
		} else if (input->modprobe_error) {
			finding = report_add(report, "device.rival", device.address, STATUS_UNKNOWN,
			                     "modprobe.d cannot be read: %s", strerror(-input->modprobe_error));
			FINDING_SET(finding->source, "/etc/modprobe.d");
		} else {
			finding = report_add(report, "device.rival", device.address, STATUS_PASS, "no other tool claims it");
			FINDING_SET(finding->source, "/" DRIVERCTL_DIRECTORY ", /etc/modprobe.d");
		}
	}
}
