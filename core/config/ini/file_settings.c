/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/ini/file_settings.h"

#include "core/config/ini/file_text.h"

#include <errno.h>
#include <string.h>

static struct value *new_value(
	struct arena *arena, enum value_type type, unsigned line, unsigned column)
{
	struct value *value = arena_alloc(arena, sizeof *value);

	if (value == NULL)
		return NULL;
	value->type = type;
	value->line = line;
	value->column = column;
	return value;
}

/* The names between the commas of LIST; an empty list has none. */
static struct value *split(struct arena *arena, const struct value *list)
{
	struct value *names = new_value(arena, VALUE_LIST, list->line, list->column);
	const char *at = list->text;

	while (names != NULL && list->text[0] != '\0') {
		const char *end = at + strcspn(at, ",");
		size_t length = file_strip(&at, (size_t)(end - at));
		struct value *name = new_value(arena, VALUE_STRING, list->line, list->column);

		if (name == NULL || (name->text = arena_strndup(arena, at, length)) == NULL ||
			value_list_add(arena, names, name) < 0)
			return NULL;
		if (*end == '\0')
			break;
		at = end + 1;
	}
	return names;
}

static int set_besides(
	struct config_errors *errors, const struct value_item *option, const char *other)
{
	config_error_at(errors, option->line, option->column, "vigil.%s: '%s' is set besides",
		option->key, other);
	return 0;
}

/* The mapping GROUP in TOP, made where it is not there; NULL when out of memory. What is found may
 * be no mapping. */
static struct value *get_group(
	struct arena *arena, struct value *top, const char *group, const struct value_item *option)
{
	const struct value_item *item = value_dict_get(top, group);
	struct value *members;

	if (item != NULL)
		return item->value;
	members = new_value(arena, VALUE_DICT, option->line, option->column);
	if (members == NULL ||
		value_dict_set(arena, top, group, option->line, option->column, members) < 0)
		return NULL;
	return members;
}

static int set_in_group(struct arena *arena, struct value *top, const struct value_item *option,
	const char *dot, struct config_errors *errors)
{
	const char *group = arena_strndup(arena, option->key, (size_t)(dot - option->key));
	struct value *value = option->value, *members;

	members = group == NULL ? NULL : get_group(arena, top, group, option);
	if (members == NULL)
		return -ENOMEM;
	if (members->type != VALUE_DICT)
		return set_besides(errors, option, group);
	if (strcmp(group, "signals") == 0 && (value = split(arena, option->value)) == NULL)
		return -ENOMEM;
	return value_dict_set(arena, members, dot + 1, option->line, option->column, value);
}

static int set_at_top(struct arena *arena, struct value *top, const struct value_item *option,
	struct config_errors *errors)
{
	char others[64];

	if (value_dict_get(top, option->key) == NULL)
		return value_dict_set(
			arena, top, option->key, option->line, option->column, option->value);
	text_format(others, sizeof others, "%s.…", option->key);
	return set_besides(errors, option, others);
}

int file_settings(struct arena *arena, const struct value_item *section,
	struct config_errors *errors, struct value **ret)
{
	struct value *top = new_value(arena, VALUE_DICT, section->line, section->column);
	const struct value_item *option = section->value->items;
	int error = top == NULL ? -ENOMEM : 0;

	for (; error == 0 && option != NULL; option = option->next) {
		const char *dot = strchr(option->key, '.');

		error = dot == NULL ? set_at_top(arena, top, option, errors)
				    : set_in_group(arena, top, option, dot, errors);
	}
	if (error == 0)
		*ret = top;
	return error;
}
