/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/picture.h"
#include "report/text.h"

#define LABEL 12         /* columns of the words in front of a line */
#define LIST 56          /* of a CPU list; the whole of it is in the JSON */
#define DISTANCES_MAX 12 /* nodes: more columns do not fit */

static void print_label(const struct style *style, const char *label)
{
	fputs("  ", style->out);
	style_print(style, INK_BOLD, LABEL, label);
}

static void print_line(const struct style *style, const char *label, const char *text)
{
	print_label(style, label);
	style_wrap(style, LABEL + 2, text);
}

static void print_cpus(const struct style *style, const char *label, const struct cpus *cpus, const char *behind)
{
	char list[LIST + 1], text[LIST + 128];
	unsigned int count = cpus_count(cpus);

	if (!cpus_format(cpus, list, sizeof(list)) || count)
		snprintf(text, sizeof(text), "%s  (%u CPU%s%s%s)", list, count, count == 1 ? "" : "s",
		         behind[0] ? ", " : "", behind);
	else
		snprintf(text, sizeof(text), "none%s%s%s", behind[0] ? "  (" : "", behind, behind[0] ? ")" : "");
	print_line(style, label, text);
}

static void print_distances(const struct style *style, const struct topology *topology)
{
	if (topology->node_count < 2 || topology->node_count > DISTANCES_MAX)
		return;
	print_label(style, "Distances");
	fputs("node", style->out);
	for (size_t i = 0; i < topology->node_count; i++)
		fprintf(style->out, "%5d", topology->nodes[i].number);
	fputc('\n', style->out);
	for (size_t i = 0; i < topology->node_count; i++) {
		fprintf(style->out, "%*s%4d", LABEL + 2, "", topology->nodes[i].number);
		for (size_t j = 0; j < topology->node_count; j++)
			fprintf(style->out, "%5u", topology_distance(topology, i, j));
		fputc('\n', style->out);
	}
}

/* Nodes of memory alone have no frame. */
static void print_memory_nodes(const struct picture *picture)
{
	const struct topology *topology = &picture->host->topology;

	for (size_t i = 0; i < topology->node_count; i++) {
		char text[48];

		if (!cpus_empty(&topology->nodes[i].cpus))
			continue;
		snprintf(text, sizeof(text), "NUMA node %d has no CPUs", topology->nodes[i].number);
		style_print(picture->style, INK_BOLD, 0, text);
		fputc('\n', picture->style->out);
		picture_devices(picture, (int)i);
	}
}

static void print_frames(const struct picture *picture)
{
	struct cpus nodes_shown = { 0 };
	bool unplaced = false;

	for (size_t box = 0; box < picture->layout.box_count;) {
		unsigned int node = (unsigned int)picture->layout.boxes[box].node;

		/* A node of several packages has several frames, and its devices stand in the first. */
		box = picture_frame(picture, box, !cpus_has(&nodes_shown, node));
		cpus_add(&nodes_shown, node);
	}
	print_memory_nodes(picture);
	for (size_t i = 0; i < picture->goals->count; i++) {
		const struct pci_function *function = &picture->host->pci.functions[picture->goals->items[i].function];

		unplaced |= picture->host->topology.node_count > 1 &&
		            topology_node_index(&picture->host->topology, function->detail->node) < 0;
	}
	if (unplaced) {
		style_print(picture->style, INK_BOLD, 0, "On a node that the kernel does not tell");
		fputc('\n', picture->style->out);
		picture_devices(picture, -1);
	}
}

static void print_legend(const struct style *style, const struct topology *topology, bool guests)
{
	char text[240];
	bool threads = topology->counts[LEVEL_CORE] && topology->counts[LEVEL_CORE] < cpus_count(&topology->online);

	snprintf(text, sizeof(text), "Numbers are CPUs; %s%s", threads ? "those below each other are threads of one core." :
	         topology->counts[LEVEL_CORE] ? "each is a core." : "the kernel does not tell which of them are one core.",
	         guests ? " In [brackets]: for guests; the others stay with the host." : "");
	fputs("  ", style->out);
	style_wrap(style, 2, text);
}

/* What the kernel was booted with. */
static void print_in_force(const struct style *style, const struct config *config, const struct topology *topology,
                           bool wanted)
{
	char isolated[LIST / 2] = "unknown", nohz_full[LIST / 2] = "unknown", text[LIST + 48];

	if (!wanted && !config->cpus.tick && cpus_empty(&topology->isolated) && cpus_empty(&topology->nohz_full))
		return;
	if (topology->isolated_error == 0 && cpus_format(&topology->isolated, isolated, sizeof(isolated)) && !isolated[0])
		strcpy(isolated, "none");
	if (topology->nohz_full_error == -ENOENT)
		strcpy(nohz_full, "not in this kernel");
	else if (topology->nohz_full_error == 0 && cpus_format(&topology->nohz_full, nohz_full, sizeof(nohz_full)) &&
	         !nohz_full[0])
		strcpy(nohz_full, "none");
	snprintf(text, sizeof(text), "isolcpus: %s; nohz_full: %s", isolated, nohz_full);
	print_line(style, "In force", text);
}

static void print_summary(const struct style *style, const struct config *config, const struct host *host,
                          const struct isolation *isolation)
{
	const struct topology *topology = &host->topology;
	struct cpus offline = topology->present;

	if (isolation->wanted) {
		print_cpus(style, "Guests", &isolation->guest, isolation_is_refused(isolation) ? "see below" : "");
		print_cpus(style, "Host", &isolation->housekeeping, "");
	} else {
		print_cpus(style, "Host", &topology->online, config->size ? "isolate = none" : "");
	}
	for (size_t i = 0; i < config->vm_count; i++) {
		char label[CONFIG_NAME_MAX + 4];

		snprintf(label, sizeof(label), "vm %s", config->vms[i].name);
		if (strlen(label) >= LABEL)
			strcpy(label + LABEL - 4, "...");
		if (config->vms[i].has_cpus)
			print_cpus(style, label, &config->vms[i].cpus, "");
	}
	cpus_minus(&offline, &topology->online);
	if (!cpus_empty(&offline))
		print_cpus(style, "Offline", &offline,
		           strcmp(topology->smt, "off") == 0 || strcmp(topology->smt, "forceoff") == 0 ? "SMT is off" : "");
	print_in_force(style, config, topology, isolation->wanted);
	print_distances(style, topology);
}

void text_faults(const struct style *style, const struct isolation *isolation)
{
	for (size_t i = 0; i < isolation->fault_count; i++) {
		const struct isolation_fault *fault = &isolation->faults[i];
		bool fatal = isolation_fault_is_fatal(fault);
		char text[sizeof(fault->section) + sizeof(fault->text) + 8];

		fputs("  ", style->out);
		style_print(style, fatal ? INK_RED : INK_YELLOW, LABEL, fatal ? "refused" : "warning");
		snprintf(text, sizeof(text), "[%s] %s", fault->section, fault->text);
		style_wrap(style, LABEL + 2, text);
		fprintf(style->out, "%*s", LABEL + 2, "");
		snprintf(text, sizeof(text), "works: %s", fault->cure);
		style_wrap(style, LABEL + 2, text);
	}
}

int text_topology(const struct style *style, enum verbosity verbosity, const struct config *config,
                  const struct host *host, const struct goals *goals, const struct isolation *isolation,
                  struct pci_access *names)
{
	static const struct strokes unicode = { "┌", "┐", "└", "┘", "─", "│", "·" };
	static const struct strokes ascii = { "+", "+", "+", "+", "-", "|", "-" };
	struct picture picture = { style, style->unicode ? &unicode : &ascii, host, goals, isolation, names, { 0 } };
	int r;

	if (verbosity != VERBOSITY_QUIET) {
		r = layout_build(&host->topology, PICTURE_INSIDE - 4, &picture.layout);
		if (r == 0)
			print_frames(&picture);
		layout_done(&picture.layout);
		if (r < 0)
			return r;
		print_legend(style, &host->topology, !cpus_empty(&isolation->guest));
		fputc('\n', style->out);
		print_summary(style, config, host, isolation);
	}
	text_faults(style, isolation);
	return 0;
}
