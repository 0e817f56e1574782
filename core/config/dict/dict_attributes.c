/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers with "." (attributes that are set when they are made) and "()" in place of "class". */
#include "core/config/dict/dict_reader.h"

#include "core/config/factory/factory.h"

#include <errno.h>
#include <string.h>

/* Python's own classes and ours may be called by their names; anything else is a factory. */
static bool names_class(const struct value *value)
{
	return value->type == VALUE_STRING &&
	       (strncmp(value->text, "logging.", 8) == 0 || strncmp(value->text, "vigil.", 6) == 0);
}

static struct value *empty_copy(struct dict_reader *reader, const struct value *of)
{
	struct value *copy = arena_alloc(reader->arena, sizeof *copy);

	if (copy == NULL)
		return NULL;
	*copy = (struct value){.type = VALUE_DICT, .line = of->line, .column = of->column};
	return copy;
}

static int add(struct dict_reader *reader, struct value *dict, const struct value_item *item,
	const char *key, struct value *value)
{
	return value_dict_set(reader->arena, dict, key, item->line, item->column, value);
}

/*
 * What ITEM, a handler's ".", has besides the terminator, which all classes know, goes on to the
 * class, as "." of COPY. Returns 0 or -ENOMEM.
 */
static int copy_attributes(struct dict_reader *reader, const struct location *location,
	const struct value_item *item, struct value *copy, const char **ret_terminator)
{
	struct location attributes = {location, item->key, 0, item->value};
	struct value *rest = empty_copy(reader, item->value);

	if (rest == NULL)
		return -ENOMEM;
	if (item->value->type != VALUE_DICT)
		return add(reader, copy, item, item->key, item->value);
	for (const struct value_item *one = item->value->items; one != NULL; one = one->next) {
		struct location member = {&attributes, one->key, 0, one->value};

		if (strcmp(one->key, "terminator") == 0)
			*ret_terminator = dict_string(reader, &member);
		else if (add(reader, rest, one, one->key, one->value) < 0)
			return -ENOMEM;
	}
	return rest->count == 0 ? 0 : add(reader, copy, item, item->key, rest);
}

/* The dict at PLACE as dict_handler() takes it. NULL when out of memory. */
static const struct value *for_class(
	struct dict_reader *reader, const struct location *location, const char **ret_terminator)
{
	struct value *copy = empty_copy(reader, location->value);
	int error = copy == NULL ? -ENOMEM : 0;

	for (const struct value_item *item = location->value->items; item != NULL && error == 0;
		item = item->next) {
		bool class = strcmp(item->key, "()") == 0 && names_class(item->value);

		if (strcmp(item->key, ".") == 0)
			error = copy_attributes(reader, location, item, copy, ret_terminator);
		else
			error = add(reader, copy, item, class ? "class" : item->key, item->value);
	}
	return error < 0 ? NULL : copy;
}

/* The other classes write no lines; Python lets them have the attribute, too, and does not use it.
 */
static bool writes_lines(const struct handler *handler)
{
	const char *dot = strrchr(handler->class->name, '.');
	const char *name = dot == NULL ? handler->class->name : dot + 1;

	return strstr(name, "FileHandler") != NULL || strcmp(name, "StreamHandler") == 0;
}

/* Sets TERMINATOR in the handler that was defined last, if it is PLACE's and not broken. */
static void set_terminator(
	struct dict_reader *reader, const struct location *location, const char *terminator)
{
	struct handler *handler = NULL;

	if (reader->handlers != NULL && strcmp(reader->handlers->name, location->key) == 0)
		handler = (struct handler *)reader->handlers->object;
	if (handler != NULL && (factory_is(location) || writes_lines(handler)))
		handler->terminator = terminator;
}

void dict_handler_with_attributes(struct dict_reader *reader, const struct location *location)
{
	struct location plain = *location;
	const char *terminator = NULL;

	if (location->value->type == VALUE_DICT)
		plain.value = for_class(reader, location, &terminator);
	if (plain.value == NULL) {
		reader->no_memory = true;
		return;
	}
	dict_handler(reader, &plain);
	set_terminator(reader, location, terminator);
}
