/* SPDX-License-Identifier: Apache-2.0 */
#include "core/config/dict/dict_handler.h"

#include "core/base/log_file.h"
#include "core/config/factory/factory.h"
#include "core/logging/level.h"
#include "core/logging/list.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define AT(member) offsetof(struct handler_target, member)
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void read_formatter(
	struct config_reader *reader, const struct location *location, void *target)
{
	const char *name = value_truth(location->value) ? config_string(reader, location) : NULL;

	if (name != NULL)
		((struct handler_target *)target)->formatter = dict_lookup(reader,
			reader->sections->formatters, name, location, "Unable to set formatter");
}

static void read_filters(
	struct config_reader *reader, const struct location *location, void *target)
{
	if (value_truth(location->value))
		config_names(reader, location, dict_add_filter,
			&((struct handler_target *)target)->filters);
}

static const struct key_spec only_terminator[] = {
	{.key = "terminator", .type = KEY_STRING, .offset = AT(terminator)},
	{.key = NULL},
};

/* The members of "." are attributes to be set on the handler, as in Python. */
static void read_attributes(
	struct config_reader *reader, const struct location *location, void *target)
{
	const struct dict_class *class = ((struct handler_target *)target)->class;
	const struct key_spec *keys =
		class == NULL || class->attributes == NULL ? only_terminator : class->attributes;
	const struct value *value = location->value;
	bool others = value->type != VALUE_DICT ||
		      value->count > (value_dict_get(value, "terminator") != NULL);

	if (keys == only_terminator && others)
		config_error(reader->errors, location,
			"this class has no attribute to be set but 'terminator'");
	else
		config_read(reader, location, keys, UNKNOWN_REFUSED, target);
}

/* The keys of every handler. The class decides which other keys are known, so find_maker() looks it
 * up before the keys are read. */
static const struct key_spec common_keys[] = {
	{.key = "class", .type = KEY_IGNORED},
	{.key = "level", .type = KEY_LEVEL, .offset = AT(level)},
	{.key = "formatter", .read = read_formatter},
	{.key = "filters", .read = read_filters},
	{.key = ".", .read = read_attributes, .unlisted = true},
	{.key = "()", .type = KEY_IGNORED, .unlisted = true},
};

#define CLASSES_MOST 32
#define KEYS_MOST (COUNT_OF(common_keys) + PARAMETERS_MOST + KEYWORDS_MOST)

/* Append those of LIST that a configuration may name to the COUNT KEYS. Returns the new count. */
static size_t add_keys(struct key_spec *keys, size_t count, const struct key_spec *const *list)
{
	for (; *list != NULL; list++)
		if (!(*list)->unlisted)
			keys[count++] = **list;
	return count;
}

/* The keys of a handler of CLASS; NULL stands for an unknown class. */
static void list_keys(const struct dict_class *class, struct key_spec keys[KEYS_MOST + 1])
{
	size_t count = COUNT_OF(common_keys);

	memcpy(keys, common_keys, sizeof common_keys);
	if (class != NULL) {
		count = add_keys(keys, count, class->parameters);
		count = add_keys(keys, count, class->keywords);
	}
	keys[count] = (struct key_spec){.key = NULL};
}

/* factory_read() has read the factory's part of the dict. */
static int make_by_factory(
	struct config_reader *reader, const struct handler_target *target, struct handler **ret)
{
	if (target->factory == NULL)
		return -ENOMEM;
	*ret = factory_handler(reader, target->factory);
	return *ret == NULL ? -EINVAL : 0;
}

static const struct key_spec factory_name = {.key = "()", .type = KEY_IGNORED};
static const struct key_spec factory_args = {.key = "args", .type = KEY_IGNORED};
static const struct key_spec factory_returns = {.key = "returns", .type = KEY_IGNORED};

/* Handlers made by a factory, from the other keys of the dict or from a list of typed arguments. */
static const struct dict_class by_pairs = {"()", make_by_factory, .has_lines = true};
static const struct dict_class by_typed_arguments = {"()", make_by_factory,
	.keywords = {&factory_name, &factory_args, &factory_returns}, .has_lines = true};

/* The class of the handler at LOCATION, a dict; NULL after an error was reported. */
static const struct dict_class *find_class(
	struct config_reader *reader, const struct location *location, const char *const *names)
{
	struct location at;
	int index;

	if (!config_find_class(location, &at)) {
		config_error(reader->errors, location, "handler '%s' has no class", location->key);
		return NULL;
	}
	index = config_class(reader, &at, names);
	return index < 0 ? NULL : &dict_handler_classes[index];
}

/* Find the class or the factory that makes the handler at TARGET->location. */
static void find_maker(struct config_reader *reader, struct handler_target *target)
{
	const struct location *location = target->location;
	const char *names[CLASSES_MOST + 1] = {NULL};

	for (size_t i = 0; i < CLASSES_MOST && dict_handler_classes[i].name != NULL; i++)
		names[i] = dict_handler_classes[i].name;
	if (factory_is(location)) {
		target->class = factory_is_typed(location) ? &by_typed_arguments : &by_pairs;
		target->factory = factory_read(reader, location, FACTORY_HANDLER, names);
	} else if (location->value->type == VALUE_DICT) {
		target->class = find_class(reader, location, names);
	}
}

/* Report, in Python's words, which required arguments TARGET lacks. False: none. */
static bool misses_arguments(struct config_reader *reader, const struct handler_target *target)
{
	const struct dict_class *class = target->class;
	size_t count = 0;
	char buffer[128];
	struct text names;

	text_init(&names, buffer, sizeof buffer);
	for (size_t i = 0; i < class->required; i++) {
		const char *key = class->parameters[i]->key;

		if (value_dict_get(target->location->value, key) == NULL)
			text_printf(&names, "%s'%s'", count++ == 0 ? "" : " and ", key);
	}
	if (count == 0)
		return false;
	if (reader->errors->plain)
		config_python(reader->errors,
			"TypeError: %s.__init__() missing %zu required positional argument%s: %s",
			config_last_part(class->name), count, count == 1 ? "" : "s", buffer);
	config_error(reader->errors, target->location, "%s missing %zu required argument%s: %s",
		config_last_part(class->name), count, count == 1 ? "" : "s", buffer);
	return true;
}

static struct handler *make(struct config_reader *reader, const struct handler_target *target)
{
	struct handler *handler = NULL;
	int error = misses_arguments(reader, target)
			    ? -EINVAL
			    : target->class->make(reader, target, &handler);

	if (error < 0) {
		reader->no_memory |= error == -ENOMEM;
		return NULL;
	}
	handler->name = target->location->key;
	handler->level = target->level;
	for (size_t i = 0; i < target->filters.count; i++)
		if (handler_add_filter(reader->arena, handler, target->filters.items[i]) < 0)
			reader->no_memory = true;
	if (target->formatter != NULL)
		handler->formatter = target->formatter;
	/* The other classes write no lines; Python ignores their terminator. */
	if (target->terminator != NULL && target->class->has_lines)
		handler->terminator = target->terminator;
	return handler;
}

void dict_handler(struct config_reader *reader, const struct location *location)
{
	struct handler_target target = {.location = location,
		.fd = STDERR_FILENO,
		.schedule = {.when = "h", .interval = 1},
		.syslog = {.facility = 1},
		.flush_level = LEVEL_ERROR,
		.flush_on_close = true,
		.flags = reader->context->log_file_flags};
	size_t errors = config_error_count(reader->errors);
	struct key_spec keys[KEYS_MOST + 1];
	struct handler *handler = NULL;

	if (reader->context->validate_only)
		target.flags |= LOG_FILE_DELAY;
	find_maker(reader, &target);
	list_keys(target.class, keys);
	/* Of an unknown class, only the keys that every handler has are checked. */
	config_read(reader, location, keys,
		target.class == NULL || target.class == &by_pairs ? UNKNOWN_IGNORED
								  : UNKNOWN_REFUSED,
		&target);
	if (config_error_count(reader->errors) == errors)
		handler = make(reader, &target);
	if (handler != NULL &&
		LIST_ADD(reader->arena, &reader->sections->plan.handlers, handler) < 0)
		reader->no_memory = true;
	dict_define(reader, &reader->sections->handlers, location->key, handler);
}
