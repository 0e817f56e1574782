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

/*
 * Declares json_NAME_value(), which writes a value behind its key, and defines json_NAME(), which
 * writes the comma, KEY and the value. MEMBERS in parentheses declares what the value consists of,
 * the further arguments name it.
 */
#define JSON_VALUE(name, members, ...)                                         \
	void json_##name##_value(struct json_out *json, JSON_MEMBERS members); \
	static inline void json_##name(                                        \
		struct json_out *json, const char *key, JSON_MEMBERS members)  \
	{                                                                      \
		json_key(json, key);                                           \
		json_##name##_value(json, __VA_ARGS__);                        \
	}
#define JSON_MEMBERS(...) __VA_ARGS__

/* STRING is UTF-8, perhaps damaged: what is not well-formed becomes U+FFFD. NULL writes null. */
JSON_VALUE(string, (const char *string), string)
JSON_VALUE(string_n, (const char *string, size_t count), string, count)
JSON_VALUE(int, (int64_t value), value)
JSON_VALUE(uint, (uint64_t value), value)
JSON_VALUE(bool, (bool value), value)

/* An array of COUNT strings. */
JSON_VALUE(strings, (const char *const *strings, size_t count), strings, count)

/* As json.dumps() has it: repr(), or NaN, Infinity and -Infinity, which RFC 8259 does not know. */
JSON_VALUE(float, (double value), value)

/* VALUE, which is JSON already, as it stands. */
JSON_VALUE(raw, (const char *value), value)

/* A string such as "0x7f00": JSON's numbers lose the upper bits of an address. */
JSON_VALUE(address, (uint64_t value), value)

/* BYTES in lower-case hexadecimal, as build-ids are written. */
JSON_VALUE(hex, (const uint8_t *bytes, size_t count), bytes, count)

/* The value null, as JSON_VALUE() declares the others. */
void json_null_value(struct json_out *json);
static inline void json_null(struct json_out *json, const char *key)
{
	json_key(json, key);
	json_null_value(json);
}

/* Open and close an object, an array, or, by quotes, a string in pieces; what comes between belongs
 * to it: members, elements, or bytes by json_escape(). */
JSON_VALUE(begin, (char bracket), bracket)
void json_end(struct json_out *json, char bracket);
static inline void json_begin_object(struct json_out *json, const char *key)
{
	json_begin(json, key, '{');
}
static inline void json_end_object(struct json_out *json)
{
	json_end(json, '}');
}
static inline void json_begin_array(struct json_out *json, const char *key)
{
	json_begin(json, key, '[');
}
static inline void json_end_array(struct json_out *json)
{
	json_end(json, ']');
}

/* Append BYTES to TEXT as the inside of a JSON string, without the quotes. */
void json_escape(struct text *text, const char *bytes, size_t count);
