/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What JSON documents are made of. What is put into a map or a list is taken over. json_parts.c alone knows json-c. */
#ifndef VFIO_PREP_REPORT_JSON_PARTS_H
#define VFIO_PREP_REPORT_JSON_PARTS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json_object;

struct json_object *json_map(void);
struct json_object *json_list_of(void);
/* JSON is UTF-8: text of a kernel or a file that is not, or that was cut in a character, loses those bytes. */
struct json_object *json_text(const char *text);
struct json_object *json_number(int64_t number);
void json_put_value(struct json_object *map, const char *key, struct json_object *value);
void json_put_text(struct json_object *map, const char *key, const char *text);
void json_put_number(struct json_object *map, const char *key, size_t number);
void json_append(struct json_object *list, struct json_object *value);
void json_append_text(struct json_object *list, const char *text);
size_t json_length(const struct json_object *list);
/* Releases a value that nothing has taken over; NULL does nothing. */
void json_drop(struct json_object *value);

/* Prints the document and releases it. 0, -ENOMEM or -EIO. */
int json_write(FILE *out, struct json_object *document);

#endif
