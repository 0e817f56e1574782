/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/dict_config.h"

#include "core/config/dict_reader.h"

#include <errno.h>
#include <string.h>

static void check_version(struct dict_reader *reader, const struct place *place, void *target)
{
	const struct value *value = place->value;

	(void)target;
	if ((value->type != VALUE_INT && value->type != VALUE_BOOL) || value->number != 1)
		config_error(reader->errors, place, "Unsupported version: %s",
			value->text == NULL ? value_type_name(value->type) : value->text);
}

static void check_incremental(struct dict_reader *reader, const struct place *place, void *target)
{
	(void)target;
	if (value_truth(place->value))
		config_error(reader->errors, place,
			"incremental configuration is not supported in this version");
}

/* A new tree has no existing loggers: nothing is disabled, whatever it says. */
static void accept(struct dict_reader *reader, const struct place *place, void *target)
{
	(void)reader;
	(void)place;
	(void)target;
}

static void check_vigil(struct dict_reader *reader, const struct place *place, void *target)
{
	(void)target;
	if (place->value->type == VALUE_NULL)
		return;
	if (place->value->type != VALUE_DICT)
		config_error(reader->errors, place, "expected a mapping, found %s",
			value_type_name(place->value->type));
	for (const struct value_item *item = place->value->items; item != NULL; item = item->next)
		config_error(reader->errors, &(struct place){place, item->key, 0, item->value},
			"unknown setting; known are: none in this version");
}

static void read_level(struct dict_reader *reader, const struct place *place, void *target)
{
	dict_level(reader, place, &((struct logger *)target)->level);
}

static void add_handler(
	struct dict_reader *reader, const struct place *place, const char *name, void *target)
{
	const void *handler =
		dict_lookup(reader, reader->handlers, name, place, "Unable to add handler");

	if (handler != NULL && logger_add_handler(target, (struct handler *)handler) < 0)
		reader->no_memory = true;
}

static void read_handlers(struct dict_reader *reader, const struct place *place, void *target)
{
	if (value_truth(place->value))
		dict_names(reader, place, add_handler, target);
}

static void read_filters(struct dict_reader *reader, const struct place *place, void *target)
{
	if (value_truth(place->value))
		dict_names(reader, place, dict_add_filter, &((struct logger *)target)->filters);
}

static void read_propagate(struct dict_reader *reader, const struct place *place, void *target)
{
	if (place->value->type == VALUE_NULL)
		return;
	if (place->value->type == VALUE_STRING)
		config_warning(reader->errors, place,
			"the string '%s' counts as %s, as in Python; write true or false",
			place->value->text, value_truth(place->value) ? "true" : "false");
	((struct logger *)target)->propagate = value_truth(place->value);
}

static const struct key_spec logger_keys[] = {
	{"level", read_level},
	{"handlers", read_handlers},
	{"filters", read_filters},
	{"propagate", read_propagate},
	{NULL, NULL},
};

static void read_logger(struct dict_reader *reader, const struct place *place)
{
	struct logger *logger = logging_get_mutable(reader->logging, place->key);

	if (logger == NULL)
		reader->no_memory = true;
	else
		dict_read(reader, place, logger_keys, UNKNOWN_WARNED, logger);
}

static void read_root(struct dict_reader *reader, const struct place *place)
{
	/* Python lets an empty root stand for none. */
	if (value_truth(place->value))
		dict_read(reader, place, logger_keys, UNKNOWN_WARNED, &reader->logging->root);
}

/* The sections, in the order in which they refer to each other, not in the file's. */
static const struct {
	const char *key;
	void (*each)(struct dict_reader *reader,
		const struct place *place); /* for each of its members */
	void (*whole)(struct dict_reader *reader, const struct place *place);
} sections[] = {
	{"formatters", dict_formatter, NULL},
	{"filters", dict_filter, NULL},
	{"handlers", dict_handler, NULL},
	{"loggers", read_logger, NULL},
	{"root", NULL, read_root},
};

static const struct key_spec top_keys[] = {
	{"version", check_version},
	{"disable_existing_loggers", accept},
	{"incremental", check_incremental},
	{"vigil", check_vigil},
	{"formatters", accept},
	{"filters", accept},
	{"handlers", accept},
	{"loggers", accept},
	{"root", accept},
	{NULL, NULL},
};

static void read_sections(struct dict_reader *reader, const struct place *top)
{
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		const struct value_item *item = value_dict_get(top->value, sections[i].key);
		struct place place = {top, sections[i].key, 0, item == NULL ? NULL : item->value};

		if (item == NULL)
			continue;
		if (sections[i].each != NULL)
			dict_each(reader, &place, sections[i].each);
		else
			sections[i].whole(reader, &place);
	}
}

static int read_all(struct arena *arena, const struct value *config,
	const struct config_context *context, struct logging **ret_logging,
	struct config_errors *errors)
{
	struct dict_reader reader = {.arena = arena, .context = context, .errors = errors};
	struct place top = {.value = config};

	reader.logging = logging_new(arena);
	if (reader.logging == NULL)
		return -ENOMEM;
	logging_set_zone(reader.logging, context->zone);
	if (config->type != VALUE_DICT) {
		config_error(errors, &top, "expected a mapping (dictConfig, version 1), found %s",
			value_type_name(config->type));
		return -EINVAL;
	}
	dict_read(&reader, &top, top_keys, UNKNOWN_WARNED, NULL);
	if (value_dict_get(config, "version") == NULL)
		config_error(errors, &top, "dictionary doesn't specify a version");
	read_sections(&reader, &top);
	if (reader.no_memory)
		return -ENOMEM;
	if (errors->count + errors->left_out > 0)
		return -EINVAL;
	*ret_logging = reader.logging;
	return 0;
}

int dict_config(struct arena *arena, const struct value *config,
	const struct config_context *context, struct logging **ret_logging,
	struct config_errors *errors)
{
	struct config_context dry = *context;
	struct logging *logging;
	int error;

	/* Once without opening any file: a configuration that is refused leaves nothing behind. */
	dry.validate_only = true;
	error = read_all(arena, config, &dry, &logging, errors);
	if (error == 0 && !context->validate_only) {
		errors->warning_count = 0;
		error = read_all(arena, config, context, &logging, errors);
	}
	if (error == 0)
		*ret_logging = logging;
	return error;
}
