/* SPDX-License-Identifier: Apache-2.0 */
/* The other keys of a factory's dict, as the vigil_kv array that vigil_factory takes. */
#include "core/config/factory/factory.h"

#include "core/base/json_out.h"
#include "core/base/number.h"

#include <string.h>

#define JSON_SIZE_LEAST ((size_t)4096)
#define JSON_SIZE_MOST ((size_t)4 * 1024 * 1024)

static void add_json(struct config_reader *reader, struct json_out *json, const char *key,
	const struct location *location);

static void add_float(struct config_reader *reader, struct json_out *json, const char *key,
	const struct location *location)
{
	const char *text = location->value->text;
	double number;

	/* An integer that no int64_t can hold, but JSON can. */
	if (text[strspn(text, "0123456789")] == '\0')
		json_raw(json, key, text);
	else if (value_double(location->value, &number))
		json_float(json, key, number);
	else
		config_error(reader->errors, location, "%s has no form in JSON", text);
}

static void add_group(struct config_reader *reader, struct json_out *json, const char *key,
	const struct location *location)
{
	bool list = location->value->type == VALUE_LIST;
	size_t index = 0, errors = config_error_count(reader->errors);

	if (reader->depth == CONFIG_DEPTH_MOST) {
		config_error(reader->errors, location, "is nested too deeply; perhaps in itself");
		return;
	}
	reader->depth++;
	(list ? json_begin_array : json_begin_object)(json, key);
	/* Stop at the first error: a group that contains itself would report it again and again. */
	for (const struct value_item *item = location->value->items;
		item != NULL && config_error_count(reader->errors) == errors; item = item->next)
		add_json(reader, json, list ? NULL : item->key,
			&(struct location){location, item->key, index++, item->value});
	(list ? json_end_array : json_end_object)(json);
	reader->depth--;
}

static void add_json(struct config_reader *reader, struct json_out *json, const char *key,
	const struct location *location)
{
	struct location resolved = *location;

	resolved.value = config_resolve(reader, location);
	if (resolved.value == NULL)
		return;
	switch (resolved.value->type) {
	case VALUE_NULL: json_null(json, key); break;
	case VALUE_BOOL: json_bool(json, key, resolved.value->number != 0); break;
	case VALUE_INT: json_int(json, key, resolved.value->number); break;
	case VALUE_FLOAT: add_float(reader, json, key, &resolved); break;
	case VALUE_STRING: json_string(json, key, resolved.value->text); break;
	default: add_group(reader, json, key, &resolved);
	}
}

/* The value at LOCATION as JSON, which references can make much longer than the value is written.
 * NULL after an error was reported, or when out of memory. */
static const char *json_of(struct config_reader *reader, const struct location *location)
{
	size_t errors = config_error_count(reader->errors);

	for (size_t size = JSON_SIZE_LEAST; size <= JSON_SIZE_MOST; size *= 32) {
		char *buffer = arena_alloc(reader->arena, size);
		struct json_out json = {0};
		struct text text;

		if (buffer == NULL) {
			reader->no_memory = true;
			return NULL;
		}
		text_init(&text, buffer, size);
		json.text = &text;
		add_json(reader, &json, NULL, location);
		if (!text.truncated || config_error_count(reader->errors) > errors)
			return buffer;
	}
	config_error(reader->errors, location, "is longer than 4 MiB as JSON");
	return NULL;
}

/* Whether the key can be a keyword argument in Python; else Python's error is reported. */
static bool is_identifier(struct config_reader *reader, const struct location *location)
{
	const char *at = location->key;

	for (; (is_digit(*at) && at > location->key) || *at == '_' ||
		((*at | 32) >= 'a' && (*at | 32) <= 'z');
		at++)
		;
	if (*at == '\0' && at > location->key)
		return true;
	config_error(
		reader->errors, location, "Not a valid Python identifier: '%s'", location->key);
	return false;
}

static struct vigil_kv pair_of(struct config_reader *reader, const struct location *location)
{
	struct vigil_kv pair = {.key = location->key};
	struct location resolved = *location;

	if (!is_identifier(reader, location))
		return pair;
	resolved.value = config_resolve(reader, location);
	if (resolved.value == NULL)
		return pair;
	pair.json = resolved.value->type == VALUE_LIST || resolved.value->type == VALUE_DICT;
	pair.text = pair.json ? json_of(reader, &resolved)
			      : value_string(reader->arena, resolved.value);
	reader->no_memory |= pair.text == NULL && !pair.json;
	return pair;
}

const struct vigil_kv *factory_pairs(
	struct config_reader *reader, const struct location *location, const char *const *without)
{
	struct vigil_kv *pairs =
		arena_alloc(reader->arena, (location->value->count + 1) * sizeof *pairs);
	size_t errors = config_error_count(reader->errors), count = 0;

	if (pairs == NULL) {
		reader->no_memory = true;
		return NULL;
	}
	for (const struct value_item *item = location->value->items; item != NULL;
		item = item->next)
		if (config_index(without, item->key) < 0)
			pairs[count++] = pair_of(
				reader, &(struct location){location, item->key, 0, item->value});
	return config_error_count(reader->errors) > errors || reader->no_memory ? NULL : pairs;
}
