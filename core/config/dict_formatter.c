/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/dict_reader.h"

#include "core/config/factory.h"

#include <errno.h>
#include <string.h>

/* A formatter as it is read. */
struct formatter_target {
	struct formatter_options options;
	const struct place *place;
	const struct value *format; /* where errors of the format belong; NULL: it has none */
	bool json;
};

static void read_format(struct dict_reader *reader, const struct place *place, void *target)
{
	struct formatter_target *formatter = target;

	if (place->value->type == VALUE_NULL)
		return;
	formatter->options.format = dict_string(reader, place);
	formatter->format = place->value;
}

static void read_datefmt(struct dict_reader *reader, const struct place *place, void *target)
{
	if (place->value->type != VALUE_NULL)
		((struct formatter_target *)target)->options.datefmt = dict_string(reader, place);
}

static void read_style(struct dict_reader *reader, const struct place *place, void *target)
{
	struct formatter_target *formatter = target;
	const char *style = dict_string(reader, place);

	if (style == NULL)
		return;
	if (strcmp(style, "$") == 0)
		formatter->options.style = STYLE_DOLLAR;
	else if (strcmp(style, "{") == 0)
		formatter->options.style = STYLE_BRACE;
	else if (strcmp(style, "%") != 0)
		config_error(reader->errors, place, "Style must be one of: %%,{,$");
}

static void read_validate(struct dict_reader *reader, const struct place *place, void *target)
{
	(void)reader;
	((struct formatter_target *)target)->options.no_validate = !value_truth(place->value);
}

static void read_class(struct dict_reader *reader, const struct place *place, void *target)
{
	static const char *const known[] = {"logging.Formatter", "vigil.JsonFormatter", NULL};
	struct formatter_target *formatter = target;
	const char *class =
		place->value->type == VALUE_NULL ? known[0] : dict_string(reader, place);
	char meant[64];

	if (class == NULL)
		return;
	formatter->json = strcmp(class, known[1]) == 0;
	if (!formatter->json && strcmp(class, known[0]) != 0)
		config_error(reader->errors, place,
			"Cannot resolve '%s'; known are: logging.Formatter, vigil.JsonFormatter%s",
			class, dict_did_you_mean(class, known, meant, sizeof meant));
}

/* str() of a scalar. NULL, and an error told, for anything else. */
static const char *default_text(struct dict_reader *reader, const struct place *place)
{
	const char *text = value_string(reader->arena, place->value);

	if (text == NULL)
		config_error(reader->errors, place, "expected a string or a number, found %s",
			value_type_name(place->value->type));
	return text;
}

static void add_default(struct dict_reader *reader, struct formatter_target *formatter,
	struct format_default *defaults, const struct place *place)
{
	struct place member = *place;

	member.value = dict_resolve(reader, place);
	if (member.value == NULL)
		return;
	defaults[formatter->options.default_count++] =
		(struct format_default){place->key, default_text(reader, &member)};
}

static void read_defaults(struct dict_reader *reader, const struct place *place, void *target)
{
	struct formatter_target *formatter = target;
	struct format_default *defaults;

	if (place->value->type == VALUE_NULL)
		return;
	if (place->value->type != VALUE_DICT) {
		config_error(reader->errors, place, "expected a mapping, found %s",
			value_type_name(place->value->type));
		return;
	}
	defaults = arena_alloc(reader->arena, place->value->count * sizeof *defaults);
	if (defaults == NULL) {
		reader->no_memory = true;
		return;
	}
	for (const struct value_item *item = place->value->items; item != NULL; item = item->next)
		add_default(reader, formatter, defaults,
			&(struct place){place, item->key, 0, item->value});
	formatter->options.defaults = defaults;
}

/* What `format` is called where a class is called by "()"; elsewhere Python does not look at it. */
static void read_fmt(struct dict_reader *reader, const struct place *place, void *target)
{
	if (value_dict_get(place->parent->value, "()") != NULL)
		read_format(reader, place, target);
	else
		config_warning(reader->errors, place,
			"unknown key, passed over as Python does; did you mean 'format'?");
}

static const struct key_spec keys[] = {
	{"format", read_format},
	{"datefmt", read_datefmt},
	{"style", read_style},
	{"validate", read_validate},
	{"class", read_class},
	{"defaults", read_defaults},
	{"fmt", read_fmt},
	{"()", read_class},
	{NULL, NULL},
};

static struct formatter *make_json(
	struct dict_reader *reader, const struct formatter_target *target)
{
	struct formatter *formatter = arena_alloc(reader->arena, sizeof *formatter);

	if (target->format != NULL)
		config_error(
			reader->errors, target->place, "vigil.JsonFormatter takes no 'format'");
	if (formatter != NULL)
		*formatter = formatter_json;
	return formatter;
}

static struct formatter *make_text(struct dict_reader *reader, struct formatter_target *target)
{
	struct formatter *formatter = NULL;
	char why[256];
	struct text text;
	int error;

	text_init(&text, why, sizeof why);
	target->options.clock = &reader->logging->clock;
	target->options.extra_names = reader->context->extra_names;
	error = formatter_new(reader->arena, &target->options, &text, &formatter);
	if (error == -EINVAL && target->format != NULL)
		config_error(reader->errors,
			&(struct place){target->place, "format", 0, target->format}, "%s", why);
	else if (error == -EINVAL)
		config_error(reader->errors, target->place, "%s", why);
	else if (error < 0)
		reader->no_memory = true;
	return formatter;
}

void dict_formatter(struct dict_reader *reader, const struct place *place)
{
	struct formatter_target target = {.place = place};
	size_t errors = reader->errors->count;
	struct formatter *formatter = NULL;

	if (factory_is(place)) {
		dict_define(reader, &reader->formatters, place->key,
			factory_formatter(reader, place));
		return;
	}
	dict_read(reader, place, keys, UNKNOWN_WARNED, &target);
	if (reader->errors->count == errors)
		formatter = target.json ? make_json(reader, &target) : make_text(reader, &target);
	if (formatter != NULL)
		formatter->label = place->key;
	dict_define(reader, &reader->formatters, place->key, formatter);
}
