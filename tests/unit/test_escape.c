/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/escape.h"

#include "tests/unit/unit.h"

#include <string.h>

#define ALL (ESCAPE_CONTROL | ESCAPE_NEWLINE | ESCAPE_BACKSLASH)

static void assert_escaped(const char *raw, unsigned flags, const char *expected)
{
	char buffer[256];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	text_add(&text, "\033> ");
	text_add(&text, raw);
	escape_tail(&text, 3, flags);
	assert_memory_equal(buffer, "\033> ", 3);
	assert_string_equal(buffer + 3, expected);
	assert_int_equal(text.length, strlen(buffer));
	assert_false(text.truncated);
}

static void each_kind_has_its_form(void **state)
{
	static const struct {
		const char *raw, *escaped;
	} rows[] = {
		{"", ""},
		{"plain gr\xc3\xb6\xc3\x9f"
		 "e \xf0\x9f\x98\x80 ~",
			"plain gr\xc3\xb6\xc3\x9f"
			"e \xf0\x9f\x98\x80 ~"},
		{"a\nb\rc\td", "a\\nb\\rc\td"},
		{"c:\\n", "c:\\\\n"},
		{"\001\007\010\013\014\037", "\\x01\\x07\\x08\\x0b\\x0c\\x1f"},
		{"\033[31m\033]0;title\007", "\\x1b[31m\\x1b]0;title\\x07"},
		{"\x7f", "\\x7f"},
		{"\xc2\x80\xc2\x85\xc2\x9b\xc2\x9f\xc2\xa0",
			"\\u0080\\u0085\\u009b\\u009f\xc2\xa0"},
		{"\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9", "\xe2\x80\xa7\\u2028\\u2029"},
		{"\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf", "\\u202a\\u202e\xe2\x80\xaf"},
		{"\xe2\x81\x9f\xe2\x81\xa0\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaf\xe2\x81\xb0",
			"\xe2\x81\x9f\\u2060\\u2066\\u2069\\u206f\xe2\x81\xb0"},
		{"\xd8\x9b\xd8\x9c\xc2\xad\xe2\x80\x8b\xe2\x80\x8e\xef\xbf\xb9\xef\xbb\xbf",
			"\xd8\x9b\\u061c\\u00ad\\u200b\\u200e\\ufff9\\ufeff"},
		{"\xf3\xa0\x80\x81\xf3\xa0\x81\xbf\xf3\xa0\x84\x80",
			"\\U000e0001\\U000e007f\xf3\xa0\x84\x80"},
		{"\x85\xff\xc3", "\\x85\\xff\\xc3"},
		{"\xc0\xaf\xed\xa0\x80", "\\xc0\\xaf\\xed\\xa0\\x80"},
		{"\xef\xbf\xbd", "\xef\xbf\xbd"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_escaped(rows[i].raw, ALL, rows[i].escaped);
		assert_escaped(rows[i].raw, 0, rows[i].raw);
	}
}

static void each_flag_does_its_part(void **state)
{
	static const char raw[] = "\\a\n\r\033\n";

	(void)state;
	assert_escaped(raw, ESCAPE_CONTROL, "\\a\n\\r\\x1b\n");
	assert_escaped(raw, ESCAPE_NEWLINE, "\\a\\n\\r\033\\n");
	assert_escaped(raw, ESCAPE_BACKSLASH, "\\\\a\n\r\033\n");
	assert_escaped(raw, ESCAPE_INDENT, "\\a\n    \r\033\n    ");
	assert_escaped(raw, ESCAPE_INDENT | ESCAPE_NEWLINE, "\\a\\n\\r\033\\n");
	assert_escaped(raw, ESCAPE_INDENT | ESCAPE_CONTROL, "\\a\n    \\r\\x1b\n    ");
}

/* Whole forms, as many as fit, and never one byte too many. */
static void what_does_not_fit_is_left_out_whole(void **state)
{
	static const char raw[] = "a\033\xe2\x80\xa8\\\n\xc3\xb6z";
	static const char form[] = "a\\x1b\\u2028\\\\\\n\xc3\xb6z";
	static const size_t ends[] = {0, 1, 5, 11, 13, 15, 17, 18};
	char buffer[64];
	struct text text;

	(void)state;
	for (size_t size = sizeof raw; size < 40; size++) {
		size_t most = 0;

		memset(buffer, '#', sizeof buffer);
		text_init(&text, buffer, size);
		text_add(&text, raw);
		escape_tail(&text, 0, ALL);
		for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
			most = ends[i] < size ? ends[i] : most;
		assert_int_equal(text.length, most);
		assert_memory_equal(buffer, form, most);
		assert_int_equal(buffer[most], '\0');
		assert_int_equal(buffer[size], '#');
		assert_true(text.truncated == (most < sizeof form - 1));
	}
}

UNIT_TESTS(cmocka_unit_test(each_kind_has_its_form), cmocka_unit_test(each_flag_does_its_part),
	cmocka_unit_test(what_does_not_fit_is_left_out_whole))
