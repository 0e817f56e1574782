/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of fileConfig, turned into those of dictConfig: names of classes that Python would
 * evaluate become full names, and arguments by position become arguments by name. */
#include "core/config/ini/file_reader.h"

#include "core/config/dict/dict_handler.h"
#include "core/config/factory/factory.h"
#include "core/config/ini/literal.h"

#include <errno.h>
#include <string.h>

/* Whether NAME, a result of find_name(), is that of an existing class or of a factory. */
static bool is_known(const char *name)
{
	return dict_handler_class(name) != NULL || factory_named(name);
}

/* Set Python's error for importing CLASS; it names the first module that does not exist. The reader
 * of the dictConfig will report the unknown class. */
static void refuse_class(struct file_reader *reader, const char *class)
{
	bool known_module = strncmp(class, "logging.", 8) == 0;
	size_t length = known_module ? strlen(class) : strcspn(class, ".");

	config_python(
		reader->errors, "ModuleNotFoundError: No module named '%.*s'", (int)length, class);
	reader->failed = true;
}

/* The name that dictConfig has for CLASS, which fileConfig evaluates in the namespace of logging:
 * "StreamHandler", "handlers.SysLogHandler", "logging.handlers.SysLogHandler",
 * "vigil.RunFileHandler", "/opt/lib/x.so:make". CLASS itself where there is no such class, after
 * Python's error was set, and when out of memory. */
static const char *find_name(struct file_reader *reader, const char *class)
{
	size_t size = strlen(class) + sizeof "logging.";
	char *name = arena_alloc(reader->arena, size);

	if (!file_note(reader, name == NULL ? -ENOMEM : 0))
		return class;
	text_format(name, size, "logging.%s", class);
	if (dict_handler_class(name) != NULL)
		return name;
	if (!is_known(class))
		refuse_class(reader, class);
	return class;
}

/* Report that CLASS takes at most MOST of ARGS. Returns false. */
static bool refuse_count(
	struct file_reader *reader, const struct value *args, const char *class, size_t most)
{
	const char *name = config_last_part(class);

	config_python(reader->errors,
		"TypeError: %s.__init__() takes at most %zu positional arguments but "
		"%zu were given",
		name, most + 1, args->count + 1);
	config_error_at(reader->errors, args->line, args->column,
		"%s() takes at most %zu arguments but %zu were given", name, most, args->count);
	return file_note(reader, -EINVAL);
}

/* Add ARGS to DICT under the names of CLASS's parameters. False after an error was reported. */
static bool add_positional(struct file_reader *reader, const struct dict_class *class,
	const struct value *args, struct value *dict)
{
	size_t index = 0;

	for (const struct value_item *item = args->items; item != NULL; item = item->next) {
		const struct key_spec *parameter = class->parameters[index];

		if (parameter == NULL)
			return refuse_count(reader, args, class->name, index);
		file_set(reader, dict, parameter->key, item->value);
		index++;
	}
	return true;
}

/* Add KWARGS to DICT; a name that DICT has already is an error. False after an error was
 * reported. */
static bool add_keywords(struct file_reader *reader, const char *class, const struct value *kwargs,
	struct value *dict)
{
	const char *name = config_last_part(class);

	for (const struct value_item *item = kwargs->items; item != NULL; item = item->next) {
		if (value_dict_get(dict, item->key) == NULL) {
			file_note(reader, value_dict_set(reader->arena, dict, item->key, item->line,
						  item->column, item->value));
			continue;
		}
		config_python(reader->errors,
			"TypeError: %s.__init__() got multiple values for argument '%s'", name,
			item->key);
		config_error_at(reader->errors, item->value->line, item->value->column,
			"%s() got multiple values for argument '%s'", name, item->key);
		return file_note(reader, -EINVAL);
	}
	return true;
}

/* Add ARGS, a list (what Python's `*` takes), and KWARGS, a dict, to DICT. Where CLASS is a
 * factory, ARGS are typed arguments; without them, only the keywords count. False after an error
 * was reported. */
static bool add_arguments(struct file_reader *reader, const char *class, struct value *args,
	const struct value *kwargs, struct value *dict)
{
	if (args->type != VALUE_LIST || kwargs->type != VALUE_DICT) {
		config_python(reader->errors, "TypeError: Value after * must be an iterable");
		config_error_at(reader->errors, args->line, args->column,
			"args must be a tuple such as ('a.log',) and kwargs a dict");
		return file_note(reader, -EINVAL);
	}
	if (factory_named(class) && args->count > 0)
		file_set(reader, dict, "args", args);
	return (factory_named(class) ||
		       add_positional(reader, dict_handler_class(class), args, dict)) &&
	       add_keywords(reader, class, kwargs, dict);
}

/* The value of OPTION, a Python literal; that of the literal OTHERWISE where OPTION is not given.
 * NULL after an error was reported. */
static struct value *read_literal(
	const struct file_part *part, const char *option, const char *otherwise)
{
	struct file_reader *reader = part->reader;
	const struct value *source;
	struct value *value;

	if (!file_find_option(reader, part->section, option, &source))
		return NULL;
	if (source == NULL)
		source = file_new_string(reader, otherwise, part->section->value);
	if (source == NULL ||
		!file_note(reader, literal_read(reader->arena, source, reader->errors, &value)))
		return NULL;
	return value;
}

/* Read the CLASS and the arguments of a handler. False after an error was reported. */
static bool read_class(const struct file_part *part, const struct value *class)
{
	struct file_reader *reader = part->reader;
	const char *name = find_name(reader, class->text);
	struct value *args, *kwargs;

	file_set(reader, part->dict, "class", file_new_string(reader, name, class));
	args = read_literal(part, "args", "()");
	kwargs = read_literal(part, "kwargs", "{}");
	return args != NULL && kwargs != NULL && is_known(name) &&
	       add_arguments(reader, name, args, kwargs, part->dict);
}

/* Make a handler with errors a NullHandler, so that references to it are no further errors. */
static void make_null(struct file_part *part, const struct value *at)
{
	part->dict = file_new_value(part->reader, VALUE_DICT, at);
	file_set(part->reader, part->dict, "class",
		file_new_string(part->reader, "logging.NullHandler", at));
}

static void read_handler_formatter(const struct file_part *part)
{
	struct file_reader *reader = part->reader;
	const struct value *name;

	if (file_find_option(reader, part->section, "formatter", &name) && name != NULL &&
		name->text[0] != '\0' &&
		file_check_defined(reader, reader->formatters, name, "Unable to set formatter"))
		file_copy_option(part, "formatter");
}

/* Python looks at `target` for a MemoryHandler only. */
static void read_target(const struct file_part *part)
{
	const struct value *class = value_dict_get(part->dict, "class")->value, *target;

	if (strcmp(class->text, "logging.handlers.MemoryHandler") != 0)
		return;
	if (file_find_option(part->reader, part->section, "target", &target) && target != NULL &&
		target->text[0] != '\0')
		file_copy_option(part, "target");
}

/* Whether the dict has an unknown class, which the reader of the dictConfig will report. */
static bool is_unknown(const struct file_part *part)
{
	const struct value_item *class = value_dict_get(part->dict, "class");

	return class != NULL && !is_known(class->value->text);
}

static void read_handler(struct file_reader *reader, const struct value *name, void *target)
{
	struct file_part part;

	(void)target;
	if (file_begin_part(reader, "handler", name, &part)) {
		const struct value *class = file_get_option(reader, part.section, "class");
		bool known = class != NULL && read_class(&part, class);

		if (!known && !is_unknown(&part))
			make_null(&part, name);
		file_copy_option(&part, "level");
		read_handler_formatter(&part);
		if (known && !reader->no_memory)
			read_target(&part);
	} else {
		make_null(&part, name);
	}
	file_set(reader, reader->handlers, name->text, part.dict);
}

/* Set Python's error for the first target that is not defined, now that all handlers have been
 * read. The reader of the dictConfig reports all of them, with their lines. */
static void check_targets(struct file_reader *reader)
{
	for (const struct value_item *item = reader->handlers->items; item != NULL;
		item = item->next) {
		const struct value_item *target = value_dict_get(item->value, "target");

		if (target == NULL || target->value->type != VALUE_STRING ||
			value_dict_get(reader->handlers, target->value->text) != NULL)
			continue;
		file_key_error(reader, target->value->text);
		return;
	}
}

void file_read_handlers(struct file_reader *reader, const struct value *names)
{
	file_each_name(reader, names, read_handler, NULL);
	check_targets(reader);
}
