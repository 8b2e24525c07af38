/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes, when, and what stays. Until the new image has proven itself the old settings are what a boot with an old
 * image lives on, and vfio-prep works beside them: it loads vfio-pci without ids=, and its overrides win. Only what
 * keeps it from that goes first.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/modprobe.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "plan/advice.h"
#include "report/import_command.h"
#include "report/import_parts.h"

static struct import_action *add_action(struct import_action **actions, size_t *count,
                                        const struct inherited_item *item)
{
	struct import_action *action = array_add(actions, count, sizeof(*action));

	if (!action)
		return NULL;
	snprintf(action->file, sizeof(action->file), "/%s", item->file);
	action->line = item->line;
	action->what = strdup(item->text);
	return action->what ? action : NULL;
}

__attribute__((format(printf, 3, 4)))
static int keep(struct import *import, const struct inherited_item *item, const char *why, ...)
{
	struct import_action *action = add_action(&import->kept, &import->kept_count, item);
	va_list arguments;

	if (!action)
		return -ENOMEM;
	va_start(arguments, why);
	vsnprintf(action->why, sizeof(action->why), why, arguments);
	va_end(arguments);
	return 0;
}

/* Takes over command. */
static int take_away(struct import *import, const struct inherited_item *item, bool first, char *command)
{
	struct import_action *action = command ? add_action(&import->removals, &import->removal_count, item) : NULL;

	if (!action) {
		free(command);
		return -ENOMEM;
	}
	action->first = first;
	action->command = command;
	return 0;
}

static int take_parameter(struct import *import, const struct inherited_item *item, const struct loader *loader,
                          bool first)
{
	char *command = import_parameter_command(item, loader, &import->host->cmdline);

	if (!command || *command)
		return take_away(import, item, first, command);
	free(command);
	return keep(import, item, "no file of the boot loader has it: the next boot is without it, or it is set elsewhere");
}

/* Of options of vfio-pci only ids= goes; vfio-prep loads it with the others. */
static int judge_options(struct import *import, const struct inherited_item *item, const struct loader *loader)
{
	_cleanup_free_ char *kept = malloc(strlen(item->value) + 1);
	struct inherited_item line = *item;
	char dropped[8];
	bool ids;

	if (!kept)
		return -ENOMEM;
	ids = module_options_keep(item->value, kept, dropped, sizeof(dropped));
	if (!ids)
		return keep(import, item, "vfio-prep loads the module with it, and has no setting of its own for it");
	if (item->form == FORM_PARAMETER)
		return take_parameter(import, item, loader, false);
	if (item->form == FORM_IDS && !kept[0])
		line.form = FORM_LINE;
	if (take_away(import, item, false, import_command(&line)) < 0)
		return -ENOMEM;
	return kept[0] && line.form == FORM_IDS
	               ? keep(import, item, "of this %s stays: vfio-prep loads the module with it", kept)
	               : 0;
}

/* A blacklist of vfio-pci on the command line is an off switch of vfio-prep; in lists with others, hands have to
 * help. */
static int judge_hindrance(struct import *import, const struct inherited_item *item, const struct loader *loader)
{
	if (item->form == FORM_PARAMETER)
		return take_parameter(import, item, loader, true);
	if (item->form == FORM_NOTHING)
		return take_away(import, item, true,
		                 strdup("# take the vfio modules out of this parameter, in the boot loader's config"));
	return take_away(import, item, true, import_command(item));
}

/* driverctl's udev rule has the last word when the device appears: it would take it away again. */
static bool is_taken(const struct import *import, const struct pci_address *address)
{
	const struct pci_function *function = pci_find(&import->host->pci, address);

	return function && import_section(import, (size_t)(function - import->host->pci.functions));
}

static int judge_item(struct import *import, const struct inherited_item *item, const struct loader *loader)
{
	uint64_t pages;

	switch (item->kind) {
	case INHERITED_OPTIONS:
		return judge_options(import, item, loader);
	case INHERITED_HINDERS:
		return judge_hindrance(import, item, loader);
	case INHERITED_LOADS:
		if (item->form == FORM_NOTHING)
			return keep(import, item, "it loads other modules, too; those of vfio are not needed there any more");
		return item->form == FORM_PARAMETER ? take_parameter(import, item, loader, false)
		                                    : take_away(import, item, false, import_command(item));
	case INHERITED_SAVED:
		if (import_driver_is_guests(item->value))
			return take_away(import, item, false, import_command(item));
		if (is_taken(import, &item->address))
			return take_away(import, item, true, import_command(item));
		return keep(import, item, "it is no driver of a guest's: vfio-prep has nothing to do with it");
	case INHERITED_PAGES:
		if (import_sysctl_pages(item, &pages) < 0)
			return keep(import, item, "its number cannot be read here, and no [hugepages] has it");
		return take_away(import, item, false, import_command(item));
	case INHERITED_BLOCKS:
		return keep(import, item,
		            "vfio-prep does not need it; without it the host has %s for devices that it keeps",
		            item->value);
	case INHERITED_SCRIPT:
		return keep(import, item,
		            "what it does cannot be read here: look at it, and take it out of the image when --check "
		            "is clean without it");
	case INHERITED_DOMAIN:
		if (!is_taken(import, &item->address))
			return keep(import, item, "vfio-prep leaves it to libvirt");
		return keep(import, item,
		            "vfio-prep has it bound before, and at its end libvirt would give it to the host: make "
		            "it managed='no' (virsh edit %s)",
		            item->value);
	default:
		return 0;
	}
}

/* Why a parameter of pages or CPUs stays. */
static const char *why_kept(const struct import *import, const char *key, const char *text)
{
	const struct import_cpus *cpus = &import->cpus;
	bool tick = cmdline_keys_equal(key, "nohz_full") || cmdline_keys_equal(key, "rcu_nocbs");
	bool asked = cmdline_keys_equal(key, "irqaffinity") ? cpus->irqs : !tick || cpus->tick;

	if (cmdline_keys_equal(key, "hugepages"))
		return import_pages_have(import, text) ?
		           "[hugepages] counts these pages as its own. From 1G on the kernel finds them for sure only at "
		           "its start; smaller ones early boot reserves without it" :
		           "no pool of [hugepages] comes of it";
	return cpus->live && asked ? "[cpus] asks for it: vfio-prep --advise compares" :
	       cpus->live && tick  ? "[cpus] does not ask for it: tick = yes would" :
	                             "vfio-prep leaves it alone";
}

/* Parameters that go on doing what the config asks for, and those that recipes put beside vfio-pci.ids=. */
static int keep_parameters(struct import *import)
{
	const char *shown = "vfio-prep does not need it: it takes the boot framebuffer off the devices that it takes; "
	                    "without it the console shows until then";
	const struct {
		const char *key, *why, *part; /* why: NULL, why_kept tells; part: of the value; NULL any */
	} keys[] = {
		{ "hugepages", NULL, NULL },
		{ "isolcpus", NULL, NULL },
		{ "nohz_full", NULL, NULL },
		{ "rcu_nocbs", NULL, NULL },
		{ "irqaffinity", NULL, NULL },
		{ "kthread_cpus", "vfio-prep has no setting for it", NULL },
		{ "video", shown, "fb:off" },
		{ "initcall_blacklist", shown, "sysfb_init" },
		{ "pcie_acs_override", "IOMMU groups that this config counts on may come of it, and isolate nothing: "
		                       "vfio-prep --advise says more", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		for (size_t j = 0; j < import->host->cmdline.count; j++) {
			const struct cmdline_parameter *parameter = &import->host->cmdline.parameters[j];
			_cleanup_free_ char *text = cmdline_format(parameter->key, parameter->value);
			struct inherited_item item = { .file = "proc/cmdline", .text = text };

			if (!text)
				return -ENOMEM;
			if (!cmdline_keys_equal(parameter->key, keys[i].key) ||
			    (keys[i].part && (!parameter->value || !strstr(parameter->value, keys[i].part))))
				continue;
			if (keep(import, &item, "%s", keys[i].why ? keys[i].why : why_kept(import, keys[i].key, text)) < 0)
				return -ENOMEM;
		}
	return 0;
}

static bool is_of_cmdline(const struct inherited_item *item)
{
	return item->form == FORM_PARAMETER;
}

int import_removals(struct import *import, const struct loader *loader)
{
	int r = 0;

	/* The command line last: what makes its loader read it is then done once more at most. */
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; r == 0 && i < import->inherited->count; i++)
			if (is_of_cmdline(&import->inherited->items[i]) == (round == 1))
				r = judge_item(import, &import->inherited->items[i], loader);
	return r < 0 ? r : keep_parameters(import);
}
