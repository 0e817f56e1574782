/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/python_text.h"

#include "tests/unit/unit.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *repr(double number)
{
	static char buffer[64];
	struct text text;

	text_init(&text, buffer, sizeof buffer);
	python_float(&text, number);
	assert_false(text.truncated);
	return buffer;
}

/* What Python 3 prints. */
static void a_table_of_numbers(void **state)
{
	static const struct {
		double number;
		const char *repr;
	} table[] = {
		{0.0, "0.0"},
		{-0.0, "-0.0"},
		{1.0, "1.0"},
		{-2.5, "-2.5"},
		{0.1, "0.1"},
		{0.1 + 0.2, "0.30000000000000004"},
		{100.0, "100.0"},
		{1234567.125, "1234567.125"},
		{1e15, "1000000000000000.0"},
		{9999999999999998.0, "9999999999999998.0"},
		{1e16, "1e+16"},
		{1.5e17, "1.5e+17"},
		{1e22, "1e+22"},
		{1e23, "1e+23"},
		{9007199254740993.0, "9007199254740992.0"},
		{1e-4, "0.0001"},
		{1.25e-4, "0.000125"},
		{1e-5, "1e-05"},
		{1.25e-7, "1.25e-07"},
		{0x1p-25, "2.9802322387695312e-08"}, /* midway: the even digit */
		{1e100, "1e+100"},
		{5e-324, "5e-324"},
		{DBL_MIN, "2.2250738585072014e-308"},
		{DBL_MAX, "1.7976931348623157e+308"},
		{2.0e-308, "2e-308"},
		{__builtin_inf(), "inf"},
		{-__builtin_inf(), "-inf"},
		{__builtin_nan(""), "nan"},
		{-__builtin_nan(""), "nan"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_string_equal(repr(table[i].number), table[i].repr);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed ^ *seed >> 29;
}

/* They are read back as the same number; one that has 15 digits is not printed with more. */
static void random_numbers_are_read_back(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = next_random(&seed);
		double number, again;
		char shorter[64];

		memcpy(&number, &bits, sizeof number);
		if (!__builtin_isfinite(number))
			continue;
		again = strtod(repr(number), NULL);
		assert_memory_equal(&number, &again, sizeof number);
		snprintf(shorter, sizeof shorter, "%.14e", number);
		number = strtod(shorter, NULL);
		assert_true(strlen(repr(number)) <= strlen(shorter));
	}
}

UNIT_TESTS(cmocka_unit_test(a_table_of_numbers), cmocka_unit_test(random_numbers_are_read_back))
