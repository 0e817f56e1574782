/* SPDX-License-Identifier: Apache-2.0 */
/* Section [vigil] of an INI file, as the mapping that YAML has for it. */
#include "core/config/ini/file_reader.h"

#include <errno.h>
#include <string.h>

static int add_name(struct file_reader *reader, const struct value *name, void *target)
{
	return value_list_add(reader->arena, target, (struct value *)name);
}

static int set_besides(
	struct file_reader *reader, const struct value_item *option, const char *other)
{
	config_error_at(reader->errors, option->line, option->column,
		"vigil.%s: '%s' is set besides", option->key, other);
	return 0;
}

/* The mapping GROUP in TOP, made where it is not there; NULL when out of memory. What is found may
 * be no mapping. */
static struct value *get_group(struct file_reader *reader, struct value *top, const char *group,
	const struct value_item *option)
{
	const struct value_item *item = value_dict_get(top, group);
	struct value *members;

	if (item != NULL)
		return item->value;
	members = value_new(reader->arena, VALUE_DICT, option->line, option->column);
	return file_set(reader, top, group, members) < 0 ? NULL : members;
}

static int set_in_group(struct file_reader *reader, struct value *top,
	const struct value_item *option, const char *dot)
{
	const char *group = arena_strndup(reader->arena, option->key, (size_t)(dot - option->key));
	struct value *value = option->value, *members;

	members = group == NULL ? NULL : get_group(reader, top, group, option);
	if (members == NULL)
		return -ENOMEM;
	if (members->type != VALUE_DICT)
		return set_besides(reader, option, group);
	if (strcmp(group, "signals") == 0) {
		value = file_new_value(reader, VALUE_LIST, option->value);
		if (value == NULL || file_each_name(reader, option->value, add_name, value) < 0)
			return -ENOMEM;
	}
	return value_dict_set(reader->arena, members, dot + 1, option->line, option->column, value);
}

static int set_at_top(
	struct file_reader *reader, struct value *top, const struct value_item *option)
{
	char others[64];

	if (value_dict_get(top, option->key) == NULL)
		return value_dict_set(reader->arena, top, option->key, option->line, option->column,
			option->value);
	text_format(others, sizeof others, "%s.…", option->key);
	return set_besides(reader, option, others);
}

int file_read_settings(
	struct file_reader *reader, const struct value_item *section, struct value **ret)
{
	struct value *top = value_new(reader->arena, VALUE_DICT, section->line, section->column);
	const struct value_item *option = section->value->items;
	int error = top == NULL ? -ENOMEM : 0;

	for (; error == 0 && option != NULL; option = option->next) {
		const char *dot = strchr(option->key, '.');

		error = dot == NULL ? set_at_top(reader, top, option)
				    : set_in_group(reader, top, option, dot);
	}
	if (error == 0)
		*ret = top;
	return error;
}
