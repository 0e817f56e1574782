/* SPDX-License-Identifier: Apache-2.0 */
/* The exact test of a history, against values that are known in closed form. */
#include "core/report/history.h"
#include "tests/unit/unit.h"

static double tail(double probability, size_t count, size_t least)
{
	double probabilities[64], room[65];

	for (size_t i = 0; i < count; i++)
		probabilities[i] = probability;
	return history_tail(probabilities, count, least, room);
}

static void assert_near(double is, double should)
{
	assert_true(is > should - 1e-12 && is < should + 1e-12);
}

static void equal_probabilities_are_binomial(void **state)
{
	(void)state;
	assert_near(tail(0.25, 3, 3), 1.0 / 64);
	assert_near(tail(0.25, 3, 2), 10.0 / 64);
	assert_near(tail(0.5, 10, 8), 56.0 / 1024);
	assert_near(tail(0.5, 10, 0), 1);
	assert_near(tail(1, 5, 5), 1);
	assert_near(tail(0.5, 0, 0), 1);
	assert_near(tail(0.5, 0, 1), 0);
}

/* 1/2, 1/3 and 1/4: all three, and two of them. */
static void different_probabilities_are_added_up(void **state)
{
	const double probabilities[] = {1.0 / 2, 1.0 / 3, 1.0 / 4};
	double room[4];

	(void)state;
	assert_near(history_tail(probabilities, 3, 3, room), 1.0 / 24);
	assert_near(history_tail(probabilities, 3, 2, room), 7.0 / 24);
	assert_near(history_tail(probabilities, 3, 1, room), 18.0 / 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_probabilities_are_binomial),
		cmocka_unit_test(different_probabilities_are_added_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
