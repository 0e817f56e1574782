/* SPDX-License-Identifier: Apache-2.0 */
#include "core/logging/level.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <limits.h>

static void numbers_have_pythons_names(void **state)
{
	char buffer[LEVEL_NAME_SIZE];

	(void)state;
	assert_string_equal(level_name(0, buffer), "NOTSET");
	assert_string_equal(level_name(10, buffer), "DEBUG");
	assert_string_equal(level_name(20, buffer), "INFO");
	assert_string_equal(level_name(30, buffer), "WARNING");
	assert_string_equal(level_name(40, buffer), "ERROR");
	assert_string_equal(level_name(50, buffer), "CRITICAL");
}

static void other_numbers_are_spelled_out(void **state)
{
	char buffer[LEVEL_NAME_SIZE];

	(void)state;
	assert_string_equal(level_name(25, buffer), "Level 25");
	assert_string_equal(level_name(-1, buffer), "Level -1");
	assert_string_equal(level_name(INT_MIN, buffer), "Level -2147483648");
}

static void every_known_name_has_its_number(void **state)
{
	int level;

	(void)state;
	for (unsigned i = 0; level_known(i) != NULL; i++)
		assert_int_equal(level_parse(level_known(i), &level), 0);
	assert_int_equal(level_parse("WARN", &level), 0);
	assert_int_equal(level, 30);
	assert_int_equal(level_parse("FATAL", &level), 0);
	assert_int_equal(level, 50);
	assert_null(level_known(8));
}

static void names_are_case_sensitive_and_exact(void **state)
{
	static const char *const unknown[] = {"info", "INFO ", "", "Level 25", "10"};
	int level = 4711;

	(void)state;
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
		assert_int_equal(level_parse(unknown[i], &level), -EINVAL);
	assert_int_equal(level, 4711);
}

UNIT_TESTS(cmocka_unit_test(numbers_have_pythons_names),
	cmocka_unit_test(other_numbers_are_spelled_out),
	cmocka_unit_test(every_known_name_has_its_number),
	cmocka_unit_test(names_are_case_sensitive_and_exact))
