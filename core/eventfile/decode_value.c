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

int64_t decoded_number(const cJSON *object, const char *key, int64_t otherwise)
{
	const cJSON *item = decoded_member(object, key);

	if (!cJSON_IsNumber(item) || !(item->valuedouble > -9e18 && item->valuedouble < 9e18))
		return otherwise;
	return (int64_t)item->valuedouble;
}

int decoded_int(const cJSON *object, const char *key, int otherwise)
{
	int64_t number = decoded_number(object, key, otherwise);

	return number < INT_MIN || number > INT_MAX ? otherwise : (int)number;
}

uint32_t decoded_count(const cJSON *object, const char *key)
{
	int64_t number = decoded_number(object, key, 0);

	return number < 0 || number > UINT32_MAX ? 0 : (uint32_t)number;
}

void *decoded_allocate(struct decoder *decoder, size_t size)
{
	void *piece = arena_alloc(decoder->arena, size);

	decoder->out_of_memory |= piece == NULL;
	return piece;
}

const char *decoded_keep(struct decoder *decoder, const char *string)
{
	const char *copy = string == NULL ? NULL : intern_string(&decoder->kept, string);

	decoder->out_of_memory |= string != NULL && copy == NULL;
	return copy;
}

const char *decoded_keep_some(struct decoder *decoder, const char *string)
{
	const char *copy = string == NULL ? NULL : decoded_keep(decoder, string);

	return copy == NULL ? "" : copy;
}

uint64_t decoded_address(const cJSON *object, const char *key)
{
	const char *string = decoded_string(object, key);

	return string == NULL ? 0 : strtoull(string, NULL, 0);
}

void *decoded_items(struct decoder *decoder, const cJSON *array, size_t size)
{
	size_t count = cJSON_IsArray(array) ? (size_t)cJSON_GetArraySize(array) : 0;

	return count == 0 || count > DECODE_ITEMS_MOST ? NULL
						       : decoded_allocate(decoder, count * size);
}
