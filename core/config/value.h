/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value.h - a configuration as a tree of values, each with its position in the file. The readers of
 * YAML, JSON and INI make it; dict_config() reads it.
 *
 * The tree lives in the arena of its reader. Signal-safe: no. Threads: one at a time.
 */
#pragma once

#include "core/base/arena.h"
#include "core/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most levels of lists and dicts in a configuration, and the most values; an alias or a
 * reference counts as all values that it stands for. */
#define CONFIG_DEPTH_MOST 64
#define CONFIG_VALUES_MOST 100000

enum value_type {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_FLOAT,
	VALUE_STRING,
	VALUE_LIST,
	VALUE_DICT,
	VALUE_TYPE_COUNT_
};

struct value_item;

struct value {
	enum value_type type;
	unsigned line, column; /* from 1 */
	const char *text;      /* of a scalar: as it is written, without quotes */
	int64_t number;	       /* of VALUE_INT; of VALUE_BOOL 0 or 1 */
	bool merge;	       /* of VALUE_STRING: YAML's "<<" without quotes */
	struct value_item *items, *last;
	size_t count;
};

/* An element of a list, or a member of a dict. */
struct value_item {
	const char *key;       /* NULL in a list */
	unsigned line, column; /* of the key */
	struct value *value;
	struct value_item *next;
};

/* A value of TYPE at LINE and COLUMN, otherwise zero, owned by ARENA; NULL when out of memory. */
struct value *value_new(struct arena *arena, enum value_type type, unsigned line, unsigned column);

/* A string at LINE and COLUMN: a copy of the LENGTH bytes of TEXT. NULL when out of memory. */
struct value *value_new_string(
	struct arena *arena, const char *text, size_t length, unsigned line, unsigned column);

/* What Python calls a value of that type: "a mapping", "a string", "null"; in static storage. */
const char *value_type_name(enum value_type type);

/* Append ELEMENT to LIST. Returns 0 or -ENOMEM. */
int value_list_add(struct arena *arena, struct value *list, struct value *element);

/* Set member KEY of DICT, which stands at LINE and COLUMN, to VALUE; a member of that name is
 * replaced. Returns 0 or -ENOMEM. */
int value_dict_set(struct arena *arena, struct value *dict, const char *key, unsigned line,
	unsigned column, struct value *value);

/* The member KEY of DICT, NULL if there is none. */
const struct value_item *value_dict_get(const struct value *dict, const char *key);

/* Python's bool(): false for null, False, 0, 0.0, "", [] and {}. */
bool value_truth(const struct value *value);

/* The double nearest to VALUE, an integer or a float. False for anything else, for what is too
 * large, and for a float in base 60 (1:30.5); *RET_NUMBER is then unchanged. */
bool value_double(const struct value *value, double *ret_number);

/* Append Python's str() of VALUE: "None", "420" of 0644, "['a', 1.5]"; a string as it is. */
void value_str(struct text *text, const struct value *value);

/* Python's str() of VALUE, a scalar; a new string is allocated from ARENA. NULL for a list and a
 * dict, and when out of memory. */
const char *value_string(struct arena *arena, const struct value *value);
