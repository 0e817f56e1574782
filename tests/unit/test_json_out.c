/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/json_out.h"

#include "tests/unit/unit.h"

#include <string.h>

static void commas_stand_between_values_only(void **state)
{
	char buffer[256];
	struct text text;
	struct json_out json = {.text = &text};

	(void)state;
	text_init(&text, buffer, sizeof buffer);
	json_begin_object(&json, NULL);
	json_int(&json, "a", -1);
	json_begin_array(&json, "b");
	json_string(&json, NULL, "x");
	json_begin_object(&json, NULL);
	json_end_object(&json);
	json_null(&json, NULL);
	json_end_array(&json);
	json_bool(&json, "c", true);
	json_uint(&json, "d", UINT64_MAX);
	json_address(&json, "e", 0x7f00);
	json_hex_bytes(&json, "f", (const uint8_t[]){0, 0xab}, 2);
	json_string(&json, "g", NULL);
	json_end_object(&json);
	assert_string_equal(buffer,
		"{\"a\":-1,\"b\":[\"x\",{},null],\"c\":true,\"d\":18446744073709551615,"
		"\"e\":\"0x7f00\",\"f\":\"00ab\",\"g\":null}");
}

static void assert_escaped(const char *bytes, size_t count, const char *expected)
{
	char buffer[256];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	json_escape(&text, bytes, count);
	assert_string_equal(buffer, expected);
}

static void output_is_ascii_without_controls(void **state)
{
	(void)state;
	assert_escaped("a\"b\\c/", 6, "a\\\"b\\\\c/");
	assert_escaped("\b\t\n\f\r\v", 6, "\\b\\t\\n\\f\\r\\u000b");
	assert_escaped("\0\x1b\x7f", 3, "\\u0000\\u001b\\u007f");
	assert_escaped("\xc3\xa4\xe2\x80\xa8", 5, "\\u00e4\\u2028");
	assert_escaped("\xf0\x9f\x98\x80", 4, "\\ud83d\\ude00");
}

static void damaged_utf8_becomes_the_replacement_character(void **state)
{
	(void)state;
	assert_escaped("a\xff"
		       "b\xc3",
		4, "a\\ufffdb\\ufffd");
	assert_escaped("\xed\xa0\x80", 3, "\\ufffd\\ufffd\\ufffd");
}

UNIT_TESTS(cmocka_unit_test(commas_stand_between_values_only),
	cmocka_unit_test(output_is_ascii_without_controls),
	cmocka_unit_test(damaged_utf8_becomes_the_replacement_character))
