/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_json.h - what decode.c and decode_stack.c take from an object of JSON, where anything may
 * be of another type, or be missing.
 *
 * Signal-safe: no. Threads: one at a time per decoder.
 */
#pragma once

#include "core/report/decode.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdlib.h>

/* More than this in one event is nobody's stack. */
#define FRAMES_MOST 4096

/* The member KEY of OBJECT, or NULL. */
static inline const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* Its string, or NULL. */
static inline const char *string_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(member(object, key));
}

/* A number that is whole and in range, or OTHERWISE. */
static inline int64_t number_of(const cJSON *object, const char *key, int64_t otherwise)
{
	const cJSON *item = member(object, key);

	if (!cJSON_IsNumber(item) || !(item->valuedouble > -9e18 && item->valuedouble < 9e18))
		return otherwise;
	return (int64_t)item->valuedouble;
}

/* The same where it must fit an int. */
static inline int int_of(const cJSON *object, const char *key, int otherwise)
{
	int64_t number = number_of(object, key, otherwise);

	return number < INT_MIN || number > INT_MAX ? otherwise : (int)number;
}

/* A count, or 0. */
static inline uint32_t count_of(const cJSON *object, const char *key)
{
	int64_t number = number_of(object, key, 0);

	return number < 0 || number > UINT32_MAX ? 0 : (uint32_t)number;
}

/* SIZE zeroed bytes of the arena; NULL: out of memory, which DECODER remembers. */
static inline void *allocate(struct decoder *decoder, size_t size)
{
	void *piece = arena_alloc(decoder->arena, size);

	decoder->out_of_memory |= piece == NULL;
	return piece;
}

/* The kept copy of STRING, see intern.h; NULL stays NULL. */
static inline const char *keep(struct decoder *decoder, const char *string)
{
	const char *copy = string == NULL ? NULL : intern_string(&decoder->kept, string);

	decoder->out_of_memory |= string != NULL && copy == NULL;
	return copy;
}

/* NULL becomes "". */
static inline const char *keep_some(struct decoder *decoder, const char *string)
{
	const char *copy = string == NULL ? NULL : keep(decoder, string);

	return copy == NULL ? "" : copy;
}

/* A number that is written as a string, in C's way; or 0. */
static inline uint64_t address_of(const cJSON *object, const char *key)
{
	const char *string = string_of(object, key);

	return string == NULL ? 0 : strtoull(string, NULL, 0);
}

/* Room for the items of ARRAY, zeroed; NULL when there are none, or too many for any event. */
static inline void *allocate_items(struct decoder *decoder, const cJSON *array, size_t size)
{
	size_t count = cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;

	return count == 0 || count > FRAMES_MOST ? NULL : allocate(decoder, count * size);
}
