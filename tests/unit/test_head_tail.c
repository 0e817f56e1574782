/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/head_tail.h"

#include "tests/unit/unit.h"

#include <string.h>

/* STRING through a buffer of SIZE bytes, STEP bytes at a time. */
static const char *through(const char *string, size_t size, size_t step)
{
	static char buffer[256];
	size_t length = strlen(string);
	struct head_tail cut;

	memset(buffer, '#', sizeof buffer);
	head_tail_init(&cut, buffer, size);
	for (size_t at = 0; at < length; at += step)
		head_tail_add_n(&cut, string + at, length - at < step ? length - at : step);
	head_tail_end(&cut);
	for (size_t i = size; i < sizeof buffer; i++)
		assert_int_equal(buffer[i], '#');
	return buffer;
}

static void what_fits_is_kept(void **state)
{
	(void)state;
	assert_string_equal(through("", 32, 1), "");
	assert_string_equal(
		through("abcdefghijklmnopqrstuvwxyz", 32, 1), "abcdefghijklmnopqrstuvwxyz");
}

/* 26 bytes of room: 8 for the beginning, 18 for the end. */
static void the_middle_is_left_out_line_by_line(void **state)
{
	(void)state;
	for (size_t step = 1; step < 40; step++) {
		assert_string_equal(through("one\ntwo\nthree\nfour\nfive\nsix\nseven\n", 32, step),
			"one\ntwo\n...\nfive\nsix\nseven\n");
		assert_string_equal(through("one\ntwo\nthree\nfour\nfive\nsix\nseven", 32, step),
			"one\ntwo\n...\nfive\nsix\nseven");
	}
}

static void a_line_that_is_too_long_loses_characters(void **state)
{
	(void)state;
	assert_string_equal(through("0123456789012345678901234567890123456789", 32, 7),
		"01234567\n...\n234567890123456789");
	/* 13 characters of three bytes, one of which would be cut at each side. */
	assert_string_equal(
		through("\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d\u4e2d"
			"\u4e2da",
			32, 3),
		"\u4e2d\u4e2d\n...\n\u4e2d\u4e2d\u4e2d\u4e2d\u4e2da");
	assert_string_equal(through("short\nand one that is much longer than the end of it", 32, 5),
		"short\n...\nthan the end of it");
}

static void every_length_and_step_keeps_both_ends(void **state)
{
	char string[128];

	(void)state;
	for (size_t length = 27; length < sizeof string; length++) {
		for (size_t i = 0; i < length; i++)
			string[i] = (char)('a' + i % 26);
		string[length] = '\0';
		const char *cut = through(string, 32, length % 9 + 1);

		assert_int_equal(strlen(cut), 31);
		assert_memory_equal(cut, string, 8);
		assert_string_equal(cut + 13, string + length - 18);
	}
}

static void a_nul_is_shown(void **state)
{
	char buffer[32];
	struct head_tail cut;

	(void)state;
	head_tail_init(&cut, buffer, sizeof buffer);
	head_tail_add_n(&cut, "a\0b", 3);
	head_tail_end(&cut);
	assert_string_equal(buffer, "a\\x00b");
}

UNIT_TESTS(cmocka_unit_test(what_fits_is_kept),
	cmocka_unit_test(the_middle_is_left_out_line_by_line),
	cmocka_unit_test(a_line_that_is_too_long_loses_characters),
	cmocka_unit_test(every_length_and_step_keeps_both_ends), cmocka_unit_test(a_nul_is_shown))
