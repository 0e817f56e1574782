/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of fileConfig: names of classes as Python evaluates them, and arguments by their
 * position, turned into those of dictConfig, by their names. */
#include "core/config/ini/file_reader.h"

#include "core/config/dict/dict_handler.h"
#include "core/config/factory/factory.h"
#include "core/config/ini/literal.h"

#include <errno.h>
#include <string.h>

/* What Python finds when it imports NAME: the first part that there is no module for. */
static int refuse_class(const struct value *class, struct config_errors *errors)
{
	bool known_module = strncmp(class->text, "logging.", 8) == 0;
	size_t length = known_module ? strlen(class->text) : strcspn(class->text, ".");

	config_python(
		errors, "ModuleNotFoundError: No module named '%.*s'", (int)length, class->text);
	return -EINVAL;
}

/* Whether NAME is one that find_name() gives for a class that there is. */
static bool is_known(const char *name)
{
	return dict_handler_class(name) != NULL || factory_named(name);
}

/*
 * The name that dictConfig has for CLASS, evaluated in the namespace of logging: "StreamHandler",
 * "handlers.SysLogHandler", "logging.handlers.SysLogHandler", "vigil.RunFileHandler",
 * "/opt/lib/x.so:make". Returns 0; -ENOMEM; -EINVAL where there is no such class: then *RET is
 * CLASS as it stands, and ERRORS have Python's words for it, but no line, which dictConfig's reader
 * adds.
 */
static int find_name(struct arena *arena, const struct value *class, struct config_errors *errors,
	const char **ret)
{
	size_t size = strlen(class->text) + sizeof "logging.";
	char *name = arena_alloc(arena, size);

	if (name == NULL)
		return -ENOMEM;
	text_format(name, size, "logging.%s", class->text);
	*ret = name;
	if (dict_handler_class(name) != NULL)
		return 0;
	*ret = class->text;
	return is_known(class->text) ? 0 : refuse_class(class, errors);
}

static const char *short_name(const char *class)
{
	const char *dot = strrchr(class, '.');

	return dot == NULL ? class : dot + 1;
}

static int refuse(struct config_errors *errors, const struct value *at, const char *class,
	const char *what, const char *which)
{
	const char *name = short_name(class);

	config_python(errors, "TypeError: %s.__init__() %s'%s'", name, what, which);
	config_error_at(errors, at->line, at->column, "%s() %s'%s'", name, what, which);
	return -EINVAL;
}

static int refuse_count(
	struct config_errors *errors, const struct value *args, const char *class, size_t most)
{
	const char *name = short_name(class);

	config_python(errors,
		"TypeError: %s.__init__() takes at most %zu positional arguments but "
		"%zu were given",
		name, most + 1, args->count + 1);
	config_error_at(errors, args->line, args->column,
		"%s() takes at most %zu arguments but %zu were given", name, most, args->count);
	return -EINVAL;
}

/* A factory's typed arguments; without them, only the keywords count. */
static int add_typed(struct arena *arena, const struct value *args, struct value *dict)
{
	return args->count == 0 ? 0
				: value_dict_set(arena, dict, "args", args->line, args->column,
					  (struct value *)args);
}

static int add_args(struct arena *arena, const struct dict_class *class, const struct value *args,
	struct config_errors *errors, struct value *dict)
{
	size_t index = 0;

	for (const struct value_item *item = args->items; item != NULL; item = item->next) {
		const struct key_spec *parameter = class->parameters[index];

		if (parameter == NULL)
			return refuse_count(errors, args, class->name, index);
		index++;
		if (value_dict_set(arena, dict, parameter->key, item->value->line,
			    item->value->column, item->value) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * Add ARGS, a list (what Python's `*` takes), and KWARGS, a dict, to DICT, under the names of
 * CLASS's parameters; where CLASS is a factory, ARGS are typed arguments. Returns 0; -ENOMEM;
 * -EINVAL after an error was reported.
 */
static int add_arguments(struct arena *arena, const char *class, const struct value *args,
	const struct value *kwargs, struct config_errors *errors, struct value *dict)
{
	const struct dict_class *known = dict_handler_class(class);
	int error;

	if (args->type != VALUE_LIST || kwargs->type != VALUE_DICT) {
		config_python(errors, "TypeError: Value after * must be an iterable");
		config_error_at(errors, args->line, args->column,
			"args must be a tuple such as ('a.log',) and kwargs a dict");
		return -EINVAL;
	}
	error = factory_named(class) ? add_typed(arena, args, dict)
				     : add_args(arena, known, args, errors, dict);
	for (const struct value_item *item = kwargs->items; item != NULL && error == 0;
		item = item->next) {
		if (value_dict_get(dict, item->key) != NULL)
			return refuse(errors, item->value, class,
				"got multiple values for argument ", item->key);
		error = value_dict_set(
			arena, dict, item->key, item->line, item->column, item->value);
	}
	return error;
}

static int read_handler_formatter(const struct file_part *part)
{
	struct file_reader *reader = part->reader;
	const struct value *name;
	int error = ini_get(
		reader->arena, &reader->ini, part->section, "formatter", reader->errors, &name);

	if (error < 0 || name == NULL || name->text[0] == '\0')
		return error;
	error = file_check_defined(
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
	const char *name = "";
	int found = find_name(reader->arena, class, reader->errors, &name);
	int error = found == -ENOMEM ? found : 0;

	*ret_known = false;
	if (error == 0)
		error = file_set(reader, part->dict, "class",
			file_new_string(reader, name, strlen(name), class));
	error = file_both(error, read_literal(part, "args", "()", &args));
	error = file_both(error, read_literal(part, "kwargs", "{}", &kwargs));
	if (error < 0 || found < 0)
		return file_both(found, error);
	error = add_arguments(reader->arena, name, args, kwargs, reader->errors, part->dict);
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

	return class != NULL && !is_known(class->value->text);
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
	for (const struct value_item *item = reader->handlers->items; item != NULL;
		item = item->next) {
		const struct value_item *target = value_dict_get(item->value, "target");

		if (target == NULL || target->value->type != VALUE_STRING ||
			value_dict_get(reader->handlers, target->value->text) != NULL)
			continue;
		return file_key_error(reader, target->value->text);
	}
	return 0;
}

int file_read_handlers(struct file_reader *reader, const struct value *names)
{
	int error = file_each_name(reader, names, read_handler, NULL);

	return file_both(error, check_targets(reader));
}
