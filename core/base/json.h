/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - reads JSON as Python's json module does: RFC 8259, and NaN, Infinity and -Infinity as
 * numbers.
 *
 * Numbers stay as they are written, so that 7 is not 7.0 and a long integer is not rounded.
 * Signal-safe: yes. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

struct json {
	enum json_type type;
	const char *key;    /* of a member of an object; NULL for any other value */
	const char *string; /* of a string, UTF-8 as far as its source was; a number as written */
	size_t count;	    /* how many elements or members */
	const struct json *child; /* the first of them; NULL: none */
	const struct json *next;  /* the value that follows in the same array or object; or NULL */
};

/* Every ITEM of GROUP, an array or an object; none where GROUP is NULL or neither. */
#define FOR_EACH_JSON(item, group)                                             \
	for ((item) = (group) != NULL ? (group)->child : NULL; (item) != NULL; \
		(item) = (item)->next)

/* Whether VALUE is there and of TYPE. */
static inline bool json_is(const struct json *value, enum json_type type)
{
	return value != NULL && value->type == type;
}

/* Whether VALUE is there and true or false. */
static inline bool json_is_bool(const struct json *value)
{
	return json_is(value, JSON_TRUE) || json_is(value, JSON_FALSE);
}

/* How many bytes json_parse() needs for the COUNT bytes of TEXT. */
size_t json_size(const char *text, size_t count);

/*
 * Parse the COUNT bytes of TEXT, one JSON document with nothing but blanks around it, into MEMORY,
 * which is the caller's: json_size() bytes, aligned for any type. Returns its value, at the
 * beginning of MEMORY; NULL when it is not JSON, or is nested too deep. In its strings a NUL, and
 * half of a surrogate pair, are U+FFFD.
 */
const struct json *json_parse(const char *text, size_t count, void *memory);

/* VALUE, a number, as the nearest double; perhaps nan or inf. */
double json_double(const struct json *value);
