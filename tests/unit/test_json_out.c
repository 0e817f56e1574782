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
	json_hex(&json, "f", (const uint8_t[]){0, 0xab}, 2);
	json_string(&json, "g", NULL);
	json_strings(&json, "h", (const char *const[]){"y", "z"}, 2);
	json_strings(&json, "i", NULL, 0);
	json_end_object(&json);
	assert_string_equal(buffer,
		"{\"a\":-1,\"b\":[\"x\",{},null],\"c\":true,\"d\":18446744073709551615,"
		"\"e\":\"0x7f00\",\"f\":\"00ab\",\"g\":null,"
		"\"h\":[\"y\",\"z\"],\"i\":[]}");
}

static void blanks_are_those_of_python(void **state)
{
	char buffer[256];
	struct text text;
	struct json_out json = {.text = &text, .spaced = true};

	(void)state;
	text_init(&text, buffer, sizeof buffer);
	json_begin_object(&json, NULL);
	json_begin_object(&json, "a \"\n");
	json_end_object(&json);
	json_float(&json, "b", 1e16);
	json_float(&json, "c", -__builtin_inf());
	json_float(&json, "d", __builtin_nan(""));
	json_raw(&json, "e", "-123456789012345678901234567890");
	json_begin_array(&json, "f");
	json_int(&json, NULL, 1);
	json_int(&json, NULL, 2);
	json_end_array(&json);
	json_end_object(&json);
	assert_string_equal(buffer, "{\"a \\\"\\n\": {}, \"b\": 1e+16, \"c\": -Infinity, "
				    "\"d\": NaN, \"e\": -123456789012345678901234567890, "
				    "\"f\": [1, 2]}");
}

/* Whatever does not fit: the sum is the same. */
static void what_is_left_out_is_counted(void **state)
{
	const char string[] = "plain \xc3\xa4\xf0\x9f\x98\x80\n\xff";
	char buffer[64];
	struct text text;

	(void)state;
	for (size_t size = 1; size <= sizeof buffer; size++) {
		struct json_out json = {.text = &text};

		text_init(&text, buffer, size);
		text.counts = true;
		json_string(&json, "key", string);
		assert_int_equal(text.length + text.left_out, 40);
		assert_int_equal(strlen(buffer), size < 41 ? size - 1 : 40);
		text_reset(&text, 0);
		assert_int_equal(text.left_out, 0);
	}
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
	cmocka_unit_test(blanks_are_those_of_python), cmocka_unit_test(what_is_left_out_is_counted),
	cmocka_unit_test(output_is_ascii_without_controls),
	cmocka_unit_test(damaged_utf8_becomes_the_replacement_character))
