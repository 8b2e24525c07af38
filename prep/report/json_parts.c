/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/json_parts.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

struct json_object *json_map(void)
{
	return json_object_new_object();
}

struct json_object *json_list_of(void)
{
	return json_object_new_array();
}

struct json_object *json_text(const char *text)
{
	struct json_object *string;
	char *copy;

	if (parse_is_utf8(text, strlen(text)))
		return json_object_new_string(text);
	copy = strdup(text);
	for (char *c = copy; c && *c; c++)
		*c = (unsigned char)*c < 0x80 ? *c : '?';
	string = json_object_new_string(copy ? copy : "");
	free(copy);
	return string;
}

struct json_object *json_number(int64_t number)
{
	return json_object_new_int64(number);
}

void json_put_value(struct json_object *map, const char *key, struct json_object *value)
{
	if (json_object_object_add(map, key, value) < 0)
		json_object_put(value);
}

void json_put_text(struct json_object *map, const char *key, const char *text)
{
	json_put_value(map, key, json_text(text));
}

void json_put_number(struct json_object *map, const char *key, size_t number)
{
	json_put_value(map, key, json_number((int64_t)number));
}

void json_append(struct json_object *list, struct json_object *value)
{
	json_object_array_add(list, value);
}

void json_append_text(struct json_object *list, const char *text)
{
	json_append(list, json_text(text));
}

size_t json_length(const struct json_object *list)
{
	return json_object_array_length(list);
}

void json_drop(struct json_object *value)
{
	json_object_put(value);
}

int json_write(FILE *out, struct json_object *document)
{
	const char *text = document ? json_object_to_json_string_ext(document, JSON_C_TO_STRING_PRETTY |
	                                                             JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;
	int r = text ? 0 : -ENOMEM;

	if (text && (fputs(text, out) == EOF || fputc('\n', out) == EOF || fflush(out) == EOF))
		r = -EIO;
	json_drop(document);
	return r;
}
