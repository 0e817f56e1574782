/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a JSON configuration: no crash, and either a tree or an error. What cJSON reads as
 * JSON must be read, with the same strings in the same places.
 */
#include "core/config/config.h"
#include "core/config/yaml/yaml.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEY_MOST 1024 /* libyaml's own bound of a key */

/* cJSON takes "\uxyzw" for a NUL. */
static bool has_bad_escape(const char *at)
{
	while ((at = strstr(at, "\\u")) != NULL) {
		if (strspn(at + 2, "0123456789abcdefABCDEF") < 4 || strncmp(at + 2, "0000", 4) == 0)
			return true;
		at += 2;
	}
	return false;
}

/* Whether nothing in it is among the documented gaps: raw control characters, NUL, long keys. */
static bool is_comparable(const char *copy, size_t size)
{
	if (size > KEY_MOST || has_bad_escape(copy))
		return false;
	for (size_t i = 0; i < size; i++)
		if (copy[i] < ' ' || copy[i] > '~')
			return false;
	return true;
}

static bool is_last_of_its_name(const cJSON *item)
{
	for (const cJSON *later = item->next; later != NULL; later = later->next)
		if (strcmp(later->string, item->string) == 0)
			return false;
	return true;
}

static void compare(const cJSON *json, const struct value *value);

static void compare_groups(const cJSON *group, const struct value *value)
{
	const struct value_item *element = value->items;
	size_t count = 0;
	const cJSON *item;

	cJSON_ArrayForEach(item, group)
	{
		const struct value_item *found = element;

		if (cJSON_IsObject(group)) {
			if (!is_last_of_its_name(item))
				continue;
			found = value_dict_get(value, item->string);
		}
		if (found == NULL)
			abort();
		compare(item, found->value);
		element = element->next;
		count++;
	}
	if (count != value->count)
		abort();
}

static void compare(const cJSON *json, const struct value *value)
{
	bool number = value->type == VALUE_INT || value->type == VALUE_FLOAT ||
		      value->type == VALUE_STRING; /* "1e3" is a string in YAML 1.1 */

	if (cJSON_IsObject(json) != (value->type == VALUE_DICT) ||
		cJSON_IsArray(json) != (value->type == VALUE_LIST) ||
		cJSON_IsBool(json) != (value->type == VALUE_BOOL) ||
		cJSON_IsNull(json) != (value->type == VALUE_NULL) ||
		(cJSON_IsNumber(json) && !number))
		abort();
	if (cJSON_IsString(json) &&
		(value->type != VALUE_STRING || strcmp(json->valuestring, value->text) != 0))
		abort();
	if (cJSON_IsBool(json) && cJSON_IsTrue(json) != (int)value->number)
		abort();
	if (cJSON_IsObject(json) || cJSON_IsArray(json))
		compare_groups(json, value);
}

static void read_both(const char *data, size_t size)
{
	struct arena arena = {0};
	struct config_errors errors = {.arena = &arena, .path = "f"};
	struct value *value = NULL;
	char *copy = strndup(data, size);
	cJSON *json = copy == NULL || !is_comparable(copy, size)
			      ? NULL
			      : cJSON_ParseWithOpts(copy, NULL, true);

	if (json != NULL) {
		if (yaml_read(&arena, copy, size, &errors, &value) == 0)
			compare(json, value);
		else if (strstr(errors.lines[0], "nested too deeply") == NULL)
			abort();
	}
	cJSON_Delete(json);
	arena_release(&arena);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct config_errors errors = {.arena = &arena, .path = "f.json"};
	struct config_context context = {.validate_only = true};
	struct logging *logging = NULL;
	char *copy = malloc(size + 1);
	int error;

	if (copy == NULL || size == 0)
		return free(copy), 0;
	memcpy(copy, data, size);
	error = config_parse(&arena, copy, size, &context, &logging, &errors);
	if ((error == 0) != (logging != NULL) || (error < 0 && errors.count == 0))
		abort();
	arena_release(&arena);
	memcpy(copy, data, size);
	read_both(copy, size);
	free(copy);
	return 0;
}
