/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/json_out.h"

#include "core/base/python_text.h"
#include "core/base/utf8.h"

#include <string.h>

/* The first comparison holds for the letters of nearly every key. */
static bool plain(unsigned char c)
{
	return (c > '\\' && c < 0x7F) || (c >= 0x20 && c < '\\' && c != '"');
}

/* The most that stands around a key, with the NUL. */
#define KEY_AROUND (sizeof ", \"\": ")

void json_literal_key(struct json_out *json, const char *key, size_t length)
{
	struct text *text = json->text;
	char *to = text->data + text->length;

	if (json->spaced || text->size - text->length <= length + KEY_AROUND) {
		json_any_key(json, key);
		return;
	}
	if (json->comma)
		*to++ = ',';
	*to++ = '"';
	memcpy(to, key, length);
	to += length;
	*to++ = '"';
	*to++ = ':';
	*to = '\0';
	text->length = (size_t)(to - text->data);
	json->comma = true;
}

void json_any_key(struct json_out *json, const char *key)
{
	if (json->comma)
		text_add(json->text, json->spaced ? ", " : ",");
	if (key != NULL) {
		text_char(json->text, '"');
		json_escape(json->text, key, strlen(key));
		text_add(json->text, json->spaced ? "\": " : "\":");
	}
	json->comma = true;
}

void json_begin_value(struct json_out *json, char bracket)
{
	text_char(json->text, bracket);
	json->comma = false;
}

void json_end(struct json_out *json, char bracket)
{
	text_char(json->text, bracket);
	json->comma = true;
}

static void escape_point(struct text *text, uint32_t point)
{
	static const char short_forms[] = "btn_fr"; /* U+0008 to U+000D, but for U+000B */

	if (point == '"' || point == '\\') {
		text_char(text, '\\');
		text_char(text, (char)point);
	} else if (point >= 8 && point <= 13 && point != 11) {
		text_char(text, '\\');
		text_char(text, short_forms[point - 8]);
	} else if (point >= 0x10000) {
		text_printf(text, "\\u%04x\\u%04x", 0xD800 + ((point - 0x10000) >> 10),
			0xDC00 + (point & 0x3FF));
	} else {
		text_printf(text, "\\u%04x", point);
	}
}

#define EACH_BYTE 0x0101010101010101u
#define HIGH_BITS (EACH_BYTE << 7)

/* In each byte of WORD that is zero the high bit; above the first one others may have it, too. */
static uint64_t zeros(uint64_t word)
{
	return (word - EACH_BYTE) & ~word & HIGH_BITS;
}

/* How many of the eight bytes at BYTES are plain() before the first that is not. */
static size_t plain_of_word(const char *bytes)
{
	uint64_t word, marks;

	memcpy(&word, bytes, sizeof word);
	marks = (word & HIGH_BITS) | ((word - EACH_BYTE * 0x20) & ~word & HIGH_BITS) |
		zeros(word ^ EACH_BYTE * '"') | zeros(word ^ EACH_BYTE * '\\') |
		zeros(word ^ EACH_BYTE * 0x7F);
	return marks == 0 ? sizeof word : (size_t)__builtin_ctzll(marks) / 8;
}

static size_t plain_run(const char *bytes, size_t count)
{
	size_t run = 0;

	for (; run + sizeof(uint64_t) <= count; run += sizeof(uint64_t)) {
		size_t found = plain_of_word(bytes + run);

		if (found < sizeof(uint64_t))
			return run + found;
	}
	while (run < count && plain((unsigned char)bytes[run]))
		run++;
	return run;
}

void json_escape(struct text *text, const char *bytes, size_t count)
{
	/* Once TEXT is full, the rest is skipped, unless TEXT counts what it leaves out. */
	while (count > 0 && (!text->truncated || text->counts)) {
		uint32_t point;
		size_t run = plain_run(bytes, count);

		text_add_n(text, bytes, run);
		bytes += run;
		count -= run;
		if (count == 0)
			return;
		run = utf8_read(bytes, count, &point);
		escape_point(text, point);
		bytes += run;
		count -= run;
	}
}

/* Adds a string that has room and needs no escapes, as nearly all do. */
static bool add_plain(struct text *text, const char *string, size_t count)
{
	char *to = text->data + text->length;

	if (text->size - text->length <= count + sizeof "\"\"" || plain_run(string, count) < count)
		return false;
	to[0] = '"';
	memcpy(to + 1, string, count);
	to[count + 1] = '"';
	to[count + 2] = '\0';
	text->length += count + 2;
	return true;
}

void json_string_n_value(struct json_out *json, const char *string, size_t count)
{
	if (json->string_max > 0 && count > json->string_max) {
		count = utf8_cut(string, count, json->string_max);
		json->cut = true;
	}
	if (add_plain(json->text, string, count))
		return;
	text_char(json->text, '"');
	json_escape(json->text, string, count);
	text_char(json->text, '"');
}

void json_string_value(struct json_out *json, const char *string)
{
	if (string == NULL)
		json_null_value(json);
	else
		json_string_n_value(json, string, strlen(string));
}

void json_int_value(struct json_out *json, int64_t value)
{
	text_i64(json->text, value);
}

void json_uint_value(struct json_out *json, uint64_t value)
{
	text_u64(json->text, value);
}

void json_bool_value(struct json_out *json, bool value)
{
	text_add(json->text, value ? "true" : "false");
}

void json_strings_value(struct json_out *json, const char *const *strings, size_t count)
{
	json_begin_value(json, '[');
	for (size_t i = 0; i < count; i++)
		json_string(json, NULL, strings[i]);
	json_end_array(json);
}

void json_float_value(struct json_out *json, double value)
{
	if (__builtin_isfinite(value))
		python_float(json->text, value);
	else if (__builtin_isnan(value))
		text_add(json->text, "NaN");
	else
		text_add(json->text, value < 0 ? "-Infinity" : "Infinity");
}

void json_null_value(struct json_out *json)
{
	text_add(json->text, "null");
}

void json_address_value(struct json_out *json, uint64_t value)
{
	text_add(json->text, "\"0x");
	text_hex(json->text, value);
	text_char(json->text, '"');
}

void json_hex_value(struct json_out *json, const uint8_t *bytes, size_t count)
{
	text_char(json->text, '"');
	for (size_t i = 0; i < count; i++)
		text_printf(json->text, "%02x", bytes[i]);
	text_char(json->text, '"');
}

void json_raw_value(struct json_out *json, const char *value)
{
	text_add(json->text, value);
}
