/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/text.h"

#include "tests/unit/unit.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static void what_does_not_fit_is_left_out(void **state)
{
	char buffer[6];
	struct text text;

	(void)state;
	text_init(&text, buffer, sizeof buffer);
	text_add(&text, "abc");
	assert_false(text.truncated);
	text_add(&text, "defg");
	assert_string_equal(buffer, "abcde");
	assert_int_equal(text.length, 5);
	assert_true(text.truncated);
}

static void a_buffer_of_one_byte_is_always_empty(void **state)
{
	char buffer[1];
	struct text text;

	(void)state;
	text_init(&text, buffer, sizeof buffer);
	text_char(&text, 'x');
	text_i64(&text, -5);
	assert_string_equal(buffer, "");
	assert_true(text.truncated);
}

static void reset_forgets_that_it_was_cut(void **state)
{
	char buffer[4];
	struct text text;

	(void)state;
	text_init(&text, buffer, sizeof buffer);
	text_add(&text, "abcdef");
	text_reset(&text, 1);
	assert_string_equal(buffer, "a");
	assert_false(text.truncated);
}

static void numbers_at_their_limits(void **state)
{
	char buffer[128];
	struct text text;

	(void)state;
	text_init(&text, buffer, sizeof buffer);
	text_i64(&text, INT64_MIN);
	text_char(&text, ' ');
	text_u64(&text, UINT64_MAX);
	text_char(&text, ' ');
	text_hex(&text, 0);
	text_char(&text, ' ');
	text_hex(&text, UINT64_MAX);
	assert_string_equal(buffer, "-9223372036854775808 18446744073709551615 0 ffffffffffffffff");
}

/* Both by text_format and by snprintf, which is the reference. */
#define SAME(...)                                                         \
	do {                                                              \
		char ours[256], theirs[256];                              \
                                                                          \
		snprintf(theirs, sizeof theirs, __VA_ARGS__);             \
		assert_true(text_format(ours, sizeof ours, __VA_ARGS__)); \
		assert_string_equal(ours, theirs);                        \
	} while (0)

static void formats_as_snprintf_does(void **state)
{
	(void)state;
	SAME("%d|%5d|%-5d|%05d|%i", 42, 42, 42, -42, INT_MIN);
	SAME("%u|%x|%X|%08x", 7u, 0xbeefu, 0xbeefu, 0xbeefu);
	SAME("%ld|%llu|%zu|%lx", LONG_MIN, ULLONG_MAX, (size_t)3, ULONG_MAX);
	SAME("%s|%10s|%-10s|%.2s|%*s|%.*s", "abc", "abc", "abc", "abc", 6, "abc", 1, "abc");
	SAME("%c|%3c|100%%", 'x', 'y');
	SAME("%p", (void *)0x1234);
}

static void a_null_string_is_shown(void **state)
{
	const char *volatile none = NULL;
	char buffer[32];

	(void)state;
	assert_true(text_format(buffer, sizeof buffer, "%s", none));
	assert_string_equal(buffer, "(null)");
}

static void format_says_what_was_cut(void **state)
{
	char buffer[4];

	(void)state;
	assert_false(text_format(buffer, sizeof buffer, "%d", 12345));
	assert_string_equal(buffer, "123");
}

static void what_follows_a_prefix(void **state)
{
	static const char line[] = "PPid:\t12";

	(void)state;
	assert_ptr_equal(text_after(line, "PPid:\t"), line + 6);
	assert_ptr_equal(text_after(line, line), line + sizeof line - 1);
	assert_ptr_equal(text_after(line, ""), line);
	assert_null(text_after(line, "Pid:"));
	assert_null(text_after("PPi", "PPid:"));
	assert_null(text_after("", "P"));
}

UNIT_TESTS(cmocka_unit_test(what_does_not_fit_is_left_out),
	cmocka_unit_test(a_buffer_of_one_byte_is_always_empty),
	cmocka_unit_test(reset_forgets_that_it_was_cut), cmocka_unit_test(numbers_at_their_limits),
	cmocka_unit_test(formats_as_snprintf_does), cmocka_unit_test(a_null_string_is_shown),
	cmocka_unit_test(format_says_what_was_cut), cmocka_unit_test(what_follows_a_prefix))
