/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What secrets.c and secrets_text.c share. */
#ifndef VFIO_PREP_SNAPSHOT_SECRETS_PARTS_H
#define VFIO_PREP_SNAPSHOT_SECRETS_PARTS_H

#include "snapshot/secrets.h"

#define UUID_SIZE 36
#define MAC_SIZE 17

/* A UUID of no clock and no chance; the block of addresses that RFC 7042 keeps for documentation begins at 00:53:00. */
#define STAND_IN_UUID "00000000-0000-4000-8000-"
#define STAND_IN_MAC "00:00:5e:"

#define FORM_MAX 256

/*
 * How long the UUID, the MAC or IP address is that begins at text + at; 0 where none does. Puts it into plain
 * (FORM_MAX bytes) without escapes. at is where a word begins, size that of the whole text.
 */
size_t form_of_id(const char *text, size_t at, size_t size, char *plain);

/* The same of the name of a server: "HOST:/path" of NFS, "//HOST/share" of SMB. */
size_t form_of_server(const char *text, size_t at, size_t size, char *plain);

/* The secret of this text, added where it is new. NULL without memory. */
struct secret *secrets_take(struct secrets *secrets, const char *text);

#endif
