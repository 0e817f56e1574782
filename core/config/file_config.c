/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/file_config.h"

#include "core/config/dict_config.h"
#include "core/config/file_handler_args.h"
#include "core/config/file_settings.h"
#include "core/config/file_text.h"
#include "core/config/ini.h"
#include "core/config/literal.h"
#include "core/base/python_text.h"

#include <errno.h>
#include <string.h>

/* The first error of a part ends it; the other parts are read nevertheless. */
struct reader {
	struct arena *arena;
	struct config_errors *errors;
	struct ini ini;
	struct value *formatters, *handlers, *loggers, *root; /* of the dictConfig */
};

/* What is read of one section of the file, and where it goes. */
struct part {
	struct reader *reader;
	const struct value_item *section;
	struct value *dict;
};

static struct value *new_value(struct reader *reader, enum value_type type, const struct value *at)
{
	struct value *value = arena_alloc(reader->arena, sizeof *value);

	if (value == NULL)
		return NULL;
	value->type = type;
	value->line = at == NULL ? 1 : at->line;
	value->column = at == NULL ? 1 : at->column;
	return value;
}

static struct value *new_string(
	struct reader *reader, const char *string, size_t length, const struct value *at)
{
	struct value *value = new_value(reader, VALUE_STRING, at);

	if (value == NULL)
		return NULL;
	value->text = arena_strndup(reader->arena, string, length);
	return value->text == NULL ? NULL : value;
}

/* VALUE NULL is out of memory. */
static int set(struct reader *reader, struct value *dict, const char *key, struct value *value)
{
	if (value == NULL)
		return -ENOMEM;
	return value_dict_set(reader->arena, dict, key, value->line, value->column, value);
}

/* Python's KeyError, for a section or, in SECTION, an option that is not there. */
static int missing(struct reader *reader, const struct value_item *section, const char *key)
{
	char buffer[512];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	python_repr(&text, key);
	config_python(reader->errors, "KeyError: %s", buffer);
	if (section == NULL)
		config_error_at(reader->errors, 0, 0, "there is no section [%s]", key);
	else
		config_error_at(reader->errors, section->line, section->column,
			"section [%s] has no '%s'", section->key, key);
	return -EINVAL;
}

static int get_section(struct reader *reader, const char *name, const struct value_item **ret)
{
	*ret = ini_section(&reader->ini, name);
	return *ret == NULL ? missing(reader, NULL, name) : 0;
}

/* An option with its references replaced. Returns 0; -EINVAL, also where it is not there. */
static int get_option(struct reader *reader, const struct value_item *section, const char *option,
	const struct value **ret)
{
	int error = ini_get(reader->arena, &reader->ini, section, option, reader->errors, ret);

	if (error == 0 && *ret == NULL)
		return missing(reader, section, option);
	return error;
}

/* OPTION, if it is there, becomes member KEY; RAW leaves its references alone. */
static int copy_option(const struct part *part, const char *option, const char *key, bool raw)
{
	struct reader *reader = part->reader;
	const struct value_item *item = ini_raw(&reader->ini, part->section, option);
	const struct value *value = item == NULL ? NULL : item->value;
	int error = 0;

	if (!raw)
		error = ini_get(
			reader->arena, &reader->ini, part->section, option, reader->errors, &value);
	if (error < 0 || value == NULL)
		return error;
	return set(reader, part->dict, key,
		new_string(reader, value->text, strlen(value->text), value));
}

/* Call EACH with every name of LIST, between its commas; an empty list has none. */
static int each_name(struct reader *reader, const struct value *list,
	int (*each)(struct reader *reader, const struct value *name, void *target), void *target)
{
	const char *at = list->text;
	int first_error = 0;

	if (*at == '\0')
		return 0;
	for (;;) {
		const char *end = at + strcspn(at, ",");
		size_t length = file_strip(&at, (size_t)(end - at));
		struct value *name = new_string(reader, at, length, list);
		int error = name == NULL ? -ENOMEM : each(reader, name, target);

		if (error == -ENOMEM)
			return error;
		first_error = first_error < 0 ? first_error : error;
		if (*end == '\0')
			return first_error;
		at = end + 1;
	}
}

/* The section "PREFIX_NAME" and a new dict for it. */
static int begin_part(
	struct reader *reader, const char *prefix, const struct value *name, struct part *ret)
{
	size_t size = strlen(prefix) + strlen(name->text) + 2;
	char *section = arena_alloc(reader->arena, size);
	int error;

	if (section == NULL)
		return -ENOMEM;
	text_format(section, size, "%s_%s", prefix, name->text);
	ret->reader = reader;
	error = get_section(reader, section, &ret->section);
	if (error < 0)
		return error;
	ret->dict = new_value(reader, VALUE_DICT, ret->section->value);
	return ret->dict == NULL ? -ENOMEM : 0;
}

/* OPTION, if it is there, a literal. */
static int copy_literal(const struct part *part, const char *option)
{
	struct reader *reader = part->reader;
	const struct value_item *item = ini_raw(&reader->ini, part->section, option);
	struct value *value;
	int error;

	if (item == NULL)
		return 0;
	error = literal_read(reader->arena, item->value, reader->errors, &value);
	return error < 0 ? error : set(reader, part->dict, option, value);
}

static int read_formatter(struct reader *reader, const struct value *name, void *target)
{
	static const char *const raw[] = {
		"format", "datefmt", "style", "color", "escape", "multiline"};
	static const char *const literal[] = {"defaults", "abbrev"};
	struct part part;
	int error = begin_part(reader, "formatter", name, &part);

	(void)target;
	for (size_t i = 0; error == 0 && i < sizeof raw / sizeof *raw; i++)
		error = copy_option(&part, raw[i], raw[i], true);
	for (size_t i = 0; error == 0 && i < sizeof literal / sizeof *literal; i++)
		error = copy_literal(&part, literal[i]);
	if (error == 0)
		error = copy_option(&part, "class", "class", false);
	return error < 0 ? error : set(reader, reader->formatters, name->text, part.dict);
}

/* A name in DEFINED, else Python's KeyError. */
static int check_defined(struct reader *reader, const struct value *defined, const char *name,
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

static int read_handler_formatter(const struct part *part)
{
	struct reader *reader = part->reader;
	const struct value *name;
	int error = ini_get(
		reader->arena, &reader->ini, part->section, "formatter", reader->errors, &name);

	if (error < 0 || name == NULL || name->text[0] == '\0')
		return error;
	error = check_defined(
		reader, reader->formatters, name->text, name, "Unable to set formatter");
	return error < 0 ? error : copy_option(part, "formatter", "formatter", false);
}

/* `args` or `kwargs`; OTHERWISE is its text where it is not given. */
static int read_literal(
	const struct part *part, const char *option, const char *otherwise, struct value **ret)
{
	struct reader *reader = part->reader;
	const struct value *source;
	int error = ini_get(
		reader->arena, &reader->ini, part->section, option, reader->errors, &source);

	if (error < 0)
		return error;
	if (source == NULL)
		source = new_string(reader, otherwise, strlen(otherwise), part->section->value);
	return source == NULL ? -ENOMEM : literal_read(reader->arena, source, reader->errors, ret);
}

static int read_arguments(const struct part *part, const struct value *class)
{
	struct value *args = NULL, *kwargs = NULL;
	const char *name;
	int error = file_handler_class(part->reader->arena, class, part->reader->errors, &name);

	if (error == 0)
		error = set(part->reader, part->dict, "class",
			new_string(part->reader, name, strlen(name), class));
	if (error == 0)
		error = read_literal(part, "args", "()", &args);
	if (error == 0)
		error = read_literal(part, "kwargs", "{}", &kwargs);
	if (error < 0)
		return error;
	return file_handler_args(
		part->reader->arena, name, args, kwargs, part->reader->errors, part->dict);
}

/* Of other classes Python does not look at it. */
static int read_target(const struct part *part)
{
	const struct value *class = value_dict_get(part->dict, "class")->value, *target = NULL;
	int error;

	if (strcmp(class->text, "logging.handlers.MemoryHandler") != 0)
		return 0;
	error = ini_get(part->reader->arena, &part->reader->ini, part->section, "target",
		part->reader->errors, &target);
	if (error < 0 || target == NULL || target->text[0] == '\0')
		return error;
	return copy_option(part, "target", "target", false);
}

static int read_handler(struct reader *reader, const struct value *name, void *target)
{
	const struct value *class = NULL;
	struct part part;
	int error = begin_part(reader, "handler", name, &part);

	(void)target;
	if (error == 0)
		error = get_option(reader, part.section, "class", &class);
	if (error == 0)
		error = read_arguments(&part, class);
	if (error == 0)
		error = copy_option(&part, "level", "level", false);
	if (error == 0)
		error = read_handler_formatter(&part);
	if (error == 0)
		error = read_target(&part);
	return error < 0 ? error : set(reader, reader->handlers, name->text, part.dict);
}

/* Once all handlers have been read: a target may come later than who refers to it. */
static int check_targets(struct reader *reader)
{
	for (const struct value_item *item = reader->handlers->items; item != NULL;
		item = item->next) {
		const struct value_item *target = value_dict_get(item->value, "target");
		int error = 0;

		if (target != NULL && target->value->type == VALUE_STRING)
			error = check_defined(reader, reader->handlers, target->value->text,
				target->value, "Unable to set target handler");
		if (error < 0)
			return error;
	}
	return 0;
}

static int read_handler_name(struct reader *reader, const struct value *name, void *target)
{
	int error =
		check_defined(reader, reader->handlers, name->text, name, "Unable to add handler");

	return error < 0 ? error : value_list_add(reader->arena, target, (struct value *)name);
}

static int read_handler_names(const struct part *part)
{
	struct reader *reader = part->reader;
	const struct value *names = NULL;
	struct value *list;
	int error = get_option(reader, part->section, "handlers", &names);

	if (error < 0)
		return error;
	list = new_value(reader, VALUE_LIST, names);
	if (list == NULL)
		return -ENOMEM;
	error = each_name(reader, names, read_handler_name, list);
	return error < 0 ? error : set(reader, part->dict, "handlers", list);
}

static int read_propagate(const struct part *part)
{
	struct reader *reader = part->reader;
	struct value *number = new_value(reader, VALUE_INT, part->section->value);
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
		return set(reader, part->dict, "propagate", number);
	}
	text_init(&text, buffer, sizeof buffer);
	python_repr(&text, value->text);
	config_python(
		reader->errors, "ValueError: invalid literal for int() with base 10: %s", buffer);
	config_error_at(reader->errors, value->line, value->column,
		"propagate: expected 0 or 1, found %s", buffer);
	return -EINVAL;
}

static int read_root(struct reader *reader)
{
	struct part part = {.reader = reader};
	int error = get_section(reader, "logger_root", &part.section);

	if (error < 0)
		return error;
	part.dict = reader->root;
	error = copy_option(&part, "level", "level", false);
	return error < 0 ? error : read_handler_names(&part);
}

/* TARGET says whether the root has been taken out of the list, as Python does once. */
static int read_logger(struct reader *reader, const struct value *name, void *target)
{
	const struct value *qualname = NULL;
	const struct value_item *earlier;
	bool *root_seen = target;
	struct part part;
	int error;

	if (!*root_seen && strcmp(name->text, "root") == 0) {
		*root_seen = true;
		return 0;
	}
	error = begin_part(reader, "logger", name, &part);
	if (error == 0)
		error = get_option(reader, part.section, "qualname", &qualname);
	/* Another section of that logger: what this one does not say stays. */
	earlier = error < 0 ? NULL : value_dict_get(reader->loggers, qualname->text);
	if (earlier != NULL)
		part.dict = earlier->value;
	if (error == 0)
		error = read_propagate(&part);
	if (error == 0)
		error = copy_option(&part, "level", "level", false);
	if (error == 0)
		error = read_handler_names(&part);
	return error < 0 ? error : set(reader, reader->loggers, qualname->text, part.dict);
}

static int find_root(struct reader *reader, const struct value *name, void *target)
{
	(void)reader;
	*(bool *)target |= strcmp(name->text, "root") == 0;
	return 0;
}

static int read_loggers(struct reader *reader, const struct value *names)
{
	bool root = false;
	int error = each_name(reader, names, find_root, &root), root_error;

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
	error = each_name(reader, names, read_logger, &root);
	return root_error < 0 ? root_error : error;
}

/* [formatters], [handlers] or [loggers]: its `keys` name the parts. */
static int read_names(struct reader *reader, const char *name, const struct value **ret)
{
	const struct value_item *section;
	int error = get_section(reader, name, &section);

	return error < 0 ? error : get_option(reader, section, "keys", ret);
}

static int read_all(struct reader *reader)
{
	const struct value *names = NULL;
	int formatters = read_names(reader, "formatters", &names), handlers, loggers;

	if (formatters == 0)
		formatters = each_name(reader, names, read_formatter, NULL);
	handlers = read_names(reader, "handlers", &names);
	if (handlers == 0)
		handlers = each_name(reader, names, read_handler, NULL);
	if (handlers == 0)
		handlers = check_targets(reader);
	loggers = read_names(reader, "loggers", &names);
	if (loggers == 0)
		loggers = read_loggers(reader, names);
	return formatters < 0 ? formatters : handlers < 0 ? handlers : loggers;
}

/* The dictConfig, with its sections. */
static int begin(struct reader *reader, struct value **ret_top)
{
	const struct value_item *vigil = ini_section(&reader->ini, "vigil");
	struct value *version = new_value(reader, VALUE_INT, NULL);
	struct value *top = new_value(reader, VALUE_DICT, NULL), *settings = NULL;
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
	if (set(reader, top, "version", version) < 0)
		return -ENOMEM;
	if (vigil != NULL &&
		(file_settings(reader->arena, vigil, reader->errors, &settings) < 0 ||
			set(reader, top, "vigil", settings) < 0))
		return -ENOMEM;
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		*sections[i].value = new_value(reader, VALUE_DICT, NULL);
		if (set(reader, top, sections[i].key, *sections[i].value) < 0)
			return -ENOMEM;
	}
	return 0;
}

int file_config(struct arena *arena, const char *text, size_t length,
	const struct config_context *context, struct logging **ret_logging,
	struct config_errors *errors)
{
	struct reader reader = {.arena = arena, .errors = errors};
	struct value *top = NULL;
	int error;

	errors->plain = true;
	error = ini_read(arena, text, length, errors, &reader.ini);
	if (error == 0)
		error = begin(&reader, &top);
	if (error == 0)
		error = read_all(&reader);
	return error < 0 ? error : dict_config(arena, top, context, ret_logging, errors);
}
