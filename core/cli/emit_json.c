/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cli/emit_json.h"

#include "core/base/number.h"
#include "core/base/python_text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a number's string begins with, and a string that begins with the same byte. */
#define MARK '\001'
#define NUMBER_MARK "\\u0001N"
#define STRING_MARK "\\u0001S"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits(const char *at)
{
	return strspn(at, "0123456789");
}

/* The length of the JSON number at AT, 0 when there is none. */
static size_t number_length(const char *at)
{
	const char *start = at;

	at += *at == '-';
	if (!is_digit(*at))
		return 0;
	at += *at == '0' ? 1 : digits(at);
	if (*at == '.') {
		if (!is_digit(at[1]))
			return 0;
		at += 1 + digits(at + 1);
	}
	if (*at == 'e' || *at == 'E') {
		at += at[1] == '+' || at[1] == '-' ? 2 : 1;
		if (!is_digit(*at))
			return 0;
		at += digits(at);
	}
	return *at == '\0' || strchr(" \t\r\n,]}", *at) != NULL ? (size_t)(at - start) : 0;
}

/* Copies the string that begins at AT, a quote; returns what follows it, NULL when it has no end.
 */
static const char *copy_string(struct text *text, const char *at)
{
	const char *start = at++;

	text_char(text, '"');
	if (strncmp(at, "\\u0001", 6) == 0)
		text_add(text, STRING_MARK);
	for (; *at != '"'; at++) {
		if (*at == '\0')
			return NULL;
		if (*at == '\\' && (*++at == '\0' || strncmp(at, "u0000", 5) == 0))
			return NULL;
	}
	text_add_n(text, start + 1, (size_t)(at - start));
	return at + 1;
}

/* LINE with its numbers turned into strings, in TEXT; false when that cannot be JSON. */
static bool mark_numbers(struct text *text, const char *line)
{
	while (line != NULL && *line != '\0') {
		size_t length;

		if (*line == '"') {
			line = copy_string(text, line);
			continue;
		}
		if (!is_digit(*line) && *line != '-') {
			text_char(text, *line++);
			continue;
		}
		length = number_length(line);
		if (length == 0)
			return false;
		text_add(text, "\"" NUMBER_MARK);
		text_add_n(text, line, length);
		text_char(text, '"');
		line += length;
	}
	return line != NULL;
}

cJSON *emit_json_parse(const char *line, const char **ret_why)
{
	size_t size = strlen(line) * 10 + 16;
	char *buffer = malloc(size);
	struct text text;
	cJSON *json = NULL;

	*ret_why = strstr(line, "\\u0000") != NULL ? "NUL (\\u0000) is not supported in a string"
						   : "not valid JSON";
	if (buffer == NULL)
		return NULL;
	text_init(&text, buffer, size);
	if (mark_numbers(&text, line))
		json = cJSON_ParseWithOpts(buffer, NULL, true);
	free(buffer);
	return json;
}

const cJSON *emit_member(const cJSON *object, const char *key)
{
	const cJSON *item, *found = NULL;

	cJSON_ArrayForEach(item, object) if (strcmp(item->string, key) == 0) found = item;
	return found;
}

static bool is_number(const cJSON *value)
{
	return cJSON_IsString(value) && value->valuestring[0] == MARK &&
	       value->valuestring[1] == 'N';
}

static const char *number_text(const cJSON *value)
{
	return value->valuestring + 2;
}

static bool is_float(const cJSON *value)
{
	return is_number(value) && strpbrk(number_text(value), ".eE") != NULL;
}

const char *emit_string(const cJSON *value)
{
	if (!cJSON_IsString(value) || is_number(value))
		return NULL;
	return value->valuestring + (value->valuestring[0] == MARK ? 2 : 0);
}

bool emit_int(const cJSON *value, int64_t *ret)
{
	if (cJSON_IsBool(value))
		return *ret = cJSON_IsTrue(value), true;
	return is_number(value) && !is_float(value) && number_parse(number_text(value), ret);
}

bool emit_float(const cJSON *value, double *ret)
{
	if (!is_number(value))
		return false;
	*ret = strtod(number_text(value), NULL);
	return isfinite(*ret);
}

bool emit_truth(const cJSON *value)
{
	if (value == NULL || cJSON_IsNull(value) || cJSON_IsFalse(value))
		return false;
	if (is_number(value))
		return strtod(number_text(value), NULL) != 0;
	if (cJSON_IsString(value))
		return value->valuestring[0] != '\0';
	return cJSON_IsTrue(value) || value->child != NULL;
}

/* repr() of a float: the shortest digits that give it back. */
static void add_float(struct text *text, double number)
{
	char shortest[40], *exponent;
	int places = 0, power;

	if (isinf(number)) {
		text_add(text, number < 0 ? "-inf" : "inf");
		return;
	}
	do
		snprintf(shortest, sizeof shortest, "%.*e", places, number);
	while (strtod(shortest, NULL) != number && ++places < 17);
	exponent = strchr(shortest, 'e');
	power = atoi(exponent + 1);
	if (power < -4 || power >= 16) {
		*exponent = '\0';
		text_printf(text, "%se%c%02d", shortest, power < 0 ? '-' : '+', abs(power));
		return;
	}
	snprintf(
		shortest, sizeof shortest, "%.*f", places > power + 1 ? places - power : 1, number);
	text_add(text, shortest);
}

static void add_number(struct text *text, const cJSON *value)
{
	if (is_float(value))
		add_float(text, strtod(number_text(value), NULL));
	else
		text_add(text, strcmp(number_text(value), "-0") == 0 ? "0" : number_text(value));
}

static void add_group(struct text *text, const cJSON *group)
{
	bool object = cJSON_IsObject(group);
	const cJSON *item;

	text_char(text, object ? '{' : '[');
	cJSON_ArrayForEach(item, group)
	{
		if (item != group->child)
			text_add(text, ", ");
		if (object) {
			python_repr(text, item->string);
			text_add(text, ": ");
		}
		emit_repr(text, item);
	}
	text_char(text, object ? '}' : ']');
}

void emit_repr(struct text *text, const cJSON *value)
{
	if (value == NULL || cJSON_IsNull(value))
		text_add(text, "None");
	else if (cJSON_IsBool(value))
		text_add(text, cJSON_IsTrue(value) ? "True" : "False");
	else if (is_number(value))
		add_number(text, value);
	else if (cJSON_IsString(value))
		python_repr(text, emit_string(value));
	else
		add_group(text, value);
}

void emit_str(struct text *text, const cJSON *value)
{
	const char *string = emit_string(value);

	if (string != NULL)
		text_add(text, string);
	else
		emit_repr(text, value);
}

const char *emit_type_name(const cJSON *value)
{
	if (value == NULL || cJSON_IsNull(value))
		return "NoneType";
	if (cJSON_IsBool(value))
		return "bool";
	if (is_number(value))
		return is_float(value) ? "float" : "int";
	return cJSON_IsString(value) ? "str" : cJSON_IsObject(value) ? "dict" : "list";
}
