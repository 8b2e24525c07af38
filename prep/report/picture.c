/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/picture.h"

#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "report/names.h"

#define FRAME (PICTURE_INSIDE + 4) /* with its border, and a blank on either side */
#define SECTION 13 /* columns of a device's section and address */
#define ADDRESS 14
#define BORDER 4 /* columns that a box takes besides what is inside of it */

/* Lines of a frame, dim beside what stands in it: first, across so many times, last. */
static void print_strokes(const struct picture *picture, const char *first, size_t count, const char *last)
{
	char text[(PICTURE_INSIDE + 8) * 3 + 1]; /* three bytes a character of Unicode */
	size_t used = (size_t)snprintf(text, sizeof(text), "%s", first);

	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", picture->strokes->across);
	snprintf(text + used, sizeof(text) - used, "%s", last);
	style_print(picture->style, INK_DIM, 0, text);
}

/* "┌ TITLE ───── RIGHT ┐" of so many columns; right may be "". */
static void print_top(const struct picture *picture, const char *title, size_t title_columns, const char *right,
                      enum ink ink, size_t columns)
{
	size_t taken = 2 + title_columns + 2 + (right[0] ? strlen(right) + 2 : 0);

	print_strokes(picture, picture->strokes->top_left, 0, " ");
	style_print(picture->style, ink, 0, title);
	print_strokes(picture, " ", columns > taken ? columns - taken : 0, right[0] ? " " : picture->strokes->top_right);
	if (!right[0])
		return;
	fputs(right, picture->style->out);
	print_strokes(picture, " ", 0, picture->strokes->top_right);
}

static void print_bottom(const struct picture *picture, size_t columns)
{
	print_strokes(picture, picture->strokes->bottom_left, columns - 2, picture->strokes->bottom_right);
}

/* "  0   1 [ 2   3]": brackets around runs of the guests' CPUs. */
static void print_row(const struct picture *picture, const struct layout_block *block, size_t line)
{
	const struct layout *layout = &picture->layout;
	bool inside = false;

	for (size_t i = 0; i < block->columns; i++) {
		unsigned int cpu = layout_cpu(layout, block, line, i);
		bool guest = cpus_has(&picture->isolation->guest, cpu);
		char number[16] = "";

		if (cpu < CPUS_MAX)
			snprintf(number, sizeof(number), "%*u", (int)layout->cell - 1, cpu);
		if (guest != inside)
			style_print(picture->style, INK_GREEN, 0, guest ? "[" : "]");
		else
			fputc(' ', picture->style->out);
		style_print(picture->style, guest ? INK_GREEN : INK_PLAIN, (int)layout->cell - 1, number);
		inside = guest;
	}
	style_print(picture->style, INK_GREEN, 0, inside ? "]" : " ");
}

/* A line of what a box holds, without its border. */
static void print_box_line(const struct picture *picture, const struct layout_box *box, size_t line)
{
	const struct layout *layout = &picture->layout;

	for (size_t i = box->first_block; i < box->first_block + box->block_count; i++) {
		const struct layout_block *block = &layout->blocks[i];

		if (block->label[0] && line-- == 0) {
			style_print(picture->style, INK_CYAN, (int)box->columns, block->label);
			return;
		}
		if (line < layout_lines(block)) {
			print_row(picture, block, line);
			fprintf(picture->style->out, "%*s", (int)(box->columns - block->columns * layout->cell - 1), "");
			return;
		}
		line -= layout_lines(block);
	}
	fprintf(picture->style->out, "%*s", (int)box->columns, "");
}

static void begin_line(const struct picture *picture)
{
	print_strokes(picture, picture->strokes->down, 0, " ");
}

static void end_line(const struct picture *picture, size_t used)
{
	fprintf(picture->style->out, "%*s", (int)(PICTURE_INSIDE - used), "");
	print_strokes(picture, " ", 0, picture->strokes->down);
	fputc('\n', picture->style->out);
}

/* Boxes beside each other. */
static void print_boxes(const struct picture *picture, size_t first, size_t count)
{
	const struct layout_box *boxes = &picture->layout.boxes[first];
	size_t lines = 0, used = count - 1;

	for (size_t i = 0; i < count; i++) {
		lines = boxes[i].lines > lines ? boxes[i].lines : lines;
		used += boxes[i].columns + BORDER;
	}
	begin_line(picture);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? " " : "", picture->style->out);
		print_top(picture, boxes[i].title, strlen(boxes[i].title), "", INK_PLAIN, boxes[i].columns + BORDER);
	}
	end_line(picture, used);
	for (size_t line = 0; line < lines; line++) {
		begin_line(picture);
		for (size_t i = 0; i < count; i++) {
			fputs(i ? " " : "", picture->style->out);
			print_strokes(picture, picture->strokes->down, 0, " ");
			print_box_line(picture, &boxes[i], line);
			print_strokes(picture, " ", 0, picture->strokes->down);
		}
		end_line(picture, used);
	}
	begin_line(picture);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? " " : "", picture->style->out);
		print_bottom(picture, boxes[i].columns + BORDER);
	}
	end_line(picture, used);
}

/* Cuts text to so many bytes, with "..." at its end; a character of several bytes is not cut in two. */
static void cut(char *text, size_t size)
{
	size_t end = size - 3;

	if (strlen(text) <= size)
		return;
	while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	strcpy(text + end, "...");
}

static void print_device(const struct picture *picture, const struct goal *goal, bool framed)
{
	const struct pci_function *function = &picture->host->pci.functions[goal->function];
	char address[PCI_ADDRESS_MAX], text[160], name[160], section[CONFIG_NAME_MAX];
	size_t used = SECTION + ADDRESS;

	snprintf(section, sizeof(section), "%s", goal->section->name);
	cut(section, SECTION - 1);
	snprintf(name, sizeof(name), "%s", names_device(picture->names, function, text, sizeof(text)));
	pci_address_format(&function->address, address);
	if (strlen(address) >= ADDRESS) /* behind a VMD */
		used += strlen(address) + 1 - ADDRESS;
	cut(name, PICTURE_INSIDE - used);
	if (framed)
		begin_line(picture);
	else
		fputs("  ", picture->style->out);
	style_print(picture->style, INK_YELLOW, SECTION, section);
	style_print(picture->style, INK_BOLD, (int)(used - SECTION), address);
	style_print(picture->style, INK_PLAIN, framed ? (int)(PICTURE_INSIDE - used) : 0, name);
	if (framed)
		end_line(picture, PICTURE_INSIDE);
	else
		fputc('\n', picture->style->out);
}

/* "131 GiB, 64 pages of 1G (60 free)": what the node has of memory, where it tells. */
static void print_memory(const struct picture *picture, int node, bool framed)
{
	const struct memory *memory = &picture->host->memory;
	const struct memory_node *of = memory_node(memory, (int)picture->host->topology.nodes[node].number);
	char text[200];
	size_t used;
	bool any = false;

	if (!of || of->total == MEMORY_UNKNOWN)
		return;
	used = (size_t)snprintf(text, sizeof(text), "%.0f GiB", (double)of->total / (1 << 30));
	for (size_t i = 0; i < memory->size_count && used < sizeof(text); i++) {
		const struct page_counts *counts = &of->pages[i];
		char size[FORMAT_SIZE_MAX], left[40] = "";

		if (counts->pages == MEMORY_UNKNOWN || !counts->pages)
			continue;
		any = true;
		if (counts->free != MEMORY_UNKNOWN)
			snprintf(left, sizeof(left), " (%llu free)", (unsigned long long)counts->free);
		used += (size_t)snprintf(text + used, sizeof(text) - used, ", %llu page%s of %s%s",
		                         (unsigned long long)counts->pages, counts->pages == 1 ? "" : "s",
		                         format_size(memory->sizes[i], size), left);
	}
	if (!any && memory->size_count && used < sizeof(text))
		snprintf(text + used, sizeof(text) - used, ", no huge pages");
	cut(text, PICTURE_INSIDE - SECTION);
	if (framed)
		begin_line(picture);
	else
		fputs("  ", picture->style->out);
	style_print(picture->style, INK_YELLOW, SECTION, "memory");
	style_print(picture->style, INK_PLAIN, framed ? PICTURE_INSIDE - SECTION : 0, text);
	if (framed)
		end_line(picture, PICTURE_INSIDE);
	else
		fputc('\n', picture->style->out);
}

void picture_devices(const struct picture *picture, int node)
{
	if (node >= 0)
		print_memory(picture, node, !cpus_empty(&picture->host->topology.nodes[node].cpus));
	for (size_t i = 0; i < picture->goals->count; i++) {
		const struct goal *goal = &picture->goals->items[i];
		const struct pci_function *function = &picture->host->pci.functions[goal->function];
		int of = topology_node_index(&picture->host->topology, function->detail->node);

		if (picture->host->topology.node_count == 1)
			of = 0;
		if (goal->guard == GUARD_IDENTITY || of != node)
			continue;
		print_device(picture, goal, node >= 0);
	}
}

size_t picture_frame(const struct picture *picture, size_t first, bool devices)
{
	const struct layout *layout = &picture->layout;
	const struct layout_box *boxes = layout->boxes;
	size_t end = first, cores = 0, cpus = 0, title_columns;
	char title[64] = "", right[48], node[24];

	for (; end < layout->box_count && boxes[end].package == boxes[first].package &&
	       boxes[end].node == boxes[first].node; end++)
		for (size_t b = boxes[end].first_block; b < boxes[end].first_block + boxes[end].block_count; b++)
			for (size_t c = 0; c < layout->blocks[b].core_count; c++, cores++)
				for (unsigned int cpu = layout->cores[layout->blocks[b].first_core + c].first; cpu < CPUS_MAX;
				     cpu = layout->next[cpu])
					cpus++;
	snprintf(node, sizeof(node), "NUMA node %d", picture->host->topology.nodes[boxes[first].node].number);
	if (boxes[first].package >= 0)
		snprintf(title, sizeof(title), "Package %d %s ", boxes[first].package, picture->strokes->dot);
	title_columns = strlen(title) + strlen(node) - (title[0] ? strlen(picture->strokes->dot) - 1 : 0);
	snprintf(title + strlen(title), sizeof(title) - strlen(title), "%s", node);
	snprintf(right, sizeof(right), "%zu core%s, %zu CPU%s", cores, cores == 1 ? "" : "s", cpus, cpus == 1 ? "" : "s");
	print_top(picture, title, title_columns, right, INK_BOLD, FRAME);
	fputc('\n', picture->style->out);
	for (size_t i = first; i < end;) {
		size_t used = 0, count = 0;

		while (i + count < end && (!count || used + 1 + boxes[i + count].columns + BORDER <= PICTURE_INSIDE)) {
			used += (count ? 1 : 0) + boxes[i + count].columns + BORDER;
			count++;
		}
		print_boxes(picture, i, count);
		i += count;
	}
	if (devices)
		picture_devices(picture, boxes[first].node);
	print_bottom(picture, FRAME);
	fputc('\n', picture->style->out);
	return end;
}
