/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/intern.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct hash_table *table)
{
	size_t room = hash_table_wants(table);
	struct hash_slot *slots, *before = table->slots;

	if (room == 0)
		return true;
	slots = calloc(room, sizeof *slots);
	if (slots == NULL)
		return false;
	hash_table_move(table, slots, room);
	free(before);
	return true;
}

const void *intern_numbered(
	struct intern *intern, const void *bytes, size_t size, size_t *ret_number)
{
	struct hash_slot *slot;
	const void *kept;

	if (!make_room(&intern->table))
		return NULL;
	slot = hash_table_find(&intern->table, bytes, size);
	if (slot->key == NULL) {
		kept = arena_strndup(intern->arena, bytes, size);
		if (kept == NULL)
			return NULL;
		slot->value.number = intern->table.count;
		hash_table_take(&intern->table, slot, kept, size);
	}
	*ret_number = slot->value.number;
	return slot->key;
}

const void *intern_bytes(struct intern *intern, const void *bytes, size_t size)
{
	size_t number;

	return intern_numbered(intern, bytes, size, &number);
}

const char *intern_string(struct intern *intern, const char *string)
{
	return intern_bytes(intern, string, strlen(string));
}

void intern_release(struct intern *intern)
{
	free(intern->table.slots);
	*intern = (struct intern){.arena = intern->arena};
}
