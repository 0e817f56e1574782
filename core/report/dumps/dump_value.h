/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dump_value.h - the values that a dump consists of, whatever format it was read from: none,
 * booleans, numbers, strings, lists and dicts.
 *
 * A value may stand in several places, and in itself: whoever follows values must not go deeper
 * than the names that it looks up. Signal-safe: no. Threads: one at a time per memory.
 */
#pragma once

#include "core/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dump_type {
	DUMP_NONE,
	DUMP_FALSE,
	DUMP_TRUE,
	DUMP_INT,
	DUMP_FLOAT, /* and a whole number that an int64_t cannot hold, as the nearest double */
	DUMP_STRING,
	DUMP_LIST,
	DUMP_TUPLE,
	DUMP_DICT,
};

struct dump_value {
	enum dump_type type;
	union {
		int64_t number;
		double real;
		struct {
			const char *bytes; /* UTF-8 as far as its source was, and a NUL behind it */
			size_t length;
		} string;
		/* Of a dict, a key and its value by turns; of equal keys the last one counts. */
		struct {
			struct dump_value **items;
			size_t count, room;
		} list;
	};
};

/* Where values live: an arena, and how many bytes it may still take. */
struct dump_memory {
	struct arena arena;
	size_t left;
};

/* SIZE zeroed bytes of MEMORY; NULL where it may take no more, or there is none. */
void *dump_alloc(struct dump_memory *memory, size_t size);

/* A new value of TYPE; NULL as dump_alloc(). */
struct dump_value *dump_value_new(struct dump_memory *memory, enum dump_type type);

/* A new string of the COUNT BYTES, which are copied; NULL as dump_alloc(). */
struct dump_value *dump_string_new(struct dump_memory *memory, const char *bytes, size_t count);

/* Append ITEM to LIST, a list, tuple or dict. Returns false where there is no memory. */
bool dump_append(struct dump_memory *memory, struct dump_value *list, struct dump_value *item);

/* The value of KEY in DICT; NULL where DICT is NULL or no dict, or has no such key. */
const struct dump_value *dump_get(const struct dump_value *dict, const char *key);

/* VALUE as a string, without what follows a NUL in it; NULL where VALUE is NULL or no string. */
const char *dump_text(const struct dump_value *value);

/* VALUE as a number, also if it is a string of one; OTHERWISE where it is neither. */
int64_t dump_number(const struct dump_value *value, int64_t otherwise);

/* How many elements VALUE has; 0 where it is NULL, or neither a list nor a tuple. */
size_t dump_count(const struct dump_value *value);

/* Element I of VALUE; NULL where there is none. */
const struct dump_value *dump_item(const struct dump_value *value, size_t i);
