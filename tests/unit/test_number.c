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

UNIT_TESTS(cmocka_unit_test(whole_strings_are_numbers),
	cmocka_unit_test(anything_else_leaves_the_result_alone),
	cmocka_unit_test(a_prefix_is_enough_where_the_form_is_known),
	cmocka_unit_test(hexadecimal_numbers_are_taken_one_after_another))
