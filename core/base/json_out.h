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

struct json_out {
	struct text *text;
	bool comma;	   /* the next value needs a comma before it */
	size_t string_max; /* longer strings are cut to this many bytes before they are escaped; 0:
			      no limit */
	bool cut;	   /* a string was cut */
	bool spaced;	   /* ", " and ": ", as Python writes them */
};

/* Open and close a group; what comes between belongs to it. */
void json_begin_object(struct json_out *json, const char *key);
void json_end_object(struct json_out *json);
void json_begin_array(struct json_out *json, const char *key);
void json_end_array(struct json_out *json);

/* Write STRING, which is UTF-8: bytes that are not well-formed become U+FFFD. NULL writes null. */
void json_string(struct json_out *json, const char *key, const char *string);
void json_string_n(struct json_out *json, const char *key, const char *string, size_t count);
void json_int(struct json_out *json, const char *key, int64_t value);
void json_uint(struct json_out *json, const char *key, uint64_t value);
void json_bool(struct json_out *json, const char *key, bool value);
void json_null(struct json_out *json, const char *key);

/* Begin and end a string in pieces; between the two calls, json_escape() appends the pieces. */
void json_begin_string(struct json_out *json, const char *key);
void json_end_string(struct json_out *json);

/* An array of COUNT strings. */
void json_strings(struct json_out *json, const char *key, const char *const *strings, size_t count);

/* VALUE as json.dumps() writes it: by repr(), or as NaN, Infinity and -Infinity, which RFC 8259
 * does not have. */
void json_float(struct json_out *json, const char *key, double value);

/* VALUE, which is JSON already, unchanged. */
void json_raw(struct json_out *json, const char *key, const char *value);

/* A string such as "0x7f00": as a JSON number, an address would lose its upper bits. */
void json_address(struct json_out *json, const char *key, uint64_t value);

/* BYTES in lower-case hexadecimal, as build-ids are written. */
void json_hex_bytes(struct json_out *json, const char *key, const uint8_t *bytes, size_t count);

/* Append BYTES to TEXT as the inside of a JSON string, without the quotes. */
void json_escape(struct text *text, const char *bytes, size_t count);
