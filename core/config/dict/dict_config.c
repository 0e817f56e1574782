/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/dict/dict_config.h"

#include "core/config/dict/dict_sections.h"
#include "core/logging/list.h"

#include <errno.h>

static void check_version(
	struct config_reader *reader, const struct location *location, void *target)
{
	const struct value *value = location->value;
	char buffer[256];
	struct text text;

	(void)target;
	text_init(&text, buffer, sizeof buffer);
	value_str(&text, value);
	if ((value->type != VALUE_INT && value->type != VALUE_BOOL) || value->number != 1)
		config_error(reader->errors, location, "Unsupported version: %s", buffer);
}

static void read_vigil(struct config_reader *reader, const struct location *location, void *target)
{
	(void)target;
	dict_settings(reader, location);
}

static void read_level(struct config_reader *reader, const struct location *location, void *target)
{
	struct logger_plan *logger = target;

	logger->has_level = config_level(reader, location, &logger->level);
}

static void add_handler(struct config_reader *reader, const struct location *location,
	const char *name, void *target)
{
	const void *handler = dict_lookup(
		reader, reader->sections->handlers, name, location, "Unable to add handler");

	struct handler_list *list = &((struct logger_plan *)target)->handlers;

	if (handler != NULL && LIST_ADD(reader->arena, list, handler) < 0)
		reader->no_memory = true;
}

static void read_handlers(
	struct config_reader *reader, const struct location *location, void *target)
{
	if (value_truth(location->value) && !reader->sections->plan.incremental)
		config_names(reader, location, add_handler, target);
}

static void read_filters(
	struct config_reader *reader, const struct location *location, void *target)
{
	if (value_truth(location->value) && !reader->sections->plan.incremental)
		config_names(reader, location, dict_add_filter,
			&((struct logger_plan *)target)->filters);
}

static void read_propagate(
	struct config_reader *reader, const struct location *location, void *target)
{
	struct logger_plan *logger = target;

	if (location->value->type == VALUE_NULL)
		return;
	if (location->value->type == VALUE_STRING)
		config_warning(reader->errors, location,
			"the string '%s' counts as %s, as in Python; write true or false",
			location->value->text, value_truth(location->value) ? "true" : "false");
	logger->has_propagate = true;
	logger->propagate = value_truth(location->value);
}

static const struct key_spec logger_keys[] = {
	{.key = "level", .read = read_level},
	{.key = "handlers", .read = read_handlers},
	{.key = "filters", .read = read_filters},
	{.key = "propagate", .read = read_propagate},
	{.key = NULL},
};

static struct logger_plan *read_logger_plan(
	struct config_reader *reader, const struct location *location, const char *name)
{
	struct logger_plan *logger = plan_logger(reader->arena, &reader->sections->plan, name);

	if (logger == NULL)
		reader->no_memory = true;
	else
		config_read(reader, location, logger_keys, UNKNOWN_WARNED, logger);
	return logger;
}

static void read_logger(struct config_reader *reader, const struct location *location)
{
	read_logger_plan(reader, location, location->key);
}

/* Python ignores an empty root, and ignores the root's `propagate` and `disabled`. */
static void read_root(struct config_reader *reader, const struct location *location)
{
	struct logger_plan *root =
		value_truth(location->value) ? read_logger_plan(reader, location, "root") : NULL;

	if (root == NULL)
		return;
	root->has_propagate = false;
	root->keeps_disabled = true;
}

static void read_handler_level(
	struct config_reader *reader, const struct location *location, void *target)
{
	struct handler_plan *plan = target;

	if (!value_truth(location->value) || !config_level(reader, location, &plan->level))
		return;
	plan->next = reader->sections->plan.handler_levels;
	reader->sections->plan.handler_levels = plan;
}

static const struct key_spec incremental_handler_keys[] = {
	{.key = "level", .read = read_handler_level},
	{.key = NULL},
};

/* An incremental configuration changes a handler's level only; the other keys are ignored without a
 * warning, as in Python. */
static void read_handler_again(struct config_reader *reader, const struct location *location)
{
	struct handler_plan *plan = arena_alloc(reader->arena, sizeof *plan);

	if (plan == NULL) {
		reader->no_memory = true;
		return;
	}
	plan->handler = logging_handler(reader->sections->logging, location->key);
	if (plan->handler == NULL) {
		config_python(reader->errors, "ValueError: No handler found with name '%s'",
			location->key);
		config_error(
			reader->errors, location, "No handler found with name '%s'", location->key);
	} else {
		config_read(reader, location, incremental_handler_keys, UNKNOWN_IGNORED, plan);
	}
}

/* A section, which is read either as a whole or member by member. */
struct section {
	const char *key;
	void (*whole)(struct config_reader *reader, const struct location *location);
	void (*member)(struct config_reader *reader, const struct location *location);
};

/* The order is that in which the sections refer to each other, not the file's. */
static const struct section dict_sections[] = {
	{"formatters", NULL, dict_formatter},
	{"filters", NULL, dict_filter},
	{"handlers", dict_handlers, NULL},
	{"loggers", NULL, read_logger},
	{"root", read_root, NULL},
	{NULL, NULL, NULL},
};

static const struct section incremental_sections[] = {
	{"handlers", NULL, read_handler_again},
	{"loggers", NULL, read_logger},
	{"root", read_root, NULL},
	{NULL, NULL, NULL},
};

/* fileConfig has the root before the loggers, one of which may be the root again. */
static const struct section file_sections[] = {
	{"formatters", NULL, dict_formatter},
	{"handlers", dict_handlers, NULL},
	{"root", read_root, NULL},
	{"loggers", NULL, read_logger},
	{NULL, NULL, NULL},
};

#define AT(member) offsetof(struct logging_plan, member)

/* The sections are read after these keys, in the order of the tables above. */
static const struct key_spec top_keys[] = {
	{.key = "version", .read = check_version},
	{.key = "disable_existing_loggers", .type = KEY_TRUTH, .offset = AT(disable_existing)},
	{.key = "incremental", .type = KEY_TRUTH, .offset = AT(incremental)},
	{.key = "vigil", .read = read_vigil},
	{.key = "formatters", .type = KEY_IGNORED},
	{.key = "filters", .type = KEY_IGNORED},
	{.key = "handlers", .type = KEY_IGNORED},
	{.key = "loggers", .type = KEY_IGNORED},
	{.key = "root", .type = KEY_IGNORED},
	{.key = NULL},
};

static void read_section(
	struct config_reader *reader, const struct location *top, const struct section *section)
{
	const struct value_item *item = value_dict_get(top->value, section->key);
	struct location location = {top, section->key, 0, item == NULL ? NULL : item->value};

	if (item == NULL)
		return;
	location.value = config_resolve(reader, &location);
	if (location.value == NULL)
		return;
	if (section->whole != NULL)
		section->whole(reader, &location);
	else
		config_each(reader, &location, section->member);
}

static void read_sections(struct config_reader *reader, const struct location *top)
{
	const struct section *section = reader->errors->plain		     ? file_sections
					: reader->sections->plan.incremental ? incremental_sections
									     : dict_sections;

	for (; section->key != NULL; section++)
		read_section(reader, top, section);
}

static int read_all(struct arena *arena, const struct value *config,
	const struct config_context *context, struct logging *logging, struct config_errors *errors,
	struct logging_plan *ret_plan)
{
	struct dict_sections objects = {.logging = logging, .plan.disable_existing = true};
	struct config_reader reader = {
		.arena = arena,
		.context = context,
		.errors = errors,
		.top = config,
		.sections = &objects,
	};
	struct location top = {.value = config};

	settings_default(&reader.settings);
	if (config->type != VALUE_DICT) {
		config_error(errors, &top, "expected a mapping (dictConfig, version 1), found %s",
			value_type_name(config->type));
		return -EINVAL;
	}
	if (value_dict_get(config, "version") == NULL)
		config_error(errors, &top, "dictionary doesn't specify a version");
	config_read(&reader, &top, top_keys, UNKNOWN_WARNED, &objects.plan);
	read_sections(&reader, &top);
	if (reader.no_memory)
		return -ENOMEM;
	if (config_error_count(errors) > 0)
		return -EINVAL;
	*ret_plan = objects.plan;
	if (context->settings != NULL)
		*context->settings = reader.settings;
	return reader.has_factories && context->factories_wait ? -EAGAIN : 0;
}

/* The hierarchy to configure: the context's living one, or a new one that ARENA owns. NULL when out
 * of memory. */
static struct logging *find_hierarchy(struct arena *arena, const struct config_context *context)
{
	struct logging *logging = context->living != NULL ? context->living : logging_new(arena);

	if (logging != NULL && logging != context->living)
		logging_set_zone(logging, &context->zone);
	return logging;
}

int dict_config(struct arena *arena, const struct value *config,
	const struct config_context *context, struct logging **ret_logging,
	struct config_errors *errors)
{
	struct logging *logging = find_hierarchy(arena, context);
	struct config_context real = *context, dry = *context;
	struct config_settings settings;
	struct logging_plan plan;
	int error;

	if (logging == NULL)
		return -ENOMEM;
	/* The first pass opens no file, so that a configuration that is refused leaves nothing
	 * behind. */
	dry.validate_only = true;
	dry.settings = &settings;
	real.settings = NULL;
	error = read_all(arena, config, &dry, logging, errors, &plan);
	if (error == 0 && !context->validate_only) {
		errors->warning_count = 0;
		error = read_all(arena, config, &real, logging, errors, &plan);
	}
	if (error == 0)
		error = logging_apply(logging, &plan);
	if ((error == 0 || error == -EAGAIN) && context->settings != NULL)
		*context->settings = settings;
	if (error == 0)
		*ret_logging = logging;
	return error;
}
