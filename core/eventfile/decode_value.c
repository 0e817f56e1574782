/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eventfile/decode_value.h"

#include "core/base/number.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

const struct json *decoded_member(const struct json *object, const char *key)
{
	const struct json *item;

	FOR_EACH_JSON (item, object)
		if (item->key != NULL && strcmp(item->key, key) == 0)
			return item;
	return NULL;
}

const char *decoded_string(const struct json *object, const char *key)
{
	const struct json *item = decoded_member(object, key);

	return json_is(item, JSON_STRING) ? item->string : NULL;
}

const char *decoded_keep(
	struct decoder *decoder, const struct json *object, const char *key, const char *otherwise)
{
	const char *string = decoded_string(object, key);
	const char *copy = string == NULL ? NULL : intern_string(&decoder->kept, string);

	decoder->out_of_memory |= string != NULL && copy == NULL;
	return copy == NULL ? otherwise : copy;
}

/* The member KEY of OBJECT if it lies between LEAST and MOST. */
static int64_t number_within(
	const struct json *object, const char *key, int64_t least, int64_t most, int64_t otherwise)
{
	const struct json *item = decoded_member(object, key);
	int64_t number;
	double real;

	if (!json_is(item, JSON_NUMBER))
		return otherwise;
	if (!number_parse(item->string, &number)) {
		real = json_double(item);
		if (!(real > -9e18 && real < 9e18)) /* nor nan */
			return otherwise;
		number = (int64_t)real;
	}
	return number < least || number > most ? otherwise : number;
}

int64_t decoded_int64(const struct json *object, const char *key, int64_t otherwise)
{
	return number_within(object, key, INT64_MIN, INT64_MAX, otherwise);
}

uint64_t decoded_uint64(const struct json *object, const char *key, uint64_t otherwise)
{
	return (uint64_t)number_within(object, key, 0, INT64_MAX, (int64_t)otherwise);
}

int decoded_int(const struct json *object, const char *key, int otherwise)
{
	return (int)number_within(object, key, INT_MIN, INT_MAX, otherwise);
}

uint32_t decoded_uint32(const struct json *object, const char *key, uint32_t otherwise)
{
	return (uint32_t)number_within(object, key, 0, UINT32_MAX, otherwise);
}

bool decoded_bool(const struct json *object, const char *key, bool otherwise)
{
	const struct json *item = decoded_member(object, key);

	return json_is_bool(item) ? json_is(item, JSON_TRUE) : otherwise;
}

uint64_t decoded_address(const struct json *object, const char *key, uint64_t otherwise)
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

void *decoded_items(struct decoder *decoder, const struct json *array, size_t size)
{
	bool has_items = json_is(array, JSON_ARRAY) || json_is(array, JSON_OBJECT);
	size_t count = has_items ? array->count : 0;

	return count == 0 || count > DECODE_ITEMS_MOST ? NULL
						       : decoded_allocate(decoder, count * size);
}
