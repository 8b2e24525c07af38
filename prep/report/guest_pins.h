/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which CPU each virtual CPU of a guest should have, and the command that gives it to them. */
#ifndef VFIO_PREP_REPORT_GUEST_PINS_H
#define VFIO_PREP_REPORT_GUEST_PINS_H

#include "host/guests.h"

/* Where the virtual CPUs of a guest shall be. */
struct guest_place {
	struct cpus wanted; /* one each of these */
	struct cpus near;   /* of them rather these: on the node of its memory, or of its devices */
	bool own;           /* the config gives them to it alone: who else is there is in the wrong */
};

/* How a virtual CPU is placed. */
enum pin {
	PIN_GOOD,    /* alone on one CPU, of those that it shall be on */
	PIN_LOOSE,   /* it may run on more than one */
	PIN_OUTSIDE, /* on one of other CPUs */
	PIN_SHARED,  /* another one is pinned there, too */
	PIN_UNKNOWN,
};

/* Of guest->vcpus[number], with all guests that run. */
enum pin guest_pin(const struct guests *guests, const struct guest *guest, size_t number,
                   const struct guest_place *place);

/*
 * The shell command (size bytes) that pins those that are not well placed to CPUs of place which nobody else is pinned
 * to; threads of a core stay together where the guest has such, or where there are not as many cores. A comment that
 * says why where there is no such command.
 */
void guest_pins_command(const struct guests *guests, const struct guest *guest, const struct guest_place *place,
                        char *command, size_t size);

#endif
