/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers with "." (attributes that are set when they are made) and "()" in place of "class". */
#include "core/config/dict_reader.h"

#include <string.h>

static void read_terminator(struct dict_reader *reader, const struct place *place, void *target)
{
	const char *terminator = dict_string(reader, place);

	if (terminator != NULL)
		*(const char **)target = terminator;
}

static const struct key_spec attribute_keys[] = {
	{"terminator", read_terminator},
	{NULL, NULL},
};

/* Python's own classes and ours may be called by their names; anything else is a factory. */
static bool names_class(const struct value *value)
{
	return value->type == VALUE_STRING && (strncmp(value->text, "logging.", 8) == 0 ||
						      strncmp(value->text, "vigil.", 6) == 0);
}

/* The dict at PLACE as dict_handler() takes it. NULL when out of memory. */
static const struct value *without_attributes(
	struct dict_reader *reader, const struct place *place)
{
	struct value *copy = arena_alloc(reader->arena, sizeof *copy);

	if (copy == NULL)
		return NULL;
	*copy = (struct value){.type = VALUE_DICT,
		.line = place->value->line,
		.column = place->value->column};
	for (const struct value_item *item = place->value->items; item != NULL;
		item = item->next) {
		bool class = strcmp(item->key, "()") == 0 && names_class(item->value);

		if (strcmp(item->key, ".") != 0 &&
			value_dict_set(reader->arena, copy, class ? "class" : item->key, item->line,
				item->column, item->value) < 0)
			return NULL;
	}
	return copy;
}

void dict_handler_with_attributes(struct dict_reader *reader, const struct place *place)
{
	const struct value_item *item =
		place->value->type == VALUE_DICT ? value_dict_get(place->value, ".") : NULL;
	struct place attributes = {place, ".", 0, item == NULL ? NULL : item->value};
	struct place plain = *place;
	const char *terminator = NULL;

	if (place->value->type == VALUE_DICT)
		plain.value = without_attributes(reader, place);
	if (plain.value == NULL) {
		reader->no_memory = true;
		return;
	}
	dict_handler(reader, &plain);
	if (item == NULL || !value_truth(item->value))
		return;
	dict_read(reader, &attributes, attribute_keys, UNKNOWN_REFUSED, &terminator);
	if (reader->handlers != NULL && strcmp(reader->handlers->name, place->key) == 0 &&
		reader->handlers->object != NULL)
		((struct handler *)reader->handlers->object)->terminator = terminator;
}
