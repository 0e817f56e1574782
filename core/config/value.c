/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/value.h"

#include "core/base/text.h"

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
	case VALUE_INT:
		return value->number != 0;
	case VALUE_FLOAT:
		/* ".5", "-0.0", "0_0.1": not zero when it has another digit before an exponent */
		return value->text[strcspn(value->text, "123456789eEnNiI")] != '\0' &&
		       strchr("eE", value->text[strcspn(value->text, "123456789eEnNiI")]) == NULL;
	case VALUE_STRING:
		return value->text[0] != '\0';
	case VALUE_LIST:
	case VALUE_DICT:
		return value->count > 0;
	default:
		return false;
	}
}

const char *value_string(struct arena *arena, const struct value *value)
{
	char buffer[24];

	switch (value->type) {
	case VALUE_NULL:
		return "None";
	case VALUE_BOOL:
		return value->number != 0 ? "True" : "False";
	case VALUE_INT:
		text_format(buffer, sizeof buffer, "%lld", (long long)value->number);
		return arena_strdup(arena, buffer);
	case VALUE_FLOAT:
	case VALUE_STRING:
		return value->text;
	default:
		return NULL;
	}
}
