/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/ini/file_reader.h"

#include "core/base/python_text.h"
#include "core/config/ini/literal.h"

#include <errno.h>
#include <string.h>

bool file_note(struct file_reader *reader, int error)
{
	reader->no_memory |= error == -ENOMEM;
	reader->failed |= error < 0;
	return error == 0;
}

struct value *file_new_value(
	struct file_reader *reader, enum value_type type, const struct value *at)
{
	struct value *value = value_new(
		reader->arena, type, at == NULL ? 1 : at->line, at == NULL ? 1 : at->column);

	file_note(reader, value == NULL ? -ENOMEM : 0);
	return value;
}

struct value *file_new_string(
	struct file_reader *reader, const char *string, const struct value *at)
{
	struct value *value =
		value_new_string(reader->arena, string, strlen(string), at->line, at->column);

	file_note(reader, value == NULL ? -ENOMEM : 0);
	return value;
}

void file_set(struct file_reader *reader, struct value *dict, const char *key, struct value *value)
{
	file_note(reader, dict == NULL || value == NULL
				  ? -ENOMEM
				  : value_dict_set(reader->arena, dict, key, value->line,
					    value->column, value));
}

void file_key_error(struct file_reader *reader, const char *key)
{
	char buffer[512];

	config_python(reader->errors, "KeyError: %s", python_quote(key, buffer, sizeof buffer));
	reader->failed = true;
}

bool file_check_defined(struct file_reader *reader, const struct value *defined,
	const struct value *name, const char *what)
{
	char buffer[512];

	if (value_dict_get(defined, name->text) != NULL)
		return true;
	file_key_error(reader, name->text);
	config_error_at(reader->errors, name->line, name->column, "%s %s: it is not defined", what,
		python_quote(name->text, buffer, sizeof buffer));
	return false;
}

const struct value_item *file_get_section(struct file_reader *reader, const char *name)
{
	const struct value_item *section = value_dict_get(&reader->ini.sections, name);

	if (section == NULL) {
		file_key_error(reader, name);
		config_error_at(reader->errors, 0, 0, "there is no section [%s]", name);
	}
	return section;
}

bool file_find_option(struct file_reader *reader, const struct value_item *section,
	const char *option, const struct value **ret)
{
	return file_note(
		reader, ini_get(reader->arena, &reader->ini, section, option, reader->errors, ret));
}

const struct value *file_get_option(
	struct file_reader *reader, const struct value_item *section, const char *option)
{
	const struct value *value;

	if (!file_find_option(reader, section, option, &value))
		return NULL;
	if (value == NULL) {
		file_key_error(reader, option);
		config_error_at(reader->errors, section->line, section->column,
			"section [%s] has no '%s'", section->key, option);
	}
	return value;
}

static void copy(const struct file_part *part, const char *option, const struct value *value)
{
	if (value != NULL)
		file_set(part->reader, part->dict, option,
			file_new_string(part->reader, value->text, value));
}

void file_copy_option(const struct file_part *part, const char *option)
{
	const struct value *value;

	if (file_find_option(part->reader, part->section, option, &value))
		copy(part, option, value);
}

void file_copy_raw(const struct file_part *part, const char *option)
{
	const struct value_item *item = ini_raw(&part->reader->ini, part->section, option);

	copy(part, option, item == NULL ? NULL : item->value);
}

void file_copy_literal(const struct file_part *part, const char *option)
{
	struct file_reader *reader = part->reader;
	const struct value_item *item = ini_raw(&reader->ini, part->section, option);
	struct value *value;

	if (item != NULL &&
		file_note(reader, literal_read(reader->arena, item->value, reader->errors, &value)))
		file_set(reader, part->dict, option, value);
}

void file_each_name(struct file_reader *reader, const struct value *list,
	void (*each)(struct file_reader *reader, const struct value *name, void *target),
	void *target)
{
	const char *at = list->text;

	while (list->text[0] != '\0') {
		const char *end = at + strcspn(at, ",");
		size_t length = ini_strip(&at, (size_t)(end - at));
		struct value *name =
			value_new_string(reader->arena, at, length, list->line, list->column);

		if (!file_note(reader, name == NULL ? -ENOMEM : 0))
			return;
		each(reader, name, target);
		if (*end == '\0')
			return;
		at = end + 1;
	}
}

bool file_begin_part(struct file_reader *reader, const char *prefix, const struct value *name,
	struct file_part *ret)
{
	size_t size = strlen(prefix) + strlen(name->text) + 2;
	char *section = arena_alloc(reader->arena, size);

	*ret = (struct file_part){.reader = reader};
	if (!file_note(reader, section == NULL ? -ENOMEM : 0))
		return false;
	text_format(section, size, "%s_%s", prefix, name->text);
	ret->section = file_get_section(reader, section);
	ret->dict = file_new_value(
		reader, VALUE_DICT, ret->section == NULL ? name : ret->section->value);
	return ret->section != NULL && ret->dict != NULL;
}

bool file_to_int(const char *text, int64_t *ret)
{
	const char *at = text;
	size_t length = ini_strip(&at, strlen(text));
	const char *end = at + length;
	bool negative = *at == '-', overflow = false;
	int64_t number = 0;

	at += negative || *at == '+';
	if (!literal_digits(&at, 10, &number, &overflow) || at != end || overflow)
		return false;
	*ret = negative ? -number : number;
	return true;
}
