/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/signal_table.h"

#include "tests/unit/unit.h"

static void each_set_holds_the_one_before(void **state)
{
	static const uint64_t sets[] = {
		SIGNALS_FAULT, SIGNALS_EXCEPTION, SIGNALS_SYNCHRONOUS, SIGNALS_CRASH, SIGNALS_CORE};
	static const int counts[] = {4, 5, 6, 7, 10};

	(void)state;
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		assert_int_equal(__builtin_popcountll(sets[i]), counts[i]);
		if (i > 0)
			assert_int_equal(sets[i - 1] & ~sets[i], 0);
	}
}

static void any_number_may_be_looked_for_in_a_set(void **state)
{
	(void)state;
	assert_true(signal_is_in(SIGNALS_FAULT, SIGBUS));
	assert_false(signal_is_in(SIGNALS_FAULT, SIGTRAP));
	assert_true(signal_is_in(~(uint64_t)0, 1));
	assert_true(signal_is_in(~(uint64_t)0, 64));
	for (int number = -64; number <= 0; number++)
		assert_false(signal_is_in(~(uint64_t)0, number));
	assert_false(signal_is_in(~(uint64_t)0, 65));
}

static void signals_are_taken_out_from_the_lowest_on(void **state)
{
	uint64_t set = SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(1) | SIGNAL_BIT(64);

	(void)state;
	assert_int_equal(signal_take(&set), 1);
	assert_int_equal(signal_take(&set), SIGSEGV);
	assert_int_equal(signal_take(&set), 64);
	assert_int_equal(signal_take(&set), 0);
	assert_int_equal(set, 0);
}

static void an_exit_status_stands_for_a_signal_above_128_and_no_other(void **state)
{
	static const struct {
		int status, number;
	} cases[] = {{0, 0}, {1, 0}, {127, 0}, {128, 0}, {129, 1}, {137, 9}, {143, 15}, {192, 64},
		{193, 0}, {255, 0}, {-1, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(signal_of_status(cases[i].status), cases[i].number);
		if (cases[i].number != 0)
			assert_int_equal(signal_to_status(cases[i].number), cases[i].status);
	}
}

UNIT_TESTS(cmocka_unit_test(each_set_holds_the_one_before),
	cmocka_unit_test(any_number_may_be_looked_for_in_a_set),
	cmocka_unit_test(signals_are_taken_out_from_the_lowest_on),
	cmocka_unit_test(an_exit_status_stands_for_a_signal_above_128_and_no_other))
