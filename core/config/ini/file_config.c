/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/ini/file_config.h"

#include "core/config/dict/dict_config.h"
#include "core/config/ini/file_reader.h"
#include "core/config/ini/ini.h"
#include "core/base/python_text.h"

#include <errno.h>
#include <string.h>

static int read_formatter(struct file_reader *reader, const struct value *name, void *target)
{
	static const char *const raw[] = {
		"format", "datefmt", "style", "color", "escape", "multiline"};
	static const char *const literal[] = {"defaults", "abbrev"};
	struct file_part part;
	int error = file_begin_part(reader, "formatter", name, &part);

	(void)target;
	if (part.section != NULL) {
		for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
			error = file_both(error, file_copy_option(&part, raw[i], raw[i], true));
		for (size_t i = 0; i < sizeof literal / sizeof *literal; i++)
			error = file_both(error, file_copy_literal(&part, literal[i]));
		error = file_both(error, file_copy_option(&part, "class", "class", false));
	}
	return file_both(error, file_set(reader, reader->formatters, name->text, part.dict));
}

static int read_handler_name(struct file_reader *reader, const struct value *name, void *target)
{
	int error = reader->unlisted ? 0
				     : file_check_defined(reader, reader->handlers, name->text,
					       name, "Unable to add handler");

	if (reader->unlisted)
		return 0;
	return error < 0 ? error : value_list_add(reader->arena, target, (struct value *)name);
}

static int read_handler_names(const struct file_part *part)
{
	struct file_reader *reader = part->reader;
	const struct value *names = NULL;
	struct value *list;
	int error = file_get_option(reader, part->section, "handlers", &names);

	if (error < 0)
		return error;
	list = file_new_value(reader, VALUE_LIST, names);
	if (list == NULL)
		return -ENOMEM;
	error = file_each_name(reader, names, read_handler_name, list);
	return file_both(error, file_set(reader, part->dict, "handlers", list));
}

static int read_propagate(const struct file_part *part)
{
	struct file_reader *reader = part->reader;
	struct value *number = file_new_value(reader, VALUE_INT, part->section->value);
	const struct value *value = NULL;
	char buffer[512];
	struct text text;
	int error = ini_get(
		reader->arena, &reader->ini, part->section, "propagate", reader->errors, &value);

	if (error < 0 || number == NULL)
		return error < 0 ? error : -ENOMEM;
	number->number = 1;
	if (value == NULL || file_to_int(value->text, &number->number)) {
		number->text = value == NULL ? "1" : value->text;
		return file_set(reader, part->dict, "propagate", number);
	}
	text_init(&text, buffer, sizeof buffer);
	python_repr(&text, value->text);
	config_python(
		reader->errors, "ValueError: invalid literal for int() with base 10: %s", buffer);
	config_error_at(reader->errors, value->line, value->column,
		"propagate: expected 0 or 1, found %s", buffer);
	return -EINVAL;
}

static int read_root(struct file_reader *reader)
{
	struct file_part part = {.reader = reader};
	int error = file_get_section(reader, "logger_root", &part.section);

	if (error < 0)
		return error;
	part.dict = reader->root;
	error = file_copy_option(&part, "level", "level", false);
	return file_both(error, read_handler_names(&part));
}

/* TARGET says whether the root has been taken out of the list, as Python does once. */
static int read_logger(struct file_reader *reader, const struct value *name, void *target)
{
	const struct value *qualname = NULL;
	const struct value_item *earlier;
	bool *root_seen = target;
	struct file_part part;
	int error;

	if (!*root_seen && strcmp(name->text, "root") == 0) {
		*root_seen = true;
		return 0;
	}
	error = file_begin_part(reader, "logger", name, &part);
	if (part.section == NULL)
		return error;
	error = file_both(error, file_get_option(reader, part.section, "qualname", &qualname));
	qualname = qualname == NULL ? name : qualname;
	/* Another section of that logger: what this one does not say stays. */
	earlier = value_dict_get(reader->loggers, qualname->text);
	if (earlier != NULL)
		part.dict = earlier->value;
	error = file_both(error, read_propagate(&part));
	error = file_both(error, file_copy_option(&part, "level", "level", false));
	error = file_both(error, read_handler_names(&part));
	return file_both(error, file_set(reader, reader->loggers, qualname->text, part.dict));
}

static int find_root(struct file_reader *reader, const struct value *name, void *target)
{
	(void)reader;
	*(bool *)target |= strcmp(name->text, "root") == 0;
	return 0;
}

static int read_loggers(struct file_reader *reader, const struct value *names)
{
	bool root = false;
	int error = file_each_name(reader, names, find_root, &root), root_error;

	if (error < 0)
		return error;
	if (!root) {
		config_python(reader->errors, "ValueError: list.remove(x): x not in list");
		config_error_at(reader->errors, names->line, names->column,
			"the keys of [loggers] do not have 'root' among them");
		return -EINVAL;
	}
	root = false;
	root_error = read_root(reader);
	error = file_each_name(reader, names, read_logger, &root);
	return root_error < 0 ? root_error : error;
}

/* [formatters], [handlers] or [loggers]: its `keys` name the parts. */
static int read_names(struct file_reader *reader, const char *name, const struct value **ret)
{
	const struct value_item *section;
	int error = file_get_section(reader, name, &section);

	return error < 0 ? error : file_get_option(reader, section, "keys", ret);
}

static int read_all(struct file_reader *reader)
{
	const struct value *names = NULL;
	int formatters = read_names(reader, "formatters", &names), handlers, loggers;

	if (formatters == 0)
		formatters = file_each_name(reader, names, read_formatter, NULL);
	handlers = read_names(reader, "handlers", &names);
	reader->unlisted = handlers < 0;
	if (handlers == 0)
		handlers = file_read_handlers(reader, names);
	loggers = read_names(reader, "loggers", &names);
	if (loggers == 0)
		loggers = read_loggers(reader, names);
	return file_both(file_both(formatters, handlers), loggers);
}

/* The dictConfig, with its sections. */
static int begin(struct file_reader *reader, struct value **ret_top)
{
	const struct value_item *vigil = ini_section(&reader->ini, "vigil");
	struct value *version = file_new_value(reader, VALUE_INT, NULL);
	struct value *top = file_new_value(reader, VALUE_DICT, NULL), *settings = NULL;
	struct {
		const char *key;
		struct value **value;
	} sections[] = {{"formatters", &reader->formatters}, {"handlers", &reader->handlers},
		{"loggers", &reader->loggers}, {"root", &reader->root}};

	if (version == NULL || top == NULL)
		return -ENOMEM;
	version->number = 1;
	version->text = "1";
	*ret_top = top;
	if (file_set(reader, top, "version", version) < 0)
		return -ENOMEM;
	if (vigil != NULL && (file_read_settings(reader, vigil, &settings) < 0 ||
				     file_set(reader, top, "vigil", settings) < 0))
		return -ENOMEM;
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		*sections[i].value = file_new_value(reader, VALUE_DICT, NULL);
		if (file_set(reader, top, sections[i].key, *sections[i].value) < 0)
			return -ENOMEM;
	}
	return 0;
}

int file_config(struct arena *arena, const char *text, size_t length,
	const struct config_context *context, struct logging **ret_logging,
	struct config_errors *errors)
{
	struct file_reader reader = {.arena = arena, .errors = errors};
	struct config_context checks = *context;
	struct logging *checked;
	struct value *top = NULL;
	int error;

	errors->plain = true;
	error = ini_read(arena, text, length, errors, &reader.ini);
	if (error == 0)
		error = begin(&reader, &top);
	if (error < 0)
		return error;
	error = read_all(&reader);
	if (error == 0)
		return dict_config(arena, top, context, ret_logging, errors);
	/* Only to find out what else is wrong. */
	checks.validate_only = true;
	checks.living = NULL;
	return file_both(error, dict_config(arena, top, &checks, &checked, errors));
}
