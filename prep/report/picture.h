/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drawing of --topology: a frame for each node, in it a box for each third level cache, in it the CPUs. */
#ifndef VFIO_PREP_REPORT_PICTURE_H
#define VFIO_PREP_REPORT_PICTURE_H

#include "plan/goals.h"
#include "plan/isolate.h"
#include "report/layout.h"
#include "report/style.h"

#define PICTURE_INSIDE 76 /* columns inside of a frame, which itself has 80 */

struct pci_access;

/* What frames are drawn with: lines of Unicode, or of ASCII. */
struct strokes {
	const char *top_left, *top_right, *bottom_left, *bottom_right, *across, *down;
	const char *dot; /* between words; one column */
};

struct picture {
	const struct style *style;
	const struct strokes *strokes;
	const struct host *host;
	const struct goals *goals;
	const struct isolation *isolation;
	struct pci_access *names;
	struct layout layout; /* for PICTURE_INSIDE less the border of a box */
};

/*
 * Draws the frame of a node in a package: the boxes from this one on, until another node begins, and where devices
 * is true the config's devices on that node. Returns the box behind them.
 */
size_t picture_frame(const struct picture *picture, size_t first, bool devices);

/* Lists memory, and the config's devices, on a node (index) as lines of its frame; -1: those whose node is unknown,
 * without one. */
void picture_devices(const struct picture *picture, int node);

#endif
