/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/ini/file_config.h"

#include "core/base/python_text.h"
#include "core/config/dict/dict_config.h"
#include "core/config/ini/file_reader.h"

#include <errno.h>
#include <string.h>

static void read_formatter(struct file_reader *reader, const struct value *name, void *target)
{
	static const char *const raw[] = {
		"format", "datefmt", "style", "color", "escape", "multiline"};
	static const char *const literal[] = {"defaults", "abbrev"};
	struct file_part part;

	(void)target;
	if (file_begin_part(reader, "formatter", name, &part)) {
		for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
			file_copy_raw(&part, raw[i]);
		for (size_t i = 0; i < sizeof literal / sizeof *literal; i++)
			file_copy_literal(&part, literal[i]);
		file_copy_option(&part, "class");
	}
	file_set(reader, reader->formatters, name->text, part.dict);
}

static void add_handler_name(struct file_reader *reader, const struct value *name, void *target)
{
	if (!reader->no_handlers &&
		file_check_defined(reader, reader->handlers, name, "Unable to add handler"))
		file_note(reader, value_list_add(reader->arena, target, (struct value *)name));
}

static void read_handler_names(const struct file_part *part)
{
	struct file_reader *reader = part->reader;
	const struct value *names = file_get_option(reader, part->section, "handlers");
	struct value *list = names == NULL ? NULL : file_new_value(reader, VALUE_LIST, names);

	if (list == NULL)
		return;
	file_each_name(reader, names, add_handler_name, list);
	file_set(reader, part->dict, "handlers", list);
}

static void read_propagate(const struct file_part *part)
{
	struct file_reader *reader = part->reader;
	struct value *number = file_new_value(reader, VALUE_INT, part->section->value);
	const struct value *value;
	char buffer[512];

	if (number == NULL || !file_note(reader, ini_get(reader->arena, &reader->ini, part->section,
							 "propagate", reader->errors, &value)))
		return;
	number->number = 1;
	if (value == NULL || file_to_int(value->text, &number->number)) {
		number->text = value == NULL ? "1" : value->text;
		file_set(reader, part->dict, "propagate", number);
		return;
	}
	python_quote(value->text, buffer, sizeof buffer);
	config_python(
		reader->errors, "ValueError: invalid literal for int() with base 10: %s", buffer);
	config_error_at(reader->errors, value->line, value->column,
		"propagate: expected 0 or 1, found %s", buffer);
	reader->failed = true;
}

static void read_root(struct file_reader *reader)
{
	struct file_part part = {reader, file_get_section(reader, "logger_root"), reader->root};

	if (part.section == NULL)
		return;
	file_copy_option(&part, "level");
	read_handler_names(&part);
}

/* TARGET, a bool, says whether the root has been taken out of the list, as Python does once. */
static void read_logger(struct file_reader *reader, const struct value *name, void *target)
{
	const struct value *qualname;
	const struct value_item *earlier;
	bool *root_seen = target;
	struct file_part part;

	if (!*root_seen && strcmp(name->text, "root") == 0) {
		*root_seen = true;
		return;
	}
	if (!file_begin_part(reader, "logger", name, &part))
		return;
	qualname = file_get_option(reader, part.section, "qualname");
	qualname = qualname == NULL ? name : qualname;
	/* An earlier section was for the same logger: what this one does not set stays. */
	earlier = value_dict_get(reader->loggers, qualname->text);
	if (earlier != NULL)
		part.dict = earlier->value;
	read_propagate(&part);
	file_copy_option(&part, "level");
	read_handler_names(&part);
	file_set(reader, reader->loggers, qualname->text, part.dict);
}

static void find_root(struct file_reader *reader, const struct value *name, void *target)
{
	(void)reader;
	*(bool *)target |= strcmp(name->text, "root") == 0;
}

static void read_loggers(struct file_reader *reader, const struct value *names)
{
	bool root = false;

	file_each_name(reader, names, find_root, &root);
	if (!root) {
		config_python(reader->errors, "ValueError: list.remove(x): x not in list");
		config_error_at(reader->errors, names->line, names->column,
			"the keys of [loggers] do not have 'root' among them");
		reader->failed = true;
		return;
	}
	root = false;
	read_root(reader);
	file_each_name(reader, names, read_logger, &root);
}

/* The `keys` of [formatters], [handlers] or [loggers]. NULL after an error was reported. */
static const struct value *read_names(struct file_reader *reader, const char *name)
{
	const struct value_item *section = file_get_section(reader, name);

	return section == NULL ? NULL : file_get_option(reader, section, "keys");
}

static void read_all(struct file_reader *reader)
{
	const struct value *names = read_names(reader, "formatters");

	if (names != NULL)
		file_each_name(reader, names, read_formatter, NULL);
	names = read_names(reader, "handlers");
	reader->no_handlers = names == NULL;
	if (names != NULL)
		file_read_handlers(reader, names);
	names = read_names(reader, "loggers");
	if (names != NULL)
		read_loggers(reader, names);
}

/* Set member KEY of DICT, at the position of OPTION, to VALUE, which is NULL when memory ran
 * out. */
static void set_at(struct file_reader *reader, struct value *dict, const char *key,
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

/* Set the option "group.key", in which DOT is the '.'. */
static void set_in_group(struct file_reader *reader, struct value *top,
	const struct value_item *option, const char *dot)
{
	const char *group = arena_strndup(reader->arena, option->key, (size_t)(dot - option->key));
	struct value *value = option->value, *members;

	if (!file_note(reader, group == NULL ? -ENOMEM : 0))
		return;
	if (value_dict_get(top, group) == NULL)
		set_at(reader, top, group, option,
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
	set_at(reader, members, dot + 1, option, value);
}

static void set_at_top(
	struct file_reader *reader, struct value *top, const struct value_item *option)
{
	char others[64];

	if (value_dict_get(top, option->key) == NULL) {
		set_at(reader, top, option->key, option, option->value);
		return;
	}
	text_format(others, sizeof others, "%s.…", option->key);
	refuse_besides(reader, option, others);
}

/* Section [vigil] as the dict that YAML has for it: the option "trace.frames" is member "frames" of
 * "trace", and commas separate the signals of "signals.core". NULL when out of memory. */
static struct value *read_settings(struct file_reader *reader, const struct value_item *section)
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

/* Begin the dictConfig *TOP, with its sections. */
static void begin(struct file_reader *reader, struct value *top)
{
	const struct value_item *vigil = value_dict_get(&reader->ini.sections, "vigil");
	struct value *version = file_new_value(reader, VALUE_INT, NULL);
	struct {
		const char *key;
		struct value **value;
	} sections[] = {{"formatters", &reader->formatters}, {"handlers", &reader->handlers},
		{"loggers", &reader->loggers}, {"root", &reader->root}};

	if (version != NULL) {
		version->number = 1;
		version->text = "1";
	}
	file_set(reader, top, "version", version);
	if (vigil != NULL)
		file_set(reader, top, "vigil", read_settings(reader, vigil));
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		*sections[i].value = file_new_value(reader, VALUE_DICT, NULL);
		file_set(reader, top, sections[i].key, *sections[i].value);
	}
}

int file_config(struct arena *arena, const char *text, size_t length,
	const struct config_context *context, struct logging **ret_logging,
	struct config_errors *errors)
{
	struct file_reader reader = {.arena = arena, .errors = errors};
	struct value *top = value_new(arena, VALUE_DICT, 1, 1);
	struct config_context checks = *context;
	struct logging *checked;
	int error;

	if (top == NULL)
		return -ENOMEM;
	errors->plain = true;
	error = ini_read(arena, text, length, errors, &reader.ini);
	if (error < 0)
		return error;
	begin(&reader, top);
	if (!reader.no_memory)
		read_all(&reader);
	if (reader.no_memory)
		return -ENOMEM;
	if (!reader.failed)
		return dict_config(arena, top, context, ret_logging, errors);
	/* Read the rest only to report its errors, too. */
	checks.validate_only = true;
	checks.living = NULL;
	error = dict_config(arena, top, &checks, &checked, errors);
	return error == -ENOMEM ? error : -EINVAL;
}
