/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For printers of JSON beside json.c, which alone knows json-c. What is put into a map or a list is taken over. */
#ifndef VFIO_PREP_REPORT_JSON_PARTS_H
#define VFIO_PREP_REPORT_JSON_PARTS_H

#include <stddef.h>
#include <stdio.h>

struct json_object;

struct json_object *json_map(void);
struct json_object *json_list_of(void);
void json_put_value(struct json_object *map, const char *key, struct json_object *value);
void json_put_text(struct json_object *map, const char *key, const char *text);
void json_put_number(struct json_object *map, const char *key, size_t number);
void json_append(struct json_object *list, struct json_object *value);
void json_append_text(struct json_object *list, const char *text);

/* Prints the document and releases it. 0, -ENOMEM or -EIO. */
int json_write(FILE *out, struct json_object *document);

#endif
