/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode_value.h - single values out of the JSON of an event, and room for them.
 *
 * What is not there, or of another type than it should be, is as good as unknown. Signal-safe: no.
 * Threads: one at a time per decoder.
 */
#pragma once

#include "core/eventfile/decode.h"

#include <cjson/cJSON.h>

/* More than this in one event is nobody's stack. */
#define DECODE_ITEMS_MOST 4096

/* The member KEY of OBJECT, or NULL; of no object, there is none. */
const cJSON *decoded_member(const cJSON *object, const char *key);

/* That member's string, which is the JSON's, or NULL. */
const char *decoded_string(const cJSON *object, const char *key);

/* A number that is whole and in range, or OTHERWISE. */
int64_t decoded_number(const cJSON *object, const char *key, int64_t otherwise);
int decoded_int(const cJSON *object, const char *key, int otherwise);

/* A number that counts something, or 0. */
uint32_t decoded_count(const cJSON *object, const char *key);

/* An address, which is a string such as "0x7f00", or 0. */
uint64_t decoded_address(const cJSON *object, const char *key);

/* SIZE zeroed bytes that live as long as the reading, or NULL. */
void *decoded_allocate(struct decoder *decoder, size_t size);

/* Room for the items of ARRAY, SIZE bytes each, zeroed; NULL when there are none, or too many for
 * any event. */
void *decoded_items(struct decoder *decoder, const cJSON *array, size_t size);

/* STRING, kept as long as the reading lives; NULL stays NULL, or becomes "". */
const char *decoded_keep(struct decoder *decoder, const char *string);
const char *decoded_keep_some(struct decoder *decoder, const char *string);
