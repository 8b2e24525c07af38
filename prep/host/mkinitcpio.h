/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mkinitcpio, of Arch Linux and its relatives: its images have what HOOKS names, in that order. */
#ifndef VFIO_PREP_HOST_MKINITCPIO_H
#define VFIO_PREP_HOST_MKINITCPIO_H

struct root;

/*
 * The command that makes all its images anew. Where HOOKS lack vfio-prep, or have it behind udev, it is put right
 * first. Under 128 bytes.
 */
const char *mkinitcpio_command(const struct root *root);

#endif
