/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/dict_reader.h"

#include "core/logging/torch_event.h"

#include <errno.h>
#include <string.h>

/* A formatter as it is read. */
struct formatter_target {
	struct formatter_options options;
	const struct place *place;
	const struct value *format; /* where errors of the format belong; NULL: it has none */
	const struct formatter *made; /* one that there is but one of; NULL: a text is to be made */
};

static const struct {
	const char *name;
	const struct formatter *made;
} classes[] = {
	{"logging.Formatter", NULL},
	{"vigil.JsonFormatter", &formatter_json},
	{"vigil.RdzvEventFormatter", &formatter_rdzv_event},
	{"vigil.EventFormatter", &formatter_event},
};
#define CLASS_COUNT (sizeof classes / sizeof *classes)

/* The index of class NAME, CLASS_COUNT when there is none. */
static size_t find_class(const char *name)
{
	size_t i = 0;

	while (i < CLASS_COUNT && strcmp(classes[i].name, name) != 0)
		i++;
	return i;
}

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

static void refuse_class(
	struct dict_reader *reader, const struct place *place, const char *class)
{
	const char *names[CLASS_COUNT + 1] = {NULL};
	char meant[64], known[256];
	struct text text;

	text_init(&text, known, sizeof known);
	for (size_t i = 0; i < CLASS_COUNT; i++) {
		names[i] = classes[i].name;
		text_printf(&text, "%s%s", i == 0 ? "" : ", ", names[i]);
	}
	config_error(reader->errors, place, "Cannot resolve '%s'; known are: %s%s", class, known,
		dict_did_you_mean(class, names, meant, sizeof meant));
}

static void read_class(struct dict_reader *reader, const struct place *place, void *target)
{
	struct formatter_target *formatter = target;
	const char *class = place->value->type == VALUE_NULL ? classes[0].name
							     : dict_string(reader, place);

	if (class == NULL)
		return;
	if (find_class(class) < CLASS_COUNT)
		formatter->made = classes[find_class(class)].made;
	else
		refuse_class(reader, place, class);
}

/* str() of a scalar. NULL, and an error told, for anything else. */
static const char *default_text(struct dict_reader *reader, const struct place *place)
{
	char buffer[24];

	switch (place->value->type) {
	case VALUE_NULL:
		return "None";
	case VALUE_BOOL:
		return place->value->number != 0 ? "True" : "False";
	case VALUE_INT:
		text_format(buffer, sizeof buffer, "%lld", (long long)place->value->number);
		return arena_strdup(reader->arena, buffer);
	case VALUE_FLOAT:
	case VALUE_STRING:
		return place->value->text;
	default:
		config_error(reader->errors, place, "expected a string or a number, found %s",
			value_type_name(place->value->type));
		return "";
	}
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

/* A class of ours may be called by its name; anything else is a factory. */
static void read_factory(struct dict_reader *reader, const struct place *place, void *target)
{
	if (place->value->type == VALUE_STRING &&
		find_class(place->value->text) < CLASS_COUNT)
		read_class(reader, place, target);
	else
		dict_refuse_factory(reader, place, target);
}

static const struct key_spec keys[] = {
	{"format", read_format},
	{"datefmt", read_datefmt},
	{"style", read_style},
	{"validate", read_validate},
	{"class", read_class},
	{"defaults", read_defaults},
	{"fmt", read_fmt},
	{"()", read_factory},
	{NULL, NULL},
};

static struct formatter *make_copy(
	struct dict_reader *reader, const struct formatter_target *target)
{
	struct formatter *formatter = arena_alloc(reader->arena, sizeof *formatter);

	if (target->format != NULL)
		config_error(reader->errors, target->place, "%s takes no 'format'",
			target->made->class_name);
	if (formatter != NULL)
		*formatter = *target->made;
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

	dict_read(reader, place, keys, UNKNOWN_WARNED, &target);
	if (reader->errors->count == errors)
		formatter = target.made != NULL ? make_copy(reader, &target)
						: make_text(reader, &target);
	if (formatter != NULL)
		formatter->label = place->key;
	dict_define(reader, &reader->formatters, place->key, formatter);
}
