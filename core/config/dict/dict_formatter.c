/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/dict/dict_formatter.h"

#include "core/logging/format/torch_event.h"

#include "core/config/factory/factory.h"

#include <errno.h>
#include <string.h>

static void read_format(struct dict_reader *reader, const struct location *location, void *target)
{
	struct formatter_target *formatter = target;

	if (location->value->type == VALUE_NULL)
		return;
	formatter->options.format = dict_string(reader, location);
	formatter->format = location->value;
}

static void read_datefmt(struct dict_reader *reader, const struct location *location, void *target)
{
	if (location->value->type != VALUE_NULL)
		((struct formatter_target *)target)->options.datefmt =
			dict_string(reader, location);
}

static void read_style(struct dict_reader *reader, const struct location *location, void *target)
{
	struct formatter_target *formatter = target;
	const char *style = dict_string(reader, location);

	if (style == NULL)
		return;
	if (strcmp(style, "$") == 0)
		formatter->options.style = STYLE_DOLLAR;
	else if (strcmp(style, "{") == 0)
		formatter->options.style = STYLE_BRACE;
	else if (strcmp(style, "%") != 0)
		config_error(reader->errors, location, "Style must be one of: %%,{,$");
}

static void read_validate(struct dict_reader *reader, const struct location *location, void *target)
{
	(void)reader;
	((struct formatter_target *)target)->options.no_validate = !value_truth(location->value);
}

static void read_escape(struct dict_reader *reader, const struct location *location, void *target)
{
	static const char *const names[] = {
		[ESCAPES_NONE] = "none", [ESCAPES_CONTROL] = "control", NULL};
	int choice;

	if (location->value->type == VALUE_NULL)
		return;
	choice = dict_choice(reader, location, names);
	if (choice >= 0)
		((struct formatter_target *)target)->escapes = (enum escapes)choice;
}

static void read_multiline(
	struct dict_reader *reader, const struct location *location, void *target)
{
	static const char *const names[] = {[MULTILINE_RAW - 1] = "raw",
		[MULTILINE_INDENT - 1] = "indent",
		[MULTILINE_ESCAPE - 1] = "escape",
		NULL};
	int choice;

	if (location->value->type == VALUE_NULL)
		return;
	choice = dict_choice(reader, location, names);
	if (choice >= 0)
		((struct formatter_target *)target)->multiline = (enum multiline)(choice + 1);
}

/* enum escape_flags. That a record is one line is what escaping is for, unless `multiline` says
 * that it may be more. */
static unsigned escape_flags_of(const struct formatter_target *target)
{
	static const unsigned flags[ESCAPES_COUNT_][MULTILINE_COUNT_] = {
		[ESCAPES_NONE] = {[MULTILINE_INDENT] = ESCAPE_INDENT,
			[MULTILINE_ESCAPE] = ESCAPE_NEWLINE | ESCAPE_BACKSLASH},
		[ESCAPES_CONTROL] =
			{
				ESCAPE_CONTROL | ESCAPE_BACKSLASH | ESCAPE_NEWLINE,
				[MULTILINE_RAW] = ESCAPE_CONTROL | ESCAPE_BACKSLASH,
				[MULTILINE_INDENT] =
					ESCAPE_CONTROL | ESCAPE_BACKSLASH | ESCAPE_INDENT,
				[MULTILINE_ESCAPE] =
					ESCAPE_CONTROL | ESCAPE_BACKSLASH | ESCAPE_NEWLINE,
			},
	};

	return flags[target->escapes][target->multiline];
}

/* str() of a scalar. NULL, and an error reported, for anything else. */
static const char *default_text(struct dict_reader *reader, const struct location *location)
{
	const char *text = value_string(reader->arena, location->value);

	if (text == NULL)
		config_error(reader->errors, location, "expected a string or a number, found %s",
			value_type_name(location->value->type));
	return text;
}

static void add_default(struct dict_reader *reader, struct formatter_target *formatter,
	struct format_default *defaults, const struct location *location)
{
	struct location member = *location;

	member.value = dict_resolve(reader, location);
	if (member.value == NULL)
		return;
	defaults[formatter->options.default_count++] =
		(struct format_default){location->key, default_text(reader, &member)};
}

static void read_defaults(struct dict_reader *reader, const struct location *location, void *target)
{
	struct formatter_target *formatter = target;
	struct format_default *defaults;

	if (location->value->type == VALUE_NULL)
		return;
	if (location->value->type != VALUE_DICT) {
		config_error(reader->errors, location, "expected a mapping, found %s",
			value_type_name(location->value->type));
		return;
	}
	defaults = arena_alloc(reader->arena, location->value->count * sizeof *defaults);
	if (defaults == NULL) {
		reader->no_memory = true;
		return;
	}
	for (const struct value_item *item = location->value->items; item != NULL;
		item = item->next)
		add_default(reader, formatter, defaults,
			&(struct location){location, item->key, 0, item->value});
	formatter->options.defaults = defaults;
}

/* What `format` is called where a class is called by "()"; elsewhere Python does not look at it. */
static void read_fmt(struct dict_reader *reader, const struct location *location, void *target)
{
	if (value_dict_get(location->parent->value, "()") != NULL)
		read_format(reader, location, target);
	else
		config_warning(reader->errors, location,
			"unknown key, passed over as Python does; did you mean 'format'?");
}

/* The class has been looked up before: it decides which keys there are. */
static void read_class(struct dict_reader *reader, const struct location *location, void *target)
{
	(void)reader;
	(void)location;
	(void)target;
}

#define CLASS_KEYS               \
	{"class", read_class},   \
	{                        \
		"()", read_class \
	}
#define TEXT_KEYS                                                                            \
	{"format", read_format}, {"datefmt", read_datefmt}, {"style", read_style},           \
		{"validate", read_validate}, {"defaults", read_defaults}, {"fmt", read_fmt}, \
		{"escape", read_escape},                                                     \
	{                                                                                    \
		"multiline", read_multiline                                                  \
	}

static const struct key_spec text_keys[] = {TEXT_KEYS, CLASS_KEYS, {NULL, NULL}};

static const struct key_spec color_keys[] = {TEXT_KEYS, {"color", dict_formatter_color},
	{"abbrev", dict_formatter_abbrev}, CLASS_KEYS, {NULL, NULL}};

static void refuse_format(struct dict_reader *reader, const struct location *location, void *target)
{
	const struct formatter_target *formatter = target;

	config_error(
		reader->errors, location->parent, "%s takes no 'format'", formatter->class->name);
}

/* The classes whose form is fixed. */
static const struct key_spec fixed_keys[] = {{"format", refuse_format}, CLASS_KEYS, {NULL, NULL}};

static int make_fixed(struct dict_reader *reader, const struct formatter_target *target,
	struct text *error, struct formatter **ret)
{
	struct formatter *formatter = arena_alloc(reader->arena, sizeof *formatter);

	(void)error;
	if (formatter == NULL)
		return -ENOMEM;
	*formatter = *target->class->fixed;
	*ret = formatter;
	return 0;
}

static int make_text(struct dict_reader *reader, const struct formatter_target *target,
	struct text *error, struct formatter **ret)
{
	return formatter_new(reader->arena, &target->options, error, ret);
}

static int make_color(struct dict_reader *reader, const struct formatter_target *target,
	struct text *error, struct formatter **ret)
{
	return color_formatter_new(reader->arena, &target->options, &target->color, error, ret);
}

/* A formatter that names no class is of the first. */
static const struct formatter_class classes[] = {
	{"logging.Formatter", text_keys, make_text, NULL},
	{"vigil.JsonFormatter", fixed_keys, make_fixed, &formatter_json},
	{"vigil.ColorFormatter", color_keys, make_color, NULL},
	{"vigil.RdzvEventFormatter", fixed_keys, make_fixed, &formatter_rdzv_event},
	{"vigil.EventFormatter", fixed_keys, make_fixed, &formatter_event},
};

#define CLASS_COUNT (sizeof classes / sizeof *classes)

static const struct formatter_class *class_named(const char *name)
{
	for (size_t i = 0; i < CLASS_COUNT; i++)
		if (strcmp(classes[i].name, name) == 0)
			return &classes[i];
	return NULL;
}

void dict_unknown_formatter(
	struct dict_reader *reader, const struct location *location, const char *class)
{
	const char *names[CLASS_COUNT + 1] = {NULL};

	for (size_t i = 0; i < CLASS_COUNT; i++)
		names[i] = classes[i].name;
	dict_unknown_class(reader, location, class, names);
}

/* "()" goes before "class", as in Python. NULL after an error was reported, or will be for "()". */
static const struct formatter_class *find_class(
	struct dict_reader *reader, const struct location *location)
{
	bool factory = value_dict_get(location->value, "()") != NULL;
	const char *key = factory ? "()" : "class", *name;
	const struct value_item *item = value_dict_get(location->value, key);
	const struct formatter_class *class;
	struct location class_location = {location, key, 0, item == NULL ? NULL : item->value};

	if (item == NULL || (!factory && !value_truth(item->value)))
		return &classes[0];
	name = dict_string(reader, &class_location);
	class = name == NULL ? NULL : class_named(name);
	if (name != NULL && class == NULL)
		dict_unknown_formatter(reader, &class_location, name);
	return class;
}

static struct formatter *make(struct dict_reader *reader, struct formatter_target *target)
{
	struct formatter *formatter = NULL;
	char why[256];
	struct text text;
	int error;

	text_init(&text, why, sizeof why);
	target->options.clock = &reader->logging->clock;
	target->options.extra_names = reader->context->extra_names;
	target->options.escape = escape_flags_of(target);
	error = target->class->make(reader, target, &text, &formatter);
	if (error == -EINVAL && target->format != NULL)
		config_error(reader->errors,
			&(struct location){target->location, "format", 0, target->format}, "%s",
			why);
	else if (error == -EINVAL)
		config_error(reader->errors, target->location, "%s", why);
	else if (error < 0)
		reader->no_memory = true;
	return formatter;
}

void dict_formatter(struct dict_reader *reader, const struct location *location)
{
	struct formatter_target target = {.location = location,
		.class = &classes[0],
		.color.automatic = reader->context->color};
	size_t errors = config_error_count(reader->errors);
	struct formatter *formatter = NULL;

	if (factory_is(location)) {
		dict_define(reader, &reader->formatters, location->key,
			factory_formatter(reader, location));
		return;
	}
	if (location->value->type == VALUE_DICT)
		target.class = find_class(reader, location);
	/* Where the class is not known, nobody can say which keys it has not. */
	dict_read(reader, location, target.class == NULL ? color_keys : target.class->keys,
		target.class == NULL ? UNKNOWN_IGNORED : UNKNOWN_WARNED, &target);
	if (config_error_count(reader->errors) == errors)
		formatter = make(reader, &target);
	if (formatter != NULL)
		formatter->label = location->key;
	dict_define(reader, &reader->formatters, location->key, formatter);
}
