/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What would tell whose machine a snapshot is of, and the stand-ins for it. A stand-in has the length of what it
 * stands for, the same one each time, and every character that is no letter or digit stays: so comparisons,
 * columns and escapes hold.
 */
#ifndef VFIO_PREP_SNAPSHOT_SECRETS_H
#define VFIO_PREP_SNAPSHOT_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

struct secret {
	char *text, *stand_in;
	bool everywhere; /* replaced wherever it stands as a word; else only where it is named as a label or an id */
};

struct secrets {
	struct secret *items;
	size_t count, kept; /* kept: of these, by secrets_keep */
	bool no_memory;
};

/*
 * Adds text, which is to be replaced wherever it stands as a word: a serial number, a host's or user's name. Passed
 * over where it is too short to be told from other text, or a name that many machines have.
 */
void secrets_add(struct secrets *secrets, const char *text);

/* The same for names of people, hosts and servers, which are shorter: from three characters on. */
void secrets_add_name(struct secrets *secrets, const char *text);

/* Keeps text as it is wherever it stands, whatever is named so as well: a driver's name. Before anything is added. */
void secrets_keep(struct secrets *secrets, const char *text);

/* The stand-in of size bytes of text, whatever they are, as they are decoded. NULL without memory. */
const char *secrets_stand_in(struct secrets *secrets, const char *text, size_t size);

/*
 * Finds in a text what has a form of its own (UUIDs, MAC and IP addresses) or is named as one's own ("LABEL=",
 * "by-id/", "username=", and what of other lengths "UUID=" names), as secrets_hide needs it.
 */
void secrets_find(struct secrets *secrets, const char *text, size_t size);

/* Puts the stand-ins into a text. */
void secrets_hide(struct secrets *secrets, char *text, size_t size);
void secrets_done(struct secrets *secrets);

#endif
