/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/hash_table.h"

#include <string.h>

/* Small: a logger hierarchy of a few names lies in a start's static memory. */
#define ROOM_LEAST 8

/* Odd, with as many ones as zeros, so that a multiplication moves every bit. */
#define MULTIPLIER 0x9E3779B97F4A7C15u

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * MULTIPLIER;
	return hash ^ hash >> 32;
}

/* Eight bytes at a time: a report of a large job looks up millions of keys. */
static uint64_t hash_of(const void *key, size_t size)
{
	const char *at = key;
	uint64_t hash = mix(MULTIPLIER, size), word;

	for (; size >= sizeof word; size -= sizeof word, at += sizeof word) {
		memcpy(&word, at, sizeof word);
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, at, size);
	return mix(hash, word);
}

static struct hash_slot *find(
	const struct hash_table *table, uint64_t hash, const void *key, size_t size)
{
	for (size_t at = hash;; at++) {
		struct hash_slot *slot = &table->slots[at & (table->room - 1)];

		if (slot->key == NULL || (slot->hash == hash && slot->size == size &&
						 memcmp(slot->key, key, size) == 0))
			return slot;
	}
}

struct hash_slot *hash_table_find(const struct hash_table *table, const void *key, size_t size)
{
	return table->room == 0 ? NULL : find(table, hash_of(key, size), key, size);
}

void hash_table_take(struct hash_table *table, struct hash_slot *slot, const void *key, size_t size)
{
	slot->key = key;
	slot->size = size;
	slot->hash = hash_of(key, size);
	table->count++;
}

size_t hash_table_wants(const struct hash_table *table)
{
	if (table->count < table->room / 4 * 3)
		return 0;
	return table->room == 0 ? ROOM_LEAST : table->room * 2;
}

void hash_table_move(struct hash_table *table, struct hash_slot *slots, size_t room)
{
	struct hash_table old = *table;

	table->slots = slots;
	table->room = room;
	for (size_t i = 0; i < old.room; i++) {
		const struct hash_slot *slot = &old.slots[i];

		if (slot->key != NULL)
			*find(table, slot->hash, slot->key, slot->size) = *slot;
	}
}
