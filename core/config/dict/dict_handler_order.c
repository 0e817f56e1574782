/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers that refer to other handlers, and the order in which they are made. */
#include "core/config/dict/dict_handler.h"

#include "core/logging/list.h"

#include <string.h>

/* The most references that are followed to find a circle; no sound configuration has so many. */
#define STEPS_MOST 256

/* A handler whose target is set when all handlers have been read. */
struct late_target {
	struct handler *handler;
	struct location owner, location;
};

static bool is_to_come(const struct config_reader *reader, const char *name)
{
	for (const struct named *named = reader->sections->handlers; named != NULL;
		named = named->next)
		if (strcmp(named->name, name) == 0)
			return false;
	return value_dict_get(reader->sections->handler_section->value, name) != NULL;
}

/* The key under which HANDLER, a dict, names other handlers; NULL: its class has none. */
static const char *reference_key(const struct value *handler)
{
	const struct value_item *item =
		handler->type == VALUE_DICT ? value_dict_get(handler, "class") : NULL;
	const struct dict_class *class = NULL;

	if (item != NULL && item->value->type == VALUE_STRING)
		class = dict_handler_class(item->value->text);
	return class == NULL ? NULL : class->refers;
}

/* The names of other handlers in the handler at LOCATION, a string or a list of strings; NULL:
 * none. */
static const struct value *references(struct config_reader *reader, const struct location *location)
{
	const char *key = reference_key(location->value);
	const struct value_item *item = key == NULL ? NULL : value_dict_get(location->value, key);

	if (item == NULL)
		return NULL;
	return config_resolve(reader, &(struct location){location, key, 0, item->value});
}

static bool waits(struct config_reader *reader, const struct location *location)
{
	const struct value *value = references(reader, location);

	if (value == NULL)
		return false;
	if (value->type == VALUE_STRING)
		return is_to_come(reader, value->text);
	for (const struct value_item *item = value->items; item != NULL; item = item->next)
		if (item->value->type == VALUE_STRING && is_to_come(reader, item->value->text))
			return true;
	return false;
}

/* Whether the handler NAME is GOAL or refers to it, directly or by way of others. */
static bool leads_to(
	struct config_reader *reader, const char *name, const char *goal, unsigned *steps)
{
	const struct value_item *item =
		value_dict_get(reader->sections->handler_section->value, name);
	const struct value *value;

	if (strcmp(name, goal) == 0)
		return true;
	if (item == NULL || (*steps)++ > STEPS_MOST)
		return false;
	value = references(reader,
		&(struct location){reader->sections->handler_section, name, 0, item->value});
	if (value == NULL)
		return false;
	if (value->type == VALUE_STRING)
		return leads_to(reader, value->text, goal, steps);
	for (item = value->items; item != NULL; item = item->next)
		if (item->value->type == VALUE_STRING &&
			leads_to(reader, item->value->text, goal, steps))
			return true;
	return false;
}

/* The name of the handler that LOCATION lies in. */
static const char *owner_of(const struct config_reader *reader, const struct location *location)
{
	while (location->parent != reader->sections->handler_section)
		location = location->parent;
	return location->key;
}

struct handler *dict_other_handler(struct config_reader *reader, const struct location *location,
	const char *name, const char *what)
{
	unsigned steps = 0;

	if (!is_to_come(reader, name))
		return (struct handler *)dict_lookup(
			reader, reader->sections->handlers, name, location, what);
	config_error(reader->errors, location, "%s '%s': %s", what, name,
		leads_to(reader, name, owner_of(reader, location), &steps)
			? "it leads back to this handler"
			: "it waits for another handler itself, which Python does not allow for");
	return NULL;
}

void dict_set_target_later(
	struct config_reader *reader, struct handler *handler, const struct location *location)
{
	struct late_target *late = arena_alloc(reader->arena, sizeof *late);

	if (late == NULL || list_add(reader->arena, &reader->sections->late_targets,
				    &reader->sections->late_count, late) < 0) {
		reader->no_memory = true;
		return;
	}
	*late = (struct late_target){handler, *location->parent, *location};
	late->location.parent = &late->owner;
}

static void set_target(struct config_reader *reader, const struct late_target *late)
{
	const char *name = config_string(reader, &late->location);
	struct handler *target = name == NULL ? NULL
					      : dict_other_handler(reader, &late->location, name,
							"Unable to set target handler");

	for (const struct handler *at = target; at != NULL; at = handler_target(at, 0))
		if (at == late->handler) {
			config_error(reader->errors, &late->location,
				"Unable to set target handler '%s': it leads back to this handler",
				name);
			return;
		}
	memory_handler_set_target(late->handler, target);
}

static void wait(struct config_reader *reader, const struct location *location)
{
	struct location *copy = arena_alloc(reader->arena, sizeof *copy);

	if (copy == NULL || list_add(reader->arena, &reader->sections->waiting,
				    &reader->sections->waiting_count, copy) < 0)
		reader->no_memory = true;
	else
		*copy = *location;
}

static void make_or_wait(struct config_reader *reader, const struct location *location)
{
	size_t errors = config_error_count(reader->errors);

	if (waits(reader, location))
		wait(reader, location);
	else if (config_error_count(reader->errors) == errors)
		dict_handler(reader, location);
	else
		dict_define(reader, &reader->sections->handlers, location->key, NULL);
}

/* dictConfig makes the handlers in the order of their names, and those that refer to later ones
 * afterwards. fileConfig makes them in the order of the file, and then sets the targets. */
void dict_handlers(struct config_reader *reader, const struct location *location)
{
	reader->sections->handler_section = location;
	if (reader->errors->plain)
		config_each(reader, location, dict_handler);
	else
		config_each_sorted(reader, location, make_or_wait);
	for (size_t i = 0; i < reader->sections->waiting_count; i++)
		dict_handler(reader, reader->sections->waiting[i]);
	for (size_t i = 0; i < reader->sections->late_count; i++)
		set_target(reader, reader->sections->late_targets[i]);
}
