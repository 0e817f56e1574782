/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report/dumps/dump_value.h"

#include "core/base/number.h"

#include <string.h>

void *dump_alloc(struct dump_memory *memory, size_t size)
{
	if (size > memory->left)
		return NULL;
	memory->left -= size;
	return arena_alloc(&memory->arena, size);
}

struct dump_value *dump_value_new(struct dump_memory *memory, enum dump_type type)
{
	struct dump_value *value = dump_alloc(memory, sizeof *value);

	if (value != NULL)
		value->type = type;
	return value;
}

struct dump_value *dump_string_new(struct dump_memory *memory, const char *bytes, size_t count)
{
	struct dump_value *value = dump_value_new(memory, DUMP_STRING);
	char *copy = value == NULL ? NULL : dump_alloc(memory, count + 1);

	if (copy == NULL)
		return NULL;
	memcpy(copy, bytes, count);
	value->string.bytes = copy;
	value->string.length = count;
	return value;
}

/* The old items stay in the arena: all of them together are no more than the new ones. */
bool dump_append(struct dump_memory *memory, struct dump_value *list, struct dump_value *item)
{
	if (list->list.count == list->list.room) {
		size_t room = list->list.room == 0 ? 4 : 2 * list->list.room;
		struct dump_value **items = dump_alloc(memory, room * sizeof(struct dump_value *));

		if (items == NULL)
			return false;
		if (list->list.count > 0)
			memcpy(items, list->list.items,
				list->list.count * sizeof(struct dump_value *));
		list->list.items = items;
		list->list.room = room;
	}
	list->list.items[list->list.count++] = item;
	return true;
}

static bool is_string(const struct dump_value *value, const char *wanted)
{
	return value->type == DUMP_STRING && value->string.length == strlen(wanted) &&
	       memcmp(value->string.bytes, wanted, value->string.length) == 0;
}

const struct dump_value *dump_get(const struct dump_value *dict, const char *key)
{
	if (dict == NULL || dict->type != DUMP_DICT)
		return NULL;
	for (size_t i = dict->list.count; i >= 2; i -= 2)
		if (is_string(dict->list.items[i - 2], key))
			return dict->list.items[i - 1];
	return NULL;
}

const char *dump_text(const struct dump_value *value)
{
	return value == NULL || value->type != DUMP_STRING ? NULL : value->string.bytes;
}

int64_t dump_number(const struct dump_value *value, int64_t otherwise)
{
	int64_t number;

	if (value != NULL && value->type == DUMP_INT)
		return value->number;
	return value != NULL && value->type == DUMP_STRING &&
			       number_parse(value->string.bytes, &number)
		       ? number
		       : otherwise;
}

size_t dump_count(const struct dump_value *value)
{
	return value == NULL || (value->type != DUMP_LIST && value->type != DUMP_TUPLE)
		       ? 0
		       : value->list.count;
}

const struct dump_value *dump_item(const struct dump_value *value, size_t i)
{
	return i < dump_count(value) ? value->list.items[i] : NULL;
}
