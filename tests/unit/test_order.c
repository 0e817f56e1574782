/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/order.h"

#include "tests/unit/unit.h"

static void comparison_has_the_sign_of_the_difference(void **state)
{
	uint64_t least = 0, most = UINT64_MAX;

	(void)state;
	assert_int_equal(COMPARE(1, 2), -1);
	assert_int_equal(COMPARE(2, 2), 0);
	assert_int_equal(COMPARE(3, 2), 1);
	assert_int_equal(COMPARE(INT64_MIN, INT64_MAX), -1);
	assert_int_equal(COMPARE(most, least), 1);
}

static void the_lower_bound_is_the_first_that_is_not_before(void **state)
{
	static const int numbers[] = {1, 3, 3, 5, 7};

	(void)state;
	for (int wanted = 0; wanted < 9; wanted++)
		for (size_t count = 0; count <= 5; count++) {
			size_t first = 0;

			while (first < count && numbers[first] < wanted)
				first++;
			assert_int_equal(LOWER_BOUND(i, count, numbers[i] < wanted), first);
		}
}

UNIT_TESTS(cmocka_unit_test(comparison_has_the_sign_of_the_difference),
	cmocka_unit_test(the_lower_bound_is_the_first_that_is_not_before))
