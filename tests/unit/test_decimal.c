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

UNIT_TESTS(cmocka_unit_test(the_nearest_double), cmocka_unit_test(random_doubles),
	cmocka_unit_test(what_is_no_number))
