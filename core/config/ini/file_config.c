/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/ini/file_config.h"

#include "core/config/dict/dict_config.h"
#include "core/config/ini/file_handler_args.h"
#include "core/config/ini/file_reader.h"
#include "core/config/ini/file_settings.h"
#include "core/config/ini/file_text.h"
#include "core/config/ini/ini.h"
#include "core/config/ini/literal.h"
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

/* A name in DEFINED, else Python's KeyError. */
static int check_defined(struct file_reader *reader, const struct value *defined, const char *name,
	const struct value *at, const char *what)
{
	char buffer[512];
	struct text text;

	if (value_dict_get(defined, name) != NULL)
		return 0;
	text_init(&text, buffer, sizeof buffer);
	python_repr(&text, name);
	config_python(reader->errors, "KeyError: %s", buffer);
	config_error_at(
		reader->errors, at->line, at->column, "%s %s: it is not defined", what, buffer);
	return -EINVAL;
}

static int read_handler_formatter(const struct file_part *part)
{
	struct file_reader *reader = part->reader;
	const struct value *name;
	int error = ini_get(
		reader->arena, &reader->ini, part->section, "formatter", reader->errors, &name);

	if (error < 0 || name == NULL || name->text[0] == '\0')
		return error;
	error = check_defined(
		reader, reader->formatters, name->text, name, "Unable to set formatter");
	return error < 0 ? error : file_copy_option(part, "formatter", "formatter", false);
}

/* `args` or `kwargs`; OTHERWISE is its text where it is not given. */
static int read_literal(
	const struct file_part *part, const char *option, const char *otherwise, struct value **ret)
{
	struct file_reader *reader = part->reader;
	const struct value *source;
	int error = ini_get(
		reader->arena, &reader->ini, part->section, option, reader->errors, &source);

	if (error < 0)
		return error;
	if (source == NULL)
		source =
			file_new_string(reader, otherwise, strlen(otherwise), part->section->value);
	return source == NULL ? -ENOMEM : literal_read(reader->arena, source, reader->errors, ret);
}

/* A class that is none is reported by whoever reads the dictConfig, with those that there are. */
static int read_arguments(const struct file_part *part, const struct value *class, bool *ret_known)
{
	struct file_reader *reader = part->reader;
	struct value *args = NULL, *kwargs = NULL;
	const char *name;
	int found = file_handler_class(reader->arena, class, reader->errors, &name);
	int error = found == -ENOMEM ? found : 0;

	*ret_known = false;
	if (error == 0)
		error = file_set(reader, part->dict, "class",
			file_new_string(reader, name, strlen(name), class));
	error = file_both(error, read_literal(part, "args", "()", &args));
	error = file_both(error, read_literal(part, "kwargs", "{}", &kwargs));
	if (error < 0 || found < 0)
		return file_both(found, error);
	error = file_handler_args(reader->arena, name, args, kwargs, reader->errors, part->dict);
	*ret_known = error == 0;
	return error;
}

/* Whose class or arguments are wrong is something else to those that refer to it. */
static int make_null(struct file_part *part, const struct value *at)
{
	part->dict = file_new_value(part->reader, VALUE_DICT, at);
	if (part->dict == NULL)
		return -ENOMEM;
	return file_set(part->reader, part->dict, "class",
		file_new_string(
			part->reader, "logging.NullHandler", sizeof "logging.NullHandler" - 1, at));
}

/* Of other classes Python does not look at it. */
static int read_target(const struct file_part *part)
{
	const struct value *class = value_dict_get(part->dict, "class")->value, *target = NULL;
	int error;

	if (strcmp(class->text, "logging.handlers.MemoryHandler") != 0)
		return 0;
	error = ini_get(part->reader->arena, &part->reader->ini, part->section, "target",
		part->reader->errors, &target);
	if (error < 0 || target == NULL || target->text[0] == '\0')
		return error;
	return file_copy_option(part, "target", "target", false);
}

/* It has a class that nobody knows, which is still to be reported. */
static bool is_unknown(const struct file_part *part)
{
	const struct value_item *class = value_dict_get(part->dict, "class");

	return class != NULL && !file_handler_known(class->value->text);
}

static int read_handler(struct file_reader *reader, const struct value *name, void *target)
{
	const struct value *class = NULL;
	struct file_part part;
	bool known = false;
	int error = file_begin_part(reader, "handler", name, &part);

	(void)target;
	if (part.section != NULL) {
		error = file_both(error, file_get_option(reader, part.section, "class", &class));
		if (class != NULL)
			error = file_both(error, read_arguments(&part, class, &known));
		if (error != -ENOMEM && !known && !is_unknown(&part))
			error = file_both(error, make_null(&part, name));
		error = file_both(error, file_copy_option(&part, "level", "level", false));
		error = file_both(error, read_handler_formatter(&part));
		if (known)
			error = file_both(error, read_target(&part));
	}
	if (part.section == NULL)
		error = file_both(error, make_null(&part, name));
	return file_both(error, file_set(reader, reader->handlers, name->text, part.dict));
}

/* Once all handlers have been read: a target may come later than who refers to it. Here are
 * Python's words for the first that is not there; whoever reads the dictConfig reports all. */
static int check_targets(struct file_reader *reader)
{
	char buffer[512];
	struct text text;

	for (const struct value_item *item = reader->handlers->items; item != NULL;
		item = item->next) {
		const struct value_item *target = value_dict_get(item->value, "target");

		if (target == NULL || target->value->type != VALUE_STRING ||
			value_dict_get(reader->handlers, target->value->text) != NULL)
			continue;
		text_init(&text, buffer, sizeof buffer);
		python_repr(&text, target->value->text);
		config_python(reader->errors, "KeyError: %s", buffer);
		return -EINVAL;
	}
	return 0;
}

static int read_handler_name(struct file_reader *reader, const struct value *name, void *target)
{
	int error = reader->unlisted ? 0
				     : check_defined(reader, reader->handlers, name->text, name,
					       "Unable to add handler");

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
		handlers = file_each_name(reader, names, read_handler, NULL);
	handlers = file_both(handlers, check_targets(reader));
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
	if (vigil != NULL && (file_settings(reader->arena, vigil, reader->errors, &settings) < 0 ||
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
