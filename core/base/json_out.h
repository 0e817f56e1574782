/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_out.h - writes JSON (RFC 8259) into a text: pure ASCII, and compact, or with the blanks of
 * Python's json.dumps().
 *
 * A member is written with its KEY, an element of an array with KEY NULL. The writer sets commas;
 * the caller balances begin and end. Signal-safe: yes. Threads: one at a time per writer.
 */
#pragma once

#include "core/base/text.h"

#include <string.h>

struct json_out {
	struct text *text;
	bool comma;	   /* the next value needs a comma before it */
	size_t string_max; /* longer strings are cut to this many bytes before they are escaped; 0:
			      no limit */
	bool cut;	   /* a string was cut */
	bool spaced;	   /* ", " and ": ", as Python writes them */
};

/*
 * The comma and the key before a value. Where KEY is a literal its length is known to the compiler,
 * and it is copied as it stands: literals need no escapes. An event has some thirty.
 */
void json_literal_key(struct json_out *json, const char *key, size_t length);
void json_any_key(struct json_out *json, const char *key);
static inline void json_key(struct json_out *json, const char *key)
{
	if (key != NULL && __builtin_constant_p(strlen(key)))
		json_literal_key(json, key, strlen(key));
	else
		json_any_key(json, key);
}

/* What follows a key: for the functions below. */
void json_begin_group(struct json_out *json, char bracket);
void json_string_value(struct json_out *json, const char *string);
void json_string_value_n(struct json_out *json, const char *string, size_t count);
void json_int_value(struct json_out *json, int64_t value);
void json_uint_value(struct json_out *json, uint64_t value);
void json_bool_value(struct json_out *json, bool value);
void json_null_value(struct json_out *json);
void json_float_value(struct json_out *json, double value);
void json_raw_value(struct json_out *json, const char *value);
void json_address_value(struct json_out *json, uint64_t value);
void json_hex_value(struct json_out *json, const uint8_t *bytes, size_t count);
void json_strings_value(struct json_out *json, const char *const *strings, size_t count);

/* Open and close a group; what comes between belongs to it. */
static inline void json_begin_object(struct json_out *json, const char *key)
{
	json_key(json, key);
	json_begin_group(json, '{');
}
void json_end_object(struct json_out *json);
static inline void json_begin_array(struct json_out *json, const char *key)
{
	json_key(json, key);
	json_begin_group(json, '[');
}
void json_end_array(struct json_out *json);

/* STRING is UTF-8, perhaps damaged: what is not well-formed becomes U+FFFD. NULL writes null. */
static inline void json_string(struct json_out *json, const char *key, const char *string)
{
	json_key(json, key);
	json_string_value(json, string);
}
static inline void json_string_n(
	struct json_out *json, const char *key, const char *string, size_t count)
{
	json_key(json, key);
	json_string_value_n(json, string, count);
}
static inline void json_int(struct json_out *json, const char *key, int64_t value)
{
	json_key(json, key);
	json_int_value(json, value);
}
static inline void json_uint(struct json_out *json, const char *key, uint64_t value)
{
	json_key(json, key);
	json_uint_value(json, value);
}
static inline void json_bool(struct json_out *json, const char *key, bool value)
{
	json_key(json, key);
	json_bool_value(json, value);
}
static inline void json_null(struct json_out *json, const char *key)
{
	json_key(json, key);
	json_null_value(json);
}

/* A string in pieces: what lies between the two is appended by json_escape(). */
static inline void json_begin_string(struct json_out *json, const char *key)
{
	json_key(json, key);
	text_char(json->text, '"');
}
void json_end_string(struct json_out *json);

/* An array of COUNT strings. */
static inline void json_strings(
	struct json_out *json, const char *key, const char *const *strings, size_t count)
{
	json_key(json, key);
	json_strings_value(json, strings, count);
}

/* As json.dumps() has it: repr(), or NaN, Infinity and -Infinity, which RFC 8259 does not know. */
static inline void json_float(struct json_out *json, const char *key, double value)
{
	json_key(json, key);
	json_float_value(json, value);
}

/* VALUE, which is JSON already, as it stands. */
static inline void json_raw(struct json_out *json, const char *key, const char *value)
{
	json_key(json, key);
	json_raw_value(json, value);
}

/* A string such as "0x7f00": JSON's numbers lose the upper bits of an address. */
static inline void json_address(struct json_out *json, const char *key, uint64_t value)
{
	json_key(json, key);
	json_address_value(json, value);
}

/* BYTES in lower-case hexadecimal, as build-ids are written. */
static inline void json_hex_bytes(
	struct json_out *json, const char *key, const uint8_t *bytes, size_t count)
{
	json_key(json, key);
	json_hex_value(json, bytes, count);
}

/* Append BYTES to TEXT as the inside of a JSON string, without the quotes. */
void json_escape(struct text *text, const char *bytes, size_t count);
