/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "report/names.h"
#include "report/text.h"

#define INDENT 2
#define KIND_COLUMNS 10 /* and more where a kind of the plan needs them */
#define ADDRESS_COLUMNS 18

static int kind_columns(const struct steps *steps)
{
	int columns = KIND_COLUMNS;

	for (size_t i = 0; i < steps->count; i++) {
		int length = (int)strlen(step_kind_name(steps->items[i].kind));

		columns = length >= columns ? length + 1 : columns;
	}
	return columns;
}

static void print_step(const struct style *style, const struct step *step, size_t number, int columns, enum view view)
{
	fprintf(style->out, "%*s%3zu. ", INDENT, "", number);
	style_print(style, INK_BOLD, columns, step_kind_name(step->kind));
	style_print(style, INK_PLAIN, step->value[0] ? ADDRESS_COLUMNS : 0, step->target);
	fprintf(style->out, "%s%s\n", step->value,
	        view != VIEW_NOW && step->stage == STAGE_LATE ? "  (after the root is mounted)" : "");
}

static void print_device(const struct style *style, const struct goal *goal, const struct host *host,
                         struct pci_access *names)
{
	const struct pci_function *function = &host->pci.functions[goal->function];
	bool take = goal->guard == GUARD_NONE;
	char address[PCI_ADDRESS_MAX], name[160], section[CONFIG_NAME_MAX + 16];

	fprintf(style->out, "%*s", INDENT, "");
	style_print(style, take ? INK_GREEN : INK_RED, 8, take ? "take" : "refuse");
	style_print(style, INK_BOLD, ADDRESS_COLUMNS - 4, pci_address_format(&function->address, address));
	snprintf(section, sizeof(section), "%s%s", goal->section->name, goal->companion ? " (also)" : "");
	style_print(style, INK_PLAIN, 14, section);
	fprintf(style->out, " %s (%04x:%04x)\n", names_device(names, function, name, sizeof(name)), function->vendor,
	        function->device);
	if (!take) {
		char why[sizeof(goal->why) + 32];

		snprintf(why, sizeof(why), "%s: %s", guard_name(goal->guard), goal->why);
		fprintf(style->out, "%*s", INDENT + 8, "");
		style_wrap(style, INDENT + 8, why);
	}
}

static void print_pool(const struct style *style, const struct page_goal *goal)
{
	bool take = goal->guard == GUARD_NONE;
	unsigned long long pages = goal->pool->pages;
	char amount[FORMAT_SIZE_MAX], why[sizeof(goal->why) + 32];

	fprintf(style->out, "%*s", INDENT, "");
	style_print(style, take ? INK_GREEN : INK_RED, 8, take ? "reserve" : "refuse");
	style_print(style, INK_BOLD, ADDRESS_COLUMNS - 4, goal->target);
	fprintf(style->out, "%llu page%s, %s", pages, pages == 1 ? "" : "s",
	        format_size(pages * goal->pool->page_size, amount));
	if (take && goal->have)
		fprintf(style->out, "; %llu of them there", (unsigned long long)goal->have);
	fputc('\n', style->out);
	if (!take) {
		snprintf(why, sizeof(why), "%s: %s", guard_name(goal->guard), goal->why);
		fprintf(style->out, "%*s", INDENT + 8, "");
		style_wrap(style, INDENT + 8, why);
	}
}

static void print_isolation(const struct style *style, const struct isolation_fault *fault)
{
	char why[sizeof(fault->text) + sizeof(fault->cure) + 16];

	fprintf(style->out, "%*s", INDENT, "");
	style_print(style, INK_RED, 8, "refuse");
	style_print(style, INK_BOLD, 0, "[cpus]");
	snprintf(why, sizeof(why), "%s: %s (%s)", guard_name(GUARD_CPUS), fault->text, fault->cure);
	fprintf(style->out, "\n%*s", INDENT + 8, "");
	style_wrap(style, INDENT + 8, why);
}

/* Devices that no boot takes, because they are a guest's. */
static void print_left(const struct style *style, const struct config *config)
{
	for (size_t i = 0; config->enabled && i < config->device_count; i++) {
		const struct vm_section *vm = config_vm_of_device(config, config->devices[i].name);

		if (!vm)
			continue;
		fprintf(style->out, "%*s", INDENT, "");
		style_print(style, INK_CYAN, 8, "leave");
		fprintf(style->out, "[device %s]: with guest %s\n", config->devices[i].name, vm->name);
	}
}

static void print_missing(const struct style *style, const struct device_section *section)
{
	fprintf(style->out, "%*s", INDENT, "");
	style_print(style, section->required ? INK_RED : INK_CYAN, 8, "missing");
	fprintf(style->out, "[device %s], line %u: no device here matches it%s\n", section->name, section->line,
	        section->required ? "" : " (required = no)");
}

void text_plan(const struct style *style, enum verbosity verbosity, const struct plan *plan,
               const struct config *config, const struct host *host, const struct advised *advised, enum view view,
               struct pci_access *names)
{
	size_t add = advice_count(&advised->advice, ADVICE_ADD), drop = advice_count(&advised->advice, ADVICE_DROP);
	size_t refused = plan_refused(plan);

	if (verbosity != VERBOSITY_QUIET) {
		style_print(style, INK_BOLD, 0, view == VIEW_NOW ? "Now" : "At the next boot");
		fputc('\n', style->out);
		if (!config->enabled)
			fprintf(style->out, "%*snothing: enabled = no in the config\n", INDENT, "");
		else if (!config->device_count && !config->pool_count && config->cpus.isolate == ISOLATE_NONE)
			fprintf(style->out, "%*snothing: the config has no [device] section, no [hugepages] and no isolated CPUs\n",
			        INDENT, "");
	}
	for (size_t i = 0; i < plan->goals.count; i++)
		if (verbosity != VERBOSITY_QUIET || plan->goals.items[i].guard != GUARD_NONE)
			print_device(style, &plan->goals.items[i], host, names);
	for (size_t i = 0; i < plan->pages.count; i++)
		if (verbosity != VERBOSITY_QUIET || plan->pages.items[i].guard != GUARD_NONE)
			print_pool(style, &plan->pages.items[i]);
	if (isolation_refusal(&plan->isolation))
		print_isolation(style, isolation_refusal(&plan->isolation));
	for (size_t i = 0; i < plan->goals.missing_count; i++)
		print_missing(style, plan->goals.missing[i]);
	if (verbosity == VERBOSITY_QUIET)
		return;
	print_left(style, config);
	if (plan->steps.count) {
		fputc('\n', style->out);
		style_print(style, INK_BOLD, 0, "Steps");
		fputc('\n', style->out);
		for (size_t i = 0; i < plan->steps.count; i++)
			print_step(style, &plan->steps.items[i], i + 1, kind_columns(&plan->steps), view);
	}
	fprintf(style->out, "\n%zu step%s, %zu refused, %zu missing\n", plan->steps.count,
	        plan->steps.count == 1 ? "" : "s", refused, plan->goals.missing_count);
	if (add || drop)
		fprintf(style->out, "advice: %zu kernel parameter%s to add, %zu to drop: vfio-prep --advise\n", add,
		        add == 1 ? "" : "s", drop);
}
