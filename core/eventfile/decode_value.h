/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_value.h - single values out of the JSON of an event, and memory that lives as long as the
 * reading.
 *
 * A value that is absent, or of another type than it should be, is unknown: the functions return
 * their argument OTHERWISE. Signal-safe: no. Threads: one at a time per decoder.
 */
#pragma once

#include "core/base/json.h"
#include "core/eventfile/intern.h"

#include <stdbool.h>

/* Made by decoder_begin() of decode.h. */
struct decoder {
	struct arena *arena; /* the caller's */
	struct intern kept;
	bool out_of_memory; /* an event was left incomplete: stop */
	void *json;	    /* memory for the JSON of one line */
	size_t json_size;
};

/* The most elements of an array: no stack has more. */
#define DECODE_ITEMS_MOST 4096

/* The member KEY of OBJECT, or NULL; also where OBJECT is NULL or no object. */
__attribute__((pure)) const struct json *decoded_member(const struct json *object, const char *key);

/* That member's string, which belongs to the JSON, or NULL. */
const char *decoded_string(const struct json *object, const char *key);

/* That member's string, in the decoder's memory; OTHERWISE also without memory. */
const char *decoded_keep(
	struct decoder *decoder, const struct json *object, const char *key, const char *otherwise);

/* That member as a number of the type of the result: OTHERWISE where it is out of range. */
int64_t decoded_int64(const struct json *object, const char *key, int64_t otherwise);
uint64_t decoded_uint64(const struct json *object, const char *key, uint64_t otherwise);
int decoded_int(const struct json *object, const char *key, int otherwise);
uint32_t decoded_uint32(const struct json *object, const char *key, uint32_t otherwise);
bool decoded_bool(const struct json *object, const char *key, bool otherwise);

/* An address, which is a string such as "0x7f00". */
uint64_t decoded_address(const struct json *object, const char *key, uint64_t otherwise);

/* SIZE zeroed bytes that live as long as the reading, or NULL. */
void *decoded_allocate(struct decoder *decoder, size_t size);

/* The same for the elements of ARRAY (or the members of an object), SIZE bytes each; NULL also when
 * there are none, or more than DECODE_ITEMS_MOST. */
void *decoded_items(struct decoder *decoder, const struct json *array, size_t size);
