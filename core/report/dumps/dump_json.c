/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/dumps/dump_json.h"

#include "core/base/json.h"
#include "core/base/number.h"

#include <string.h>

static struct dump_value *value_of(struct dump_memory *memory, const struct json *json);

/* The elements of JSON, an array or an object. */
static struct dump_value *list_of(
	struct dump_memory *memory, const struct json *json, enum dump_type type)
{
	struct dump_value *list = dump_value_new(memory, type);
	const struct json *item;

	if (list == NULL)
		return NULL;
	FOR_EACH_JSON (item, json) {
		struct dump_value *key = NULL, *value;

		if (type == DUMP_DICT)
			key = dump_string_new(memory, item->key, strlen(item->key));
		value = value_of(memory, item);
		if (value == NULL || (type == DUMP_DICT && key == NULL) ||
			(key != NULL && !dump_append(memory, list, key)) ||
			!dump_append(memory, list, value))
			return NULL;
	}
	return list;
}

static struct dump_value *number_of(struct dump_memory *memory, const struct json *json)
{
	struct dump_value *value = dump_value_new(memory, DUMP_INT);

	if (value != NULL && !number_parse(json->string, &value->number)) {
		value->type = DUMP_FLOAT;
		value->real = json_double(json);
	}
	return value;
}

/* How deep this goes is bounded by json_parse(). */
static struct dump_value *value_of(struct dump_memory *memory, const struct json *json)
{
	switch (json->type) {
	case JSON_FALSE: return dump_value_new(memory, DUMP_FALSE);
	case JSON_TRUE: return dump_value_new(memory, DUMP_TRUE);
	case JSON_NUMBER: return number_of(memory, json);
	case JSON_STRING: return dump_string_new(memory, json->string, strlen(json->string));
	case JSON_ARRAY: return list_of(memory, json, DUMP_LIST);
	case JSON_OBJECT: return list_of(memory, json, DUMP_DICT);
	default: return dump_value_new(memory, DUMP_NONE);
	}
}

struct dump_value *dump_json_parse(const char *text, size_t count, struct dump_memory *memory)
{
	void *room = dump_alloc(memory, json_size(text, count));
	const struct json *json = room == NULL ? NULL : json_parse(text, count, room);

	return json == NULL ? NULL : value_of(memory, json);
}
