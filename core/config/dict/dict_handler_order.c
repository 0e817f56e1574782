/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers that refer to other handlers, and the order in which they are made. */
#include "core/config/dict/dict_handler.h"

#include "core/logging/list.h"

#include <string.h>

/* More steps than any sound configuration needs to find out whether it goes round in a circle. */
#define STEPS_MOST 256

/* A target that is set when all handlers are there. */
struct dict_fixup {
	struct handler *handler;
	struct location owner, location;
	struct dict_fixup *next;
};

static bool is_to_come(const struct dict_reader *reader, const char *name)
{
	for (const struct named *named = reader->handlers; named != NULL; named = named->next)
		if (strcmp(named->name, name) == 0)
			return false;
	return value_dict_get(reader->handler_section->value, name) != NULL;
}

/* The key under which a handler of that class names others; NULL: it does not. */
static const char *reference_key(const struct value *handler)
{
	static const char *const keys[][2] = {
		{"logging.handlers.MemoryHandler", "target"},
		{"logging.handlers.QueueHandler", "handlers"},
	};
	const struct value_item *class =
		handler->type == VALUE_DICT ? value_dict_get(handler, "class") : NULL;

	if (class == NULL || class->value->type != VALUE_STRING)
		return NULL;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(class->value->text, keys[i][0]) == 0)
			return keys[i][1];
	return NULL;
}

/* What the handler at PLACE names, as one string or a list of them; NULL: nothing. */
static const struct value *references(struct dict_reader *reader, const struct location *location)
{
	const char *key = reference_key(location->value);
	const struct value_item *item = key == NULL ? NULL : value_dict_get(location->value, key);

	if (item == NULL)
		return NULL;
	return dict_resolve(reader, &(struct location){location, key, 0, item->value});
}

static bool waits(struct dict_reader *reader, const struct location *location)
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

/* Whether the handler NAME refers, over others or not, to GOAL. */
static bool leads_to(
	struct dict_reader *reader, const char *name, const char *goal, unsigned *steps)
{
	const struct value_item *item = value_dict_get(reader->handler_section->value, name);
	const struct value *value;

	if (strcmp(name, goal) == 0)
		return true;
	if (item == NULL || (*steps)++ > STEPS_MOST)
		return false;
	value = references(
		reader, &(struct location){reader->handler_section, name, 0, item->value});
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

/* The handler that PLACE is in. */
static const char *owner_of(const struct dict_reader *reader, const struct location *location)
{
	while (location->parent != reader->handler_section)
		location = location->parent;
	return location->key;
}

struct handler *dict_other_handler(struct dict_reader *reader, const struct location *location,
	const char *name, const char *what)
{
	unsigned steps = 0;

	if (!is_to_come(reader, name))
		return (struct handler *)dict_lookup(
			reader, reader->handlers, name, location, what);
	config_error(reader->errors, location, "%s '%s': %s", what, name,
		leads_to(reader, name, owner_of(reader, location), &steps)
			? "it leads back to this handler"
			: "it waits for another handler itself, which Python does not allow for");
	return NULL;
}

void dict_set_target_later(
	struct dict_reader *reader, struct handler *handler, const struct location *location)
{
	struct dict_fixup *fixup = arena_alloc(reader->arena, sizeof *fixup);

	if (fixup == NULL) {
		reader->no_memory = true;
		return;
	}
	*fixup = (struct dict_fixup){handler, *location->parent, *location, NULL};
	fixup->location.parent = &fixup->owner;
	if (reader->fixups_end == NULL)
		reader->fixups_end = &reader->fixups;
	*reader->fixups_end = fixup;
	reader->fixups_end = &fixup->next;
}

static void set_target(struct dict_reader *reader, const struct dict_fixup *fixup)
{
	const char *name = dict_string(reader, &fixup->location);
	struct handler *target = name == NULL ? NULL
					      : dict_other_handler(reader, &fixup->location, name,
							"Unable to set target handler");

	for (const struct handler *at = target; at != NULL; at = handler_target(at, 0))
		if (at == fixup->handler) {
			config_error(reader->errors, &fixup->location,
				"Unable to set target handler '%s': it leads back to this handler",
				name);
			return;
		}
	memory_handler_set_target(fixup->handler, target);
}

static void wait(struct dict_reader *reader, const struct location *location)
{
	struct location *copy = arena_alloc(reader->arena, sizeof *copy);

	if (copy == NULL ||
		list_add(reader->arena, &reader->waiting, &reader->waiting_count, copy) < 0)
		reader->no_memory = true;
	else
		*copy = *location;
}

static void make_or_wait(struct dict_reader *reader, const struct location *location)
{
	size_t errors = config_error_count(reader->errors);

	if (waits(reader, location))
		wait(reader, location);
	else if (config_error_count(reader->errors) == errors)
		dict_handler_with_attributes(reader, location);
	else
		dict_define(reader, &reader->handlers, location->key, NULL);
}

/* dictConfig takes them by their names, and once more those that had to wait; fileConfig as they
 * come, and then sets the targets. */
void dict_handlers(struct dict_reader *reader, const struct location *location)
{
	reader->handler_section = location;
	if (reader->errors->plain)
		dict_each(reader, location, dict_handler_with_attributes);
	else
		dict_each_sorted(reader, location, make_or_wait);
	for (size_t i = 0; i < reader->waiting_count; i++)
		dict_handler_with_attributes(reader, reader->waiting[i]);
	for (const struct dict_fixup *fixup = reader->fixups; fixup != NULL; fixup = fixup->next)
		set_target(reader, fixup);
}
