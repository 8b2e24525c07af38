/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "report/loader_command.h"
#include "report/text.h"

#define INDENT 2
#define LIST_COLUMNS 60

static void print_items(const struct style *style, enum verbosity verbosity, const struct advised *advised,
                        enum advice_kind kind, const char *heading, enum ink ink)
{
	const struct advice *advice = &advised->advice;

	if (!advice_count(advice, kind))
		return;
	style_print(style, INK_BOLD, 0, heading);
	fputc('\n', style->out);
	for (size_t i = 0; i < advice->count; i++) {
		const struct advice_item *item = &advice->items[i];

		if (item->kind != kind)
			continue;
		fprintf(style->out, "%*s", INDENT, "");
		style_print(style, ink, 0, item->parameter);
		fprintf(style->out, "\n%*s", 3 * INDENT, "");
		style_wrap(style, 3 * INDENT, item->why);
		if (kind == ADVICE_DROP && loader_command_misses(&advised->loader, item->parameter)) {
			fprintf(style->out, "%*s", 3 * INDENT, "");
			style_wrap(style, 3 * INDENT, "It is in no file of the loader: the next boot is without it, or it is set "
			           "elsewhere.");
		}
	}
	if (verbosity != VERBOSITY_QUIET)
		fputc('\n', style->out);
}

static void print_cpus(const struct style *style, const char *label, const struct cpus *cpus)
{
	char list[LIST_COLUMNS];

	cpus_format(cpus, list, sizeof(list));
	fprintf(style->out, "%*s", INDENT, "");
	style_print(style, INK_PLAIN, 10, label);
	fprintf(style->out, "%s\n", list);
}

/* Commands stand alone on their line and are never broken: they are there to be copied. */
static void print_command(const struct style *style, const struct loader *loader, const char *command)
{
	if (loader->kind == LOADER_UNKNOWN) {
		fputs(strcmp(loader->name, "uki") == 0
		      ? "The kernel command line is part of the unified image that was booted: change it where\n"
		        "that image is made (ukify, dracut --uefi), make the image anew, then reboot.\n"
		      : "No boot loader is known here: change its kernel command line by hand, then reboot.\n", style->out);
		return;
	}
	fprintf(style->out, "As root (%s), then reboot:\n\n", loader->name);
	if (*command)
		fprintf(style->out, "%s\n", command);
	else
		fputs("(its files are as they should be: reboot)\n", style->out);
}

void text_advice(const struct style *style, enum verbosity verbosity, const struct config *config,
                 const struct advised *advised)
{
	const struct advice *advice = &advised->advice;
	const struct isolation *isolation = &advised->isolation;
	size_t changes = advice_count(advice, ADVICE_ADD) + advice_count(advice, ADVICE_DROP);

	if (verbosity != VERBOSITY_QUIET && !cpus_empty(&isolation->guest)) {
		style_print(style, INK_BOLD, 0, "CPUs");
		fputc('\n', style->out);
		print_cpus(style, "guests", &isolation->guest);
		print_cpus(style, "host", &isolation->housekeeping);
		fputc('\n', style->out);
	}
	text_faults(style, isolation);
	if (verbosity != VERBOSITY_QUIET && isolation->fault_count)
		fputc('\n', style->out);
	print_items(style, verbosity, advised, ADVICE_ADD, "Add to the kernel command line", INK_GREEN);
	print_items(style, verbosity, advised, ADVICE_DROP, "Drop from it", INK_RED);
	if (verbosity == VERBOSITY_VERBOSE)
		print_items(style, verbosity, advised, ADVICE_KEEP, "Keep", INK_PLAIN);
	if (verbosity == VERBOSITY_QUIET)
		return;
	if (changes)
		print_command(style, &advised->loader, advised->command);
	else if (!config->enabled)
		fputs("Nothing to advise: enabled = no in the config.\n", style->out);
	else if (!advice->unknown && !isolation->unknown)
		fputs("Nothing to add or to drop.\n", style->out);
}
