/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/ini/file_reader.h"

#include "core/base/number.h"
#include "core/base/python_text.h"
#include "core/config/ini/literal.h"

#include <errno.h>
#include <string.h>

int file_both(int first, int second)
{
	return first == 0 || second == -ENOMEM ? second : first;
}

struct value *file_new_value(
	struct file_reader *reader, enum value_type type, const struct value *at)
{
	return value_new(
		reader->arena, type, at == NULL ? 1 : at->line, at == NULL ? 1 : at->column);
}

struct value *file_new_string(
	struct file_reader *reader, const char *string, size_t length, const struct value *at)
{
	return value_new_string(reader->arena, string, length, at->line, at->column);
}

int file_set(struct file_reader *reader, struct value *dict, const char *key, struct value *value)
{
	if (value == NULL)
		return -ENOMEM;
	return value_dict_set(reader->arena, dict, key, value->line, value->column, value);
}

int file_key_error(struct file_reader *reader, const char *key)
{
	char buffer[512];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	python_repr(&text, key);
	config_python(reader->errors, "KeyError: %s", buffer);
	return -EINVAL;
}

int file_check_defined(struct file_reader *reader, const struct value *defined, const char *name,
	const struct value *at, const char *what)
{
	char buffer[512];
	struct text text;

	if (value_dict_get(defined, name) != NULL)
		return 0;
	text_init(&text, buffer, sizeof buffer);
	python_repr(&text, name);
	file_key_error(reader, name);
	config_error_at(
		reader->errors, at->line, at->column, "%s %s: it is not defined", what, buffer);
	return -EINVAL;
}

/* Report that there is no section KEY or, where SECTION is not NULL, no option KEY in it. */
static int missing(struct file_reader *reader, const struct value_item *section, const char *key)
{
	int error = file_key_error(reader, key);

	if (section == NULL)
		config_error_at(reader->errors, 0, 0, "there is no section [%s]", key);
	else
		config_error_at(reader->errors, section->line, section->column,
			"section [%s] has no '%s'", section->key, key);
	return error;
}

int file_get_section(struct file_reader *reader, const char *name, const struct value_item **ret)
{
	*ret = ini_section(&reader->ini, name);
	return *ret == NULL ? missing(reader, NULL, name) : 0;
}

int file_get_option(struct file_reader *reader, const struct value_item *section,
	const char *option, const struct value **ret)
{
	int error = ini_get(reader->arena, &reader->ini, section, option, reader->errors, ret);

	if (error == 0 && *ret == NULL)
		return missing(reader, section, option);
	return error;
}

int file_copy_option(const struct file_part *part, const char *option, const char *key, bool raw)
{
	struct file_reader *reader = part->reader;
	const struct value_item *item = ini_raw(&reader->ini, part->section, option);
	const struct value *value = item == NULL ? NULL : item->value;
	int error = 0;

	if (!raw)
		error = ini_get(
			reader->arena, &reader->ini, part->section, option, reader->errors, &value);
	if (error < 0 || value == NULL)
		return error;
	return file_set(reader, part->dict, key,
		file_new_string(reader, value->text, strlen(value->text), value));
}

/* Python's strip() of the LENGTH bytes at *AT. Returns the new length. */
static size_t strip(const char **at, size_t length)
{
	while (length > 0 && strchr(" \t\n\r\f\v", **at) != NULL) {
		(*at)++;
		length--;
	}
	while (length > 0 && strchr(" \t\n\r\f\v", (*at)[length - 1]) != NULL)
		length--;
	return length;
}

int file_each_name(struct file_reader *reader, const struct value *list,
	int (*each)(struct file_reader *reader, const struct value *name, void *target),
	void *target)
{
	const char *at = list->text;
	int first_error = 0;

	if (*at == '\0')
		return 0;
	for (;;) {
		const char *end = at + strcspn(at, ",");
		size_t length = strip(&at, (size_t)(end - at));
		struct value *name = file_new_string(reader, at, length, list);
		int error = name == NULL ? -ENOMEM : each(reader, name, target);

		if (error == -ENOMEM)
			return error;
		first_error = first_error < 0 ? first_error : error;
		if (*end == '\0')
			return first_error;
		at = end + 1;
	}
}

int file_begin_part(struct file_reader *reader, const char *prefix, const struct value *name,
	struct file_part *ret)
{
	size_t size = strlen(prefix) + strlen(name->text) + 2;
	char *section = arena_alloc(reader->arena, size);
	int error;

	*ret = (struct file_part){.reader = reader};
	if (section == NULL)
		return -ENOMEM;
	text_format(section, size, "%s_%s", prefix, name->text);
	error = file_get_section(reader, section, &ret->section);
	ret->dict = file_new_value(reader, VALUE_DICT, error < 0 ? name : ret->section->value);
	return ret->dict == NULL ? -ENOMEM : error;
}

int file_copy_literal(const struct file_part *part, const char *option)
{
	struct file_reader *reader = part->reader;
	const struct value_item *item = ini_raw(&reader->ini, part->section, option);
	struct value *value;
	int error;

	if (item == NULL)
		return 0;
	error = literal_read(reader->arena, item->value, reader->errors, &value);
	return error < 0 ? error : file_set(reader, part->dict, option, value);
}

bool file_to_int(const char *text, int64_t *ret)
{
	const char *at = text;
	size_t length = strip(&at, strlen(text));
	bool negative = length > 0 && *at == '-', digit = false;

	if (length > 0 && (*at == '-' || *at == '+')) {
		at++;
		length--;
	}
	for (*ret = 0; length > 0; at++, length--) {
		if (digit && *at == '_' && length > 1) {
			digit = false;
			continue;
		}
		if (!is_digit(*at) || *ret > INT32_MAX)
			return false;
		*ret = *ret * 10 + *at - '0';
		digit = true;
	}
	*ret = negative ? -*ret : *ret;
	return digit;
}
