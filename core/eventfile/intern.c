/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/intern.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_AT_FIRST 1024

/* Odd, with as many ones as zeros, so that a multiplication moves every bit. */
#define MULTIPLIER 0x9E3779B97F4A7C15u

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * MULTIPLIER;
	return hash ^ hash >> 32;
}

static uint64_t hash_of(const void *bytes, size_t size)
{
	const char *at = bytes;
	uint64_t hash = mix(MULTIPLIER, size), word;

	for (; size >= sizeof word; size -= sizeof word, at += sizeof word) {
		memcpy(&word, at, sizeof word);
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, at, size);
	return mix(hash, word);
}

/* Where content of that HASH is, or may be put. */
static struct intern_slot *find(
	const struct intern *intern, uint64_t hash, const void *bytes, size_t size)
{
	size_t at = hash & (intern->room - 1);

	for (;; at = (at + 1) & (intern->room - 1)) {
		struct intern_slot *slot = &intern->slots[at];

		if (slot->content == NULL || (slot->hash == hash && slot->size == size &&
						     memcmp(slot->content, bytes, size) == 0))
			return slot;
	}
}

/* At most three of four slots are ever used. */
static bool make_room(struct intern *intern)
{
	struct intern bigger = *intern;

	if (intern->count < intern->room / 4 * 3)
		return true;
	bigger.room = intern->room == 0 ? ROOM_AT_FIRST : intern->room * 2;
	bigger.slots = calloc(bigger.room, sizeof *bigger.slots);
	if (bigger.slots == NULL)
		return false;
	for (size_t i = 0; i < intern->room; i++) {
		const struct intern_slot *slot = &intern->slots[i];

		if (slot->content != NULL)
			*find(&bigger, slot->hash, slot->content, slot->size) = *slot;
	}
	free(intern->slots);
	*intern = bigger;
	return true;
}

const void *intern_numbered(
	struct intern *intern, const void *bytes, size_t size, size_t *ret_number)
{
	uint64_t hash = hash_of(bytes, size);
	struct intern_slot *slot;

	if (!make_room(intern))
		return NULL;
	slot = find(intern, hash, bytes, size);
	if (slot->content == NULL) {
		slot->content = arena_strndup(intern->arena, bytes, size);
		if (slot->content == NULL)
			return NULL;
		slot->hash = hash;
		slot->size = size;
		slot->number = intern->count++;
	}
	*ret_number = slot->number;
	return slot->content;
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
	free(intern->slots);
	*intern = (struct intern){.arena = intern->arena};
}
