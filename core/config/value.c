/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/value.h"

#include "core/base/decimal.h"
#include "core/base/python_text.h"

#include <errno.h>
#include <string.h>

const char *value_type_name(enum value_type type)
{
	static const char *const names[] = {
		[VALUE_NULL] = "null",
		[VALUE_BOOL] = "a boolean",
		[VALUE_INT] = "an integer",
		[VALUE_FLOAT] = "a float",
		[VALUE_STRING] = "a string",
		[VALUE_LIST] = "a list",
		[VALUE_DICT] = "a mapping",
	};
	_Static_assert(sizeof names / sizeof *names == VALUE_TYPE_COUNT_, "a type has no name");

	return names[type];
}

struct value *value_new(struct arena *arena, enum value_type type, unsigned line, unsigned column)
{
	struct value *value = arena_alloc(arena, sizeof *value);

	if (value != NULL)
		*value = (struct value){.type = type, .line = line, .column = column};
	return value;
}

struct value *value_new_string(
	struct arena *arena, const char *text, size_t length, unsigned line, unsigned column)
{
	struct value *value = value_new(arena, VALUE_STRING, line, column);

	if (value != NULL)
		value->text = arena_strndup(arena, text, length);
	return value == NULL || value->text == NULL ? NULL : value;
}

static int append(struct arena *arena, struct value *value, struct value_item item)
{
	struct value_item *copy = arena_alloc(arena, sizeof *copy);

	if (copy == NULL)
		return -ENOMEM;
	*copy = item;
	if (value->last == NULL)
		value->items = copy;
	else
		value->last->next = copy;
	value->last = copy;
	value->count++;
	return 0;
}

int value_list_add(struct arena *arena, struct value *list, struct value *element)
{
	return append(arena, list, (struct value_item){.value = element});
}

int value_dict_set(struct arena *arena, struct value *dict, const char *key, unsigned line,
	unsigned column, struct value *value)
{
	struct value_item *old = (struct value_item *)value_dict_get(dict, key);

	if (old == NULL)
		return append(arena, dict, (struct value_item){key, line, column, value, NULL});
	old->line = line;
	old->column = column;
	old->value = value;
	return 0;
}

const struct value_item *value_dict_get(const struct value *dict, const char *key)
{
	for (const struct value_item *item = dict->items; item != NULL; item = item->next)
		if (strcmp(item->key, key) == 0)
			return item;
	return NULL;
}

bool value_truth(const struct value *value)
{
	switch (value->type) {
	case VALUE_BOOL:
	case VALUE_INT: return value->number != 0;
	case VALUE_FLOAT:
		/* ".5", "-0.0", "0_0.1": not zero when it has another digit before an exponent */
		return value->text[strcspn(value->text, "123456789eEnNiI")] != '\0' &&
		       strchr("eE", value->text[strcspn(value->text, "123456789eEnNiI")]) == NULL;
	case VALUE_STRING: return value->text[0] != '\0';
	case VALUE_LIST:
	case VALUE_DICT: return value->count > 0;
	default: return false;
	}
}

#define NUMBER_SIZE 64

/* Copy TEXT without its '_', which may separate digits. False: TEXT is too long for a number. */
static bool without_underscores(const char *text, char buffer[NUMBER_SIZE])
{
	size_t length = 0;

	for (; *text != '\0' && length < NUMBER_SIZE; text++)
		if (*text != '_')
			buffer[length++] = *text;
	if (length == NUMBER_SIZE)
		return false;
	buffer[length] = '\0';
	return true;
}

/* Parse ".inf", "-.INF", ".nan". */
static bool special_double(const char *text, double *ret_number)
{
	bool negative = *text == '-';

	text += *text == '-' || *text == '+';
	if (text[0] != '.')
		return false;
	if ((text[1] | 32) == 'i')
		*ret_number = negative ? -__builtin_inf() : __builtin_inf();
	else if ((text[1] | 32) == 'n')
		*ret_number = __builtin_nan("");
	else
		return false;
	return true;
}

bool value_double(const struct value *value, double *ret_number)
{
	char number[NUMBER_SIZE];

	if (value->type == VALUE_INT)
		*ret_number = (double)value->number;
	else if (value->type != VALUE_FLOAT)
		return false;
	else if (!special_double(value->text, ret_number))
		return without_underscores(value->text, number) &&
		       decimal_parse(number, ret_number);
	return true;
}

/* Append Python's str() of a float. The readers store an integer that no int64_t can hold as a
 * float; such an integer, and what no double can hold, is appended as it is written. */
static void add_float(struct text *text, const struct value *value)
{
	double number;

	if (value->text[strcspn(value->text, ".eE")] == '\0' || !value_double(value, &number))
		text_add(text, value->text);
	else if (__builtin_isfinite(number))
		python_float(text, number);
	else
		text_add(text, __builtin_isnan(number) ? "nan" : number < 0 ? "-inf" : "inf");
}

static void add_repr(struct text *text, const struct value *value);

static void add_group(struct text *text, const struct value *group)
{
	bool dict = group->type == VALUE_DICT;

	text_char(text, dict ? '{' : '[');
	for (const struct value_item *item = group->items; item != NULL; item = item->next) {
		if (item != group->items)
			text_add(text, ", ");
		if (dict) {
			python_repr(text, item->key);
			text_add(text, ": ");
		}
		add_repr(text, item->value);
	}
	text_char(text, dict ? '}' : ']');
}

static void add_repr(struct text *text, const struct value *value)
{
	if (value->type == VALUE_STRING)
		python_repr(text, value->text);
	else
		value_str(text, value);
}

void value_str(struct text *text, const struct value *value)
{
	switch (value->type) {
	case VALUE_NULL: text_add(text, "None"); return;
	case VALUE_BOOL: text_add(text, value->number ? "True" : "False"); return;
	case VALUE_INT: text_i64(text, value->number); return;
	case VALUE_FLOAT: add_float(text, value); return;
	case VALUE_STRING: text_add(text, value->text); return;
	default: add_group(text, value);
	}
}

const char *value_string(struct arena *arena, const struct value *value)
{
	char buffer[NUMBER_SIZE];
	struct text text;

	if (value->type == VALUE_STRING)
		return value->text;
	if (value->type == VALUE_LIST || value->type == VALUE_DICT)
		return NULL;
	text_init(&text, buffer, sizeof buffer);
	value_str(&text, value);
	return text.truncated ? value->text : arena_strdup(arena, buffer);
}
