/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether vfio-pci was told to take devices by their ids, and which it would take besides those of the config. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "report/checks.h"
#include "report/modprobe_fix.h"

#define ANY_ID 0xffffu /* of four digits: the kernel log has eight or four of them (fixed in 4.20) */

struct verdict {
	bool any;          /* ids= is somewhere */
	char where[160];   /* of the first that takes a twin, else of the first */
	char id[48];       /* "10de:2684" */
	char twins[160];
	const struct modprobe_line *line; /* of modprobe.d */
	bool on_cmdline;
};

/* One id as vfio_pci_fill_ids() in drivers/vfio/pci/vfio_pci.c reads it: six numbers, the first two always. */
struct id {
	unsigned int vendor, device, subvendor, subdevice, class, mask;
};

static bool parse_id(const char *text, struct id *ret)
{
	*ret = (struct id){ .subvendor = ANY_ID, .subdevice = ANY_ID };
	return sscanf(text, "%x:%x:%x:%x:%x:%x", &ret->vendor, &ret->device, &ret->subvendor, &ret->subdevice, &ret->class,
	              &ret->mask) >= 2;
}

static bool fits(unsigned int wanted, unsigned int value)
{
	return (wanted & 0xffff) == ANY_ID || wanted == value;
}

static bool id_takes(const struct id *id, const struct pci_function *function)
{
	return fits(id->vendor, function->vendor) && fits(id->device, function->device) &&
	       fits(id->subvendor, function->subvendor) && fits(id->subdevice, function->subdevice) &&
	       !((id->class ^ function->class) & id->mask) && !pci_is_bridge(function);
}

bool check_ids_take(const char *id, const struct pci_function *function)
{
	struct id parsed;

	return parse_id(id, &parsed) && id_takes(&parsed, function);
}

static void add_twin(const struct pci_function *function, char *twins, size_t size)
{
	size_t used = strlen(twins);
	char address[PCI_ADDRESS_MAX];

	snprintf(twins + used, size - used, "%s%s (%s)", used ? ", " : "", pci_address_format(&function->address, address),
	         function->driver[0] ? function->driver : "no driver");
}

/* What waits for its guest is the host's when the module is loaded. */
static bool is_wanted(const struct check_input *input, size_t function)
{
	const struct goal *goal = goals_find(input->goals, function);

	return goal && !check_rests(input, goal);
}

/* Looks at what one source says; the first that takes something unlisted is kept. */
static void judge(const struct check_input *input, const char *ids, const char *where, const struct modprobe_line *line,
                  bool on_cmdline, struct verdict *verdict)
{
	char copy[1024], *next = copy, *part;
	bool first = !verdict->any;

	if (verdict->twins[0])
		return;
	verdict->any = true;
	if (first)
		snprintf(verdict->where, sizeof(verdict->where), "%s", where);
	snprintf(copy, sizeof(copy), "%s", ids);
	while ((part = parse_word(&next, ","))) {
		for (size_t i = 0; i < input->host->pci.count; i++)
			if (check_ids_take(part, &input->host->pci.functions[i]) && !is_wanted(input, i))
				add_twin(&input->host->pci.functions[i], verdict->twins, sizeof(verdict->twins));
		if (!verdict->twins[0])
			continue;
		snprintf(verdict->where, sizeof(verdict->where), "%s", where);
		snprintf(verdict->id, sizeof(verdict->id), "%s", part);
		verdict->line = line;
		verdict->on_cmdline = on_cmdline;
		return;
	}
}

/* What vfio-pci was loaded with in this boot, by whomever: "vfio_pci: add [10de:2684[ffffffff:ffffffff]] class
 * 0x000000/00000000". */
static void judge_log(const struct check_input *input, struct verdict *verdict)
{
	for (size_t i = 0; i < input->host->log.count; i++) {
		struct id id;
		char text[48];

		if (sscanf(input->host->log.entries[i].text, "vfio_pci: add [%x:%x[%x:%x]] class %x/%x", &id.vendor, &id.device,
		           &id.subvendor, &id.subdevice, &id.class, &id.mask) != 6)
			continue;
		if (id.mask || (id.subvendor & 0xffff) != ANY_ID)
			snprintf(text, sizeof(text), "%04x:%04x:%x:%x:%x:%x", id.vendor, id.device, id.subvendor, id.subdevice,
			         id.class, id.mask);
		else
			snprintf(text, sizeof(text), "%04x:%04x", id.vendor, id.device);
		judge(input, text, "/dev/kmsg", NULL, false, verdict);
	}
}

static void write_fix(const struct check_input *input, const struct verdict *verdict, struct finding *finding)
{
	char id[48];

	if (verdict->line) {
		modprobe_fix(verdict->line, input->rebuild, finding->fix, sizeof(finding->fix));
	} else if (verdict->on_cmdline) {
		FINDING_SET(finding->fix,
		            "# take vfio-pci.ids= off the kernel command line, in the boot loader's config, then reboot");
	} else {
		/* drivers/pci/pci-driver.c, remove_id_store(): the same numbers, with blanks between. */
		snprintf(id, sizeof(id), "%s", verdict->id);
		for (char *c = id; *c; c++)
			*c = *c == ':' ? ' ' : *c;
		FINDING_SET(finding->fix,
		            "echo '%s' > /sys/bus/pci/drivers/vfio-pci/remove_id  # and find who loads vfio-pci with ids=", id);
	}
}

void check_vfio_ids(const struct check_input *input, struct report *report)
{
	struct verdict verdict = { 0 };
	struct finding *finding;
	char ids[1024], where[160];

	if (!input->config->enabled || !input->config->device_count || (!input->modprobe && !input->modprobe_error))
		return;
	for (size_t i = 0; input->modprobe && i < input->modprobe->count; i++) {
		const struct modprobe_line *line = &input->modprobe->lines[i];

		snprintf(where, sizeof(where), "/%s", line->file);
		if (line->kind == MODPROBE_OPTIONS && strcmp(line->key, "vfio_pci") == 0 &&
		    modprobe_option(line->value, "ids", ids, sizeof(ids)))
			judge(input, ids, where, line, false, &verdict);
	}
	for (size_t i = 0; i < input->host->cmdline.count; i++) {
		const struct cmdline_parameter *parameter = &input->host->cmdline.parameters[i];

		if (parameter->value && cmdline_keys_equal(parameter->key, "vfio-pci.ids"))
			judge(input, parameter->value, "/proc/cmdline", NULL, true, &verdict);
	}
	judge_log(input, &verdict);
	if (verdict.twins[0]) {
		finding = report_add(report, "vfio.ids", "", STATUS_WARN, "ids=%s also takes what the config does not list: %s",
		                     verdict.id, verdict.twins);
		FINDING_SET(finding->want, "no ids=: vfio-prep takes the listed devices by their addresses");
		FINDING_SET(finding->have, "ids=%s", verdict.id);
		write_fix(input, &verdict, finding);
		FINDING_SET(finding->source, "%s", verdict.where);
	} else if (input->modprobe_error) {
		finding = report_add(report, "vfio.ids", "", STATUS_UNKNOWN, "modprobe.d cannot be read: %s",
		                     strerror(-input->modprobe_error));
		FINDING_SET(finding->source, "/etc/modprobe.d");
	} else if (verdict.any) {
		finding = report_add(report, "vfio.ids", "", STATUS_PASS, "ids= takes nothing that the config does not list");
		FINDING_SET(finding->source, "%s", verdict.where);
	}
}
