/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/json_out.h"

#include "core/base/python_text.h"
#include "core/base/utf8.h"

#include <string.h>

/* Writes what comes before every value: the comma and the key. */
static void begin_value(struct json_out *json, const char *key)
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

static void begin_group(struct json_out *json, const char *key, char bracket)
{
	begin_value(json, key);
	text_char(json->text, bracket);
	json->comma = false;
}

static void end_group(struct json_out *json, char bracket)
{
	text_char(json->text, bracket);
	json->comma = true;
}

void json_begin_object(struct json_out *json, const char *key)
{
	begin_group(json, key, '{');
}

void json_end_object(struct json_out *json)
{
	end_group(json, '}');
}

void json_begin_array(struct json_out *json, const char *key)
{
	begin_group(json, key, '[');
}

void json_end_array(struct json_out *json)
{
	end_group(json, ']');
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

static bool plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

void json_escape(struct text *text, const char *bytes, size_t count)
{
	/* Once TEXT is full, the rest is skipped, unless TEXT counts what it leaves out. */
	while (count > 0 && (!text->truncated || text->counts)) {
		uint32_t point;
		size_t run = 0;

		while (run < count && plain((unsigned char)bytes[run]))
			run++;
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

void json_begin_string(struct json_out *json, const char *key)
{
	begin_value(json, key);
	text_char(json->text, '"');
}

void json_end_string(struct json_out *json)
{
	text_char(json->text, '"');
}

void json_string_n(struct json_out *json, const char *key, const char *string, size_t count)
{
	if (json->string_max > 0 && count > json->string_max) {
		count = utf8_cut(string, count, json->string_max);
		json->cut = true;
	}
	json_begin_string(json, key);
	json_escape(json->text, string, count);
	json_end_string(json);
}

void json_string(struct json_out *json, const char *key, const char *string)
{
	if (string == NULL)
		json_null(json, key);
	else
		json_string_n(json, key, string, strlen(string));
}

void json_int(struct json_out *json, const char *key, int64_t value)
{
	begin_value(json, key);
	text_i64(json->text, value);
}

void json_uint(struct json_out *json, const char *key, uint64_t value)
{
	begin_value(json, key);
	text_u64(json->text, value);
}

void json_bool(struct json_out *json, const char *key, bool value)
{
	begin_value(json, key);
	text_add(json->text, value ? "true" : "false");
}

void json_strings(struct json_out *json, const char *key, const char *const *strings, size_t count)
{
	json_begin_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_string(json, NULL, strings[i]);
	json_end_array(json);
}

void json_float(struct json_out *json, const char *key, double value)
{
	begin_value(json, key);
	if (__builtin_isfinite(value))
		python_float(json->text, value);
	else if (__builtin_isnan(value))
		text_add(json->text, "NaN");
	else
		text_add(json->text, value < 0 ? "-Infinity" : "Infinity");
}

void json_null(struct json_out *json, const char *key)
{
	begin_value(json, key);
	text_add(json->text, "null");
}

void json_address(struct json_out *json, const char *key, uint64_t value)
{
	begin_value(json, key);
	text_add(json->text, "\"0x");
	text_hex(json->text, value);
	text_char(json->text, '"');
}

void json_hex_bytes(struct json_out *json, const char *key, const uint8_t *bytes, size_t count)
{
	begin_value(json, key);
	text_char(json->text, '"');
	for (size_t i = 0; i < count; i++)
		text_printf(json->text, "%02x", bytes[i]);
	text_char(json->text, '"');
}

void json_raw(struct json_out *json, const char *key, const char *value)
{
	begin_value(json, key);
	text_add(json->text, value);
}
