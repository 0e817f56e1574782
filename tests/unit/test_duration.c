/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/duration.h"

#include "tests/unit/unit.h"

static void a_number_with_a_unit(void **state)
{
	static const struct {
		const char *string;
		int64_t us;
	} cases[] = {
		{"0", 0},
		{"90", 90000000},
		{"90s", 90000000},
		{"10m", 600000000},
		{"10min", 600000000},
		{"1h", 3600000000},
		{"2d", 172800000000},
		{"500ms", 500000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t us = -1;

		assert_true(duration_parse(cases[i].string, &us));
		assert_int_equal(us, cases[i].us);
	}
}

static void anything_else_is_none(void **state)
{
	static const char *const none[] = {"", "s", "-1s", "1 s", "1.5h", "1x", "1mm", "10m ",
		"99999999999999999999", "40000d", "0x10"};

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		int64_t us = 7;

		assert_false(duration_parse(none[i], &us));
		assert_int_equal(us, 7);
	}
}

UNIT_TESTS(cmocka_unit_test(a_number_with_a_unit), cmocka_unit_test(anything_else_is_none))
