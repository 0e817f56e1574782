/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/json_in.h"

#include "core/base/number.h"
#include "core/base/python_text.h"

#include <stdlib.h>
#include <string.h>

struct json *json_in_parse(const char *line, const char **ret_why)
{
	size_t count = strlen(line);
	void *memory = malloc(json_size(line, count));

	*ret_why = strstr(line, "\\u0000") != NULL ? "NUL (\\u0000) is not supported in a string"
						   : "not valid JSON";
	if (memory == NULL || json_parse(line, count, memory) == NULL) {
		free(memory);
		return NULL;
	}
	return memory;
}

const struct json *json_in_member(const struct json *object, const char *key)
{
	const struct json *item, *found = NULL;

	FOR_EACH_JSON (item, object)
		if (strcmp(item->key, key) == 0)
			found = item;
	return found;
}

static bool is_float(const struct json *value)
{
	return json_is(value, JSON_NUMBER) && strpbrk(value->string, ".eENI") != NULL;
}

const char *json_in_digits(const struct json *value)
{
	if (!json_is(value, JSON_NUMBER) || is_float(value))
		return NULL;
	return strcmp(value->string, "-0") == 0 ? "0" : value->string;
}

const char *json_in_string(const struct json *value)
{
	return json_is(value, JSON_STRING) ? value->string : NULL;
}

bool json_in_int(const struct json *value, int64_t *ret)
{
	if (json_is_bool(value))
		return *ret = json_is(value, JSON_TRUE), true;
	return json_is(value, JSON_NUMBER) && !is_float(value) && number_parse(value->string, ret);
}

bool json_in_float(const struct json *value, double *ret)
{
	if (!json_is(value, JSON_NUMBER))
		return false;
	*ret = json_double(value);
	return true;
}

bool json_in_truth(const struct json *value)
{
	if (value == NULL || json_is(value, JSON_NULL) || json_is(value, JSON_FALSE))
		return false;
	if (json_is(value, JSON_NUMBER))
		return json_double(value) != 0;
	if (json_is(value, JSON_STRING))
		return value->string[0] != '\0';
	return json_is(value, JSON_TRUE) || value->child != NULL;
}

static void add_number(struct text *text, const struct json *value)
{
	if (is_float(value))
		python_float(text, json_double(value));
	else
		text_add(text, json_in_digits(value));
}

static void add_group(struct text *text, const struct json *group)
{
	bool object = json_is(group, JSON_OBJECT);
	const struct json *item;

	text_char(text, object ? '{' : '[');
	FOR_EACH_JSON (item, group) {
		if (item != group->child)
			text_add(text, ", ");
		if (object) {
			python_repr(text, item->key);
			text_add(text, ": ");
		}
		json_in_repr(text, item);
	}
	text_char(text, object ? '}' : ']');
}

void json_in_repr(struct text *text, const struct json *value)
{
	if (value == NULL || json_is(value, JSON_NULL))
		text_add(text, "None");
	else if (json_is_bool(value))
		text_add(text, json_is(value, JSON_TRUE) ? "True" : "False");
	else if (json_is(value, JSON_NUMBER))
		add_number(text, value);
	else if (json_is(value, JSON_STRING))
		python_repr(text, json_in_string(value));
	else
		add_group(text, value);
}

void json_in_str(struct text *text, const struct json *value)
{
	const char *string = json_in_string(value);

	if (string != NULL)
		text_add(text, string);
	else
		json_in_repr(text, value);
}

const char *json_in_type_name(const struct json *value)
{
	if (value == NULL || json_is(value, JSON_NULL))
		return "NoneType";
	if (json_is_bool(value))
		return "bool";
	if (json_is(value, JSON_NUMBER))
		return is_float(value) ? "float" : "int";
	return json_is(value, JSON_STRING) ? "str" : json_is(value, JSON_OBJECT) ? "dict" : "list";
}
