/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/number.h"

#include "tests/unit/unit.h"

static void whole_strings_are_numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t number;
	} good[] = {{"0", 0}, {"-0", 0}, {"007", 7}, {"9223372036854775807", INT64_MAX},
		{"-9223372036854775808", INT64_MIN}};
	int64_t number;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(number_parse(good[i].text, &number));
		assert_int_equal(number, good[i].number);
	}
}

static void anything_else_leaves_the_result_alone(void **state)
{
	static const char *const bad[] = {"", "-", "+1", " 1", "1 ", "1x", "0x10", "1.5", "--1",
		"9223372036854775808", "-9223372036854775809", "99999999999999999999"};
	int64_t number = 4711;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(number_parse(bad[i], &number));
		assert_int_equal(number, 4711);
	}
}

static void a_prefix_is_enough_where_the_form_is_known(void **state)
{
	(void)state;
	assert_int_equal(number_prefix("42 kB"), 42);
	assert_int_equal(number_prefix("-3)"), -3);
	assert_int_equal(number_prefix("kB"), 0);
}

static void hexadecimal_numbers_are_taken_one_after_another(void **state)
{
	const char *at = "7f00-ffffffffffffffff 1G0";

	(void)state;
	assert_int_equal(number_take_hex(&at), 0x7f00);
	assert_int_equal(number_take_hex(&at), UINT64_MAX);
	assert_int_equal(number_take_hex(&at), 1);
	assert_int_equal(number_take_hex(&at), 0);
	assert_int_equal(number_take_hex(&at), 0);
	assert_string_equal(at, "");
}

static void digits_are_taken_up_to_a_count_and_an_end(void **state)
{
	static const struct {
		const char *text;
		size_t most;
		int32_t number;
		size_t taken;
	} cases[] = {{"42 kB", SIZE_MAX, 42, 2}, {"12:30", 2, 12, 2}, {"1234", 2, 12, 2},
		{"1234", 0, 0, 0}, {"", SIZE_MAX, 0, 0}, {"-1", SIZE_MAX, 0, 0},
		{"007", SIZE_MAX, 7, 3}, {"2147483647", SIZE_MAX, INT32_MAX, 10},
		{"2147483648", SIZE_MAX, INT32_MAX, 10},
		{"99999999999999999999999x", SIZE_MAX, INT32_MAX, 23}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *at = cases[i].text;

		assert_int_equal(number_take(&at, cases[i].most), cases[i].number);
		assert_int_equal(at - cases[i].text, cases[i].taken);
	}
}

static void only_ascii_digits_are_digits(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++)
		assert_int_equal(is_digit((char)c), c >= '0' && c <= '9');
}

UNIT_TESTS(cmocka_unit_test(digits_are_taken_up_to_a_count_and_an_end),
	cmocka_unit_test(only_ascii_digits_are_digits), cmocka_unit_test(whole_strings_are_numbers),
	cmocka_unit_test(anything_else_leaves_the_result_alone),
	cmocka_unit_test(a_prefix_is_enough_where_the_form_is_known),
	cmocka_unit_test(hexadecimal_numbers_are_taken_one_after_another))
