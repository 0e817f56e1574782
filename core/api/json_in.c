/* SPDX-License-Identifier: Apache-2.0 */
#include "core/api/json_in.h"

#include "core/base/number.h"
#include "core/base/python_text.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* The prefixes of a string that stands for a number, and of one that begins with MARK itself. */
#define MARK '\001'
#define NUMBER_MARK "\\u0001N"
#define STRING_MARK "\\u0001S"

static size_t digits(const char *at)
{
	return strspn(at, "0123456789");
}

static bool ends_value(char c)
{
	return c == '\0' || strchr(" \t\r\n,]}", c) != NULL;
}

/* The length of NaN, Infinity or -Infinity, which Python reads as numbers, at AT; 0 when there is
 * none. */
static size_t word_length(const char *at)
{
	static const char *const words[] = {"NaN", "Infinity", "-Infinity"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t length = strlen(words[i]);

		if (strncmp(at, words[i], length) == 0 && ends_value(at[length]))
			return length;
	}
	return 0;
}

/* The length of the JSON number at AT, 0 when there is none. */
static size_t number_length(const char *at)
{
	const char *start = at;

	if (word_length(at) > 0)
		return word_length(at);
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
	return ends_value(*at) ? (size_t)(at - start) : 0;
}

/* Copy the string that begins at AT, a quote. Returns what follows it; NULL: it does not end. */
static const char *copy_string(struct text *text, const char *at)
{
	const char *start = at++;

	text_char(text, '"');
	if (strncmp(at, "\\u0001", 6) == 0)
		text_add(text, STRING_MARK);
	for (; *at != '"'; at++) {
		if ((unsigned char)*at < ' ') /* Python refuses control characters */
			return NULL;
		if (*at == '\\' && (*++at == '\0' || strncmp(at, "u0000", 5) == 0))
			return NULL;
	}
	text_add_n(text, start + 1, (size_t)(at - start));
	return at + 1;
}

/* Copy LINE to TEXT with its numbers turned into strings. False when LINE cannot be JSON. */
static bool mark_numbers(struct text *text, const char *line)
{
	while (line != NULL && *line != '\0') {
		size_t length;

		if (*line == '"') {
			line = copy_string(text, line);
			continue;
		}
		if (!is_digit(*line) && *line != '-' && *line != 'N' && *line != 'I') {
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

cJSON *json_in_parse(const char *line, const char **ret_why)
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

const char *json_in_key(const cJSON *member)
{
	return member->string + (member->string[0] == MARK ? 2 : 0);
}

const cJSON *json_in_member(const cJSON *object, const char *key)
{
	const cJSON *item, *found = NULL;

	cJSON_ArrayForEach(item, object) if (strcmp(json_in_key(item), key) == 0) found = item;
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
	return is_number(value) && strpbrk(number_text(value), ".eEN") != NULL;
}

/* The number, with '.' as its decimal point in every locale. */
static double to_double(const cJSON *value)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	double number = strtod_l(number_text(value), NULL, c);

	freelocale(c);
	return number;
}

const char *json_in_digits(const cJSON *value)
{
	if (!is_number(value) || is_float(value))
		return NULL;
	return strcmp(number_text(value), "-0") == 0 ? "0" : number_text(value);
}

const char *json_in_string(const cJSON *value)
{
	if (!cJSON_IsString(value) || is_number(value))
		return NULL;
	return value->valuestring + (value->valuestring[0] == MARK ? 2 : 0);
}

bool json_in_int(const cJSON *value, int64_t *ret)
{
	if (cJSON_IsBool(value))
		return *ret = cJSON_IsTrue(value), true;
	return is_number(value) && !is_float(value) && number_parse(number_text(value), ret);
}

bool json_in_float(const cJSON *value, double *ret)
{
	if (!is_number(value))
		return false;
	*ret = to_double(value);
	return true;
}

bool json_in_truth(const cJSON *value)
{
	if (value == NULL || cJSON_IsNull(value) || cJSON_IsFalse(value))
		return false;
	if (is_number(value))
		return to_double(value) != 0;
	if (cJSON_IsString(value))
		return value->valuestring[0] != '\0';
	return cJSON_IsTrue(value) || value->child != NULL;
}

static void add_number(struct text *text, const cJSON *value)
{
	if (is_float(value))
		python_float(text, to_double(value));
	else
		text_add(text, json_in_digits(value));
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
			python_repr(text, json_in_key(item));
			text_add(text, ": ");
		}
		json_in_repr(text, item);
	}
	text_char(text, object ? '}' : ']');
}

void json_in_repr(struct text *text, const cJSON *value)
{
	if (value == NULL || cJSON_IsNull(value))
		text_add(text, "None");
	else if (cJSON_IsBool(value))
		text_add(text, cJSON_IsTrue(value) ? "True" : "False");
	else if (is_number(value))
		add_number(text, value);
	else if (cJSON_IsString(value))
		python_repr(text, json_in_string(value));
	else
		add_group(text, value);
}

void json_in_str(struct text *text, const cJSON *value)
{
	const char *string = json_in_string(value);

	if (string != NULL)
		text_add(text, string);
	else
		json_in_repr(text, value);
}

const char *json_in_type_name(const cJSON *value)
{
	if (value == NULL || cJSON_IsNull(value))
		return "NoneType";
	if (cJSON_IsBool(value))
		return "bool";
	if (is_number(value))
		return is_float(value) ? "float" : "int";
	return cJSON_IsString(value) ? "str" : cJSON_IsObject(value) ? "dict" : "list";
}
