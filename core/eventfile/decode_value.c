/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/decode_value.h"

#include <limits.h>
#include <stdlib.h>

const cJSON *decoded_member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

const char *decoded_string(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(decoded_member(object, key));
}

const char *decoded_keep(
	struct decoder *decoder, const cJSON *object, const char *key, const char *otherwise)
{
	const char *string = decoded_string(object, key);
	const char *copy = string == NULL ? NULL : intern_string(&decoder->kept, string);

	decoder->out_of_memory |= string != NULL && copy == NULL;
	return copy == NULL ? otherwise : copy;
}

/* The member KEY of OBJECT if it lies between LEAST and MOST. */
static int64_t number_within(
	const cJSON *object, const char *key, int64_t least, int64_t most, int64_t otherwise)
{
	const cJSON *item = decoded_member(object, key);

	if (!cJSON_IsNumber(item) || !(item->valuedouble > -9e18 && item->valuedouble < 9e18))
		return otherwise;
	if ((int64_t)item->valuedouble < least || (int64_t)item->valuedouble > most)
		return otherwise;
	return (int64_t)item->valuedouble;
}

int64_t decoded_int64(const cJSON *object, const char *key, int64_t otherwise)
{
	return number_within(object, key, INT64_MIN, INT64_MAX, otherwise);
}

uint64_t decoded_uint64(const cJSON *object, const char *key, uint64_t otherwise)
{
	return (uint64_t)number_within(object, key, 0, INT64_MAX, (int64_t)otherwise);
}

int decoded_int(const cJSON *object, const char *key, int otherwise)
{
	return (int)number_within(object, key, INT_MIN, INT_MAX, otherwise);
}

uint32_t decoded_uint32(const cJSON *object, const char *key, uint32_t otherwise)
{
	return (uint32_t)number_within(object, key, 0, UINT32_MAX, otherwise);
}

bool decoded_bool(const cJSON *object, const char *key, bool otherwise)
{
	const cJSON *item = decoded_member(object, key);

	return cJSON_IsBool(item) ? cJSON_IsTrue(item) : otherwise;
}

uint64_t decoded_address(const cJSON *object, const char *key, uint64_t otherwise)
{
	const char *string = decoded_string(object, key);

	return string == NULL ? otherwise : strtoull(string, NULL, 0);
}

void *decoded_allocate(struct decoder *decoder, size_t size)
{
	void *piece = arena_alloc(decoder->arena, size);

	decoder->out_of_memory |= piece == NULL;
	return piece;
}

void *decoded_items(struct decoder *decoder, const cJSON *array, size_t size)
{
	bool has_items = cJSON_IsArray(array) || cJSON_IsObject(array);
	size_t count = has_items ? (size_t)cJSON_GetArraySize(array) : 0;

	return count == 0 || count > DECODE_ITEMS_MOST ? NULL
						       : decoded_allocate(decoder, count * size);
}
