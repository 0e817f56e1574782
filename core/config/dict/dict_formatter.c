/* SPDX-License-Identifier: Apache-2.0 */
/* Formatters of a dictConfig: one struct formatter_class a class. */
#include "core/config/dict/dict_sections.h"

#include "core/base/names.h"
#include "core/config/factory/factory.h"
#include "core/logging/format/torch_event.h"

#include <errno.h>
#include <string.h>

/* How a formatter writes the control characters of a terminal, and newlines. */
enum escapes { ESCAPES_NONE, ESCAPES_CONTROL, ESCAPES_COUNT_ };
enum multiline {
	MULTILINE_NOT_GIVEN,
	MULTILINE_RAW,
	MULTILINE_INDENT,
	MULTILINE_ESCAPE,
	MULTILINE_COUNT_
};

struct formatter_class;

/* What the keys of a formatter say. */
struct formatter_target {
	const struct formatter_class *class;
	struct formatter_options options;
	const struct location *location;
	const struct value *format; /* the value of `format`, at which its errors are reported;
				       NULL: none is given */
	enum escapes escapes;
	enum multiline multiline;
	bool validate;
	struct color_options color;
};

struct formatter_class {
	const char *name;
	const struct key_spec *keys;
	/* As formatter_new(). */
	int (*make)(struct config_reader *reader, const struct formatter_target *target,
		struct text *error, struct formatter **ret);
	const struct formatter *fixed; /* what make_fixed() copies; NULL: the keys decide */
};

static void read_format(struct config_reader *reader, const struct location *location, void *target)
{
	struct formatter_target *formatter = target;

	if (location->value->type == VALUE_NULL)
		return;
	formatter->options.format = config_string(reader, location);
	formatter->format = location->value;
}

/* `fmt` means `format` where "()" names the class; elsewhere Python ignores `fmt`. */
static void read_fmt(struct config_reader *reader, const struct location *location, void *target)
{
	if (value_dict_get(location->parent->value, "()") != NULL)
		read_format(reader, location, target);
	else
		config_warning(reader->errors, location,
			"unknown key, passed over as Python does; did you mean 'format'?");
}

static void read_style(struct config_reader *reader, const struct location *location, void *target)
{
	static const char names[][2] = {
		[STYLE_PERCENT] = "%", [STYLE_BRACE] = "{", [STYLE_DOLLAR] = "$"};
	const char *style = config_string(reader, location);
	int found = names_find(NAMES(names), style);

	if (found >= 0)
		((struct formatter_target *)target)->options.style = (enum format_style)found;
	else if (style != NULL)
		config_error(reader->errors, location, "Style must be one of: %%,{,$");
}

/* The enum escape_flags for `escape` and `multiline`. Escaping is for keeping a record on one line,
 * so it includes newlines unless `multiline` allows more lines. */
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

/* Python's str() of the scalar at LOCATION. NULL after an error was reported. */
static const char *default_text(struct config_reader *reader, const struct location *location)
{
	const char *text = value_string(reader->arena, location->value);

	if (text == NULL)
		config_error(reader->errors, location, "expected a string or a number, found %s",
			value_type_name(location->value->type));
	return text;
}

static void read_defaults(
	struct config_reader *reader, const struct location *location, void *target)
{
	struct formatter_target *formatter = target;
	struct format_default *defaults;

	if (location->value->type == VALUE_NULL || !config_is_dict(reader, location))
		return;
	defaults = arena_alloc(reader->arena, location->value->count * sizeof *defaults);
	if (defaults == NULL) {
		reader->no_memory = true;
		return;
	}
	for (const struct value_item *item = location->value->items; item != NULL;
		item = item->next) {
		struct location member = {location, item->key, 0, item->value};

		member.value = config_resolve(reader, &member);
		if (member.value != NULL)
			defaults[formatter->options.default_count++] =
				(struct format_default){item->key, default_text(reader, &member)};
	}
	formatter->options.defaults = defaults;
}

static void read_color(struct config_reader *reader, const struct location *location, void *target)
{
	enum color_choice *choice = &((struct formatter_target *)target)->color.choice;
	int chosen;

	if (location->value->type == VALUE_NULL)
		return;
	if (location->value->type == VALUE_BOOL) {
		*choice = location->value->number != 0 ? COLOR_ALWAYS : COLOR_NEVER;
		return;
	}
	chosen = config_choice(reader, location, color_choice_names);
	if (chosen >= 0)
		*choice = (enum color_choice)chosen;
}

static void read_abbrev(struct config_reader *reader, const struct location *location, void *target)
{
	const struct value *value = location->value;
	struct abbreviation *list;
	size_t count = 0;

	if (value->type == VALUE_NULL || !config_is_dict(reader, location))
		return;
	list = arena_alloc(reader->arena, (value->count + 1) * sizeof *list);
	if (list == NULL) {
		reader->no_memory = true;
		return;
	}
	for (const struct value_item *item = value->items; item != NULL; item = item->next) {
		const char *text = config_string(
			reader, &(struct location){location, item->key, 0, item->value});

		if (text != NULL)
			list[count++] = (struct abbreviation){item->key, text};
	}
	((struct formatter_target *)target)->color.abbreviations = list;
}

static void refuse_format(
	struct config_reader *reader, const struct location *location, void *target)
{
	const struct formatter_target *formatter = target;

	config_error(
		reader->errors, location->parent, "%s takes no 'format'", formatter->class->name);
}

static const char *const escape_names[] = {"none", "control", NULL};
static const char *const multiline_names[] = {"raw", "indent", "escape", NULL};

#define AT(member) offsetof(struct formatter_target, member)

/* The keys of vigil.ColorFormatter: its own two, then those of logging.Formatter. The class decides
 * which keys are known, so find_class() looks it up before the keys are read. */
static const struct key_spec color_keys[] = {
	{.key = "color", .read = read_color},
	{.key = "abbrev", .read = read_abbrev},
	{.key = "format", .read = read_format},
	{.key = "datefmt", .type = KEY_STRING_OR_NULL, .offset = AT(options.datefmt)},
	{.key = "style", .read = read_style},
	{.key = "validate", .type = KEY_TRUTH, .offset = AT(validate)},
	{.key = "defaults", .read = read_defaults},
	{.key = "fmt", .read = read_fmt},
	{.key = "escape", .type = KEY_CHOICE, .offset = AT(escapes), .names = escape_names},
	{.key = "multiline",
		.type = KEY_CHOICE,
		.offset = AT(multiline),
		.least = MULTILINE_RAW,
		.names = multiline_names},
	{.key = "class", .type = KEY_IGNORED},
	{.key = "()", .type = KEY_IGNORED},
	{.key = NULL},
};

#define TEXT_KEYS (color_keys + 2)

/* The keys of the classes whose output has a fixed form. */
static const struct key_spec fixed_keys[] = {
	{.key = "format", .read = refuse_format},
	{.key = "class", .type = KEY_IGNORED},
	{.key = "()", .type = KEY_IGNORED},
	{.key = NULL},
};

static int make_fixed(struct config_reader *reader, const struct formatter_target *target,
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

static int make_text(struct config_reader *reader, const struct formatter_target *target,
	struct text *error, struct formatter **ret)
{
	return formatter_new(reader->arena, &target->options, error, ret);
}

static int make_color(struct config_reader *reader, const struct formatter_target *target,
	struct text *error, struct formatter **ret)
{
	return color_formatter_new(reader->arena, &target->options, &target->color, error, ret);
}

/* A formatter that names no class has the first one. */
static const struct formatter_class classes[] = {
	{"logging.Formatter", TEXT_KEYS, make_text, NULL},
	{"vigil.JsonFormatter", fixed_keys, make_fixed, &formatter_json},
	{"vigil.ColorFormatter", color_keys, make_color, NULL},
	{"vigil.RdzvEventFormatter", fixed_keys, make_fixed, &formatter_rdzv_event},
	{"vigil.EventFormatter", fixed_keys, make_fixed, &formatter_event},
};

#define CLASS_COUNT (sizeof classes / sizeof *classes)

/* The class of the formatter at LOCATION, a dict; NULL after an error was reported. */
static const struct formatter_class *find_class(
	struct config_reader *reader, const struct location *location, const char *const *names)
{
	struct location at;
	int index;

	if (!config_find_class(location, &at) ||
		(strcmp(at.key, "class") == 0 && !value_truth(at.value)))
		return &classes[0];
	index = config_class(reader, &at, names);
	return index < 0 ? NULL : &classes[index];
}

static struct formatter *make(struct config_reader *reader, struct formatter_target *target)
{
	struct formatter *formatter = NULL;
	char why[256];
	struct text text;
	int error;

	text_init(&text, why, sizeof why);
	target->options.clock = &reader->sections->logging->clock;
	target->options.extra_names = reader->context->extra_names;
	target->options.escape = escape_flags_of(target);
	target->options.no_validate = !target->validate;
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

void dict_formatter(struct config_reader *reader, const struct location *location)
{
	struct formatter_target target = {.location = location,
		.class = &classes[0],
		.validate = true,
		.color.automatic = reader->context->color};
	size_t errors = config_error_count(reader->errors);
	const char *names[CLASS_COUNT + 1] = {NULL};
	struct formatter *formatter = NULL;

	for (size_t i = 0; i < CLASS_COUNT; i++)
		names[i] = classes[i].name;
	if (factory_is(location)) {
		dict_define(reader, &reader->sections->formatters, location->key,
			factory_formatter(reader, location, names));
		return;
	}
	if (location->value->type == VALUE_DICT)
		target.class = find_class(reader, location, names);
	/* Which keys an unknown class would have is not known, so no key is refused. */
	config_read(reader, location, target.class == NULL ? color_keys : target.class->keys,
		target.class == NULL ? UNKNOWN_IGNORED : UNKNOWN_WARNED, &target);
	if (config_error_count(reader->errors) == errors)
		formatter = make(reader, &target);
	if (formatter != NULL)
		formatter->label = location->key;
	dict_define(reader, &reader->sections->formatters, location->key, formatter);
}
