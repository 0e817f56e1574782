/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/decimal.h"

#include "tests/unit/unit.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_same(const char *text)
{
	double expected = strtod(text, NULL), found = -7;

	if (!decimal_parse(text, &found) || memcmp(&expected, &found, sizeof found) != 0)
		fail_msg("%s: %a is not %a", text, found, expected);
}

static void the_nearest_double(void **state)
{
	static const char *const texts[] = {"0", "-0.0", "1", "0.1", ".5", "5.", "+1.5", "-2.25e+3",
		"3.14159265358979323846264338327950288", "1e22", "1e23", "9007199254740993",
		"9007199254740992.5", "9007199254740993.00000000000000000000000000000000000001",
		"1.7976931348623157e308", "2.2250738585072014e-308", "2.2250738585072011e-308",
		"4.9e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "1e-400",
		"179769313486231580793728971405301e276", "0.000000000000000000000000000001",
		"00000000000000000000000000000000012.50", "123456789012345678901234567890"};
	char longest[1500];

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_same(texts[i]);
	/* The middle between two doubles, and a digit far behind it that decides. */
	memset(longest, '0', sizeof longest);
	memcpy(longest, "9007199254740993.", 17);
	strcpy(longest + sizeof longest - 2, "1");
	assert_same(longest);
	strcpy(longest + sizeof longest - 2, "0");
	assert_same(longest);
}

static void random_doubles(void **state)
{
	uint64_t seed = 88172645463325252;
	char text[64];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		double number;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		memcpy(&number, &seed, sizeof number);
		if (!(number >= -DBL_MAX && number <= DBL_MAX))
			continue;
		snprintf(text, sizeof text, "%.*e", 1 + i % 24, number);
		assert_same(text);
	}
}

static void what_is_no_number(void **state)
{
	static const char *const texts[] = {"", "-", ".", "e5", "1e", "1e+", "1x", " 1", "1 ",
		"0x1", "inf", "nan", "1.2.3", "--1", "1_0", "1:30.5", "1e400", "1.8e308",
		"1.7976931348623159e308", "1e99999999999999999999"};
	double number = -7;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (decimal_parse(texts[i], &number) || number != -7)
			fail_msg("'%s' is a number", texts[i]);
}

/* The digits that printf(3) has, which are exact in glibc. */
static void assert_printed(double value)
{
	static const int counts[] = {0, 1, 2, 3, 6, 7, 15, 16, 17, 25, 40};
	char expected[512], buffer[512];
	struct decimal decimal;
	struct text text;

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		snprintf(expected, sizeof expected, "%.*f", counts[i], value);
		decimal_of(&decimal, value);
		decimal_round(&decimal, decimal.point + counts[i]);
		text_init(&text, buffer, sizeof buffer);
		decimal_add_fixed(&text, &decimal, counts[i], false);
		assert_string_equal(buffer, expected);

		snprintf(expected, sizeof expected, "%#.*e", counts[i], value);
		decimal_of(&decimal, value);
		decimal_round(&decimal, counts[i] + 1);
		text_init(&text, buffer, sizeof buffer);
		decimal_add_exponent(&text, &decimal, counts[i] + 1, true, 'e');
		assert_string_equal(buffer, expected);
	}
}

static void halves_go_to_even(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++)
		assert_printed(i + 0.5);
	assert_printed(0.125);
	assert_printed(0.375);
	assert_printed(1234567.0625);
}

static void nines_carry(void **state)
{
	static const double values[] = {0, 9.5, 9.9999999, 99.5, 0.95, 0.0999999, 999999.5, 0.0005,
		0.0015, 9999999999.9, 1e-6, 1e15 + 0.5, 9007199254740993.0, 0x1p63, 0x1p69};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		assert_printed(values[i]);
}

static void microseconds_of_many_years(void **state)
{
	(void)state;
	srand48(1);
	for (int i = 0; i < 20000; i++) {
		long high = lrand48(), low = lrand48();

		assert_printed((double)((int64_t)high << (i % 22) ^ low) / 1e6);
		assert_printed((double)(low >> (i % 31)) / 1e3);
	}
}

static void the_largest_and_the_smallest(void **state)
{
	(void)state;
	assert_printed(DBL_MAX);
	assert_printed(DBL_MIN);
	assert_printed(4.9e-324);
	assert_printed(0x1.fffffffffffffp-1023);
}

/* Below a power of two, numbers lie twice as close: there the nearest digits may be another's. */
static void the_shortest_of_every_power_of_two(void **state)
{
	for (int power = -1074; power < 1024; power++)
		for (int step = -1; step <= 1; step++) {
			double number, again = 0;
			struct decimal decimal;
			char buffer[64], fewer[64];
			struct text text;
			uint64_t image;

			number = __builtin_ldexp(1, power);
			memcpy(&image, &number, sizeof image);
			image += (uint64_t)(int64_t)step;
			memcpy(&number, &image, sizeof number);
			decimal_shortest(&decimal, number);
			text_init(&text, buffer, sizeof buffer);
			decimal_add_exponent(&text, &decimal, decimal.count, false, 'e');
			assert_true(strtod(buffer, NULL) == number);
			snprintf(fewer, sizeof fewer, "%.*e",
				decimal.count < 2 ? 0 : decimal.count - 2, number);
			again = decimal.count < 2 ? -1 : strtod(fewer, NULL);
			assert_true(again != number);
		}
	(void)state;
}

UNIT_TESTS(cmocka_unit_test(halves_go_to_even), cmocka_unit_test(nines_carry),
	cmocka_unit_test(microseconds_of_many_years),
	cmocka_unit_test(the_largest_and_the_smallest),
	cmocka_unit_test(the_shortest_of_every_power_of_two), cmocka_unit_test(the_nearest_double),
	cmocka_unit_test(random_doubles), cmocka_unit_test(what_is_no_number))
