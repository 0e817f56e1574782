/* SPDX-License-Identifier: Apache-2.0 */
/* Section [vigil] of an INI file, as the dict that YAML has for it. */
#include "core/config/ini/file_reader.h"

#include <errno.h>
#include <string.h>

/* Set member KEY of DICT, at the position of OPTION, to VALUE; NULL when memory ran out. */
static void set(struct file_reader *reader, struct value *dict, const char *key,
	const struct value_item *option, struct value *value)
{
	file_note(reader, value == NULL ? -ENOMEM
					: value_dict_set(reader->arena, dict, key, option->line,
						  option->column, value));
}

static void refuse_besides(
	struct file_reader *reader, const struct value_item *option, const char *other)
{
	config_error_at(reader->errors, option->line, option->column,
		"vigil.%s: '%s' is set besides", option->key, other);
}

static void add_name(struct file_reader *reader, const struct value *name, void *target)
{
	file_note(reader, value_list_add(reader->arena, target, (struct value *)name));
}

/* Set the option "group.key", whose DOT is known. */
static void set_in_group(struct file_reader *reader, struct value *top,
	const struct value_item *option, const char *dot)
{
	const char *group = arena_strndup(reader->arena, option->key, (size_t)(dot - option->key));
	struct value *value = option->value, *members;

	if (!file_note(reader, group == NULL ? -ENOMEM : 0))
		return;
	if (value_dict_get(top, group) == NULL)
		set(reader, top, group, option,
			value_new(reader->arena, VALUE_DICT, option->line, option->column));
	if (reader->no_memory)
		return;
	members = value_dict_get(top, group)->value;
	if (members->type != VALUE_DICT) {
		refuse_besides(reader, option, group);
		return;
	}
	if (strcmp(group, "signals") == 0) {
		value = file_new_value(reader, VALUE_LIST, option->value);
		if (value != NULL)
			file_each_name(reader, option->value, add_name, value);
	}
	set(reader, members, dot + 1, option, value);
}

static void set_at_top(
	struct file_reader *reader, struct value *top, const struct value_item *option)
{
	char others[64];

	if (value_dict_get(top, option->key) == NULL) {
		set(reader, top, option->key, option, option->value);
		return;
	}
	text_format(others, sizeof others, "%s.…", option->key);
	refuse_besides(reader, option, others);
}

struct value *file_read_settings(struct file_reader *reader, const struct value_item *section)
{
	struct value *top = value_new(reader->arena, VALUE_DICT, section->line, section->column);
	const struct value_item *option = top == NULL ? NULL : section->value->items;

	for (; option != NULL; option = option->next) {
		const char *dot = strchr(option->key, '.');

		if (dot == NULL)
			set_at_top(reader, top, option);
		else
			set_in_group(reader, top, option, dot);
	}
	return top;
}
