/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The framebuffer that the firmware left behind: which PCI function it lies in. */
#ifndef VFIO_PREP_HOST_FRAMEBUFFER_H
#define VFIO_PREP_HOST_FRAMEBUFFER_H

struct host;
struct root;

/*
 * Reads /proc/iomem and notes in pci_detail.framebuffer of a function with details what the kernel calls
 * a boot framebuffer inside of one of its BARs ("efifb", "BOOTFB", ...): while it is there, the driver of
 * the console holds the memory, and vfio cannot. 0; an unreadable file is no framebuffer.
 */
void framebuffers_read(const struct root *root, struct host *host);

#endif
