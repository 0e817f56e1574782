/* SPDX-License-Identifier: Apache-2.0 */
/* Digits of doubles: those that printf(3) has, which are exact in glibc. */
#include "core/logging/format/format_digits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_both(double value)
{
	static const int counts[] = {0, 1, 2, 3, 6, 7, 15, 16, 17, 25, 40};
	char expected[256], buffer[256];
	struct digits digits;
	struct text text;

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		snprintf(expected, sizeof expected, "%.*f", counts[i], value);
		digits_by_places(&digits, value, counts[i]);
		text_init(&text, buffer, sizeof buffer);
		digits_add_fixed(&text, &digits, counts[i], false);
		assert_string_equal(buffer, expected);

		snprintf(expected, sizeof expected, "%#.*e", counts[i], value);
		digits_by_count(&digits, value, counts[i] + 1);
		text_init(&text, buffer, sizeof buffer);
		digits_add_exponent(&text, &digits, counts[i] + 1, true, 'e');
		assert_string_equal(buffer, expected);
	}
}

static void halves_go_to_even(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++)
		assert_both(i + 0.5);
	assert_both(0.125);
	assert_both(0.375);
	assert_both(1234567.0625);
}

static void nines_carry(void **state)
{
	static const double values[] = {0, 9.5, 9.9999999, 99.5, 0.95, 0.0999999, 999999.5, 0.0005,
		0.0015, 9999999999.9, 1e-6, 1e15 + 0.5, 9007199254740993.0, 0x1p63, 0x1p69};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		assert_both(values[i]);
}

static void microseconds_of_many_years(void **state)
{
	(void)state;
	srand48(1);
	for (int i = 0; i < 20000; i++) {
		long high = lrand48(), low = lrand48();

		assert_both((double)((int64_t)high << (i % 22) ^ low) / 1e6);
		assert_both((double)(low >> (i % 31)) / 1e3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(halves_go_to_even),
		cmocka_unit_test(nines_carry),
		cmocka_unit_test(microseconds_of_many_years),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
