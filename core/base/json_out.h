/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_out.h - writes JSON (RFC 8259) into a text: pure ASCII, and compact, or with the blanks of
 * Python's json.dumps().
 *
 * A member is written with its KEY, an element of an array with KEY NULL. Commas are set here;
 * balance of begin and end is the caller's. Signal-safe: yes. Threads: one at a time per writer.
 */
#pragma once

#include "core/base/text.h"

struct json_out {
	struct text *text;
	bool comma;	   /* a value stands before the next one */
	size_t string_max; /* longer strings are cut to so many bytes before they are escaped; 0:
			      none is */
	bool cut;	   /* one was */
	bool spaced;	   /* ", " and ": ", as Python writes them */
};

/* Open and close a group; what comes between belongs to it. */
void json_begin_object(struct json_out *json, const char *key);
void json_end_object(struct json_out *json);
void json_begin_array(struct json_out *json, const char *key);
void json_end_array(struct json_out *json);

/* STRING is UTF-8, perhaps damaged: what is not well-formed becomes U+FFFD. NULL writes null. */
void json_string(struct json_out *json, const char *key, const char *string);
void json_string_n(struct json_out *json, const char *key, const char *string, size_t count);
void json_int(struct json_out *json, const char *key, int64_t value);
void json_uint(struct json_out *json, const char *key, uint64_t value);
void json_bool(struct json_out *json, const char *key, bool value);
void json_null(struct json_out *json, const char *key);

/* A string in pieces: what lies between the two is appended by json_escape(). */
void json_begin_string(struct json_out *json, const char *key);
void json_end_string(struct json_out *json);

/* An array of COUNT strings. */
void json_strings(struct json_out *json, const char *key, const char *const *strings, size_t count);

/* As json.dumps() has it: repr(), or NaN, Infinity and -Infinity, which RFC 8259 does not know. */
void json_float(struct json_out *json, const char *key, double value);

/* VALUE, which is JSON already, as it stands. */
void json_raw(struct json_out *json, const char *key, const char *value);

/* A string such as "0x7f00": JSON's numbers lose the upper bits of an address. */
void json_address(struct json_out *json, const char *key, uint64_t value);

/* BYTES in lower-case hexadecimal, as build-ids are written. */
void json_hex_bytes(struct json_out *json, const char *key, const uint8_t *bytes, size_t count);

/* Append BYTES to TEXT as the inside of a JSON string, without the quotes. */
void json_escape(struct text *text, const char *bytes, size_t count);
