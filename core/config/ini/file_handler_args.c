/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/ini/file_handler_args.h"

#include "core/base/text.h"
#include "core/config/factory/factory.h"

#include <errno.h>
#include <string.h>

#define PARAMETERS_MOST 9

/* Python's classes and the parameters of their constructors, in their order. */
static const struct class
{
	const char *name, *parameters[PARAMETERS_MOST + 1];
} classes[] = {
	{"logging.StreamHandler", {"stream"}},
	{"logging.FileHandler", {"filename", "mode", "encoding", "delay", "errors"}},
	{"logging.NullHandler", {"level"}},
	{"logging.handlers.WatchedFileHandler",
		{"filename", "mode", "encoding", "delay", "errors"}},
	{"logging.handlers.RotatingFileHandler",
		{"filename", "mode", "maxBytes", "backupCount", "encoding", "delay", "errors"}},
	{"logging.handlers.TimedRotatingFileHandler",
		{"filename", "when", "interval", "backupCount", "encoding", "delay", "utc",
			"atTime", "errors"}},
	{"logging.handlers.SocketHandler", {"host", "port"}},
	{"logging.handlers.DatagramHandler", {"host", "port"}},
	{"logging.handlers.SysLogHandler", {"address", "facility", "socktype", "timeout"}},
	{"logging.handlers.MemoryHandler", {"capacity", "flushLevel", "target", "flushOnClose"}},
	{"logging.handlers.QueueHandler", {"queue"}},
	{"vigil.RunFileHandler", {"filename"}},
	{"vigil.JournalHandler", {NULL}},
};

#define CLASS_COUNT (sizeof classes / sizeof *classes)

static const struct class *find_class(const char *name)
{
	for (size_t i = 0; i < CLASS_COUNT; i++)
		if (strcmp(classes[i].name, name) == 0)
			return &classes[i];
	return NULL;
}

/* What Python finds when it imports NAME: the first part that there is no module for. */
static int refuse_class(const struct value *class, struct config_errors *errors)
{
	bool known_module = strncmp(class->text, "logging.", 8) == 0;
	size_t length = known_module ? strlen(class->text) : strcspn(class->text, ".");

	config_python(
		errors, "ModuleNotFoundError: No module named '%.*s'", (int)length, class->text);
	return -EINVAL;
}

bool file_handler_known(const char *name)
{
	return find_class(name) != NULL || factory_named(name);
}

int file_handler_class(struct arena *arena, const struct value *class, struct config_errors *errors,
	const char **ret)
{
	size_t size = strlen(class->text) + sizeof "logging.";
	char *name = arena_alloc(arena, size);

	if (name == NULL)
		return -ENOMEM;
	text_format(name, size, "logging.%s", class->text);
	*ret = name;
	if (find_class(name) != NULL)
		return 0;
	*ret = class->text;
	return file_handler_known(class->text) ? 0 : refuse_class(class, errors);
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

static int add_args(struct arena *arena, const struct class *class, const struct value *args,
	struct config_errors *errors, struct value *dict)
{
	size_t index = 0;

	for (const struct value_item *item = args->items; item != NULL; item = item->next) {
		const char *parameter = class->parameters[index];

		if (parameter == NULL)
			return refuse_count(errors, args, class->name, index);
		index++;
		if (value_dict_set(arena, dict, parameter, item->value->line, item->value->column,
			    item->value) < 0)
			return -ENOMEM;
	}
	return 0;
}

int file_handler_args(struct arena *arena, const char *class, const struct value *args,
	const struct value *kwargs, struct config_errors *errors, struct value *dict)
{
	const struct class *known = find_class(class);
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
